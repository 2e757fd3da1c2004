"""Whom a kiosk can show of the day in use: their pseudonyms, and what staff see of them. For ``Reader.ask``."""

from __future__ import annotations

import sqlite3

from kiosk.store.days import KeySpan


def shown_people(db: sqlite3.Connection, span: KeySpan) -> list[tuple[bytes, bytes]]:
    """The pseudonym of each visit of *span*, and what is concealed of its holder under that day's key."""
    query = "SELECT who, shown FROM visit WHERE id BETWEEN ? AND ? AND who IS NOT NULL AND shown IS NOT NULL"
    return db.execute(query, (span.first, span.last)).fetchall()
