"""All of the kiosk at work under Debian 13's systemd, a camera at its door: the shipped units in their sandboxes."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from exposures import too_much
from pictures_of_codes import code_picture, on_canvas

from kiosk.rules.entries import Entry, EntryKind
from kiosk.rules.invented import person
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from machine import virtual_camera
from machine.appliance import NEW_KEYS, RESIDENT, RESIDENT_MIB, resident
from machine.services import state, systemctl, unwell

pytest.importorskip("libcamera", reason="only the Debian 13 machine has a camera")

DATA = Path("/var/lib/kiosk")
SIZE = (640, 480)
UP_S = 900.0
FILES = {
    "/etc/kiosk/kiosk.toml": """
[door]
min_stay_s = 0
[[sources]]
kind = "camera"
stall_s = 120.0
[outputs]
kind = "simulated"
[printer]
kind = "simulated"
""",
    # As Raspberry Pi OS has it: where the camera's frames lie.
    "/etc/udev/rules.d/71-kiosk-site.rules": 'SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660"\n',
}
# With any driver for cameras the kernel has the place in sysfs where libcamera, kept from udev's messages, looks.
SET_UP = f"""
modprobe vivid
chgrp kiosk /etc/kiosk/kiosk.toml
udevadm control --reload && udevadm trigger --subsystem-match=dma_heap --settle
{NEW_KEYS}
systemctl start kiosk.target
"""


@pytest.fixture(scope="module", autouse=True)
def kiosk() -> Iterator[None]:
    """Set up as a site does it, and started, with somebody's card before the camera."""
    for name, text in FILES.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    virtual_camera.show([on_canvas(code_picture(person(0).id_card_text.encode()), SIZE)])
    with virtual_camera.for_everybody():
        subprocess.run(SET_UP, shell=True, check=True, timeout=UP_S)
        eventually(lambda: systemctl("is-active", "kiosk-door", "kiosk-web") == "active\nactive")
        yield


def eventually(truth: Callable[[], bool]) -> None:
    until = time.monotonic() + UP_S
    while not truth():
        assert time.monotonic() < until, systemctl("status", "kiosk-door", "kiosk-web")
        time.sleep(0.5)


def test_the_door_in_its_sandbox_reads_the_card_before_its_camera() -> None:
    eventually(lambda: any("who" in (entry.body or {}) for entry in passages()))
    assert "camera" not in {device.name for device in Reader(DATA / DATABASE).devices() if not device.ok}


def passages() -> list[Entry]:
    return [entry for entry in Reader(DATA / DATABASE).events_after(0) if entry.header.kind == EntryKind.SCAN]


def test_with_the_camera_all_services_are_as_small_as_promised(capsys: pytest.CaptureFixture[str]) -> None:
    systemctl("start", "kiosk-observer")
    told = subprocess.run(RESIDENT, shell=True, check=True, capture_output=True, text=True, timeout=UP_S).stdout
    with capsys.disabled():
        print("\nwith a camera:")
        assert resident(told, lambda said: print(f"  {said}")) <= RESIDENT_MIB


def test_nothing_has_failed() -> None:
    found = state()
    journal = ["journalctl", "--boot", "--lines=40", *(f"--unit={unit}" for unit in found["failed"])]
    assert unwell(found) == [], subprocess.run(journal, check=True, capture_output=True, text=True).stdout


def test_systemd_understands_every_line_of_the_units() -> None:
    told = subprocess.run(["journalctl", "--boot", "_PID=1"], check=True, capture_output=True, text=True).stdout
    assert "kiosk.target" in told
    complaint = re.compile("Unknown (key|section|lvalue)|ordering cycle|Failed to parse|deprecated", re.IGNORECASE)
    assert [line for line in told.splitlines() if "kiosk" in line and complaint.search(line)] == []


def test_udev_knows_every_word_of_the_rules() -> None:
    verify = ["udevadm", "verify", "--resolve-names=never", "/usr/lib/udev/rules.d/72-kiosk.rules"]
    assert subprocess.run(verify, timeout=UP_S, check=False).returncode == 0


def test_the_firewall_is_loaded_and_goes_again() -> None:
    systemctl("start", "kiosk-firewall")
    assert systemctl("is-active", "kiosk-firewall") == "active"
    assert "tcp dport 8443 accept" in firewall()
    systemctl("stop", "kiosk-firewall")
    assert "kiosk" not in firewall()


def firewall() -> str:
    return subprocess.run(["nft", "list", "ruleset"], check=True, capture_output=True, text=True).stdout


def test_the_sandboxes_at_work_are_as_tight_as_on_paper(capsys: pytest.CaptureFixture[str]) -> None:
    units = sorted(path.name for path in Path("/usr/lib/systemd/system").glob("kiosk-*.service"))
    scores = {unit: exposure(unit.replace("@.", "@kiosk-door.service.")) for unit in units}
    with capsys.disabled():
        print("\nexposure:", ", ".join(f"{unit.removesuffix('.service')} {score}" for unit, score in scores.items()))
    assert len(scores) > 10
    assert not too_much(scores)


def exposure(unit: str) -> float:
    """systemd's own score of how much *unit* could do, from 0 to 10."""
    command = ["systemd-analyze", "security", "--no-pager", unit]
    said = subprocess.run(command, capture_output=True, text=True, timeout=UP_S, check=False).stdout
    found = re.search(r"Overall exposure level for .*: ([0-9.]+)", said)
    assert found, said
    return float(found[1])
