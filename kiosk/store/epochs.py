"""A log that went on under a new epoch: which entries belong to which.

(kiosk, epoch, sequence) names an entry for ever. A restored log and the card that it was copied from may both go on
after the same entry; so the restored one goes on under a new epoch, chained to what it has.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Callable

from kiosk.store.head import Head

_MAKE = """
CREATE TABLE IF NOT EXISTS earlier_epoch (last INTEGER PRIMARY KEY, kiosk TEXT NOT NULL, epoch TEXT NOT NULL) STRICT
"""
_THERE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'earlier_epoch'"

EpochOf = Callable[[int], tuple[str, str]]


def earlier_epochs(db: sqlite3.Connection) -> list[tuple[int, str, str]]:
    """The last entry, kiosk and epoch of each that has ended, the oldest first; few logs have any."""
    if db.execute(_THERE).fetchone() is None:
        return []
    return db.execute("SELECT last, kiosk, epoch FROM earlier_epoch ORDER BY last").fetchall()


def end_epochs(db: sqlite3.Connection, ended: list[tuple[int, str, str]]) -> None:
    """Remember that epochs have *ended*, within the current transaction."""
    db.execute(_MAKE)
    db.executemany("INSERT INTO earlier_epoch VALUES (?, ?, ?)", ended)


def forget_epochs(db: sqlite3.Connection, sequence: int) -> None:
    """Of epochs that ended with entry *sequence* or later nothing is known any more."""
    if earlier_epochs(db):
        db.execute("DELETE FROM earlier_epoch WHERE last >= ?", (sequence,))


def epoch_of(db: sqlite3.Connection, head: Head) -> EpochOf:
    """What tells kiosk and epoch of an entry by its sequence."""
    rows = earlier_epochs(db)
    ends, names = [last for last, *_ in rows], [(kiosk, epoch) for _, kiosk, epoch in rows]
    names.append((head.kiosk, head.epoch))
    return lambda sequence: names[bisect_left(ends, sequence)]
