"""A visit of today as a line for staff: who, masked; in and out; where they are on their way; what was put right."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from kiosk.config import Settings
from kiosk.rules.queueing import QueueTicket
from kiosk.rules.way import Step, way
from kiosk.store.people import open_companions
from kiosk.store.queue import QueueTables
from kiosk.store.reading import Reader, VisitRow
from kiosk.vault import Vault
from kiosk.web.masks import holder_of
from kiosk.web.said_times import SaidTimes
from kiosk.web.words import PLACES, STRAY_KINDS, Words, joined, kind_words

NOWHERE = Words("", "")


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A visit. ``left`` is empty while the person is inside; *way* has a step for each stage; *beside* came along.

    *known*: whether there is something of them to unmask.
    """

    id: int
    name: str
    about: Words
    entered: str
    left: str
    inferred: bool
    how: Words
    ticket: str
    way: tuple[Step, ...] = ()
    place: Words = NOWHERE
    beside: int = 0
    corrected: bool = False
    id_seen: bool = False
    known: bool = True


class PersonLines:
    """Makes lines of visits; threads may share it. The day key must be in use already."""

    def __init__(self, reader: Reader, vault: Vault, settings: Settings, times: SaidTimes) -> None:
        self._reader = reader
        self._times = times
        self._vault = vault
        self._settings = settings
        self._plan = settings.plan()
        self._gates = {gate.id: gate.name for gate in settings.gates}

    def lines(self, rows: Iterable[VisitRow]) -> list[PersonLine]:
        """A line for each of *rows*."""
        rows = list(rows)
        times = self._times.visits(rows)
        return self._reader.ask(lambda db: [self._line(row, *said, db) for row, said in zip(rows, times, strict=True)])

    def how(self, kind: str, *gates: str) -> Words:
        """By which code, through which gates."""
        passed = dict.fromkeys(self._gates.get(gate, gate) for gate in gates if gate)
        shown = "" if kind in STRAY_KINDS else kind_words(kind, self._settings)
        return joined(shown, " → ".join(passed))

    def _line(self, row: VisitRow, entered: str, left: str, db: sqlite3.Connection) -> PersonLine:
        ticket = QueueTables(db).ticket(row.id) if row.ticket else None
        beside = open_companions(db, row.id, self._vault.pseudonym) if row.left_ms is None else ()
        holder = holder_of(self._vault.reveal(row.shown) if row.shown else None)
        return PersonLine(
            id=row.id,
            name=holder.name,
            about=holder.about,
            known=holder.known,
            entered=entered,
            left=left,
            inferred=row.exit_inferred,
            how=self.how(row.kind, row.gate_in, row.gate_out),
            ticket=row.ticket,
            way=way(ticket, self._plan) if ticket else (),
            place=self._place(ticket) if ticket and self._plan.counters else NOWHERE,
            beside=len(beside),
            corrected=row.corrected,
            id_seen=row.id_seen,
        )

    def _place(self, ticket: QueueTicket) -> Words:
        service, counter = self._plan.service(ticket.service), self._plan.counter(ticket.counter)
        until = "" if ticket.until_ms is None else self._times.shown(ticket.until_ms)
        where = {"counter": counter.name if counter else ticket.counter, "until": until}
        words = PLACES[ticket.state]
        said = Words(words.vi.format(**where), words.en.format(**where))
        return joined(said, service.name if service else ticket.service)
