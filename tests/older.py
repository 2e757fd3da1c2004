"""Databases as older programs left them."""

from __future__ import annotations

import sqlite3

from kiosk.store.queue import QUEUE_TABLES


def make_version_3(db: sqlite3.Connection) -> None:
    """Take away from today's database what came with the queue; the log stays."""
    for table in QUEUE_TABLES:
        db.execute(f"DROP TABLE {table}")
    db.execute("ALTER TABLE spool DROP COLUMN told")
    for column in ("corrected", "id_seen"):
        db.execute(f"ALTER TABLE visit DROP COLUMN {column}")
    db.execute("DELETE FROM _sqlite_migrations WHERE name IN ('queue', 'corrected', 'id_seen')")
    db.execute("PRAGMA user_version = 3")
