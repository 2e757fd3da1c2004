"""A kiosk whose devices are not there: the door opens with what it has, and staff read what is missing."""

from __future__ import annotations

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


def faults(machine: Container) -> str:
    """What the kiosk says does not work."""
    health = machine.run("kiosk", "health", check=False).splitlines()
    return "\n".join(line for line in health if line.startswith("FAIL"))


def test_without_scanner_and_printer_people_still_pass_and_each_missing_device_is_named(boot: Boot) -> None:
    with boot() as machine:
        machine.write("/etc/kiosk/kiosk.toml", SETTINGS.replace('[printer]\nkind = "simulated"\n', UNPLUGGED))
        machine.run("systemctl", "restart", "kiosk-door.service")
        assert Crowd().somebody(machine)["outcome"] == Outcome.ADMITTED
        eventually(lambda: all(name in faults(machine) for name in MISSED), "each is missed")
        print(faults(machine))
        assert machine.run("systemctl", "--failed", "--no-legend") == ""
