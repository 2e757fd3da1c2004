"""Databases as older programs left them."""

from __future__ import annotations

import json
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


def make_version_5(db: sqlite3.Connection) -> None:
    """Put back the indexes of version 5, and the spool that kept every ticket whole."""
    db.execute("CREATE UNIQUE INDEX visit_open ON visit (who) WHERE left_ms IS NULL")
    db.execute("DROP INDEX queue_open")
    db.execute("CREATE INDEX queue_line ON queue_ticket (service, priority, place, behind) WHERE state = 'waiting'")
    db.execute("CREATE INDEX queue_open ON queue_ticket (state, service, number) WHERE closed_ms IS NULL")
    for job, own, form in db.execute(
        "SELECT s.id, s.ticket, f.ticket FROM spool s JOIN form f ON f.id = form"
    ).fetchall():
        whole = json.dumps(json.loads(form) | json.loads(own))
        db.execute("UPDATE spool SET ticket = ? WHERE id = ?", (whole, job))
    db.execute("DROP TABLE form")
    for column in ("form", "begun_by"):
        db.execute(f"ALTER TABLE spool DROP COLUMN {column}")
    db.execute("DELETE FROM _sqlite_migrations WHERE name = 'fewer_pages'")
    db.execute("PRAGMA user_version = 5")
