"""install.sh makes a kiosk of a machine with nothing but Debian; again it changes nothing, and it takes itself away."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packages import PYTHONS, ROOT

from system.conftest import SETTINGS, drop_in, suite
from system.containers import Container, Containers, eventually
from system.people import Crowd

CHECKOUT = "/mnt/checkout"
# No network reaches a container: its pip finds what was fetched here.
PIP = ("env", "PIP_NO_INDEX=1", "PIP_FIND_LINKS=/mnt/wheels")
# Where the source lay for a moment is written down by pip, and nobody reads it.
FILES = """
all() { find /usr /etc -type f ! -name '*.pyc' ! -path '*/kiosk-*.dist-info/*' "$@"; }
all -printf '%m %u:%g %p\\n'
all -print0 | xargs -0 sha256sum
"""
ANYWHERE = "[Unit]\nConditionVirtualization=\nConditionPathExists=\n[Service]\nExecStart=\nExecStart=/bin/true\n"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The libraries of requirements.lock for the containers' Python."""
    folder = tmp_path_factory.mktemp("wheels")
    built_for = [f"manylinux_{glibc}_{platform.machine()}" for glibc in ("2_34", "2_28", "2_17")]
    built_for.append(f"manylinux2014_{platform.machine()}")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"),
            *("--require-hashes", "--only-binary", ":all:", "--python-version", PYTHONS[suite()]),
            *(word for name in built_for for word in ("--platform", name)),
            *("--dest", folder, "--requirement", ROOT / "requirements.lock"),
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def machine(containers: Containers, wheels: Path) -> Iterator[Container]:
    """A machine with nothing but Debian, a checkout and the libraries."""
    with containers.booted(f"--bind-ro={ROOT}:{CHECKOUT}", f"--bind-ro={wheels}:/mnt/wheels") as bare:
        if not bare.has_users_of_its_own():
            drop_in(bare, "kiosk-.service", "[Service]\nPrivateUsers=no\n")
        yield bare


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    return Crowd()


def install(machine: Container, *options: str, checkout: str = CHECKOUT) -> str:
    return machine.run(*PIP, f"{checkout}/firmware_config/install.sh", *options)


def files(machine: Container) -> set[str]:
    """Every file of the system: mode and owner, and its sum."""
    return set(machine.run("sh", "-c", FILES).splitlines())


def test_a_checkout_becomes_a_kiosk(machine: Container, crowd: Crowd) -> None:
    print(install(machine)[-300:])
    machine.write("/etc/kiosk/kiosk.toml", SETTINGS)
    machine.kiosk("keys", "new", "--out", "/root/tracing.key")
    machine.run("systemctl", "start", "kiosk.target")
    eventually(machine.door_answers, "the door answers")
    eventually(lambda: machine.page("/trust"), "the pages answer")
    assert crowd.somebody(machine)["outcome"] == "admitted"
    machine.fails_nowhere()
    enabled = machine.run("sh", "-c", "systemctl is-enabled kiosk-firewall.service kiosk.target || true")
    assert enabled.split() == ["disabled", "enabled"]


def test_a_second_time_changes_nothing(machine: Container, crowd: Crowd) -> None:
    before = files(machine)
    install(machine)
    assert any(file.endswith(" /usr/bin/kiosk") for file in before)
    assert files(machine) ^ before == set()
    eventually(machine.door_answers, "the door answers")
    crowd.somebody(machine)
    assert crowd.lost(machine) == []


def test_a_library_with_another_hash_is_refused_and_the_kiosk_that_is_there_works_on(
    machine: Container, crowd: Crowd
) -> None:
    parts = "kiosk systemd firmware_config pyproject.toml README.md LICENSE requirements.lock"
    machine.run("sh", "-c", f"mkdir /root/other && cd {CHECKOUT} && cp -r {parts} /root/other")
    machine.run("sed", "-i", "s/sha256:..../sha256:0000/", "/root/other/requirements.lock")
    with pytest.raises(AssertionError, match="DO NOT MATCH THE HASHES"):
        install(machine, checkout="/root/other")
    machine.run("systemctl", "restart", "kiosk-door.service", "kiosk-web.service")
    eventually(machine.door_answers, "the door answers")
    crowd.somebody(machine)
    assert crowd.lost(machine) == []


def test_it_takes_itself_away_but_for_the_log_and_the_settings(machine: Container) -> None:
    # It runs in no container; what counts here is that it is no part of the target.
    drop_in(machine, "kiosk-firewall.service", ANYWHERE)
    machine.run("systemctl", "start", "kiosk-firewall.service")
    assert machine.show("kiosk-firewall.service", "ActiveState") == "active"
    log = machine.run("sha256sum", "/etc/kiosk/kiosk.toml", "/var/lib/kiosk/tracing.json")
    install(machine, "--uninstall")
    assert machine.run("systemctl", "list-units", "--no-legend", "kiosk*", "media-kioskbackup*") == ""
    assert machine.run("find", "/usr", "-name", "*kiosk*") == ""
    assert machine.run("find", "/etc/systemd", "-name", "*kiosk*", "-type", "l") == ""
    assert machine.run("sha256sum", "/etc/kiosk/kiosk.toml", "/var/lib/kiosk/tracing.json") == log
    assert machine.succeeds("test", "-s", "/var/lib/kiosk/kiosk.db")
