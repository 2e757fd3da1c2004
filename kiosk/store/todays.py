"""What was done under the current day key, of the kinds that are few. For ``Reader.ask``, and on any connection."""

from __future__ import annotations

import json
import sqlite3

from kiosk.rules.entries import Body, EntryKind
from kiosk.rules.staff_acts import StaffAct
from kiosk.store.schema import RARE


def entries_today(db: sqlite3.Connection, kind: EntryKind) -> list[tuple[int, int, Body]]:
    """Sequence, time and body of the entries of *kind*, one of the rare ones, under the current day key, in order,
    but for erased ones.
    """
    (today,) = db.execute("SELECT key_id FROM head").fetchone()
    rows = db.execute(
        # By itself SQLite walks through the whole log backwards, to be spared the sorting.
        f"SELECT sequence, at_ms, key_id, body FROM entry INDEXED BY entry_rare WHERE {RARE} AND kind = ?"
        " AND body IS NOT NULL ORDER BY sequence DESC",
        (kind,),
    )
    found: list[tuple[int, int, Body]] = []
    for sequence, at_ms, key_id, body in rows:
        if key_id != today:
            break
        found.append((sequence, at_ms, json.loads(body)))
    return found[::-1]


def seen_alerts(db: sqlite3.Connection) -> list[tuple[str, int, str]]:
    """Which device's trouble staff said they have seen, when, and who."""
    noted = entries_today(db, EntryKind.STAFF)
    return [
        (body.get("about", ""), at_ms, body["by"]) for _, at_ms, body in noted if body["act"] == StaffAct.ALERT_SEEN
    ]
