"""Databases as older programs left them."""

from __future__ import annotations

import sqlite3

from kiosk.store.queue import QUEUE_TABLES


def make_version_3(db: sqlite3.Connection) -> None:
    """Take away from today's database what came with the queue; the log stays."""
    for table in QUEUE_TABLES:
        db.execute(f"DROP TABLE {table}")
    db.execute("ALTER TABLE spool DROP COLUMN told")
    db.execute("ALTER TABLE visit DROP COLUMN corrected")
    db.execute("DELETE FROM _sqlite_migrations WHERE name IN ('queue', 'corrected')")
    db.execute("PRAGMA user_version = 3")
