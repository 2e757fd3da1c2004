"""``kiosk check`` tries every output once and says which pin is at fault, whether or not a door runs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import OpenSite, settings_with
from doors import at_work
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin
from patience import eventually

from kiosk.commands import Context
from kiosk.commands.checks import check
from kiosk.config import Settings
from kiosk.config.devices import SourceSettings
from kiosk.devices.base import PrinterStatus
from kiosk.door_socket import DoorClient
from kiosk.house import House
from kiosk.services import make_door

GREEN, AMBER, RED, BUZZER, RELAY = 17, 27, 22, 18, 5
WIRED = {"kind": "gpio", "relay_pin": RELAY}

Found = dict[str, tuple[bool, str]]


class BusyPin(MockPin):  # type: ignore[misc]
    """A pin that another program holds."""

    def _set_function(self, value: str) -> None:
        if value == "output":
            raise RuntimeError("GPIO busy")


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    """gpiozero's own pins in memory, which remember every state they had."""
    usual, Device.pin_factory = Device.pin_factory, MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = usual


@contextmanager
def running_door(house: House) -> Iterator[DoorClient]:
    """A door on *house*, its devices as the settings say."""
    with at_work(make_door(house, simulate=False)):
        yield DoorClient(house.data)


def checked(settings: Settings, data: Path, capsys: pytest.CaptureFixture[str]) -> Found:
    """Whether each check found its device well, and its note."""
    capsys.readouterr()
    check(Context(settings, data, as_json=True), argparse.Namespace())
    return {found["name"]: (found["ok"], found["note"]) for found in json.loads(capsys.readouterr().out)["checks"]}


def was_lit(pins: MockFactory, number: int) -> bool:
    return any(state.state for state in pins.pin(number).states)


def test_every_output_is_tried_and_left_dark(
    pins: MockFactory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = checked(settings_with(outputs=WIRED), tmp_path, capsys)
    assert [found[name][0] for name in ("lamps", "buzzer", "relay", "button")] == [True] * 4
    assert was_lit(pins, AMBER) and was_lit(pins, BUZZER) and not was_lit(pins, RELAY)
    assert not any(pins.pin(number).state for number in (GREEN, AMBER, RED, BUZZER, RELAY))


@pytest.mark.parametrize(
    ("name", "pin", "said"),
    [("lamps", RED, "red on GPIO 22"), ("relay", RELAY, "relay on GPIO 5")],
)
def test_a_busy_pin_is_named(
    pins: MockFactory, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, pin: int, said: str
) -> None:
    pins.pin(pin, pin_class=BusyPin)
    found = checked(settings_with(outputs=WIRED), tmp_path, capsys)
    assert found[name] == (False, f"{said}: GPIO busy")
    assert found["buzzer"][0]


@pytest.mark.parametrize("name", ["buzzer", "button"])
def test_a_pin_that_the_board_has_not_is_named(
    pins: MockFactory, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    ok, note = checked(settings_with(outputs=WIRED | {f"{name}_pin": 99}), tmp_path, capsys)[name]
    assert (ok, note.startswith(f"{name} on GPIO 99: ")) == (False, True)


def test_a_running_door_tries_its_own_outputs(
    pins: MockFactory, open_site: OpenSite, capsys: pytest.CaptureFixture[str]
) -> None:
    pins.pin(RELAY, pin_class=BusyPin)
    house = open_site(outputs=WIRED).house
    with running_door(house):
        found = checked(house.settings, house.data, capsys)
    assert was_lit(pins, AMBER)
    assert found["lamps"] == found["buzzer"] == (True, "the running door tried it")
    assert found["relay"] == (False, "the door could not do that: relay on GPIO 5: GPIO busy")


def test_a_running_door_tells_of_its_printer_and_scanners(
    open_site: OpenSite, capsys: pytest.CaptureFixture[str]
) -> None:
    site = open_site(outputs={"kind": "none"}, printer={"kind": "simulated"})
    scanners = tuple(SourceSettings("serial", "in", f"/dev/kiosk/{name}") for name in ("old", "new"))
    settings = replace(site.house.settings, sources=scanners)
    with running_door(site.house) as door:
        door.set_printer_fault(PrinterStatus.PAPER_OUT)
        site.house.health.failed("serial /dev/kiosk/old", "it was unplugged")
        assert eventually(lambda: sum(not state.ok for state in site.reader.devices()) == 2)
        found = checked(settings, site.house.data, capsys)
    assert found["printer"] == (False, f"the running door says: {PrinterStatus.PAPER_OUT.sentence}")
    assert found["source 1"] == (False, "the running door says: it was unplugged")
    assert found["source 2"] == (True, "the running door has it, and knows of no fault")
