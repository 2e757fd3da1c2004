"""The way to the set-up's hotspot, with polkit and NetworkManager at work: only the radio is not there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from system.conftest import Boot
from system.containers import Container, eventually

UNIT = "kiosk-hotspot.service"
RESTARTS = ("systemctl", "--no-ask-password", "restart", UNIT)


@pytest.fixture(scope="module")
def machine(boot: Boot) -> Iterator[Container]:
    """A kiosk that somebody sets up anew, by a file on its card."""
    with boot() as booted:
        booted.stop_kiosk()
        booted.run("systemctl", "start", "polkit.service", "NetworkManager.service")
        booted.write("/boot/firmware/kiosk-setup", "")
        booted.run("systemctl", "start", "kiosk.target")
        yield booted


def as_user(machine: Container, user: str, *command: str) -> bool:
    """Whether *command* ends well as that *user* of the kiosk."""
    return machine.succeeds("setpriv", f"--reuid={user}", "--regid=kiosk", "--clear-groups", *command)


def test_network_manager_hears_the_set_up_and_without_a_radio_the_set_up_goes_on_by_cable(machine: Container) -> None:
    eventually(lambda: "No suitable device found" in heard(machine), "NetworkManager looks for a radio")
    eventually(lambda: machine.page("/screen"), "the set-up's pages answer")
    machine.fails_nowhere()


def heard(machine: Container) -> str:
    return "\n".join(machine.journal(f"--unit={UNIT}", "--boot"))


def test_the_door_may_ask_for_it_and_the_pages_may_not(machine: Container) -> None:
    eventually(lambda: "No suitable device found" in heard(machine), "the set-up has asked")
    machine.run("rm", "-f", "/run/kiosk/hotspot")  # then the unit has nothing to do, and whoever may start it succeeds
    assert as_user(machine, "kiosk", *RESTARTS)
    assert not as_user(machine, "kiosk-web", *RESTARTS)
    assert not as_user(machine, "kiosk", "systemctl", "--no-ask-password", "stop", "dbus.service")
