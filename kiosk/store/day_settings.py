"""What staff changed for today. For ``Reader.ask``, and for the door on its own connection."""

from __future__ import annotations

import sqlite3

from kiosk.rules.day_settings import DayChange, DaySettings, change_of, in_force
from kiosk.rules.entries import EntryKind
from kiosk.store.todays import entries_today


def day_changes(db: sqlite3.Connection) -> list[DayChange]:
    """Every change under the current day key, in order."""
    return [change_of(*found) for found in entries_today(db, EntryKind.DAY_SETTINGS)]


def day_settings_in_force(db: sqlite3.Connection) -> DaySettings:
    """What staff changed for today, and is in force now."""
    return in_force(day_changes(db))
