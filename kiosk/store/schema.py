"""The tables, and how a database that has them is opened."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

from kiosk.failures import Failure

DATABASE = "kiosk.db"  # in the data directory
# Chosen by tests/bench/page_size.py; the README's decisions have the table.
PAGE_BYTES = 512
CHECKPOINT_PAGES = 8192
VERSION = 6
WAIT_S = 5  # for another process's transaction

LOG = """
CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    kiosk TEXT NOT NULL, epoch TEXT NOT NULL,
    sequence INTEGER NOT NULL, chain BLOB NOT NULL, seal BLOB NOT NULL,
    at_ms INTEGER NOT NULL, monotonic_ms INTEGER NOT NULL, boot_id TEXT NOT NULL,
    key_id BLOB NOT NULL, key_day TEXT NOT NULL, key_ran_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE entry (
    sequence INTEGER PRIMARY KEY,
    kind TEXT NOT NULL, key_id BLOB NOT NULL, gate TEXT NOT NULL, at_ms INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL, monotonic_ms INTEGER NOT NULL, boot_id TEXT NOT NULL, clock TEXT NOT NULL,
    commitment BLOB NOT NULL, chain BLOB NOT NULL,
    salt BLOB, body BLOB
) STRICT;
CREATE TABLE spool (
    id INTEGER PRIMARY KEY, visit INTEGER NOT NULL,
    ticket TEXT NOT NULL, number TEXT NOT NULL, people_ahead INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'printing')),
    attempts INTEGER NOT NULL DEFAULT 0, queued_ms INTEGER NOT NULL, note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE device (
    name TEXT PRIMARY KEY, ok INTEGER NOT NULL, since_ms INTEGER NOT NULL, note TEXT NOT NULL
) STRICT;
"""

# Kinds of entry that are few, and asked for by kind: without an index the whole log would be read for them.
RARE = (
    "kind IN ('gap', 'session', 'feedback', 'staff', 'day_settings', 'trouble', 'correction', 'help', 'erasure',"
    " 'request')"
)

# The projections, made by the log and remade from it. A prefix names the side tables of a rebuild.
PROJECTIONS = """
CREATE {temp} TABLE {prefix}visit (
    id INTEGER PRIMARY KEY, key_id BLOB NOT NULL, who BLOB, like BLOB, classes INTEGER NOT NULL, kind TEXT NOT NULL,
    shown BLOB,
    gate_in TEXT NOT NULL, entered_ms INTEGER, gate_out TEXT NOT NULL, left_ms INTEGER,
    exit_sequence INTEGER, exit_inferred INTEGER NOT NULL, link TEXT NOT NULL,
    service TEXT, series TEXT, number INTEGER, corrected INTEGER NOT NULL DEFAULT 0,
    id_seen INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX {prefix}visit_like ON {prefix}visit (like) WHERE left_ms IS NULL;
CREATE {temp} TABLE {prefix}name (who BLOB PRIMARY KEY, visit INTEGER NOT NULL, sealed INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;
CREATE {temp} TABLE {prefix}waiting (who BLOB PRIMARY KEY, sequence INTEGER NOT NULL, at_ms INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;
CREATE {temp} TABLE {prefix}occupancy (
    key_id BLOB PRIMARY KEY, inside INTEGER NOT NULL, entered INTEGER NOT NULL, left INTEGER NOT NULL,
    inferred INTEGER NOT NULL, unmatched INTEGER NOT NULL, number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

# The queue, projections too. Columns stand in the order of ``rules.queueing.QueueTicket`` and ``rules.waits.Turn``.
QUEUE = """
CREATE {temp} TABLE {prefix}queue_ticket (
    id INTEGER PRIMARY KEY, key_id BLOB NOT NULL, series TEXT NOT NULL, number INTEGER NOT NULL, half TEXT NOT NULL,
    service TEXT NOT NULL, place INTEGER NOT NULL, since_ms INTEGER NOT NULL, acted INTEGER NOT NULL,
    behind INTEGER NOT NULL, state TEXT NOT NULL, final INTEGER NOT NULL, priority INTEGER NOT NULL,
    counter TEXT NOT NULL, called_ms INTEGER, recalls INTEGER NOT NULL, absences INTEGER NOT NULL,
    until_ms INTEGER, ahead INTEGER, closed_ms INTEGER
) STRICT;
CREATE INDEX {prefix}queue_open ON {prefix}queue_ticket (state, service, priority, place, behind, number)
    WHERE closed_ms IS NULL;
CREATE {temp} TABLE {prefix}queue_desk (counter TEXT PRIMARY KEY, last INTEGER NOT NULL, streak INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;
CREATE {temp} TABLE {prefix}queue_number (numbering TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE {temp} TABLE {prefix}queue_turn (
    sequence INTEGER PRIMARY KEY, counter TEXT NOT NULL, since_ms INTEGER NOT NULL, called_ms INTEGER NOT NULL,
    ended_ms INTEGER, ahead INTEGER, priority INTEGER NOT NULL, ticket INTEGER NOT NULL, service TEXT NOT NULL
) STRICT;
CREATE INDEX {prefix}queue_called ON {prefix}queue_turn (service);
"""

# What every passage paid for in written pages: indexes that another one stands in for, and each ticket's standing text.
FEWER_PAGES = """
DROP INDEX IF EXISTS visit_open;
DROP INDEX IF EXISTS queue_line;
DROP INDEX IF EXISTS queue_open;
CREATE INDEX queue_open ON queue_ticket (state, service, priority, place, behind, number) WHERE closed_ms IS NULL;
CREATE TABLE form (id INTEGER PRIMARY KEY, ticket TEXT NOT NULL) STRICT;
ALTER TABLE spool ADD COLUMN form INTEGER;
ALTER TABLE spool ADD COLUMN begun_by TEXT NOT NULL DEFAULT '';
"""


class StoreError(Failure):
    """The database cannot be used or written; one sentence says why. *disk_full*: room would help."""

    def __init__(self, sentence: str, *, disk_full: bool = False) -> None:
        super().__init__(sentence)
        self.disk_full = disk_full


def database_mode(directory: Path) -> int:
    """Who may use a database in *directory*: where it hands its group on (tmpfiles.d), door and pages, two users.

    SQLite gives the files beside it the same rights, and who reads writes into one of them.
    """
    return 0o660 if directory.stat().st_mode & stat.S_ISGID else 0o640


def connect(path: Path) -> sqlite3.Connection:
    """Open *path* for writing: WAL, synchronous FULL, secure deletion, no implicit transactions."""
    fresh = not path.exists()
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=WAIT_S, check_same_thread=False)
        with _closed_on_error(db):
            if fresh:
                path.chmod(database_mode(path.parent))
                db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            db.execute("PRAGMA secure_delete = ON")
    except sqlite3.Error as error:
        raise StoreError(f"{path}: is not a database that can be used: {error}") from error
    return db


@contextlib.contextmanager
def waiting(db: sqlite3.Connection) -> Iterator[None]:
    """SQLite itself waits for other processes: for what does not go through ``locking.begin``."""
    db.execute(f"PRAGMA busy_timeout = {WAIT_S * 1000}")
    try:
        yield
    finally:
        db.execute("PRAGMA busy_timeout = 0")


@contextlib.contextmanager
def unhurried(db: sqlite3.Connection) -> Iterator[None]:
    """Commits within reach the disk later, in their order: for what is invented and need not outlive a power cut."""
    db.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        db.execute("PRAGMA synchronous = FULL")


@contextlib.contextmanager
def _closed_on_error(db: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        db.close()
        raise


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open *path* for reading, also on a medium that cannot be written.

    Raises StoreError where there is none or it is not of this version.
    """
    try:
        try:
            return _of_this_version(_connect_by_uri(path, "mode=ro"), path)
        except sqlite3.OperationalError as error:
            # The index of a write-ahead log cannot be made there; nor can anybody write meanwhile.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or not path.exists():
                raise
            return _of_this_version(_connect_to_still(path), path)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be read: {error}") from error


def _of_this_version(db: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    with _closed_on_error(db):
        version = version_of(db)
        if version != VERSION:
            raise StoreError(f"{path}: has version {version}, this program reads {VERSION}; start the door first")
    return db


def _connect_by_uri(path: Path, how: str) -> sqlite3.Connection:
    # Any thread: the one that forgets a reader closes its connection.
    uri = f"{path.absolute().as_uri()}?{how}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5, check_same_thread=False)


def _connect_to_still(path: Path) -> sqlite3.Connection:
    """A database that nobody can write, with what stands in its write-ahead log only."""
    if not path.with_name(f"{path.name}-wal").exists():
        return _connect_by_uri(path, "immutable=1")
    db = _connect_by_uri(path, "mode=ro&vfs=unix-none")
    db.execute("PRAGMA locking_mode = EXCLUSIVE")  # the index of the write-ahead log is then made in memory
    return db


def version_of(db: sqlite3.Connection) -> int:
    """The version of the tables; 0 for an empty database."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    assert isinstance(version, int)
    return version
