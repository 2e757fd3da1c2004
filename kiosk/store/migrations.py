"""How an empty file or an older database becomes today's."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.store.clocks import CLOCK_INDEX, RUN
from kiosk.store.roster_tables import DRAFT, ROSTER
from kiosk.store.schema import FEWER_PAGES, LOG, PROJECTIONS, QUEUE, RARE, VERSION, StoreError, version_of

if TYPE_CHECKING:
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations


def migrate(db: sqlite3.Connection, path: Path, fill: Callable[[sqlite3.Connection], object] | None = None) -> bool:
    """Bring the database to today's tables; True where something was done.

    *fill* fills what is new of the projections from the log. Raises StoreError for a database of a newer program,
    untouched.
    """
    version = version_of(db)
    if version > VERSION:
        raise StoreError(f"{path}: was written by a newer program (version {version}, this one knows {VERSION})")
    if version == VERSION:
        return False
    from sqlite_utils import Database  # costs 0.1 s, needed once in a database's life

    all_steps().apply(Database(db))
    if fill:
        fill(db)
    db.execute(f"PRAGMA user_version = {VERSION}")
    return True


def all_steps() -> Migrations:
    """Every step from an empty file to today's tables, in order."""
    from sqlite_utils.migrations import Migrations

    steps = Migrations("kiosk")

    @steps()
    def log(db: Database) -> None:
        _execute_all(db.conn, LOG)

    @steps()
    def projections(db: Database) -> None:
        _execute_all(db.conn, PROJECTIONS.format(temp="", prefix=""))

    @steps()
    def roster(db: Database) -> None:
        _execute_all(db.conn, ROSTER)

    @steps()
    def rare(db: Database) -> None:
        _execute_all(db.conn, f"CREATE INDEX entry_rare ON entry (kind) WHERE {RARE}")

    @steps()
    def queue(db: Database) -> None:
        _execute_all(db.conn, QUEUE.format(temp="", prefix=""))
        db.execute("ALTER TABLE spool ADD COLUMN told TEXT NOT NULL DEFAULT '{}'")

    @steps()
    def more_rare(db: Database) -> None:
        _execute_all(db.conn, f"DROP INDEX entry_rare; CREATE INDEX entry_rare ON entry (kind) WHERE {RARE}")

    _add_newer(steps)
    return steps


def _add_newer(steps: Migrations) -> None:
    """The steps since version 5, in order."""

    @steps()
    def still_more_rare(db: Database) -> None:
        _execute_all(db.conn, f"DROP INDEX entry_rare; CREATE INDEX entry_rare ON entry (kind) WHERE {RARE}")

    @steps()
    def corrected(db: Database) -> None:
        _add_to_visit(db, "corrected")

    @steps()
    def id_seen(db: Database) -> None:
        _add_to_visit(db, "id_seen")

    @steps()
    def draft(db: Database) -> None:
        _execute_all(db.conn, DRAFT)

    @steps()
    def fewer_pages(db: Database) -> None:
        _execute_all(db.conn, FEWER_PAGES)

    @steps()
    def clocks(db: Database) -> None:
        _execute_all(db.conn, RUN.format(temp="", prefix="") + CLOCK_INDEX)


def _add_to_visit(db: Database, column: str) -> None:
    if column not in db["visit"].columns_dict:  # a fresh database has it from the beginning
        db.execute(f"ALTER TABLE visit ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")


def _execute_all(db: sqlite3.Connection, script: str) -> None:
    # Not executescript: it commits first, and a migration must be one transaction.
    for statement in script.split(";"):
        if statement.strip():
            db.execute(statement)
