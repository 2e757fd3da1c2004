"""Accounts, devices and sessions of staff, in a file of their own: a wrong PIN never waits for the door's log.

The pages and the commands write it. Of PINs, devices, pairing codes and sessions it has hashes only.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kiosk.store.schema import StoreError, database_mode
from kiosk.store.staff_tables import Account, StaffTables

FILE = "staff.db"
WAIT_S = 5.0  # for another process's transaction


class StaffBook:
    """Who works here; threads may share it. Raises StoreError where the file cannot be used."""

    def __init__(self, path: Path, wait_s: float = WAIT_S) -> None:
        # Who reads never waits for the disk that takes a write.
        self._to_write, self._to_read = _Connection(path, wait_s), _Connection(path, wait_s)
        with self.reading() as tables:
            fresh = tables.is_fresh(path)
        if fresh:
            with self.writing() as tables:
                tables.make(path)

    def close(self) -> None:
        """Close the file, once whoever uses it has done so."""
        self._to_write.close()
        self._to_read.close()

    @contextmanager
    def writing(self) -> Iterator[StaffTables]:
        """The tables, to be changed in one transaction: all of it, or nothing after an exception."""
        with self._to_write.transaction("IMMEDIATE") as tables:
            yield tables

    @contextmanager
    def reading(self) -> Iterator[StaffTables]:
        """The tables as they are at one moment."""
        with self._to_read.transaction("DEFERRED") as tables:
            yield tables

    def accounts(self) -> list[Account]:
        """Everybody, by name."""
        with self.reading() as tables:
            return tables.accounts()


def image_of(path: Path) -> bytes:
    """The whole file as it is at one moment, without who is signed in and codes for pairing. Raises StoreError."""
    try:
        with closing(sqlite3.connect(path, timeout=WAIT_S)) as db, closing(sqlite3.connect(":memory:")) as copy:
            db.backup(copy)
            copy.execute("DELETE FROM session")
            copy.execute("DELETE FROM pairing")
            copy.commit()
            copy.execute("VACUUM")
            return copy.serialize()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be copied: {error}") from error


class _Connection:
    """One at a time may use it."""

    def __init__(self, path: Path, wait_s: float) -> None:
        self._path = path
        self._lock = threading.Lock()
        fresh = not path.exists()
        with self._named():
            self._db = sqlite3.connect(path, isolation_level=None, timeout=wait_s, check_same_thread=False)
            weakref.finalize(self, self._db.close)  # one that nobody closes is complained of from Python 3.13 on
            if fresh:
                path.chmod(database_mode(path.parent))
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
                self._db.execute(f"PRAGMA {pragma}")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self, kind: str) -> Iterator[StaffTables]:
        with self._lock, self._named():
            self._db.execute(f"BEGIN {kind}")
            try:
                yield StaffTables(self._db)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self._path}: cannot be used: {error}") from error
