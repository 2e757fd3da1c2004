"""The story of a ticket after its commit: from the spool to the paper, in a thread that the door never waits for."""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from kiosk.devices.base import DeviceError, Printer, PrinterFault, PrinterStatus
from kiosk.devices.escpos_bytes import AFTER_FAULT
from kiosk.health import Health
from kiosk.heartbeat import Heart
from kiosk.rules.model import Ticket
from kiosk.store import spool
from kiosk.store.schema import StoreError

log = logging.getLogger(__name__)

BOUND_S = 300.0  # an errand of many papers is one piece of work


class Errand:
    """Papers that go from memory to the printer, before every ticket; what is in them never reaches the disk.

    Unlike a ticket, which waits until it is printed, they are given up at the first fault: who asked is told at
    once, and what is in them does not wait for somebody to read it later.
    """

    def __init__(self, papers: Iterable[bytes]) -> None:
        self._papers = papers
        self._over = threading.Event()
        self.fault = ""  # what the printer said, in one sentence

    def wait(self, wait_s: float) -> bool:
        """Whether all of it is on paper, or given up, within *wait_s*."""
        return self._over.wait(wait_s)

    def print_on(self, printer: Printer, before: bytes) -> None:
        """Print every paper, *before* ahead of the first. Raises DeviceError at the first that fails."""
        try:
            for paper in self._papers:
                printer.send(before + paper)
                before = b""
        except BaseException as error:
            self.fault = str(error) or type(error).__name__
            raise
        finally:
            self._papers = ()
            self._over.set()


class Spooler(threading.Thread):
    """Prints what waits in the spool, oldest first.

    A ticket is never lost and never printed twice unmarked: after a fault or a restart it is printed
    again as a whole, as copy if any of it may be on paper. After a fault the pauses grow from
    *first_pause_s* to *longest_pause_s*; an idle printer is looked at every *idle_s*.
    """

    def __init__(
        self,
        *,
        open_db: Callable[[], sqlite3.Connection],
        printer: Printer,
        render: Callable[[Ticket], bytes],
        health: Health,
        first_pause_s: float = 0.5,
        longest_pause_s: float = 10.0,
        idle_s: float = 30.0,
        heart: Heart | None = None,
    ) -> None:
        super().__init__(name="spooler", daemon=True)
        self._heart = heart or Heart("spooler", BOUND_S)
        self._open_db = open_db
        self._printer = printer
        self._render = render
        self._health = health
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._idle_s = idle_s
        self._woken = threading.Event()
        self._stopped = threading.Event()
        self._db: sqlite3.Connection | None = None
        self._on_paper: int | None = None  # printed, and not yet marked so
        self._tried: int | None = None  # sent to the printer last, whatever became of it
        self._name = secrets.token_hex(4)  # one of this run: after a restart nobody knows what it had begun
        self._fit = False
        self._errands: deque[Errand] = deque()
        self._torn = b""

    def prints_now(self) -> str:
        """Under which name it prints at once what is queued now; empty where that may take a while.

        A ticket that is queued with this name is on the disk as begun, which saves a write before its first byte.
        """
        return self._name if self._fit and not self._stopped.is_set() else ""

    def wake(self) -> None:
        """Look at once whether a ticket waits; call it after each commit of one."""
        self._woken.set()

    def print_now(self, papers: Iterable[bytes]) -> Errand:
        """Print *papers*, made one by one as they are printed, before the tickets that wait."""
        errand = Errand(papers)
        self._errands.append(errand)
        self._woken.set()
        return errand

    def stop(self, wait_s: float = 10.0) -> None:
        """End after the ticket in hand, and wait for that at most *wait_s*."""
        self._stopped.set()
        self._woken.set()
        if self.is_alive():
            self.join(wait_s)

    def run(self) -> None:
        """Print until stopped."""
        pause_s = self._first_pause_s
        try:
            while not self._stopped.is_set():
                self._heart.beat()
                if self._print_all():
                    pause_s = self._first_pause_s
                    self._woken.wait(self._idle_s)
                else:
                    self._woken.wait(pause_s)
                    pause_s = min(2 * pause_s, self._longest_pause_s)
                self._woken.clear()  # before the look at _stopped, which stop() sets first
        finally:
            self._printer.close()
            self._close_db()

    def _print_all(self) -> bool:
        """Whether all that waited is on paper and the printer is fit for more."""
        self._fit = self._print_what_waits()
        return self._fit

    def _print_what_waits(self) -> bool:
        try:
            self._print_errands()
            self._db = self._db or self._open_db()
            if not self._print_waiting(self._db):
                self._look_at_printer()
        except DeviceError as error:
            self._health.failed(self._printer.name, str(error))
        except (sqlite3.Error, StoreError) as error:
            self._close_db()
            self._health.failed("spool", str(error))
        except Exception as error:  # a thread that ends here would keep every ticket from now on
            log.exception("a ticket could not be printed")
            self._health.failed(self._printer.name, f"{type(error).__name__}: {error}")
        else:
            self._health.works("spool")
            return True
        return False

    def _print_waiting(self, db: sqlite3.Connection) -> int:
        printed = 0
        self._mark_printed(db)
        while not self._stopped.is_set() and (job := spool.next_job(db, self._name, self._tried)):
            self._heart.beat()
            self._print(db, job)
            self._print_errands()
            printed += 1
        return printed

    def _print_errands(self) -> None:
        while self._errands:
            before, self._torn = self._torn, AFTER_FAULT
            self._errands.popleft().print_on(self._printer, before)
            self._torn = b""

    def _print(self, db: sqlite3.Connection, job: spool.Job) -> None:
        data = self._torn + self._render(job.ticket)
        if not job.begun:
            spool.mark_printing(db, job.id)
        self._tried = job.id
        try:
            self._printer.send(data)
        except PrinterFault as fault:
            spool.mark_queued_again(db, job.id, str(fault), sent=fault.sent)
            raise
        self._on_paper, self._torn = job.id, b""
        self._mark_printed(db)
        self._health.works(self._printer.name)

    def _mark_printed(self, db: sqlite3.Connection) -> None:
        # Tried until the disk takes it: a full disk must not print the same ticket again and again.
        if self._on_paper is not None:
            spool.mark_printed(db, self._on_paper)
            self._on_paper = self._tried = None

    def _look_at_printer(self) -> None:
        """Notice an open cover before the next person comes. Raises PrinterFault."""
        status = self._printer.status()
        if not status.prints:
            raise PrinterFault(status, sent=False)
        self._health.works(self._printer.name)
        if status is PrinterStatus.NEAR_END:
            self._health.failed("paper", status.sentence)
        else:
            self._health.works("paper")

    def _close_db(self) -> None:
        if self._db:
            with suppress(sqlite3.Error):
                self._db.close()
        self._db = None
