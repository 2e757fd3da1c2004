"""What is known of a day: its span in the log, passages by gate and quarter hour, tickets. For ``Reader.ask``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.rules.arrivals import QUARTER_MS, Stays
from kiosk.store.head import read_head


@dataclass(frozen=True, slots=True)
class KeySpan:
    """The entries under one day key. *kept* until their bodies are erased; then the counts are all that is left."""

    key_id: bytes
    first: int
    last: int
    began_ms: int
    kept: bool


def key_spans(db: sqlite3.Connection) -> list[KeySpan]:
    """Every day key of the log, the newest first.

    Entries of one key lie side by side, so a binary search finds where each begins, without an index.
    """
    return list(_spans(db, read_head(db).sequence))


def _spans(db: sqlite3.Connection, last: int) -> Iterator[KeySpan]:
    while last:
        key_id = _entry(db, last)[0]
        low, first = 1, last
        while low < first:
            middle = (low + first) // 2
            low, first = (low, middle) if _entry(db, middle)[0] == key_id else (middle + 1, first)
        if key_id:  # before the first key, nobody passes
            yield KeySpan(key_id, first, last, *_entry(db, first)[1:])
        last = first - 1


def _entry(db: sqlite3.Connection, sequence: int) -> tuple[bytes, int, bool]:
    query = "SELECT key_id, at_ms, body IS NOT NULL FROM entry WHERE sequence = ?"
    key_id, at_ms, kept = db.execute(query, (sequence,)).fetchone()
    return key_id, at_ms, bool(kept)


def stays(db: sqlite3.Connection, span: KeySpan) -> list[Stays]:
    """The visits of *span*, counted by the quarter hours in which they began and ended."""
    rows = db.execute(
        f"SELECT entered_ms / {QUARTER_MS}, left_ms / {QUARTER_MS}, exit_inferred, count(*) FROM visit"
        " WHERE id BETWEEN ? AND ? GROUP BY 1, 2, 3",
        (span.first, span.last),
    )
    return [Stays(_began(came), _began(left), bool(inferred), count) for came, left, inferred, count in rows]


def _began(quarter: int | None) -> int | None:
    return None if quarter is None else quarter * QUARTER_MS
