"""Waiting for the database's one write lock."""

from __future__ import annotations

import random
import sqlite3
import time


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
