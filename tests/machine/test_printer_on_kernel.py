"""A receipt printer on USB: through the kernel's usblp driver and a printer on the other end of the cable."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from patience import eventually
from PIL import Image, ImageChops

from kiosk.config import Settings
from kiosk.devices.base import PrinterFault, PrinterStatus
from kiosk.devices.printer import UsbPrinter
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.devices.ticket_picture import draw
from kiosk.health import Health
from kiosk.papers import render_ticket
from kiosk.printing import Spooler
from kiosk.rules.model import Queued, Ticket, TicketNumber
from kiosk.store import schema, spool
from kiosk.store.migrations import migrate
from machine.virtual_printer import ASK_CAUSE, ASK_PAPER, HOST_PATH, VirtualPrinter

DEADLINE_S, PATIENCE_S, LONGEST_S = 3.0, 120.0, 300.0
CUT = b"\x1dV\x00"
FINE = {ASK_CAUSE: b"\x12", ASK_PAPER: b"\x12"}
TICKET = Ticket("Trạm y tế", "Cổng chính", "Đón tiếp", "A001", 3, "08:15 21/11/2026", "KSK1:SECRET", ("Xin chờ.",))
COPY = replace(TICKET, copy=True)
QUEUED = Queued(TicketNumber("Đón tiếp", "A", 1), TICKET.service, TICKET.people_ahead)


@pytest.fixture
def printer() -> UsbPrinter:
    return UsbPrinter(str(HOST_PATH), DEADLINE_S)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> UsbPrinter:
    """As we know a printer that answers, in a machine that may stand still for a while."""
    monkeypatch.setattr("kiosk.devices.printer.ANSWER_S", PATIENCE_S / 2)
    return UsbPrinter(str(HOST_PATH), PATIENCE_S)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("escpos")


@pytest.fixture
def ticket(cache: Path) -> bytes:
    return render_ticket(Settings(), cache, TICKET)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A spool with one ticket in it."""
    path = tmp_path / "kiosk.db"
    db = schema.connect(path)
    migrate(db, path)
    spool.add(db, 1, spool.draft(TICKET), QUEUED, queued_ms=0)
    db.close()
    return path


@pytest.fixture
def spooler(database: Path, printer: UsbPrinter, cache: Path) -> Iterator[Spooler]:
    """At work on the spool once it is started."""
    spooler = Spooler(
        open_db=partial(schema.connect, database),
        printer=printer,
        render=partial(render_ticket, Settings(), cache),
        health=Health(database, lambda: 0),
        longest_pause_s=1.0,
    )
    yield spooler
    spooler.stop()


def drawn(ticket: Ticket) -> Image.Image:
    settings = Settings().printer
    return draw(ticket, settings.paper_mm, settings.font, settings.bold_font)


def paper_of(received: bytes) -> Image.Image:
    """What a printer makes of *received*, the real-time questions taken out."""
    paper = SimulatedPrinter()
    paper.send(received.replace(ASK_PAPER, b"").replace(ASK_CAUSE, b""))
    return paper.papers[-1]


def ends_with(paper: Image.Image, picture: Image.Image, feed_px: int) -> bool:
    top = paper.height - feed_px - picture.height
    part = paper.crop((0, top, picture.width, top + picture.height))
    return ImageChops.difference(part.convert("L"), picture.convert("L")).getbbox() is None


def feed_px(ticket: bytes) -> int:
    return paper_of(ticket).height - drawn(TICKET).height


def fault_of(printer: UsbPrinter, data: bytes) -> tuple[PrinterFault, float]:
    """How the printer failed, and after how many seconds."""
    started = time.monotonic()
    with pytest.raises(PrinterFault) as caught:
        printer.send(data)
    return caught.value, time.monotonic() - started


def fault_noted(database: Path) -> bool:
    with closing(schema.connect(database)) as db:
        return any(note for (note,) in db.execute("SELECT note FROM spool"))


def waits_for_paper(database: Path) -> bool:
    with closing(schema.connect(database)) as db:
        return spool.waiting(db) > 0


def await_paper(database: Path, printer: VirtualPrinter) -> Image.Image:
    """What lies in the printer's tray once the spool is empty."""
    assert eventually(lambda: not waits_for_paper(database), LONGEST_S)
    assert eventually(lambda: printer.received.endswith(CUT), LONGEST_S)  # what was in the printer's own buffer, too
    return paper_of(printer.received)


def test_a_ticket_reaches_a_silent_printer_whole(virtual_printer: VirtualPrinter, ticket: bytes) -> None:
    UsbPrinter(str(HOST_PATH), PATIENCE_S).send(ticket)
    received = virtual_printer.await_bytes(len(ASK_PAPER + ticket))
    assert received == ASK_PAPER + ticket
    assert ends_with(paper_of(received), drawn(TICKET), feed_px(ticket))


