"""``hub.db``: what a hub knows besides the logs themselves."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.store import hub_tables
from kiosk.store.locking import naming, transaction
from kiosk.store.schema import StoreError

VERSION = 1
WAIT_S = 10.0


class HubDatabase:
    """The tables in the file *path*; threads may share it. Raises StoreError where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        with naming(self._path):
            self._db = sqlite3.connect(path, isolation_level=None, timeout=WAIT_S, check_same_thread=False)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.execute("PRAGMA busy_timeout = 0")  # as ``locking.begin`` wants it
        with self.transaction() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise StoreError(f"{path}: was written by a newer program (version {version})")
            if not version:
                for statement in ";".join(hub_tables.ALL).split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What is done within is done wholly, durably, or not at all; nobody else writes meanwhile."""
        with self._lock, naming(self._path), transaction(self._db, WAIT_S):
            yield self._db
