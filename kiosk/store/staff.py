"""Accounts, devices and sessions of staff, in a file of their own: a wrong PIN never waits for the door's log.

The pages and the commands write it. Of PINs, devices, pairing codes and sessions it has hashes only.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

from kiosk.store.schema import StoreError, database_mode
from kiosk.store.staff_tables import Account, StaffTables

log = logging.getLogger(__name__)

Changed = TypeVar("Changed")

FILE = "staff.db"
WAIT_S = 5.0  # for another process's transaction
LOOK_S = 5.0  # so soon what stood in for a full disk is on the disk again
# The second: the index of the write-ahead log, without which the file cannot even be read, finds no room.
DISK_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)


class StaffBook:
    """Who works here; threads may share it. Raises StoreError where the file cannot be used.

    On a full disk a copy in memory stands in for the file: who works here may be read, and they sign in and out.
    """

    def __init__(self, path: Path, wait_s: float = WAIT_S) -> None:
        self._path, self._wait_s = path, wait_s
        self._file: _File | None = None
        self._copy: _Connection | None = None
        self._switching = threading.RLock()  # held while the copy is used
        self._look_s = 0.0  # monotonic
        try:
            self._file = _File(path, wait_s)
        except StoreError as error:
            if not error.disk_full:
                raise
            self._stand_in(error)

    def close(self) -> None:
        """Close the file, once whoever uses it has done so."""
        if self._file:
            self._file.close()
        if self._copy:
            self._copy.close()

    @contextmanager
    def writing(self) -> Iterator[StaffTables]:
        """The tables, to be changed in one transaction: all of it, or nothing after an exception."""
        if self._copy:
            self._return()
        if self._copy or not self._file:
            raise StoreError(f"{self._path}: cannot be written: the disk is full", disk_full=True)
        with self._file.to_write.transaction("IMMEDIATE") as db:
            yield StaffTables(db)

    def note(self, change: Callable[[StaffTables], Changed]) -> Changed:
        """What *change* returns, called within one transaction; and once more where the disk is found to be full.

        For what signing in needs: on a full disk it is kept in memory until there is room, or this process ends.
        """
        self._look_for_room()
        while True:
            with self._switching:
                if self._copy:
                    with self._copy.transaction("IMMEDIATE") as db:
                        return change(StaffTables(db))
            try:
                with self.writing() as tables:
                    return change(tables)
            except StoreError as error:
                if not error.disk_full:
                    raise
                self._stand_in(error)

    @contextmanager
    def reading(self) -> Iterator[StaffTables]:
        """The tables as they are at one moment."""
        self._look_for_room()
        place = self._copy or (self._file and self._file.to_read)
        assert place
        with place.transaction("DEFERRED") as db:
            yield StaffTables(db)

    def accounts(self) -> list[Account]:
        """Everybody, by name."""
        with self.reading() as tables:
            return tables.accounts()

    def _stand_in(self, error: StoreError) -> None:
        with self._switching:
            if not self._copy:
                log.error("%s; who signs in is kept in memory", error)
                self._copy = self._file.to_read.copied() if self._file else _copy_of(self._path, self._wait_s)
                self._look_s = time.monotonic() + LOOK_S

    def _look_for_room(self) -> None:
        if self._copy and time.monotonic() >= self._look_s:
            self._return()

    def _return(self) -> None:
        """Use the file again, with what was noted meanwhile, if there is room for it."""
        with self._switching:
            if not self._copy:
                return
            self._look_s = time.monotonic() + LOOK_S
            try:
                self._file = self._file or _File(self._path, self._wait_s)
                with self._copy.transaction("DEFERRED") as later, self._file.to_write.transaction("IMMEDIATE") as db:
                    _carry_over(later, db)
            except StoreError as error:
                log.debug("%s", error)
                return
            self._copy = None  # whoever reads it still, closes it
            log.warning("%s can be written again", self._path)


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


def _carry_over(later: sqlite3.Connection, db: sqlite3.Connection) -> None:
    """Who is signed in, and wrong PINs, from *later*; nobody whose PIN or device was changed here."""
    sessions = later.execute("SELECT session.*, account, pin, device FROM session JOIN account ON key = account")
    db.execute("DELETE FROM session")
    db.executemany(
        "INSERT INTO session SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE"
        " EXISTS (SELECT 1 FROM account WHERE key = ? AND pin = ?) AND EXISTS (SELECT 1 FROM device WHERE id = ?)",
        sessions,
    )
    for table, key in (("account", "key"), ("device", "id")):
        tries = later.execute(f"SELECT wrong, wrong_boot_id, wrong_ms, {key} FROM {table}")
        db.executemany(f"UPDATE {table} SET wrong = ?, wrong_boot_id = ?, wrong_ms = ? WHERE {key} = ?", tries)


class _Connection:
    """One at a time may use it."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path = path
        self._db = db
        self._lock = threading.Lock()
        weakref.finalize(self, db.close)  # one that nobody closes is complained of from Python 3.13 on

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def copied(self) -> _Connection:
        """All of it as it is now, in memory."""
        copy = _Connection(self._path, sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
        with self._lock, _named(self._path):
            self._db.backup(copy._db)
            copy._db.execute("PRAGMA foreign_keys = ON")
        return copy

    @contextmanager
    def transaction(self, kind: str) -> Iterator[sqlite3.Connection]:
        with self._lock, _named(self._path):
            self._db.execute(f"BEGIN {kind}")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite itself ends some that fail
                    self._db.execute("ROLLBACK")
                raise


class _File:
    """The file itself. Who reads never waits for the disk that takes a write."""

    def __init__(self, path: Path, wait_s: float) -> None:
        with ExitStack() as failing:
            self.to_write, self.to_read = (failing.enter_context(closing(_open(path, wait_s))) for _ in range(2))
            _make_if_fresh(self.to_write, path)
            self.close = failing.pop_all().close


def _open(path: Path, wait_s: float) -> _Connection:
    fresh = not path.exists()
    with _named(path), ExitStack() as failing:
        db = sqlite3.connect(path, isolation_level=None, timeout=wait_s, check_same_thread=False)
        failing.callback(db.close)
        if fresh:
            path.chmod(database_mode(path.parent))
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
            db.execute(f"PRAGMA {pragma}")
        failing.pop_all()
    return _Connection(path, db)


def _copy_of(path: Path, wait_s: float) -> _Connection:
    """A copy of a file of whose write-ahead log no index can be made on the disk: who is alone makes it in memory."""
    with _named(path), closing(sqlite3.connect(path, isolation_level=None, timeout=wait_s)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA user_version")  # which waits until it is alone, and no longer than it may
        copy = _Connection(path, db).copied()
    _make_if_fresh(copy, path)
    return copy


def _make_if_fresh(connection: _Connection, path: Path) -> None:
    with connection.transaction("DEFERRED") as db:
        fresh = StaffTables(db).is_fresh(path)
    if fresh:
        with connection.transaction("IMMEDIATE") as db:
            StaffTables(db).make(path)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        disk_full = getattr(error, "sqlite_errorcode", None) in DISK_FULL
        raise StoreError(f"{path}: cannot be used: {error}", disk_full=disk_full) from error
