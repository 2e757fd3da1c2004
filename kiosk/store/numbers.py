"""A day in numbers: counted from the tables while its records are there, or as the day's closing entry keeps it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from kiosk.rules import numbers
from kiosk.rules.entries import EntryKind
from kiosk.rules.numbers import Numbers, Waited
from kiosk.store import days
from kiosk.store.days import KeySpan


def counted(db: sqlite3.Connection, span: KeySpan, capacity: int) -> Numbers:
    """The numbers of *span* as its visits and calls are now, corrections included, under that *capacity*."""
    gaps = days.bodies(db, EntryKind.GAP, span.first, span.last)
    unrecorded = sum(body["count"] for *_, body in gaps)
    return numbers.count(days.stays(db, span), _waited(db, span), unrecorded=unrecorded, capacity=capacity)


def _waited(db: sqlite3.Connection, span: KeySpan) -> Iterator[Waited]:
    """First calls only: one who was called before waits for another reason. What a paper said is in its entry."""
    told = "json_extract(CAST(body AS TEXT), '$.queue.told[{}]')".format
    rows = db.execute(
        f"SELECT turn.service, called_ms - since_ms, {told(0)}, {told(1)} FROM queue_turn turn"
        " LEFT JOIN entry ON entry.sequence = turn.ticket AND at_ms = since_ms"
        " WHERE turn.sequence BETWEEN ? AND ? AND ahead IS NOT NULL",
        (span.first, span.last),
    )
    for service, wait_ms, from_min, to_min in rows:
        yield Waited(service, wait_ms, None if to_min is None else (from_min, to_min))


def kept(db: sqlite3.Connection, span: KeySpan) -> Numbers | None:
    """The numbers that the last entry of the closed *span* keeps; None where it was closed before there were any."""
    kind, body = db.execute("SELECT kind, body FROM entry WHERE sequence = ?", (span.last,)).fetchone()
    table = json.loads(body).get("numbers") if kind == EntryKind.DAY_CLOSE and body else None
    return numbers.from_table(table) if table else None
