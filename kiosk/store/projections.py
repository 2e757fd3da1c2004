"""Changes -> tables: the SQL twin of ``rules.presence.Presence``."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from kiosk.rules import presence, queueing
from kiosk.rules.entries import Entry
from kiosk.rules.presence import (
    Change,
    Closed,
    ClosedRange,
    Corrected,
    CountsKept,
    Erased,
    IdSeen,
    Named,
    NewDay,
    Opened,
    Restated,
    StoppedWaiting,
    Ticketed,
    Visit,
    Waiting,
)
from kiosk.store.clocks import RUN_TABLES, RunTable, fill_runs
from kiosk.store.head import read_head
from kiosk.store.queue import QUEUE_TABLES, QueueTables
from kiosk.store.stored import stored_entries

VISIT_COLUMNS = tuple(column.name for column in dataclasses.fields(Visit))
TABLES = {
    "visit": VISIT_COLUMNS,
    "name": ("who", "visit", "sealed"),
    "waiting": ("who", "sequence", "at_ms"),
    "occupancy": ("key_id", "inside", "entered", "left", "inferred", "unmatched", "number"),
}
EVERY_TABLE = TABLES | QUEUE_TABLES | RUN_TABLES
BY_ENTRY = ("visit", "queue_ticket", "queue_turn")  # their rows go when the entry with their number is erased
_INFERRED = VISIT_COLUMNS.index("exit_inferred")
_visit_row = attrgetter(*VISIT_COLUMNS)


class Projections:
    """Every table that follows from the log; their names begin with *prefix*."""

    def __init__(self, db: sqlite3.Connection, prefix: str = "") -> None:
        self._presence = PresenceTables(db, prefix)
        self.queue = QueueTables(db, prefix)
        self._runs = RunTable(db, prefix)

    def apply(self, entry: Entry) -> None:
        """Bring the tables up to *entry*, the next one."""
        self._runs.apply(entry.header)
        passed = tuple(presence.changes(entry))
        for change in passed:
            self._presence.apply(change)
        for step in queueing.changes(entry, passed):
            self.queue.apply(step)


def counts_of(db: sqlite3.Connection, key_id: bytes) -> presence.Counts:
    """Passages under a day key; they outlive the visits."""
    query = "SELECT inside, entered, left, inferred, unmatched, number FROM occupancy WHERE key_id = ?"
    row = db.execute(query, (key_id,)).fetchone()
    return presence.Counts(*row) if row else presence.Counts()


def fill_new(db: sqlite3.Connection) -> None:
    """Make the tables of the queue and of the runs from the log, in one transaction. Raises sqlite3.Error."""
    db.execute("BEGIN IMMEDIATE")
    with db:
        fill_runs(db)
        for table in QUEUE_TABLES:
            db.execute(f"DELETE FROM {table}")
        queue = QueueTables(db)
        for stored in stored_entries(db, read_head(db)) if db.execute("SELECT 1 FROM head").fetchone() else ():
            for change in queueing.changes(stored.entry):
                queue.apply(change)


def visit_of(row: Sequence[Any]) -> Visit:
    """A visit from its row."""
    values = list(row)
    values[_INFERRED] = bool(values[_INFERRED])
    return Visit(*values)


class PresenceTables:
    """Visits, names, waiting order and occupancy in tables whose names begin with *prefix*."""

    def __init__(self, db: sqlite3.Connection, prefix: str = "") -> None:
        self._db = db
        marks = ", ".join("?" * len(VISIT_COLUMNS))
        self._insert_visit = f"INSERT INTO {prefix}visit ({', '.join(VISIT_COLUMNS)}) VALUES ({marks})"
        self._count = (
            f"INSERT INTO {prefix}occupancy VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key_id) DO UPDATE SET"
            " inside = inside + excluded.inside, entered = entered + excluded.entered, left = left + excluded.left,"
            " inferred = inferred + excluded.inferred, unmatched = unmatched + excluded.unmatched,"
            " number = max(number, excluded.number)"
        )
        self._close_visit = (
            f"UPDATE {prefix}visit SET left_ms = ?, gate_out = ?, exit_sequence = ?, exit_inferred = 0, link = ?"
            " WHERE id = ? AND left_ms IS NULL RETURNING key_id"
        )
        self._correct_exit = self._close_visit.replace("left_ms IS NULL", "exit_inferred = 1")
        self._number = f"UPDATE {prefix}visit SET service = ?, series = ?, number = ? WHERE id = ? RETURNING key_id"
        self._see_id = f"UPDATE {prefix}visit SET id_seen = ? WHERE id = ?"
        self._close_inferred = (
            f"UPDATE {prefix}visit SET left_ms = min(?, entered_ms + ?), gate_out = '', exit_sequence = ?,"
            " exit_inferred = 1, link = '' WHERE id BETWEEN ? AND ? AND left_ms IS NULL RETURNING key_id"
        )
        self._name = (
            f"INSERT INTO {prefix}name VALUES (?, ?, ?) ON CONFLICT (who) DO UPDATE SET"
            " visit = excluded.visit, sealed = max(sealed, excluded.sealed)"
            " WHERE visit <> excluded.visit OR sealed < excluded.sealed"
        )
        self._wait = (
            f"INSERT INTO {prefix}waiting VALUES (?, ?, ?) ON CONFLICT (who) DO UPDATE SET"
            " sequence = iif(at_ms >= ?, sequence, excluded.sequence), at_ms = excluded.at_ms"
        )
        self._stop_waiting = f"DELETE FROM {prefix}waiting WHERE who = ?"
        self._drop = f"DELETE FROM {prefix}visit WHERE id = ?"
        self._clear = (f"DELETE FROM {prefix}name", f"DELETE FROM {prefix}waiting")
        self._keep_counts = f"INSERT OR REPLACE INTO {prefix}occupancy VALUES (?, ?, ?, ?, ?, ?, ?)"

    def apply(self, change: Change) -> None:
        """Apply one change, as ``Presence.apply`` does."""
        match change:
            case Opened(visit):
                self._open(visit)
            case Closed():
                self._close(change)
            case ClosedRange(first, last, at_ms, sequence, longest_ms):
                self._infer(first, last, at_ms, longest_ms, sequence)
            case Named(who, visit_id, sealed):
                self._db.execute(self._name, (who, visit_id, int(sealed)))
            case Ticketed() | IdSeen():
                self._amend(change)
            case Corrected() | Erased() | Restated():
                self._rewrite(change)
            case Waiting(who, sequence, at_ms, kept_ms):
                self._db.execute(self._wait, (who, sequence, at_ms, kept_ms))
            case StoppedWaiting(who):
                self._db.execute(self._stop_waiting, (who,))
            case NewDay() | CountsKept():
                self._turn(change)

    def _turn(self, change: NewDay | CountsKept) -> None:
        if isinstance(change, CountsKept):
            self._db.execute(self._keep_counts, (change.key_id, *dataclasses.astuple(change.counts)))
            return
        for statement in self._clear:
            self._db.execute(statement)

    def _amend(self, change: Ticketed | IdSeen) -> None:
        if isinstance(change, IdSeen):
            self._db.execute(self._see_id, (change.sequence, change.visit))
            return
        row = (change.service, change.series, change.number, change.visit)
        for (key_id,) in self._db.execute(self._number, row).fetchall():
            self._db.execute(self._count, (key_id, 0, 0, 0, 0, 0, change.number))

    def _open(self, visit: Visit) -> None:
        self._db.execute(self._insert_visit, _visit_row(visit))
        inside = int(visit.left_ms is None)
        self._db.execute(self._count, (visit.key_id, inside, inside, 0, 0, 1 - inside, visit.number or 0))

    def _correct(self, before: Visit | None, after: Visit | None) -> None:
        if before and not self._db.execute(self._drop, (before.id,)).rowcount:
            return
        if after:
            self._db.execute(self._insert_visit, _visit_row(after))
        for visit, times in ((before, -1), (after, 1)):
            if visit:
                one = presence.Counts.of(visit)
                passed = (one.inside, one.entered, one.left, one.inferred, one.unmatched)
                self._db.execute(self._count, (visit.key_id, *(times * count for count in passed), 0))

    def _rewrite(self, change: Corrected | Erased | Restated) -> None:
        match change:
            case Corrected(before, after):
                self._correct(before, after)
            case Restated(visit_id, visit):
                self._db.execute(self._drop, (visit_id,))
                if visit:
                    self._db.execute(self._insert_visit, _visit_row(visit))
            case Erased(visits):
                self._db.executemany(self._drop, [(visit_id,) for visit_id in visits])

    def _close(self, change: Closed) -> None:
        if change.inferred:
            self._infer(change.visit, change.visit, change.at_ms, change.longest_ms, change.sequence)
            return
        row = (change.at_ms, change.gate, change.sequence, change.link, change.visit)
        for (key_id,) in self._db.execute(self._close_visit, row).fetchall():
            self._db.execute(self._count, (key_id, -1, 0, 1, 0, 0, 0))
            return
        for (key_id,) in self._db.execute(self._correct_exit, row).fetchall():
            self._db.execute(self._count, (key_id, 0, 0, 1, -1, 0, 0))

    def _infer(self, first: int, last: int, at_ms: int, longest_ms: int, sequence: int) -> None:
        closed = self._db.execute(self._close_inferred, (at_ms, longest_ms, sequence, first, last)).fetchall()
        for key_id in {row[0] for row in closed}:
            number = sum(row[0] == key_id for row in closed)
            self._db.execute(self._count, (key_id, -number, 0, 0, number, 0, 0))
