"""What the log says of calls for help, and of people whom the door sent to staff."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from kiosk.rules.entries import EntryKind
from kiosk.rules.help_calls import Said
from kiosk.rules.model import Reason
from kiosk.store.schema import RARE


def help_said(db: sqlite3.Connection, first: int, last: int) -> list[Said]:
    """What the entries from *first* to *last* say of calls, in order, but for erased ones."""
    rows = db.execute(
        f"SELECT sequence, gate, at_ms, body FROM entry WHERE {RARE} AND kind = ? AND sequence BETWEEN ? AND ?"
        " AND body IS NOT NULL ORDER BY sequence",
        (EntryKind.HELP, first, last),
    )
    return [Said(sequence, gate, at_ms, json.loads(body)) for sequence, gate, at_ms, body in rows]


SHORT_BYTES = 500  # the body of a passage that opens no visit and closes none


def sent_to_staff(db: sqlite3.Connection, first: int, reasons: Collection[Reason]) -> list[Said]:
    """The passages from entry *first* on that one of *reasons* sent to staff, but for those whom staff let in since.

    SQLite knows how long a body is without reading it; the long ones are looked through only where somebody was sent.
    """
    short = _passages(db, first, f"length(body) < {SHORT_BYTES}")
    sent = [one for one in short if one.body["reason"] in reasons]
    if not sent:
        return []
    let_in = {one.body["asked"] for one in _passages(db, sent[0].sequence, "instr(body, '\"asked\":')")}
    return [one for one in sent if one.sequence not in let_in]


def _passages(db: sqlite3.Connection, first: int, which: str) -> list[Said]:
    rows = db.execute(
        f"SELECT sequence, gate, at_ms, body FROM entry WHERE sequence >= ? AND kind = ? AND {which} ORDER BY sequence",
        (first, EntryKind.SCAN),
    )
    return [Said(sequence, gate, at_ms, json.loads(body)) for sequence, gate, at_ms, body in rows]
