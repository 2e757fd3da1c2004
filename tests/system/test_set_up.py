"""The package alone: a fresh machine waits to be set up, in a browser, and is a kiosk at once when that is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from system.conftest import ADMIN, PIN, drop_in
from system.containers import Container, Containers, eventually
from system.people import Crowd

# Of the kiosk's own screen: it reads the code from it, and answers as somebody there would.
BROWSER = """
import json, re, sys, urllib.parse, urllib.request
base, steps = "http://127.0.0.1:8080", json.loads(sys.argv[1])
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
shown = browser.open(base + "/display").read().decode()
code = re.search(r'claim-code"[^>]*>([0-9]{4} [0-9]{4})', shown)[1]
for path, form in [["/claim", {"code": code}], *steps]:
    form = {name: recovery[-4:] if value == "LAST GROUP" else value for name, value in form.items()}
    asked = urllib.request.Request(base + path, urllib.parse.urlencode(form).encode(), {"Origin": base})
    page = browser.open(asked, timeout=60).read().decode()
    if "recovery-code" in page:
        recovery = re.sub("<[^>]+>", "", re.search(r'recovery-code"[^>]*>(.*?)</p>', page)[1])
    print(page)
"""
FIRST = [
    ("/step/place", {"site": "Trạm Ví Dụ", "keeper": "Trạm Ví Dụ", "contact": "", "kiosk_id": "kiosk-1"}),
    ("/step/gate", {"gate": "Cổng B", "direction": "both"}),
]
REST = [
    ("/step/devices", {"tablets": "on"}),
    ("/step/keys/file", {}),
    ("/step/keys/keep", {}),
    ("/step/backups/code", {}),
    ("/step/backups/keep", {"group": "LAST GROUP"}),
    ("/step/admin", {"name": ADMIN, "pin": PIN, "again": PIN}),
    ("/finish", {}),
]


@pytest.fixture(scope="module")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is mounted where a stick named KIOSKBACKUP would be, for whoever runs there as the kiosk."""
    folder = tmp_path_factory.mktemp("stick")
    folder.chmod(0o777)
    return folder


@pytest.fixture(scope="module")
def fresh(containers: Containers, deb: Path, stick: Path) -> Iterator[Container]:
    """A machine on which the package was just installed, without settings and keys."""
    with containers.booted(f"--bind-ro={deb}:/mnt/kiosk.deb", f"--bind={stick}:/media/kioskbackup") as machine:
        if not machine.has_users_of_its_own():
            drop_in(machine, "kiosk-.service", "[Service]\nPrivateUsers=no\n")
        machine.run("apt-get", "-qq", "install", "--no-install-recommends", "/mnt/kiosk.deb")
        yield machine


def answer(machine: Container, steps: list[tuple[str, dict[str, str]]]) -> str:
    return machine.run("python3", "-", json.dumps(steps), stdin=BROWSER)


def waits(machine: Container) -> None:
    eventually(lambda: machine.page("/screen"), "the pages of the set-up answer")


def test_a_fresh_machine_waits_to_be_set_up_and_nothing_has_failed(fresh: Container) -> None:
    waits(fresh)
    assert not fresh.door_answers()
    fresh.fails_nowhere()
    assert "tablets cannot reach the pages" not in "\n".join(fresh.journal("--unit=kiosk-setup.service"))


def test_the_page_that_a_telephone_opens_by_itself_shows_the_way(fresh: Container) -> None:
    waits(fresh)
    opened = "import urllib.request as r; print(r.urlopen('http://127.0.0.1/', timeout=20).read().decode())"
    eventually(lambda: ":8443/claim" in fresh.run("python3", "-c", opened, check=False), "port 80 leads to the set-up")


def test_what_was_answered_outlives_a_kill(fresh: Container) -> None:
    waits(fresh)
    answer(fresh, FIRST)
    fresh.run("systemctl", "kill", "--signal=KILL", "kiosk-setup.service")
    waits(fresh)
    assert answer(fresh, []).count('class="state"') == len(FIRST)


def test_when_it_is_done_the_door_opens_by_itself(fresh: Container) -> None:
    waits(fresh)
    answer(fresh, [*FIRST, *REST])
    eventually(fresh.door_answers, "the door answers")
    assert Crowd().somebody(fresh)["outcome"] == "admitted"
    eventually(lambda: "Cổng B" in fresh.page("/", f"name={ADMIN}&pin={PIN}"), "the first admin signs in")
    fresh.fails_nowhere()


def test_a_stick_that_was_plugged_in_meanwhile_has_a_backup_by_itself(fresh: Container, stick: Path) -> None:
    eventually(lambda: list(stick.glob("*.kiosk-backup")), "a backup lies on the stick")
    assert 'to = "/media/kioskbackup"' in fresh.run("cat", "/etc/kiosk/kiosk.toml")
    assert fresh.run("stat", "--format=%a %U:%G", "/var/lib/kiosk/recovery.key").strip() == "640 kiosk:kiosk"


def test_a_kiosk_that_is_set_up_is_not_asked_again(fresh: Container) -> None:
    fresh.run("systemctl", "restart", "kiosk.target")
    eventually(fresh.door_answers, "the door answers again")
    assert fresh.show("kiosk-setup.service", "ActiveState") == "inactive"
    assert not Path(f"/proc/{fresh.leader}/root/run/kiosk/setting-up").exists()


def test_strangers_cannot_read_the_settings_and_the_door_cannot_change_them(fresh: Container) -> None:
    assert fresh.run("stat", "--format=%a %U:%G", "/etc/kiosk/kiosk.toml").strip() == "640 kiosk:kiosk"
    assert "/etc" not in fresh.show("kiosk-door.service", "ReadWritePaths")
    assert "/etc" not in fresh.show("kiosk-web.service", "ReadWritePaths")
