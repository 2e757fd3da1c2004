"""A kiosk whose devices are not there: the door opens with what it has, and staff read what is missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kiosk.rules.model import Outcome
from system.conftest import SETTINGS, Boot
from system.containers import Container, eventually
from system.people import Crowd

UNPLUGGED = """
[[sources]]
kind = "keyboard"
path = "/dev/kiosk/scanner"
[[sources]]
kind = "serial"
path = "/dev/ttyACM0"
[printer]
kind = "usb"
"""
MISSED = ("/dev/kiosk/scanner", "/dev/ttyACM0", "printer")
# On a machine that is no Raspberry Pi, without its packages.
OF_A_PI = SETTINGS.replace('[outputs]\nkind = "simulated"\n', '[outputs]\nkind = "gpio"\n')
OF_A_PI += '[[sources]]\nkind = "camera"\n'


@pytest.fixture(scope="module")
def machine(boot: Boot) -> Iterator[Container]:
    with boot() as booted:
        yield booted


def faults(machine: Container) -> str:
    """What the kiosk says does not work."""
    health = machine.run("kiosk", "health", check=False).splitlines()
    return "\n".join(line for line in health if line.startswith("FAIL"))


def test_without_scanner_and_printer_people_still_pass_and_each_missing_device_is_named(machine: Container) -> None:
    machine.write("/etc/kiosk/kiosk.toml", SETTINGS.replace('[printer]\nkind = "simulated"\n', UNPLUGGED))
    machine.run("systemctl", "restart", "kiosk-door.service")
    assert Crowd().somebody(machine)["outcome"] == Outcome.ADMITTED
    eventually(lambda: all(name in faults(machine) for name in MISSED), "each is missed")
    print(faults(machine))
    machine.fails_nowhere()


def test_without_camera_and_pins_the_door_begins_anew_twice_and_then_people_pass_by_typed_number(
    machine: Container,
) -> None:
    machine.write("/etc/kiosk/kiosk.toml", OF_A_PI)
    machine.run("systemctl", "restart", "kiosk-door.service", check=False)
    eventually(lambda: machine.show("kiosk-door.service", "NRestarts") == "2", "the door has ended twice")
    eventually(machine.door_answers, "it opens without")
    assert machine.door.present_text(b"079090000011", typed=True)["outcome"] == Outcome.ADMITTED
    eventually(lambda: all(f"device {name}" in faults(machine) for name in ("camera", "lamps", "button")), "all missed")
    print(faults(machine))
    assert "python3-picamera2" in faults(machine)
    assert (machine.show("kiosk-door.service", "NRestarts"), machine.door_answers()) == ("2", True)
