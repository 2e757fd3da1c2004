"""What pages and commands read, on connections that cannot write."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, TypeVar

from kiosk.rules.alerts import kind_of
from kiosk.rules.entries import Entry
from kiosk.store import schema
from kiosk.store.head import Head, read_head
from kiosk.store.queue import QueueTables
from kiosk.store.stored import stored_entries

Answer = TypeVar("Answer")

# Never below the time shown of the last entry, as the log has it: a clock may fall behind.
_SINCE = "max(?, ifnull((SELECT at_ms FROM head), 0))"
_VISIT = (
    "SELECT id, kind, gate_in, entered_ms, gate_out, left_ms, exit_sequence, exit_inferred, link, series, number,"
    " service, shown, key_id, corrected, id_seen FROM visit"
)


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit as pages show it; *shown* is what staff may read while its day key lives.

    *corrected*: staff put it right; *id_seen*: they saw its holder's document.
    """

    id: int
    kind: str
    gate_in: str
    entered_ms: int | None
    gate_out: str
    left_ms: int | None
    exit_sequence: int | None
    exit_inferred: bool
    link: str
    ticket: str
    service: str
    shown: bytes | None
    key_id: bytes
    corrected: bool = False
    id_seen: bool = False


@dataclass(frozen=True, slots=True)
class Occupancy:
    """Counts of the current day key, and how many people are in the waiting order."""

    inside: int = 0
    entered: int = 0
    left: int = 0
    inferred: int = 0
    unmatched: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A device, whether it works, since when, and what is wrong."""

    name: str
    ok: bool
    since_ms: int
    note: str


class Reader:
    """Reads the database at *path*; threads may share it. Raises StoreError where there is none of this version."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # One for each thread would keep a page cache for each of a web server's many threads.
        self._idle = [self._connect()]

    def _connect(self) -> sqlite3.Connection:
        db = schema.connect_read_only(self.path)
        weakref.finalize(self, db.close)  # a connection that nobody closes is complained of from Python 3.13 on
        return db

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for this thread alone; there are as many as were ever needed at once."""
        try:
            db = self._idle.pop()
        except IndexError:
            db = self._connect()
        try:
            yield db
        finally:
            self._idle.append(db)

    def _row(self, query: str, *values: object) -> Any:
        with self._reading() as db:
            return db.execute(query, values).fetchone()

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._reading() as db:
            return db.execute(query, values).fetchall()

    def ask(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """What *question* finds in the log as it is at one moment."""
        with self._reading() as db:
            db.execute("BEGIN")
            try:
                return question(db)
            finally:
                db.execute("ROLLBACK")

    def head(self) -> Head:
        """The end of the log."""
        with self._reading() as db:
            return read_head(db)

    @contextmanager
    def queue(self) -> Iterator[tuple[QueueTables, Head]]:
        """The queue and the end of the log at one moment."""
        with self._reading() as db:
            db.execute("BEGIN")
            try:
                yield QueueTables(db), read_head(db)
            finally:
                db.execute("ROLLBACK")

    def last_sequence(self) -> int:
        """The sequence of the newest entry."""
        return self.head().sequence

    def arrivals(self, limit: int = 100, before: int | None = None) -> list[VisitRow]:
        """The newest visits first, at most *limit*; those older than visit *before* where given."""
        return self._visits("WHERE id < ? ORDER BY id DESC LIMIT ?", (before or 1 << 62, limit))

    def inside(self, limit: int = 1000) -> list[VisitRow]:
        """Who is inside now, the latest arrival first."""
        return self._visits("WHERE left_ms IS NULL ORDER BY id DESC LIMIT ?", (limit,))

    def inside_by_gate(self) -> dict[str, int]:
        """How many are inside who came in by each gate."""
        return dict(self._rows("SELECT gate_in, count(*) FROM visit WHERE left_ms IS NULL GROUP BY gate_in"))

    def visits(self, first: int = 1, end: int = 1 << 62) -> list[VisitRow]:
        """Visits of the entries from *first* on, before *end*, oldest first."""
        return self._visits("WHERE id >= ? AND id < ? ORDER BY id", (first, end))

    def today(self) -> list[VisitRow]:
        """Every visit under the present day key, the latest first."""
        return self.ask(lambda db: list(visits_of_today(db)))

    def visit(self, visit_id: int) -> VisitRow | None:
        """One visit, or None."""
        return next(iter(self._visits("WHERE id = ?", (visit_id,))), None)

    def _visits(self, where: str, values: tuple[object, ...]) -> list[VisitRow]:
        return [_visit_row(row) for row in self._rows(f"{_VISIT} {where}", *values)]

    def events_after(self, sequence: int, limit: int = 200) -> list[Entry]:
        """The next entries after *sequence*, at most *limit*, in order."""
        with self._reading() as db:
            return [stored.entry for stored in islice(stored_entries(db, read_head(db), sequence), limit)]

    def sequence_at(self, at_ms: int) -> int:
        """The sequence of the first entry shown at or after *at_ms* (one past the end where there is none).

        Shown times never run backwards, so a binary search does without an index on them.
        """
        low, high = 1, self.last_sequence() + 1
        while low < high:
            middle = (low + high) // 2
            row = self._row("SELECT at_ms FROM entry WHERE sequence = ?", middle)
            if row[0] < at_ms:
                low = middle + 1
            else:
                high = middle
        return low

    def occupancy(self, wait_ms: int = 1 << 62) -> Occupancy:
        """How many are inside, came and left under the current day key, and wait since at most *wait_ms*."""
        row = self._row(
            "SELECT inside, entered, left, inferred, unmatched FROM occupancy WHERE key_id = (SELECT key_id FROM head)"
        )
        (waiting,) = self._row("SELECT count(*) FROM waiting WHERE at_ms >= (SELECT at_ms FROM head) - ?", wait_ms)
        inside, entered, left, inferred, unmatched = row or (0, 0, 0, 0, 0)
        return Occupancy(inside, entered, left, inferred, unmatched, waiting)

    def devices(self) -> list[DeviceState]:
        """Every device that ever reported, by name."""
        rows = self._rows("SELECT name, ok, since_ms, note FROM device ORDER BY name")
        return [DeviceState(name, bool(ok), since_ms, note) for name, ok, since_ms, note in rows]

    def tickets_waiting_for_paper(self) -> int:
        """How many tickets are not printed yet."""
        (count,) = self._row("SELECT count(*) FROM spool")
        assert isinstance(count, int)
        return count

    def day_keys(self) -> list[tuple[int, bytes, dict[str, Any]]]:
        """Sequence, key id and body of every day key's entry whose body is not erased."""
        rows = self._rows("SELECT sequence FROM entry WHERE kind = 'day_key' ORDER BY sequence")
        keys = (self.events_after(row[0] - 1, 1)[0] for row in rows)
        return [(entry.sequence, entry.header.key_id, entry.body) for entry in keys if entry.body is not None]


