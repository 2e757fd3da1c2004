"""Writing the write-ahead log back beside the door; else SQLite does, within the commit of somebody who waits."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from kiosk.store import schema
from kiosk.store.schema import StoreError

ENTRIES = 100  # with their tickets' printing about half of schema.CHECKPOINT_PAGES


class WriteBack:
    """Brings what the write-ahead log holds to its place, once a good many *entries* stand in it."""

    def __init__(self, path: Path) -> None:
        self.entries = 0
        self._path = path

    def if_due(self) -> None:
        """Write back where it is worth it. Readers and writers go on meanwhile. Never raises."""
        if self.entries < ENTRIES:
            return
        self.entries = 0
        # What is broken shows when the next person is recorded.
        with contextlib.suppress(sqlite3.Error, StoreError), contextlib.closing(schema.connect(self._path)) as db:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")
