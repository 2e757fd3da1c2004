"""A database made anew from what ``copying.copied`` told: the log as it was, every projection from the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kiosk.store import schema
from kiosk.store.checking import PREFIX, drop_side_tables, project_again
from kiosk.store.copying import LIST_COLUMNS, LISTS, Copied, Row
from kiosk.store.epochs import end_epochs
from kiosk.store.head import Head, write_first_head
from kiosk.store.migrations import migrate
from kiosk.store.projections import EVERY_TABLE
from kiosk.store.schema import StoreError

_COLUMNS = {table: columns for table, (columns, _) in LISTS.items()} | {"roster_list": LIST_COLUMNS}
_ENTRY_COLUMNS = 13


def refill(path: Path, copied: Iterable[Copied]) -> None:
    """Make *path*, which must not be there, from *copied*; it is on disk when this returns.

    Raises StoreError for what is no copy of a log that this program knows, and where it cannot be written.
    """
    try:
        with closing(schema.connect(path)) as db, schema.unhurried(db):
            migrate(db, path)
            with _at_once(db):
                for table, rows in copied:
                    _insert(db, table, rows)
                for table in LISTS:  # of a list that ended while it was copied
                    db.execute(f"DELETE FROM {table} WHERE list NOT IN (SELECT id FROM roster_list)")
            _project(db)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise StoreError(f"the log cannot be made anew from this: {error}") from error


def refill_lists(path: Path, copied: Iterable[Copied], sequence: int) -> None:
    """Put the lists of *copied* into the log at *path*, as if entry *sequence* had brought them; all else is left.

    Raises StoreError as ``refill`` does.
    """
    try:
        with closing(schema.connect(path)) as db:
            with _at_once(db):
                for table, rows in copied:
                    if table in _COLUMNS:
                        _insert(db, table, rows)
                db.execute("UPDATE roster_list SET sequence = ?", (sequence,))
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise StoreError(f"the lists cannot be read from this: {error}") from error


def _insert(db: sqlite3.Connection, table: str, rows: list[Row]) -> None:
    if table == "entry":
        db.executemany(f"INSERT INTO entry VALUES ({_marks(_ENTRY_COLUMNS)})", rows)
    elif table == "head":
        write_first_head(db, Head(*rows[0]))  # type: ignore[arg-type]  # the columns are STRICT
    elif table == "earlier_epoch":
        if rows:
            end_epochs(db, rows)  # type: ignore[arg-type]  # so are these
    elif columns := _COLUMNS.get(table):
        db.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({_marks(len(columns))})", rows)
    else:
        raise StoreError(f"the copy has a table {table!r}, which this program does not know")


def _project(db: sqlite3.Connection) -> None:
    project_again(db)
    with _at_once(db):
        for table, columns in EVERY_TABLE.items():
            names = ", ".join(columns)
            db.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM temp.{PREFIX}{table}")
    drop_side_tables(db)


@contextmanager
def _at_once(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _marks(count: int) -> str:
    return ", ".join("?" for _ in range(count))