def visits_of_today(db: sqlite3.Connection) -> Iterator[VisitRow]:
    """Every visit under the present day key, the latest first; no index is needed to know where they begin."""
    key_id = read_head(db).key_id
    rows = map(_visit_row, db.execute(f"{_VISIT} ORDER BY id DESC"))
    return takewhile(lambda visit: visit.key_id == key_id, rows)


def _visit_row(row: tuple[Any, ...]) -> VisitRow:
    (visit_id, kind, gate_in, entered_ms, gate_out, left_ms, exit_sequence, inferred, link, series, number) = row[:11]
    ticket = "" if number is None else f"{series}{number:03d}"
    service, shown, key_id, corrected, id_seen = row[11:]
    return VisitRow(
        visit_id,
        kind,
        gate_in,
        entered_ms,
        gate_out,
        left_ms,
        exit_sequence,
        bool(inferred),
        link,
        ticket,
        service or "",
        shown,
        key_id,
        bool(corrected),
        bool(id_seen),
    )


def begin_devices(
    db: sqlite3.Connection, wired: Collection[str], known: Collection[str], now_ms: int, over: str
) -> None:
    """Of devices of *known* kinds only those *wired* stay, as they were; one that is new, or was noted as *over*, has
    no fault."""
    db.execute("PRAGMA busy_timeout = 5000")
    db.execute("DELETE FROM device WHERE note = ?", (over,))
    told = [name for (name,) in db.execute("SELECT name FROM device").fetchall()]
    gone = [(name,) for name in told if kind_of(name) in known and name not in wired]
    db.executemany("DELETE FROM device WHERE name = ?", gone)
    db.executemany(f"INSERT OR IGNORE INTO device VALUES (?, 1, {_SINCE}, '')", [(name, now_ms) for name in wired])


def set_device_state(db: sqlite3.Connection, state: DeviceState) -> None:
    """Record that a device failed or came back."""
    db.execute("PRAGMA busy_timeout = 5000")
    db.execute(
        f"INSERT OR REPLACE INTO device VALUES (?, ?, {_SINCE}, ?)",
        (state.name, int(state.ok), state.since_ms, state.note),
    )
