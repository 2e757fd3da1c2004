"""A copy of the log and the registration lists, taken in many short looks while the door works.

Entries are only ever appended, so each look reads the next ones and no reader is open for longer than one; a long one
would keep what is erased meanwhile in the write-ahead log. Projections, tickets that wait for paper and states of
devices are not copied: the first follow from the log, the others are over when a copy is put to use.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from kiosk.rules.entries import EntryKind
from kiosk.store.checking import Walk
from kiosk.store.epochs import earlier_epochs, epoch_of
from kiosk.store.erasing import erased_one_by_one
from kiosk.store.head import Head, read_head
from kiosk.store.log import Seal
from kiosk.store.purging import OUTLIVE
from kiosk.store.schema import StoreError
from kiosk.store.stored import stored_entry

LOOK_ROWS = 200

Row = tuple[int | str | bytes | None, ...]

# Tables of lists: their columns, and those by which rows come in order within a list.
LISTS = {
    "roster_row": (("list", "row", "concealed"), ("row",)),
    "roster_trait": (("list", "blind", "row"), ("blind", "row")),
    "roster_draft": (("list", "row", "sort", "choice", "concealed"), ("row",)),
}
LIST_COLUMNS = ("id", "ready", "first_day", "last_day", "rows", "here", "imported_ms", "sequence")


class Copied(NamedTuple):
    """Some rows of a table."""

    table: str
    rows: list[Row]


class Erased(StoreError):  # noqa: N818  # an event, after which the caller begins again
    """Something that may be copied already was erased meanwhile; begin again."""


def copied(db: sqlite3.Connection) -> Iterator[Copied]:
    """The log and the lists that are kept, the log's end last. Raises Erased, and sqlite3.Error.

    What a purge or an erasure has named is left out, its bodies gone or not yet.
    """
    first = read_head(db).sequence
    gone = _Gone(db)
    yield from _rows_of_lists(db)
    last = 0
    while True:
        db.execute("BEGIN")  # of one moment: where no rows are left, the head is that of the last of them
        try:
            rows = [gone.without(row) for row in _entries(db, last)]
            end = None if len(rows) == LOOK_ROWS else _end(db, first)
        finally:
            db.execute("ROLLBACK")
        yield Copied("entry", rows)
        if end is not None:
            yield from end
            return
        last = int(rows[-1][0] or 0)


def copied_lists(db: sqlite3.Connection) -> Iterator[Copied]:
    """The lists that are kept, and nothing of the log. Raises sqlite3.Error."""
    yield from _rows_of_lists(db)
    yield _lists(db)


class Proof:
    """Proves a log while it is copied; nobody reads it twice for that."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._epoch = epoch_of(db, read_head(db))
        self._walk = Walk()
        self._fault = ""

    def take(self, some: Copied) -> None:
        """Look at what was just copied."""
        for row in some.rows if some.table == "entry" and not self._fault else ():
            try:
                self._fault = self._walk.fault_at(stored_entry(row, self._epoch))
            except ValueError as error:
                self._fault = str(error)
            if self._fault:
                return

    def fault(self, head: Head, seal: Seal) -> str:
        """What is wrong with the log that ends with *head*; empty where all is well."""
        return self._fault or self._walk.end(head, seal).fault


class _Gone:
    """The bodies that must not travel."""

    def __init__(self, db: sqlite3.Connection) -> None:
        query = "SELECT body FROM entry WHERE kind = ? ORDER BY sequence DESC LIMIT 1"  # they go by days, in order
        row = db.execute(query, (EntryKind.PURGE,)).fetchone()
        self._through = json.loads(row[0])["through"] if row else 0
        self._alone = erased_one_by_one(db)

    def without(self, row: Row) -> Row:
        """An entry's *row*, without salt and body where they must not travel."""
        sequence, kind = row[0], row[1]
        assert isinstance(sequence, int)
        purged = sequence <= self._through and kind not in OUTLIVE
        return (*row[:-2], None, None) if purged or sequence in self._alone else row


def _entries(db: sqlite3.Connection, after: int) -> list[Row]:
    query = "SELECT * FROM entry WHERE sequence > ? ORDER BY sequence LIMIT ?"
    return db.execute(query, (after, LOOK_ROWS)).fetchall()


def _end(db: sqlite3.Connection, first: int) -> list[Copied]:
    query = "SELECT 1 FROM entry WHERE sequence > ? AND kind IN (?, ?)"
    if db.execute(query, (first, EntryKind.PURGE, EntryKind.ERASURE)).fetchone():
        raise Erased("people's records were erased meanwhile")
    earlier: list[Row] = list(earlier_epochs(db))
    return [_lists(db), Copied("earlier_epoch", earlier), Copied("head", [tuple(read_head(db))])]


def _lists(db: sqlite3.Connection) -> Copied:
    query = f"SELECT {', '.join(LIST_COLUMNS)} FROM roster_list WHERE ready <> 0"
    return Copied("roster_list", db.execute(query).fetchall())


def _rows_of_lists(db: sqlite3.Connection) -> Iterator[Copied]:
    for (list_id,) in db.execute("SELECT id FROM roster_list WHERE ready <> 0").fetchall():
        for table in LISTS:
            yield from _rows_of_list(db, table, list_id)


def _rows_of_list(db: sqlite3.Connection, table: str, list_id: int) -> Iterator[Copied]:
    columns, key = LISTS[table]
    names, marks = ", ".join(key), ", ".join("?" for _ in key)
    query = f"SELECT {', '.join(columns)} FROM {table} WHERE list = ?"
    rows = db.execute(f"{query} ORDER BY {names} LIMIT ?", (list_id, LOOK_ROWS)).fetchall()
    after = f"{query} AND ({names}) > ({marks}) ORDER BY {names} LIMIT ?"
    while rows:
        yield Copied(table, rows)
        reached = [rows[-1][columns.index(name)] for name in key]
        rows = db.execute(after, (list_id, *reached, LOOK_ROWS)).fetchall()
