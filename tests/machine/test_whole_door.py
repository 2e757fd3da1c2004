"""The door's service as on an appliance: a scanner that types, lamps on pins, a printer on USB, keys of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import zxingcpp

from kiosk.devices.keyboard import GAP_S
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.house import DATABASE
from kiosk.rules.entries import Entry
from kiosk.rules.invented import person
from kiosk.store.reading import Reader, VisitRow
from machine.virtual_pins import VirtualPins
from machine.virtual_printer import ASK_CAUSE, ASK_PAPER, HOST_PATH, VirtualPrinter
from machine.virtual_scanner import VirtualScanner, as_typed

GREEN, AMBER, RED, BUTTON = 17, 27, 22, 23
KIOSK = (sys.executable, "-m", "kiosk")
CARD = as_typed(person(0).id_card_text)
START_S, ANSWER_S = 60.0, 20.0

SETTINGS = """
[door]
quiet_s = 0.5
min_stay_s = 0
[[sources]]
kind = "keyboard"
path = "{scanner}"
[outputs]
kind = "gpio"
relay_pin = 5
[printer]
kind = "usb"
path = "{printer}"
"""


class Appliance:
    """The service at work, with its devices."""

    def __init__(self, place: Path, pins: VirtualPins, printer: VirtualPrinter) -> None:
        self.pins = pins
        self.printer = printer
        self._data = place / "data"
        self._socket = place / "scanner"  # as udev names it, whatever its number
        settings = place / "kiosk.toml"
        settings.write_text(SETTINGS.format(scanner=self._socket, printer=HOST_PATH))
        self.plug_scanner()
        self._door = subprocess.Popen([*KIOSK, "--config", str(settings), "--data", str(self._data), "door"])
        eventually(self._has_scanner, START_S)

    @property
    def reader(self) -> Reader:
        """What the pages read."""
        return Reader(self._data / DATABASE)

    def entries(self, kind: str) -> list[Entry]:
        """The log's entries of *kind*."""
        return [entry for entry in self.reader.events_after(0) if entry.header.kind == kind]

    def plug_scanner(self) -> None:
        """Another scanner than before, under the same name."""
        self.scanner = VirtualScanner()
        self._socket.unlink(missing_ok=True)
        self._socket.symlink_to(self.scanner.path)

    def shows(self, text: str) -> float:
        """Somebody holds a code to the scanner until a lamp answers. Returns the seconds from Enter to green."""
        for _ in range(10):
            eventually(lambda: not self.pins.value(GREEN), ANSWER_S)
            whole = self.scanner.types(text) < GAP_S
            entered_s = time.monotonic()
            if whole:
                eventually(lambda: bool(self.pins.value(GREEN)), ANSWER_S)
                return time.monotonic() - entered_s
            time.sleep(1)
        pytest.fail("this machine is too slow: it never typed a code without a pause")

    def paper(self, count: int) -> SimulatedPrinter:
        """The printer's tray once *count* tickets lie in it."""
        eventually(lambda: self._tray().printed == count, ANSWER_S)
        return self._tray()

    def close(self) -> int:
        """Stop the service as systemd does. Returns its exit status."""
        self._door.terminate()
        try:
            return self._door.wait(20)
        finally:
            self._door.kill()
            self._door.wait()
            self.scanner.unplug()

    def _tray(self) -> SimulatedPrinter:
        tray = SimulatedPrinter()
        tray.send(self.printer.received.replace(ASK_PAPER, b"").replace(ASK_CAUSE, b""))
        return tray

    def _has_scanner(self) -> bool:
        assert self._door.poll() is None, "the door ended"
        return self.scanner.is_grabbed()


def eventually(truth: Callable[[], bool], limit_s: float) -> None:
    until = time.monotonic() + limit_s
    while not truth():
        assert time.monotonic() < until, f"not within {limit_s:g} s"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory whose tracing keys are real ones."""
    place = tmp_path_factory.mktemp("keys")
    data = place / "data"
    subprocess.run([*KIOSK, "--data", data, "keys", "new", "--out", place / "tracing.key"], check=True, timeout=START_S)
    return data


@pytest.fixture
def appliance(
    tmp_path: Path, keys: Path, virtual_pins: VirtualPins, virtual_printer: VirtualPrinter
) -> Iterator[Appliance]:
    shutil.copytree(keys, tmp_path / "data")
    virtual_pins.let_go(BUTTON)
    appliance = Appliance(tmp_path, virtual_pins, virtual_printer)
    yield appliance
    with suppress(subprocess.TimeoutExpired):
        appliance.close()


def test_a_card_is_a_visit_on_disk_when_the_lamp_turns_green(appliance: Appliance) -> None:
    appliance.shows(CARD)
    assert len(appliance.reader.inside()) == 1
    assert not any(appliance.pins.value(pin) for pin in (AMBER, RED))


def test_the_slip_on_the_paper_opens_the_exit(appliance: Appliance) -> None:
    appliance.shows(CARD)
    code = zxingcpp.read_barcode(appliance.paper(1).papers[0].convert("L"))
    assert code is not None
    appliance.shows(code.text)
    visits: list[VisitRow] = appliance.reader.visits()
    assert [visit.left_ms is not None for visit in visits] == [True]


def test_people_enter_while_the_printer_is_unplugged_and_get_their_paper_later(appliance: Appliance) -> None:
    appliance.printer.unplug()
    for i in (0, 2, 4):
        appliance.shows(as_typed(person(i).id_card_text))
    appliance.printer.plug()
    appliance.paper(3)
    eventually(lambda: appliance.reader.tickets_waiting_for_paper() == 0, ANSWER_S)


def test_a_scanner_that_is_plugged_in_again_is_read_again(appliance: Appliance) -> None:
    appliance.scanner.unplug()
    eventually(lambda: any(not device.ok for device in appliance.reader.devices()), ANSWER_S)
    appliance.plug_scanner()
    eventually(appliance.scanner.is_grabbed, ANSWER_S)
    appliance.shows(CARD)
    assert all(device.ok for device in appliance.reader.devices())


def test_the_button_calls_for_help(appliance: Appliance) -> None:
    appliance.pins.press(BUTTON)
    eventually(lambda: bool(appliance.pins.value(AMBER)), ANSWER_S)
    assert len(appliance.entries("help")) == 1


def test_the_service_ends_in_order_and_leaves_the_lamps_dark(appliance: Appliance) -> None:
    appliance.shows(CARD)
    assert appliance.close() == 0
    assert not appliance.pins.value(GREEN)
    assert os.path.lexists(HOST_PATH)
