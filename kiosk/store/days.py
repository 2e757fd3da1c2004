"""What is known of a day: its span in the log, passages by gate and quarter hour, tickets. For ``Reader.ask``."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kiosk.rules.arrivals import QUARTER_MS, Stays
from kiosk.rules.entries import Body, EntryKind
from kiosk.rules.queueing import State
from kiosk.store.clocks import of_shown, reads, true_times
from kiosk.store.head import read_head
from kiosk.store.schema import RARE


@dataclass(frozen=True, slots=True)
class KeySpan:
    """The entries under one day key. *kept* until their bodies are erased; then the counts are all that is left."""

    key_id: bytes
    first: int
    last: int
    kept: bool


def key_spans(db: sqlite3.Connection) -> list[KeySpan]:
    """Every day key of the log, the newest first.

    Entries of one key lie side by side, so a binary search finds where each begins, without an index.
    """
    return list(_spans(db, read_head(db).sequence))


def present_span(db: sqlite3.Connection) -> KeySpan | None:
    """The entries under the day key that is in use; None before the first."""
    return next(_spans(db, read_head(db).sequence), None)


def _spans(db: sqlite3.Connection, last: int) -> Iterator[KeySpan]:
    while last:
        key_id = _entry(db, last)[0]
        low, first = 1, last
        while low < first:
            middle = (low + first) // 2
            low, first = (low, middle) if _entry(db, middle)[0] == key_id else (middle + 1, first)
        if key_id:  # before the first key, nobody passes
            yield KeySpan(key_id, first, last, _entry(db, first)[1])
        last = first - 1


def _entry(db: sqlite3.Connection, sequence: int) -> tuple[bytes, bool]:
    query = "SELECT key_id, body IS NOT NULL FROM entry WHERE sequence = ?"
    key_id, kept = db.execute(query, (sequence,)).fetchone()
    return key_id, bool(kept)


def began_ms(db: sqlite3.Connection, spans: Sequence[KeySpan]) -> list[int]:
    """When each of *spans* began, repaired."""
    times, known = true_times(db, believed=True), reads(db, [span.first for span in spans])
    return [times.of(span.first, known[span.first]).at_ms for span in spans]


def stays(db: sqlite3.Connection, span: KeySpan) -> list[Stays]:
    """The visits of *span*, counted by codes, and by the gates and quarter hours in which they began and ended.

    The quarter hours are the true ones.
    """
    rows = db.execute(
        f"SELECT entered_ms / {QUARTER_MS}, left_ms / {QUARTER_MS}, exit_inferred, count(*), gate_in, gate_out,"
        " kind, classes, corrected <> 0 FROM visit WHERE id BETWEEN ? AND ? GROUP BY 1, 2, 3, 5, 6, 7, 8, 9",
        (span.first, span.last),
    ).fetchall()
    true = true_quarters(db, {quarter for came, left, *_ in rows for quarter in (came, left) if quarter is not None})
    return [Stays(true.get(came), true.get(left), bool(inferred), *rest) for came, left, inferred, *rest in rows]


def true_quarters(db: sqlite3.Connection, shown: set[int]) -> dict[int, int]:
    """When those quarter hours, of the time that was shown, began in truth."""
    times, half_ms = true_times(db, believed=True), QUARTER_MS // 2
    middles = {quarter: of_shown(db, times, quarter * QUARTER_MS + half_ms).at_ms for quarter in shown}
    return {quarter: middle_ms // QUARTER_MS * QUARTER_MS for quarter, middle_ms in middles.items()}


def tickets(db: sqlite3.Connection, span: KeySpan) -> list[tuple[str, str, int]]:
    """Services, states and how many tickets of *span* are so; the state of who still waits for something is empty."""
    return db.execute(
        "SELECT service, iif(closed_ms IS NULL AND state <> ?, '', state), count(*) FROM queue_ticket"
        " WHERE id BETWEEN ? AND ? GROUP BY 1, 2 ORDER BY min(id)",
        (State.DONE, span.first, span.last),
    ).fetchall()


def tickets_given(db: sqlite3.Connection, span: KeySpan) -> list[tuple[str, str, int]]:
    """The same for a site without counters, where nobody knows more of a ticket than that it was given."""
    return db.execute(
        "SELECT service, '', count(*) FROM visit WHERE id BETWEEN ? AND ? AND number IS NOT NULL"
        " GROUP BY 1 ORDER BY min(id)",
        (span.first, span.last),
    ).fetchall()


def count_of(db: sqlite3.Connection, kind: EntryKind) -> int:
    """How many entries of one of the rare kinds there ever were, erased ones included."""
    count = db.execute(f"SELECT count(*) FROM entry WHERE {RARE} AND kind = ?", (kind,)).fetchone()[0]
    assert isinstance(count, int)
    return count


def bodies(db: sqlite3.Connection, kind: EntryKind, first: int = 1, last: int = 1 << 62) -> list[tuple[int, int, Body]]:
    """Sequence, time and body of the entries of one of the rare kinds that have an index, but for erased ones."""
    rows = db.execute(
        f"SELECT sequence, at_ms, body FROM entry WHERE {RARE} AND kind = ? AND sequence BETWEEN ? AND ?"
        " AND body IS NOT NULL ORDER BY sequence",
        (kind, first, last),
    )
    return [(sequence, at_ms, json.loads(body)) for sequence, at_ms, body in rows]
