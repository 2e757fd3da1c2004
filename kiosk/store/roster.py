"""Registration lists: their rows concealed, and blinded traits by which a row is found."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kiosk.rules.entries import EntryKind
from kiosk.store.log import Store, Writing
from kiosk.store.schema import StoreError

# Long enough to be worth a flush, short enough that a person at the door does not notice.
HOLD_S, PAUSE_S = 0.005, 0.005
_CHUNK_ROWS = 50
IN_FORCE, DRAFT = 1, 2  # 0: its import or removal did not end
_MOST_LOOK_ALIKES = 1000  # rows with one trait: a list of pupils has hundreds of one name and birth year

_WITH_TRAIT = (
    "SELECT row, concealed FROM roster_trait JOIN roster_row USING (list, row) WHERE list = ? AND blind = ?"
    f" LIMIT {_MOST_LOOK_ALIKES}"
)


@dataclass(frozen=True, slots=True)
class StoredList:
    """A list: first and last session day (ISO), rows and those of this site, when it came and with which entry."""

    id: int
    first_day: str
    last_day: str
    rows: int
    here: int
    imported_ms: int
    sequence: int


def begin_list(store: Store, list_id: int) -> None:
    """Make room for a list that nobody sees before ``finish_list``. Raises StoreError."""
    with store.writing(None) as writing:
        writing.db.execute("INSERT INTO roster_list (id, ready) VALUES (?, 0)", (list_id,))


def add_rows(store: Store, list_id: int, rows: Sequence[tuple[int, bytes]]) -> None:
    """Store concealed rows by their numbers, in short transactions. Raises StoreError."""
    _insert(store, "INSERT INTO roster_row (list, row, concealed) VALUES (?, ?, ?)", list_id, rows)


def add_traits(store: Store, list_id: int, traits: Sequence[tuple[bytes, int]]) -> None:
    """Store which blinded trait which row has, in short transactions; sorted ones go fastest. Raises StoreError."""
    _insert(store, "INSERT OR IGNORE INTO roster_trait (list, blind, row) VALUES (?, ?, ?)", list_id, traits)


def _insert(store: Store, statement: str, list_id: int, rows: Sequence[tuple[int | bytes, int | bytes]]) -> None:
    done = 0
    while done < len(rows):
        with store.writing(None) as writing:
            ends = time.perf_counter() + HOLD_S
            while done < len(rows) and time.perf_counter() < ends:
                writing.db.executemany(statement, ((list_id, *row) for row in rows[done : done + _CHUNK_ROWS]))
                done += _CHUNK_ROWS
        time.sleep(PAUSE_S)


def finish_list(writing: Writing, found: StoredList, state: int = IN_FORCE) -> None:
    """Let everybody see a list, or with the state DRAFT who works on it, in the transaction that records it."""
    days = (found.first_day, found.last_day)
    writing.db.execute(
        "UPDATE roster_list SET first_day = ?, last_day = ?, rows = ?, here = ?, imported_ms = ?, sequence = ?,"
        " ready = ? WHERE id = ?",
        (*days, found.rows, found.here, found.imported_ms, found.sequence, state, found.id),
    )


def stored_lists(db: sqlite3.Connection) -> list[StoredList]:
    """Every list in force, the oldest first. Raises StoreError."""
    return _lists(db, IN_FORCE)


def draft_lists(db: sqlite3.Connection) -> list[StoredList]:
    """Every list that waits for somebody to approve it, the oldest first. Raises StoreError."""
    return _lists(db, DRAFT)


def _lists(db: sqlite3.Connection, state: int) -> list[StoredList]:
    with _named():
        rows = db.execute(
            "SELECT id, first_day, last_day, rows, here, imported_ms, sequence FROM roster_list"
            " WHERE ready = ? ORDER BY sequence",
            (state,),
        ).fetchall()
    return [StoredList(*row) for row in rows]


def unfinished_lists(db: sqlite3.Connection) -> list[int]:
    """Lists whose import or removal did not end. Raises StoreError."""
    with _named():
        return [row[0] for row in db.execute("SELECT id FROM roster_list WHERE ready = 0")]


def concealed_rows(db: sqlite3.Connection, list_id: int, blinds: Sequence[bytes]) -> list[bytes]:
    """The concealed rows of a list with at least one of the traits *blinds*. Raises StoreError."""
    return list(rows_with(db, list_id, blinds).values())


def rows_with(db: sqlite3.Connection, list_id: int, blinds: Sequence[bytes]) -> dict[int, bytes]:
    """The same, by their numbers. Raises StoreError."""
    found: dict[int, bytes] = {}
    with _named():
        for blind in blinds:
            found |= dict(db.execute(_WITH_TRAIT, (list_id, blind)))
    return found


def numbered_rows(db: sqlite3.Connection, list_id: int) -> list[tuple[int, bytes]]:
    """Number and concealed content of every row of a list, in order. Raises StoreError."""
    with _named():
        return db.execute("SELECT row, concealed FROM roster_row WHERE list = ? ORDER BY row", (list_id,)).fetchall()


def every_row(db: sqlite3.Connection, list_id: int) -> list[bytes]:
    """The concealed rows of a list in their order. Raises StoreError."""
    return [concealed for _, concealed in numbered_rows(db, list_id)]


def days_closed_since(db: sqlite3.Connection, sequence: int) -> int:
    """How many days have ended after entry *sequence*. Raises StoreError."""
    with _named():
        query = "SELECT count(*) FROM entry WHERE sequence > ? AND kind = ?"
        (count,) = db.execute(query, (sequence, EntryKind.DAY_CLOSE)).fetchone()
    assert isinstance(count, int)
    return count


def hide_list(store: Store, list_id: int) -> None:
    """Let nobody see a list any more. Raises StoreError."""
    with store.writing(None) as writing:
        writing.db.execute("UPDATE roster_list SET ready = 0 WHERE id = ?", (list_id,))


def drop_list(store: Store, list_id: int) -> None:
    """Remove what is left of a list, in short transactions. Raises StoreError."""
    for table, key in (("roster_trait", "blind"), ("roster_row", "row"), ("roster_draft", "row")):
        _drop_all_of(store, table, key, list_id)
    with store.writing(None) as writing:
        writing.db.execute("DELETE FROM roster_list WHERE id = ?", (list_id,))


def drop_draft(store: Store, list_id: int) -> None:
    """Remove what a list looked like when it came, in short transactions. Raises StoreError."""
    _drop_all_of(store, "roster_draft", "row", list_id)


def _drop_all_of(store: Store, table: str, key: str, list_id: int) -> None:
    first = f"SELECT {key} FROM {table} WHERE list = ?1 ORDER BY {key} LIMIT {_CHUNK_ROWS}"
    # A range, for rows named one by one would each be searched for.
    some = f"DELETE FROM {table} WHERE list = ?1 AND {key} <= (SELECT max({key}) FROM ({first}))"
    while _delete_some(store, some, list_id):
        time.sleep(PAUSE_S)


def _delete_some(store: Store, statement: str, list_id: int) -> bool:
    """Delete for as long as a transaction may take; True where more is left."""
    with store.writing(None) as writing:
        ends = time.perf_counter() + HOLD_S
        while time.perf_counter() < ends:
            if not writing.db.execute(statement, (list_id,)).rowcount:
                return False
    return True


@contextlib.contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"the registration lists cannot be read: {error}") from error
