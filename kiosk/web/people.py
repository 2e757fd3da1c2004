"""Everybody of today, in memory: found by what staff type, counted by what they choose. Dropped with the day key."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from kiosk.rules import presence, queueing
from kiosk.rules.entries import Entry, EntryKind
from kiosk.rules.finding import query, traces
from kiosk.rules.queueing import Plan, State
from kiosk.store.head import Head
from kiosk.store.queue import QueueTables
from kiosk.store.reading import Reader, VisitRow, visits_of_today
from kiosk.vault import Shown, Vault

PAGE_PEOPLE = 40
AT_ONCE = 500  # entries that are read in one go


class Show(StrEnum):
    """Which people of today."""

    INSIDE = "inside"
    ALL = "all"
    OBSERVED = "observed"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class Choice:
    """What staff asked for: *text* as typed, by whom (*spells*: may see names), the page that begins before a visit."""

    text: str = ""
    show: Show = Show.INSIDE
    gate: str = ""
    stage: str = ""
    before: int = 0
    spells: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """How many people a choice means, and the visits of one page of them, the latest first."""

    total: int
    visits: tuple[int, ...]
    more: bool


@dataclass(slots=True)
class _Known:
    """As little of a visit as choosing takes."""

    traces: str
    inside: bool
    inferred: bool
    gates: tuple[str, str]
    stage: str
    observed: bool


class People:
    """The visits under the present day key; threads may share it. The first question of a day reads them all."""

    def __init__(self, reader: Reader, vault: Vault, plan: Plan) -> None:
        self._reader = reader
        self._vault = vault
        self._plan = plan
        self._lock = threading.Lock()
        self._known: dict[int, _Known] = {}
        self._log = ("", b"")
        self._sequence = 0

    def find(self, choice: Choice) -> Found:
        """Whom *choice* means, of all that the log says now."""
        wanted = query(choice.text, whole_words=not choice.spells)
        with self._lock:
            self._catch_up()
            meant = [
                visit
                for visit, known in reversed(self._known.items())
                if _is_meant(known, choice) and wanted.finds(known.traces)
            ]
        older = [visit for visit in meant if visit < choice.before] if choice.before else meant
        return Found(len(meant), tuple(older[:PAGE_PEOPLE]), len(older) > PAGE_PEOPLE)

    def forget(self) -> None:
        """Drop everybody: their day is over."""
        with self._lock:
            self._known, self._log = {}, ("", b"")

    def _catch_up(self) -> None:
        head = self._reader.head()
        if (head.epoch, head.key_id) != self._log or head.sequence < self._sequence:
            self._read_all(head)
        while self._sequence < head.sequence:
            entries = self._reader.events_after(self._sequence, AT_ONCE)
            if not entries:
                return
            if any(entry.header.kind == EntryKind.ERASURE for entry in entries):
                self._read_all(self._reader.head())  # whom it was about, it does not say
                continue
            self._take(dict.fromkeys(visit for entry in entries for visit in touched(entry, self._known)))
            self._sequence = entries[-1].sequence

    def _read_all(self, head: Head) -> None:
        """Forget the day before, with its key, and read what there is of this one."""
        self._known = {}
        if self._vault.key_id != head.key_id:
            self._vault.use(head.key_id)
        latest_first = self._reader.ask(self._look_at_all)
        self._known = dict(reversed(latest_first.items()))
        self._log, self._sequence = (head.epoch, head.key_id), head.sequence

    def _look_at_all(self, db: sqlite3.Connection) -> dict[int, _Known]:
        queue = QueueTables(db)
        return {row.id: self._look_at(row, queue) for row in visits_of_today(db)}

    def _take(self, visits: Iterable[int]) -> None:
        rows = {visit: self._reader.visit(visit) for visit in visits}
        newest, known = next(reversed(self._known), 0), len(self._known)
        with self._reader.queue() as (queue, _):
            for visit, row in rows.items():
                if row and row.key_id == self._log[1]:
                    self._known[visit] = self._look_at(row, queue)
                else:
                    self._known.pop(visit, None)
        if len(self._known) > known and min(rows) < newest:  # split from another, it may have begun long ago
            self._known = dict(sorted(self._known.items()))

    def _look_at(self, row: VisitRow, queue: QueueTables) -> _Known:
        shown = (self._vault.reveal(row.shown) if row.shown else None) or Shown()
        ticket = queue.ticket(row.id) if row.ticket and row.left_ms is None else None
        stage = self._plan.stage_of(ticket.service) if ticket and self._plan.counters else None
        return _Known(
            traces=traces(shown.name, shown.number, shown.birth, row.ticket),
            inside=row.left_ms is None,
            inferred=row.exit_inferred,
            gates=(row.gate_in, row.gate_out),
            stage=stage.id if stage else "",
            observed=ticket is not None and ticket.state is State.OBSERVING,
        )


def touched(entry: Entry, known: Iterable[int] = ()) -> Iterator[int]:
    """The visits that *entry* changes, or whose tickets, or company; some twice. Of a range, those that are *known*."""
    body = entry.body or {}
    yield from (body[name] for name in ("beside", "visit") if name in body)
    passed = tuple(presence.changes(entry))
    for change in (*passed, *queueing.changes(entry, passed)):
        match change:
            case presence.Opened(visit):
                yield visit.id
            case presence.ClosedRange(first, last):
                yield from (visit for visit in known if first <= visit <= last)
            case presence.Closed(visit_id) | presence.Named(_, visit_id) | presence.Ticketed(visit_id):
                yield visit_id
            case presence.Corrected(before, after):
                yield from (visit.id for visit in (before, after) if visit)
            case presence.IdSeen(visit_id) | queueing.Moved(visit_id):
                yield visit_id


def _is_meant(known: _Known, choice: Choice) -> bool:
    shown = _SHOWN[choice.show]
    return (
        (shown is None or shown(known))
        and (not choice.gate or choice.gate in known.gates)
        and (not choice.stage or choice.stage == known.stage)
    )


_SHOWN: dict[Show, Callable[[_Known], bool] | None] = {
    Show.INSIDE: attrgetter("inside"),
    Show.ALL: None,
    Show.OBSERVED: attrgetter("observed"),
    Show.INFERRED: attrgetter("inferred"),
}
