"""Waiting for the database's one write lock, and what it is called when writing fails."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from kiosk.store.schema import StoreError


def begin(db: sqlite3.Connection, wait_s: float) -> None:
    """Begin a writing transaction, once others have ended theirs. Raises sqlite3.Error, also after *wait_s* seconds.

    *db* must not wait by itself (``PRAGMA busy_timeout = 0``): SQLite's pauses grow to 100 ms, so that
    among busy writers one may find the lock taken each time for longer than a person waits.
    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            # IMMEDIATE: a plain BEGIN that has read cannot write once another process has committed.
            db.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0.0002, 0.002))  # noqa: S311  # a pause, not a secret


@contextmanager
def transaction(db: sqlite3.Connection, wait_s: float) -> Iterator[None]:
    """What is done within is done wholly, or not at all; nobody else writes meanwhile. Waits as ``begin`` does."""
    begin(db, wait_s)
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def naming(file: object, done: str = "used") -> Iterator[None]:
    """What SQLite cannot do becomes a StoreError that says what could not be *done* to which *file*."""
    try:
        yield
    except sqlite3.Error as error:
        disk_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        raise StoreError(f"{file} cannot be {done}: {error}", disk_full=disk_full) from error
