"""The appliance as its package installs it, booted in containers: root, systemd-nspawn and mounts are needed."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from packages import package

from system.containers import CannotBoot, Container, Containers, containers_on, eventually

MADE = Path(__file__).parents[2] / "build/system"
SETTINGS = """
[site]
name = "Trạm y tế Ví Dụ"
[door]
quiet_s = 0.0
min_stay_s = 0.0
[web]
address = "0.0.0.0"
[outputs]
kind = "simulated"
[printer]
kind = "simulated"
"""
ADMIN, PIN = "An", "314159"

Boot = Callable[..., AbstractContextManager[Container]]


class Excuse:
    """Why nothing here can run on this machine; a test that is skipped without it has failed."""

    sentence = ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What must hold on every kiosk is not left out where it can be tried."""
    report = yield
    if report.skipped and not Excuse.sentence:
        report.outcome = "failed"
        report.longrepr = f"skipped, though containers can be booted here: {report.longreprtext}"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of it takes its time."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


def suite() -> str:
    """Debian 12 or 13, as on this machine where it is one of the two."""
    here = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    return here if here in {"bookworm", "trixie"} else "bookworm"


def what_is_missing() -> str:
    """Why containers cannot be booted on this machine, whatever the kiosk does; empty where they can."""
    if os.geteuid():
        return "only root boots containers"
    for tool, its in {"systemd-nspawn": "systemd-container", "mmdebstrap": "mmdebstrap"}.items():
        if not shutil.which(tool):
            return f"there is no {tool} (Debian's package {its})"
    tried = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, text=True, check=False
    )
    return f"no file system may be mounted here: {tried.stderr.strip()}" if tried.returncode else ""


@pytest.fixture(scope="session")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """Containers with nothing but Debian; the reason is told where this machine boots none."""
    Excuse.sentence = what_is_missing()
    if Excuse.sentence:
        pytest.skip(Excuse.sentence)
    root = MADE / suite()
    assert root.is_dir(), f"{root} is not there: make test makes it, or says why it cannot"
    with containers_on(root, tmp_path_factory.mktemp("containers")) as ready:
        try:
            with ready.booted() as bare:
                bare.power_off()
        except CannotBoot as error:
            Excuse.sentence = f"not even a bare Debian boots: {error}"
            pytest.skip(Excuse.sentence)
        yield ready


@pytest.fixture(scope="session")
def deb(containers: Containers) -> Path:
    """The kiosk's package as it stands here, for the containers' Debian and this machine's processor."""
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    return package(suite(), architecture.stdout.strip())


@pytest.fixture(scope="session")
def installed(containers: Containers, deb: Path) -> Containers:
    """Containers in which the package was installed while the machine ran, with settings, keys and an account."""
    with containers.booted(f"--bind-ro={deb}:/mnt/kiosk.deb") as machine:
        if not machine.has_users_of_its_own():
            print("here no service can have users of its own (a chroot?): PrivateUsers=no for these containers")
            drop_in(machine, "kiosk-.service", "[Service]\nPrivateUsers=no\n")
        machine.write("/etc/kiosk/kiosk.toml", SETTINGS)
        machine.run("apt-get", "-qq", "install", "--no-install-recommends", "/mnt/kiosk.deb")
        machine.kiosk("keys", "new", "--out", "/root/tracing.key")
        machine.kiosk("staff", "add", ADMIN, "--role", "admin", "--pin-file", "-", stdin=PIN)
        eventually(machine.door_answers, "the door finds its keys and answers")
        machine.power_off()
    return containers.keeping(machine)


@pytest.fixture(scope="session")
def boot(installed: Containers) -> Boot:
    """Boots the appliance and waits until its door answers: ``with boot("--read-only") as machine:``."""

    @contextmanager
    def booted(*options: str) -> Iterator[Container]:
        with installed.booted(*options) as machine:
            eventually(machine.door_answers, "the door answers")
            yield machine

    return booted


def drop_in(machine: Container, unit: str, text: str) -> None:
    """Add *text* to *unit*, as an administrator would."""
    # A name of its own: of two files with one name systemd reads the more special one only.
    machine.write(f"/etc/systemd/system/{unit}.d/50-{unit}.conf", text)
    machine.run("systemctl", "daemon-reload")
