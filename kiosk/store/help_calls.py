"""What the log says of calls for help."""

from __future__ import annotations

import json
import sqlite3

from kiosk.rules.entries import EntryKind
from kiosk.rules.help_calls import Said
from kiosk.store.schema import RARE


def help_said(db: sqlite3.Connection, first: int, last: int) -> list[Said]:
    """What the entries from *first* to *last* say of calls, in order, but for erased ones."""
    rows = db.execute(
        f"SELECT sequence, gate, at_ms, body FROM entry WHERE {RARE} AND kind = ? AND sequence BETWEEN ? AND ?"
        " AND body IS NOT NULL ORDER BY sequence",
        (EntryKind.HELP, first, last),
    )
    return [Said(sequence, gate, at_ms, json.loads(body)) for sequence, gate, at_ms, body in rows]
