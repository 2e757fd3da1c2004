"""A ticket is never lost and never printed twice unmarked, and the door never waits for a printer."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from fake_printers import Scripted
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patience import PATIENCE_S, eventually

from kiosk.devices.base import DeviceError, Printer, PrinterStatus
from kiosk.devices.escpos_bytes import raster
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.devices.ticket_picture import draw
from kiosk.health import Health
from kiosk.printing import Spooler
from kiosk.rules.model import Queued, Ticket, TicketNumber
from kiosk.store import schema, spool
from kiosk.store.migrations import migrate

TICKET = Ticket("Trạm y tế", "Cổng chính", "Đón tiếp", "A001", 3, "08:15 21/11/2026", "KSK1:SECRET", ("Xin chờ.",))
TOLD = replace(TICKET, wait_min=(10, 20), serving="A0009")
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
BOLD = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"


def as_bytes(ticket: Ticket) -> bytes:
    return json.dumps(asdict(ticket)).encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.db"
    db = schema.connect(path)
    migrate(db, path)
    db.close()
    return path


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    connection = schema.connect(path)
    yield connection
    connection.close()


def queued(number: str) -> Queued:
    """Number and wait as the door gave them."""
    return Queued(TicketNumber("reception", number[0], int(number[1:])), "Đón tiếp", 3, TOLD.wait_min, TOLD.serving)


def queue(db: sqlite3.Connection, *numbers: str) -> None:
    for visit, number in enumerate(numbers, 1):
        spool.add(db, visit, spool.draft(TICKET), queued(number), queued_ms=visit)


class Running:
    """A spooler at work on *path*; leaves nothing running."""

    def __init__(
        self,
        path: Path,
        printer: Printer,
        render: Callable[[Ticket], bytes] = as_bytes,
        open_db: Callable[[], sqlite3.Connection] | None = None,
    ) -> None:
        self.spooler = Spooler(
            open_db=open_db or (lambda: schema.connect(path)),
            printer=printer,
            render=render,
            health=Health(path, lambda: 0),
            first_pause_s=0.005,
            longest_pause_s=0.01,
            idle_s=0.01,
        )

    def __enter__(self) -> Spooler:
        self.spooler.start()
        return self.spooler

    def __exit__(self, *_: object) -> None:
        self.spooler.stop()


def print_all(path: Path, printer: Printer, render: Callable[[Ticket], bytes] = as_bytes) -> None:
    """Run spoolers, a new one after each power cut, until nothing waits."""
    db = schema.connect(path)
    while spool.waiting(db):
        with Running(path, printer, render) as spooler:
            assert eventually(lambda: not spool.waiting(db) or not spooler.is_alive())
    db.close()


def test_tickets_are_printed_in_their_order(path: Path, db: sqlite3.Connection) -> None:
    queue(db, "A001", "A002", "A003")
    printer = Scripted()
    print_all(path, printer)
    assert printer.papers == [("A001", False), ("A002", False), ("A003", False)]


def test_a_printed_ticket_leaves_the_disk(path: Path, db: sqlite3.Connection) -> None:
    """The slip code opens the exit for whoever has it."""
    queue(db, "A001")
    print_all(path, Scripted())
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert db.execute("SELECT * FROM spool").fetchall() == []
    assert b"SECRET" not in path.read_bytes()


def test_a_ticket_that_was_rolled_back_is_never_printed(path: Path, db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    queue(db, "A001")
    db.execute("ROLLBACK")
    assert spool.next_job(db) is None


def test_what_comes_out_of_the_spool_is_what_went_in(db: sqlite3.Connection) -> None:
    job_id = spool.add(db, 7, spool.draft(TICKET), queued("A001"), queued_ms=1234)
    assert spool.next_job(db) == spool.Job(job_id, 7, TOLD, 0, 1234)


def test_a_slip_alone_has_no_number(db: sqlite3.Connection) -> None:
    spool.add(db, 7, spool.draft(TICKET), None, queued_ms=1234)
    job = spool.next_job(db)
    assert job is not None
    assert (job.ticket.number, job.ticket.people_ahead, job.ticket.slip_code) == ("", 0, TICKET.slip_code)


def test_after_a_try_that_sent_nothing_the_ticket_is_no_copy(path: Path, db: sqlite3.Connection) -> None:
    queue(db, "A001")
    printer = Scripted("away", "away", "away")
    print_all(path, printer)
    assert printer.papers == [("A001", False)]


def test_after_a_torn_ticket_the_whole_is_printed_as_copy(path: Path, db: sqlite3.Connection) -> None:
    queue(db, "A001", "A002")
    printer = Scripted("tears", "away", "tears")
    print_all(path, printer)
    assert printer.torn == [("A001", False), ("A001", True)]
    assert printer.papers == [("A001", True), ("A002", False)]


def test_a_ticket_that_was_printing_when_the_power_went_is_printed_as_copy(path: Path, db: sqlite3.Connection) -> None:
    queue(db, "A001")
    spool.mark_printing(db, 1)
    printer = Scripted()
    print_all(path, printer)
    assert printer.papers == [("A001", True)]


# A thread that ends by SystemExit stands for the power cut.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@given(script=st.lists(st.sampled_from(["prints", "away", "tears", "power cut"]), max_size=14))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_each_ticket_comes_out_and_at_most_once_unmarked(
    path: Path, db: sqlite3.Connection, script: list[str]
) -> None:
    spool.forget_all(db)
    numbers = [f"A{count:03d}" for count in range(1, 5)]
    queue(db, *numbers)
    printer = Scripted(*script)
    print_all(path, printer)
    unmarked = Counter(number for number, copy in printer.papers + printer.torn if not copy)
    assert {number for number, _ in printer.papers} == set(numbers)
    assert all(count == 1 for count in unmarked.values())


def test_a_lasting_fault_is_said_once_when_it_begins_and_once_when_it_ends(
    path: Path, db: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    queue(db, "A001")
    print_all(path, Scripted(*["away"] * 8))
    said = [record.getMessage() for record in caplog.records if record.name == "kiosk.health"]
    assert said == ["printer: Không liên lạc được máy in · The printer is away", "printer works again"]


def test_an_open_cover_is_noticed_before_the_next_person_comes(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    printer = SimulatedPrinter()
    with Running(path, printer):
        printer.set_fault(PrinterStatus.COVER_OPEN)
        assert eventually(lambda: "cover is open" in caplog.text)
        printer.set_fault(PrinterStatus.NEAR_END)
        assert eventually(lambda: "paper ends soon" in caplog.text)
    assert "printer works again" in caplog.text


def test_a_disk_that_takes_nothing_after_the_print_does_not_print_again(
    path: Path, db: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    queue(db, "A001")

    class Locking(Scripted):
        """Another program takes the database while the ticket is printed."""

        def send(self, data: bytes) -> None:
            super().send(data)
            db.execute("BEGIN IMMEDIATE")

    def impatient() -> sqlite3.Connection:
        connection = schema.connect(path)
        connection.execute("PRAGMA busy_timeout = 1")
        return connection

    printer = Locking()
    with Running(path, printer, open_db=impatient):
        assert eventually(lambda: db.in_transaction and "spool: database is locked" in caplog.text)
        db.execute("ROLLBACK")
        assert eventually(lambda: not spool.waiting(db))
    assert printer.papers == [("A001", False)]


def test_a_ticket_that_cannot_be_drawn_waits_and_says_why(
    path: Path, db: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    fonts: list[str] = []

    def needs_a_font(ticket: Ticket) -> bytes:
        if not fonts:
            raise DeviceError("the font cannot be read")
        return as_bytes(ticket)

    queue(db, "A001")
    printer = Scripted()
    with Running(path, printer, needs_a_font):
        assert eventually(lambda: "the font cannot be read" in caplog.text)
        fonts.append(FONT)
        assert eventually(lambda: printer.papers)
    assert printer.papers == [("A001", False)]


def test_the_door_goes_on_while_a_printer_stands_still(path: Path, db: sqlite3.Connection) -> None:
    released = threading.Event()

    class Stuck(Scripted):
        """Takes its time."""

        def send(self, data: bytes) -> None:
            released.wait(PATIENCE_S)
            super().send(data)

    queue(db, "A001")
    printer = Stuck()
    with Running(path, printer) as spooler:
        assert eventually(lambda: db.execute("SELECT 1 FROM spool WHERE state = 'printing'").fetchone())
        queue(db, "A002")
        spooler.wake()
        assert printer.papers == [], "it stands still all the while"
        released.set()
        assert eventually(lambda: len(printer.papers) == 2)


def test_the_copy_that_comes_out_of_the_printer_is_whole_and_marked(path: Path, db: sqlite3.Connection) -> None:
    """The whole way: spool, picture, bytes, paper."""
    queue(db, "A001")
    printer = SimulatedPrinter()
    printer.set_fault(PrinterStatus.PAPER_OUT, after_bytes=5000)

    def render(ticket: Ticket) -> bytes:
        return raster(draw(ticket, 58, FONT, BOLD), path.parent / "escpos", after_fault=ticket.copy)

    with Running(path, printer, render):
        assert eventually(lambda: printer.status() is PrinterStatus.PAPER_OUT)
        printer.set_fault()
        assert eventually(lambda: printer.printed)
    paper, copy = printer.papers[-1], draw(replace(TOLD, copy=True), 58, FONT, BOLD)
    feed_px = 180
    begin_px = paper.height - feed_px - copy.height
    assert paper.crop((0, begin_px, 384, begin_px + copy.height)).tobytes() == copy.tobytes()
    assert printer.garbage_bytes == 0


# A thread that ends by SystemExit stands for the power cut.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("script", "papers", "torn"),
    [
        ((), [("A001", False), ("A002", False)], []),
        (("away", "away"), [("A001", False), ("A002", False)], []),
        (("tears",), [("A001", True), ("A002", False)], [("A001", False)]),
        (("power cut",), [("A001", False), ("A001", True), ("A002", False)], []),
    ],
    ids=["prints", "away", "tears", "power cut"],
)
def test_a_ticket_for_a_printer_at_rest_is_on_the_disk_as_begun_and_no_copy_unless_it_was_tried(
    path: Path, db: sqlite3.Connection, script: tuple[str, ...], papers: list[object], torn: list[object]
) -> None:
    printer = Scripted(*script)
    with Running(path, printer) as spooler:
        assert eventually(spooler.prints_now)
        db.execute("BEGIN IMMEDIATE")
        spool.add(db, 1, spool.draft(TICKET), queued("A001"), queued_ms=1, begun_by=spooler.prints_now())
        assert db.execute("SELECT state, attempts FROM spool").fetchone() == ("printing", 1)
        db.execute("COMMIT")
        spooler.wake()
        assert eventually(lambda: not spool.waiting(db) or not spooler.is_alive())
    print_all(path, printer)
    queue(db, "A002")
    print_all(path, printer)
    assert (printer.papers, printer.torn) == (papers, torn)


def test_whoever_comes_after_a_restart_takes_what_was_begun_for_a_copy(path: Path, db: sqlite3.Connection) -> None:
    spool.add(db, 1, spool.draft(TICKET), queued("A001"), queued_ms=1, begun_by="before")
    printer = Scripted()
    print_all(path, printer)
    assert printer.papers == [("A001", True)]


def test_a_spooler_at_fault_prints_nothing_at_once(path: Path, db: sqlite3.Connection) -> None:
    queue(db, "A001")
    with Running(path, Scripted(*["away"] * 10_000)) as spooler:
        assert eventually(lambda: db.execute("SELECT note FROM spool").fetchone()[0])
        assert not spooler.prints_now()


def test_what_every_ticket_of_a_gate_says_is_on_the_disk_once_and_names_nobody(db: sqlite3.Connection) -> None:
    form = replace(TICKET, slip_code="", issued="")
    own = replace(TICKET, guidance=("Đi cùng bé.", *TICKET.guidance))
    for visit, ticket in enumerate((TICKET, own), 1):
        spool.add(db, visit, spool.draft(ticket, form), queued("A001"), queued_ms=1234)
    ((kept,),) = db.execute("SELECT ticket FROM form").fetchall()
    assert "SECRET" not in kept
    assert "Đi cùng bé." not in kept
    for ticket in (TICKET, own):
        job = spool.next_job(db)
        assert job
        assert job.ticket == replace(ticket, wait_min=TOLD.wait_min, serving=TOLD.serving)
        spool.mark_printed(db, job.id)
    spool.forget_all(db)
    assert db.execute("SELECT count(*) FROM form").fetchone() == (0,)
