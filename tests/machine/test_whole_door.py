"""The shipped units at work on devices of a kernel: a scanner that types, lamps on pins, a printer on USB."""

from __future__ import annotations

import http.client
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zxingcpp

from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.rules.entries import Entry
from kiosk.rules.invented import person
from kiosk.store.reading import Reader, VisitRow
from kiosk.store.schema import DATABASE
from machine.appliance import FILES, NEW_KEYS
from machine.virtual_pins import VirtualPins
from machine.virtual_printer import ASK_CAUSE, ASK_PAPER, VirtualPrinter
from machine.virtual_scanner import VirtualScanner, as_typed

GREEN, AMBER, RED, BUTTON = 17, 27, 22, 23
CARD = as_typed(person(0).id_card_text)
START_S, ANSWER_S = 600.0, 300.0
# On a busy host the machine stands still at times: a code with a pause in it is none, nor one of which keys are lost.
TRIES, AGAIN_S = 60, 30.0
DATA = Path("/var/lib/kiosk")
SCANNER = Path("/dev/kiosk/scanner")
OF_THE_MACHINE = ("kiosk.toml", "71-kiosk-site.rules", "kiosk-door.service.d/90-machine.conf")


def systemctl(*words: str) -> str:
    return subprocess.run(["systemctl", *words], check=True, capture_output=True, text=True, timeout=START_S).stdout


class Appliance:
    """The services at work, with their devices."""

    def __init__(self, pins: VirtualPins, printer: VirtualPrinter) -> None:
        self.pins = pins
        self.printer = printer
        self.plug_scanner()
        systemctl("start", "kiosk-door")
        eventually(self.scanner.is_grabbed, START_S)

    @property
    def reader(self) -> Reader:
        """What the pages read."""
        return Reader(DATA / DATABASE)

    def entries(self, kind: str) -> list[Entry]:
        """The log's entries of *kind*."""
        return [entry for entry in self.reader.events_after(0) if entry.header.kind == kind]

    def plug_scanner(self) -> None:
        """Another scanner than before, under the same name."""
        self.scanner = VirtualScanner()
        eventually(lambda: SCANNER.exists() and str(SCANNER.resolve()) == self.scanner.path, START_S)

    def shows(self, text: str) -> None:
        """Somebody holds a code to the scanner until a lamp answers green."""
        for _ in range(TRIES):
            eventually(lambda: not self.pins.value(GREEN), ANSWER_S)
            self.scanner.types(text)
            if within(lambda: bool(self.pins.value(GREEN)), AGAIN_S):  # also where a key came late: it may be read
                return
        pytest.fail("this machine is too slow: no code was typed and read without a pause")

    def paper(self, count: int) -> SimulatedPrinter:
        """The printer's tray once *count* tickets lie in it."""
        eventually(lambda: self.tray().printed == count, ANSWER_S)
        return self.tray()

    def tray(self) -> SimulatedPrinter:
        """What came out of the printer."""
        tray = SimulatedPrinter()
        tray.send(self.printer.received.replace(ASK_PAPER, b"").replace(ASK_CAUSE, b""))
        return tray

    def broken(self) -> set[str]:
        """The devices that the door says do not work."""
        return {device.name for device in self.reader.devices() if not device.ok}


def within(truth: Callable[[], bool], limit_s: float) -> bool:
    until = time.monotonic() + limit_s
    while not (true := truth()) and time.monotonic() < until:
        time.sleep(0.01)
    return true


def eventually(truth: Callable[[], bool], limit_s: float) -> None:
    assert within(truth, limit_s), f"not within {limit_s:g} s"


@pytest.fixture(scope="module")
def keys() -> bytes:
    """What a site sets up once; the public half of its tracing keys."""
    for name, text in FILES.items():
        if name.endswith(OF_THE_MACHINE):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text)
    subprocess.run("chgrp kiosk /etc/kiosk/kiosk.toml; udevadm control --reload", shell=True, check=True)
    subprocess.run(NEW_KEYS, shell=True, check=True, timeout=START_S)
    systemctl("daemon-reload")
    return (DATA / "tracing.json").read_bytes()


@pytest.fixture
def appliance(keys: bytes, virtual_pins: VirtualPins, virtual_printer: VirtualPrinter) -> Iterator[Appliance]:
    subprocess.run(f"find {DATA} -mindepth 1 -delete", shell=True, check=True)
    (DATA / "tracing.json").write_bytes(keys)
    virtual_pins.let_go(BUTTON)
    appliance = Appliance(virtual_pins, virtual_printer)
    yield appliance
    systemctl("stop", "kiosk.target", "kiosk-door", "kiosk-web.socket", "kiosk-web")
    appliance.scanner.unplug()


def test_a_card_at_the_scanner_is_a_green_lamp_a_slip_and_a_line_on_the_page(appliance: Appliance) -> None:
    systemctl("start", "kiosk-web")
    appliance.shows(CARD)
    assert len(appliance.reader.inside()) == 1
    assert not any(appliance.pins.value(pin) for pin in (AMBER, RED))
    code = zxingcpp.read_barcode(appliance.paper(1).papers[0].convert("L"))
    assert code is not None
    pages = http.client.HTTPConnection("127.0.0.1", 8080, timeout=ANSWER_S)
    pages.request("GET", "/display")
    assert "A001" in pages.getresponse().read().decode()
    pages.close()
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


def test_without_paper_people_enter_staff_are_told_and_the_tickets_come_with_the_next_roll(
    appliance: Appliance,
) -> None:
    appliance.printer.has_paper(paper=False)
    appliance.shows(CARD)
    eventually(lambda: "printer" in appliance.broken(), ANSWER_S)
    assert appliance.tray().printed == 0
    appliance.printer.has_paper()
    appliance.paper(1)
    eventually(lambda: "printer" not in appliance.broken(), ANSWER_S)


def test_a_printer_unplugged_amid_a_ticket_prints_it_again_as_a_copy(appliance: Appliance) -> None:
    appliance.shows(CARD)
    ticket = appliance.paper(1).papers[0]
    appliance.printer.unplugs_after_bytes = len(appliance.printer.received) + 3000
    appliance.shows(as_typed(person(2).id_card_text))
    eventually(lambda: appliance.printer.unplugs_after_bytes is None, ANSWER_S)
    appliance.printer.plug()
    eventually(lambda: appliance.reader.tickets_waiting_for_paper() == 0, ANSWER_S)
    eventually(lambda: appliance.tray().papers[-1].height > ticket.height, ANSWER_S)


def test_a_scanner_that_is_plugged_in_again_is_read_again(appliance: Appliance) -> None:
    appliance.scanner.unplug()
    eventually(lambda: bool(appliance.broken()), ANSWER_S)
    appliance.plug_scanner()
    eventually(appliance.scanner.is_grabbed, ANSWER_S)
    appliance.shows(CARD)
    eventually(lambda: not appliance.broken(), ANSWER_S)


def test_the_button_calls_for_help(appliance: Appliance) -> None:
    appliance.pins.press(BUTTON)
    eventually(lambda: bool(appliance.pins.value(AMBER)), ANSWER_S)
    assert len(appliance.entries("help")) == 1


def test_the_service_ends_in_order_and_leaves_the_lamps_dark(appliance: Appliance) -> None:
    appliance.shows(CARD)
    systemctl("stop", "kiosk-door")
    assert systemctl("show", "--property=Result,NRestarts", "kiosk-door").split() == ["Result=success", "NRestarts=0"]
    assert not appliance.pins.value(GREEN)