def test_a_ticket_reaches_a_printer_that_talks_whole(
    virtual_printer: VirtualPrinter, patient: UsbPrinter, ticket: bytes
) -> None:
    virtual_printer.answers = FINE
    assert patient.status() is PrinterStatus.OK
    patient.send(ticket)
    questions = ASK_PAPER + ASK_CAUSE
    expected = questions + questions + ticket + questions
    assert virtual_printer.await_bytes(len(expected)) == expected


def test_a_printer_that_says_nothing_is_printed_to_all_the_same(
    virtual_printer: VirtualPrinter, printer: UsbPrinter
) -> None:
    assert printer.status() is PrinterStatus.UNKNOWN


def test_paper_out_is_seen_in_the_port_of_a_printer_that_answers_nothing(
    virtual_printer: VirtualPrinter, printer: UsbPrinter, ticket: bytes
) -> None:
    virtual_printer.has_paper(paper=False)
    assert printer.status() is PrinterStatus.PAPER_OUT
    fault, _ = fault_of(printer, ticket)
    assert (fault.status, fault.sent) == (PrinterStatus.PAPER_OUT, False)
    virtual_printer.has_paper()
    assert printer.status() is PrinterStatus.UNKNOWN


def test_an_open_cover_is_seen_in_the_answers(virtual_printer: VirtualPrinter, patient: UsbPrinter) -> None:
    virtual_printer.answers = FINE | {ASK_CAUSE: b"\x16"}
    assert patient.status() is PrinterStatus.COVER_OPEN


def test_a_printer_that_takes_nothing_is_given_up_in_time(_usb: None, printer: UsbPrinter, ticket: bytes) -> None:
    with closing(VirtualPrinter(stops_after_bytes=0)):
        fault, after_s = fault_of(printer, ticket)
    assert (fault.status, fault.sent) == (PrinterStatus.OFFLINE, False)
    assert after_s < PATIENCE_S


def test_a_printer_that_stops_within_a_ticket_is_given_up_in_time(
    virtual_printer: VirtualPrinter, printer: UsbPrinter, ticket: bytes
) -> None:
    virtual_printer.stops_after_bytes = 2000
    fault, after_s = fault_of(printer, ticket)
    assert (fault.status, fault.sent) == (PrinterStatus.OFFLINE, True)
    assert after_s < PATIENCE_S


def test_a_printer_that_is_not_there_is_offline(_usb: None, printer: UsbPrinter, ticket: bytes) -> None:
    assert printer.status() is PrinterStatus.OFFLINE
    fault, _ = fault_of(printer, ticket)
    assert (fault.status, fault.sent) == (PrinterStatus.OFFLINE, False)


def test_a_ticket_waits_for_paper_and_is_then_no_copy(
    virtual_printer: VirtualPrinter, spooler: Spooler, database: Path, ticket: bytes
) -> None:
    virtual_printer.has_paper(paper=False)
    spooler.start()
    time.sleep(3)
    assert waits_for_paper(database)
    virtual_printer.has_paper()
    assert ends_with(await_paper(database, virtual_printer), drawn(TICKET), feed_px(ticket))


def test_a_ticket_that_a_printer_stopped_within_comes_again_as_copy(
    virtual_printer: VirtualPrinter, spooler: Spooler, database: Path, ticket: bytes
) -> None:
    virtual_printer.stops_after_bytes = 2000
    spooler.start()
    assert eventually(lambda: fault_noted(database), LONGEST_S)
    assert waits_for_paper(database)
    virtual_printer.stops_after_bytes = None
    assert ends_with(await_paper(database, virtual_printer), drawn(COPY), feed_px(ticket))


def test_a_printer_unplugged_within_a_ticket_prints_it_as_copy_when_it_is_back(
    virtual_printer: VirtualPrinter, spooler: Spooler, database: Path, ticket: bytes
) -> None:
    virtual_printer.unplugs_after_bytes = 2000
    spooler.start()
    assert eventually(lambda: virtual_printer.unplugs_after_bytes is None, LONGEST_S)
    assert eventually(lambda: fault_noted(database), LONGEST_S)
    assert waits_for_paper(database)
    virtual_printer.plug()
    assert ends_with(await_paper(database, virtual_printer), drawn(COPY), feed_px(ticket))


def test_a_cable_pulled_within_a_ticket_is_noticed_at_once(virtual_printer: VirtualPrinter, ticket: bytes) -> None:
    virtual_printer.stops_after_bytes = 2000
    pulling = threading.Timer(1.0, virtual_printer.unplug)
    pulling.start()
    fault, after_s = fault_of(UsbPrinter(str(HOST_PATH), PATIENCE_S), ticket)
    pulling.join()
    assert (fault.status, fault.sent) == (PrinterStatus.OFFLINE, True)
    assert after_s < PATIENCE_S
