"""The end of the log: one row, to which the next entry is chained."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from kiosk.rules import clock, entries
from kiosk.store.schema import StoreError


class Head(NamedTuple):
    """The row of the table ``head``, its fields the columns."""

    kiosk: str
    epoch: str
    sequence: int
    chain: bytes
    at_ms: int
    monotonic_ms: int
    boot_id: str
    key_id: bytes
    key_day: str
    key_ran_ms: int
    seal: bytes = b""

    @property
    def shown(self) -> clock.Shown:
        """The time shown for the last entry."""
        return clock.Shown(self.at_ms, self.monotonic_ms, self.boot_id)

    def message(self) -> bytes:
        """What is sealed: everything but the seal itself."""
        return entries.head_message(self[:-1])


_COLUMNS, _MARKS = ", ".join(Head._fields), ", ".join("?" for _ in Head._fields)
_READ = f"SELECT {_COLUMNS} FROM head"
_FIRST = f"INSERT INTO head (id, {_COLUMNS}) VALUES (1, {_MARKS})"
_WRITE = f"UPDATE head SET ({_COLUMNS}) = ({_MARKS})"


def read_head(db: sqlite3.Connection) -> Head:
    """The log's head. Raises StoreError for a database without a log."""
    row = db.execute(_READ).fetchone()
    if row is None:
        raise StoreError("the database holds no log yet")
    return Head(*row)


def write_first_head(db: sqlite3.Connection, head: Head) -> None:
    """Give a fresh database its *head*."""
    db.execute(_FIRST, head)


def write_head(db: sqlite3.Connection, head: Head) -> None:
    """Put *head* in place of the one before."""
    db.execute(_WRITE, head)
