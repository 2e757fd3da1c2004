"""What staff changed for today. For ``Reader.ask``, and for the door on its own connection."""

from __future__ import annotations

import json
import sqlite3

from kiosk.rules.day_settings import DayChange, DaySettings, change_of, in_force
from kiosk.rules.entries import EntryKind
from kiosk.store.schema import RARE


def day_changes(db: sqlite3.Connection) -> list[DayChange]:
    """Every change under the current day key, in order."""
    (today,) = db.execute("SELECT key_id FROM head").fetchone()
    rows = db.execute(
        f"SELECT sequence, at_ms, key_id, body FROM entry WHERE {RARE} AND kind = ? ORDER BY sequence DESC",
        (EntryKind.DAY_SETTINGS,),
    )
    changes: list[DayChange] = []
    for sequence, at_ms, key_id, body in rows:
        if key_id != today:
            break
        changes.append(change_of(sequence, at_ms, json.loads(body)))
    return changes[::-1]


def day_settings_in_force(db: sqlite3.Connection) -> DaySettings:
    """What staff changed for today, and is in force now."""
    return in_force(day_changes(db))
