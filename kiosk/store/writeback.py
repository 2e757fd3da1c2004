"""The write-ahead log's length, and its writing back beside the door; else SQLite does it while somebody waits."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path

from kiosk.store import schema
from kiosk.store.locking import begin
from kiosk.store.schema import StoreError

ENTRIES = 250  # with their tickets hardly more than LOG_BYTES
BEGUN = 20  # entries that a day has which is worth its log
LOG_BYTES = 3 << 20
STEP_BYTES = 64 << 10  # what a card writes while nobody at the door notices
WAIT_S = 5.0
PAUSE_S = 0.02


class WriteBack:
    """Brings what the write-ahead log holds to its place, once a good many *entries* stand in it."""

    def __init__(self, path: Path) -> None:
        self.entries = 0
        self._path = path

    def if_due(self) -> None:
        """Write back where it is worth it. Readers and writers go on meanwhile. Never raises."""
        # What is broken shows when the next person is recorded.
        with contextlib.suppress(sqlite3.Error, StoreError, OSError):
            if self.entries >= BEGUN:
                lay_out(self._path)
            if self.entries >= ENTRIES:
                self.entries = 0
                with contextlib.closing(schema.connect(self._path)) as db:
                    db.execute("PRAGMA wal_checkpoint(PASSIVE)")


def lay_out(path: Path) -> None:
    """Give the write-ahead log of the database *path* its whole length, with zeros, where it is shorter.

    A file that grows costs ext4 several blocks of its journal each time it is flushed. What follows the last frame is
    no frame to SQLite, and with the write lock held nobody else appends. Raises StoreError and sqlite3.Error where
    the database cannot be used, OSError where the disk has no room for it.
    """
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size >= LOG_BYTES:
        return
    with contextlib.closing(schema.connect(path)) as db:
        db.execute("PRAGMA busy_timeout = 0")
        db.execute("SELECT count(*) FROM head").fetchone()  # from here on there is a write-ahead log
        while _is_longer(db, log):
            time.sleep(PAUSE_S)


def _is_longer(db: sqlite3.Connection, log: Path) -> bool:
    """Make the log one step longer; False where it is long enough."""
    begin(db, WAIT_S)
    try:
        with log.open("ab") as file:
            room = LOG_BYTES - file.tell()
            file.write(bytes(max(0, min(STEP_BYTES, room))))
            file.flush()
            os.fsync(file.fileno())
    finally:
        db.execute("ROLLBACK")
    return room > STEP_BYTES
