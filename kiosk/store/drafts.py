"""Lists that nobody has approved yet: every row as it came, concealed, with its sort and what was said of it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence

from kiosk.store.log import Store, Writing
from kiosk.store.roster import HOLD_S, PAUSE_S

HEAD = 0  # the row of what is said of the whole list; a list's own rows count from 1
_CHUNK_ROWS = 50


def add_draft_rows(store: Store, list_id: int, rows: Sequence[tuple[int, str, bytes]]) -> None:
    """Store number, sort and concealed content of rows, in short transactions. Raises StoreError."""
    done = 0
    while done < len(rows):
        with store.writing(None) as writing:
            ends = time.perf_counter() + HOLD_S
            while done < len(rows) and time.perf_counter() < ends:
                some = [(list_id, *row) for row in rows[done : done + _CHUNK_ROWS]]
                writing.db.executemany("INSERT INTO roster_draft VALUES (?, ?, ?, '', ?)", some)
                done += _CHUNK_ROWS
        time.sleep(PAUSE_S)


def draft_counts(db: sqlite3.Connection, list_id: int) -> dict[tuple[str, str], int]:
    """How many rows a draft has of each sort and choice."""
    rows = db.execute(
        "SELECT sort, choice, count(*) FROM roster_draft WHERE list = ? AND row > ? GROUP BY sort, choice",
        (list_id, HEAD),
    )
    return {(sort, choice): count for sort, choice, count in rows}


def draft_rows(
    db: sqlite3.Connection, list_id: int, sort: str, after: int, limit: int
) -> list[tuple[int, str, str, bytes]]:
    """Number, sort, choice and concealed content of rows of one *sort* after row *after*, in order."""
    return db.execute(
        "SELECT row, sort, choice, concealed FROM roster_draft WHERE list = ? AND sort = ? AND row > ?"
        " ORDER BY row LIMIT ?",
        (list_id, sort, max(after, HEAD), limit),
    ).fetchall()


def every_draft_row(db: sqlite3.Connection, list_id: int) -> Iterator[tuple[int, str, str, bytes]]:
    """Number, sort, choice and concealed content of every row, in order."""
    yield from db.execute(
        "SELECT row, sort, choice, concealed FROM roster_draft WHERE list = ? AND row > ? ORDER BY row", (list_id, HEAD)
    )


def draft_row(db: sqlite3.Connection, list_id: int, row: int) -> tuple[str, str, bytes] | None:
    """Sort, choice and concealed content of one row; None where there is none."""
    found: tuple[str, str, bytes] | None = db.execute(
        "SELECT sort, choice, concealed FROM roster_draft WHERE list = ? AND row = ?", (list_id, row)
    ).fetchone()
    return found


def save_draft_row(writing: Writing, list_id: int, row: int, sort: str, choice: str, concealed: bytes) -> None:
    """Put one row in place of what it was."""
    writing.db.execute(
        "INSERT OR REPLACE INTO roster_draft VALUES (?, ?, ?, ?, ?)", (list_id, row, sort, choice, concealed)
    )


def choose_some(store: Store, list_id: int, sort: str, choice: str) -> int:
    """Say *choice* of rows of *sort* of which nothing was said, as many as one short transaction takes; how many."""
    some = (
        "UPDATE roster_draft SET choice = ?1 WHERE list = ?2 AND row IN"
        " (SELECT row FROM roster_draft WHERE list = ?2 AND sort = ?3 AND choice = '' AND row > ?4 LIMIT ?5)"
    )
    with store.writing(None) as writing:
        return writing.db.execute(some, (choice, list_id, sort, HEAD, _CHUNK_ROWS)).rowcount


def replace_row(
    writing: Writing, list_id: int, row: int, concealed: bytes | None, before: Sequence[bytes], after: Sequence[bytes]
) -> None:
    """Let the list have *concealed* as its *row*, None for no such row; its traits were *before*, and are *after*."""
    writing.db.execute("DELETE FROM roster_row WHERE list = ? AND row = ?", (list_id, row))
    statement = "DELETE FROM roster_trait WHERE list = ? AND blind = ? AND row = ?"
    writing.db.executemany(statement, [(list_id, blind, row) for blind in before])
    if concealed is not None:
        writing.db.execute("INSERT INTO roster_row VALUES (?, ?, ?)", (list_id, row, concealed))
        blinds = [(list_id, blind, row) for blind in after]
        writing.db.executemany("INSERT OR IGNORE INTO roster_trait VALUES (?, ?, ?)", blinds)
