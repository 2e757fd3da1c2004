"""Erasing the bodies of days whose time of keeping is over."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from kiosk.rules.entries import EntryKind
from kiosk.rules.requests import requests_of
from kiosk.store import days
from kiosk.store.erasing import purged_through
from kiosk.store.log import Store

BATCH_ROWS = 100
OUTLIVE = (EntryKind.DAY_CLOSE, EntryKind.PURGE, EntryKind.BROKEN_SEAL, EntryKind.REQUEST, EntryKind.CLOCK)
FORGET_TRIES, FORGET_PAUSE_S = 40, 0.05
# The databases whose write-ahead logs this process has emptied since its last erasure: that costs as much writing as a
# hundred people, so it is not done every hour to be sure.
_emptied: set[Path] = set()


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day that is over and not erased: its key, its entries, and the one with which somebody passed last."""

    key_id: bytes
    first: int
    last: int
    last_passage: int


def closed_days(db: sqlite3.Connection) -> list[ClosedDay]:
    """Every closed day whose bodies are still there, oldest first."""
    first = purged_through(db) + 1
    rows = db.execute(
        "SELECT key_id, sequence FROM entry WHERE kind = ? AND sequence >= ? ORDER BY sequence",
        (EntryKind.DAY_CLOSE, first),
    )
    closed = []
    for key_id, last in rows:
        if _has_bodies(db, first, last):  # else the day's counts are all that is left of it
            closed.append(ClosedDay(key_id, first, last, _last_passage(db, first, last)))
        first = last + 1
    return closed


def _has_bodies(db: sqlite3.Connection, first: int, last: int) -> bool:
    marks = ", ".join("?" for _ in OUTLIVE)
    query = f"SELECT 1 FROM entry WHERE sequence BETWEEN ? AND ? AND body IS NOT NULL AND kind NOT IN ({marks}) LIMIT 1"
    return db.execute(query, (first, last, *OUTLIVE)).fetchone() is not None


def _last_passage(db: sqlite3.Connection, first: int, last: int) -> int:
    # The day's own end may be much later: a kiosk that was switched off turns its key when it is on again.
    row = db.execute(
        "SELECT sequence FROM entry WHERE sequence BETWEEN ? AND ? AND kind = ? ORDER BY sequence DESC LIMIT 1",
        (first, last, EntryKind.SCAN),
    ).fetchone()
    return row[0] if row else last


def erase(store: Store, first: int, last: int) -> int:
    """Erase bodies and visits of the entries from *first* to *last* in one short transaction.

    The day's counts and the entries that speak of purges and broken seals are kept, and requests, which may take
    longer (``erase_settled``). Returns how many bodies went.
    """
    marks = ", ".join("?" for _ in OUTLIVE)
    with store.writing(None) as log:
        erased = log.db.execute(
            f"UPDATE entry SET salt = NULL, body = NULL WHERE sequence BETWEEN ? AND ? AND kind NOT IN ({marks})",
            (first, last, *OUTLIVE),
        ).rowcount
        log.db.execute("DELETE FROM visit WHERE id BETWEEN ? AND ?", (first, last))
        log.db.execute("DELETE FROM queue_ticket WHERE id BETWEEN ? AND ?", (first, last))
        log.db.execute("DELETE FROM queue_turn WHERE sequence BETWEEN ? AND ?", (first, last))
        log.db.execute("DELETE FROM spool WHERE visit BETWEEN ? AND ?", (first, last))
    return erased


def erase_settled(store: Store) -> int:
    """Erase what days that are erased still have of requests that are over; returns how many bodies went."""
    present = days.present_span(store.db)
    oldest = min((day.first for day in closed_days(store.db)), default=present.first if present else 0)
    said = days.bodies(store.db, EntryKind.REQUEST)
    waiting = {number for number, request in requests_of(said).items() if not request.over}
    gone = [(sequence,) for sequence, _, body in said if sequence < oldest and body["number"] not in waiting]
    if gone:
        with store.writing(None) as log:
            log.db.executemany("UPDATE entry SET salt = NULL, body = NULL WHERE sequence = ?", gone)
    return len(gone)


def forget(store: Store) -> None:
    """Empty the write-ahead log, which may still hold what was erased from the tables.

    Tried for as long as two seconds, for whoever reads or writes at the moment is in its way.
    """
    _emptied.discard(store.path)
    for _ in range(FORGET_TRIES):
        busy, *_ = store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            _emptied.add(store.path)
            return
        time.sleep(FORGET_PAUSE_S)


def is_owed(store: Store) -> bool:
    """Whether the write-ahead log may still hold what was erased: until this process has emptied it after that."""
    return store.path not in _emptied
