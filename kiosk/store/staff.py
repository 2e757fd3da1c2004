"""Accounts, devices and sessions of staff, in a file of their own: a wrong PIN never waits for the door's log."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from kiosk.rules.access import Role
from kiosk.rules.lasting import Since
from kiosk.rules.model import Moment
from kiosk.rules.pins import Tries
from kiosk.store.schema import StoreError

FILE = "staff.db"
WAIT_S = 5
NO_TRIES = Tries()

TABLES = """
CREATE TABLE IF NOT EXISTS account (
    name TEXT PRIMARY KEY COLLATE NOCASE, role TEXT NOT NULL, pin TEXT NOT NULL, language TEXT NOT NULL,
    enabled INTEGER NOT NULL, must_change INTEGER NOT NULL,
    wrong INTEGER NOT NULL, wrong_boot_id TEXT NOT NULL, wrong_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS device (
    id INTEGER PRIMARY KEY, token BLOB NOT NULL UNIQUE, use TEXT NOT NULL, name TEXT NOT NULL,
    paired_by TEXT NOT NULL, paired_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL,
    wrong INTEGER NOT NULL, wrong_boot_id TEXT NOT NULL, wrong_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS pairing (
    code BLOB PRIMARY KEY, use TEXT NOT NULL, name TEXT NOT NULL, made_by TEXT NOT NULL,
    boot_id TEXT NOT NULL, made_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS session (
    token BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, device INTEGER NOT NULL,
    boot_id TEXT NOT NULL, began_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody of the staff; *pin* is what is kept of it."""

    name: str
    role: Role
    pin: str
    language: str = "vi"
    enabled: bool = True
    must_change: bool = False
    tries: Tries = NO_TRIES


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in on a device (0 is this machine); *id* names it without opening it."""

    id: str
    account: str
    device: int
    began: Since
    seen: Since
    wall_ms: int


class StaffBook:
    """Who works here; threads may share it. Raises StoreError where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        fresh = not path.exists()
        with self._named():
            self._db = sqlite3.connect(path, isolation_level=None, timeout=WAIT_S, check_same_thread=False)
            if fresh:
                path.chmod(0o640)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(TABLES)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"{self._path.name} cannot be used: {error}") from error

    def _rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with self._lock, self._named():
            return self._db.execute(query, values).fetchall()

    def accounts(self) -> list[Account]:
        """Everybody, by name."""
        return [_account(row) for row in self._rows("SELECT * FROM account ORDER BY name")]

    def account(self, name: str) -> Account | None:
        """Who has that name, however it is written in capitals."""
        return next((_account(row) for row in self._rows("SELECT * FROM account WHERE name = ?", name)), None)

    def save(self, account: Account) -> None:
        """Keep *account* as it is now."""
        name, role, pin, language, enabled, must_change, tries = (
            *(account.name, account.role, account.pin, account.language),
            *(int(account.enabled), int(account.must_change), account.tries),
        )
        row = (name, role, pin, language, enabled, must_change, tries.wrong, *astuple(tries.last))
        self._rows("INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)

    def begin_session(self, token: bytes, session: Session) -> None:
        """Somebody signed in; *token* is the hash of what their browser keeps."""
        began, seen = session.began, session.seen
        row = (token, session.id, session.account, session.device, began.boot_id, began.monotonic_ms)
        self._rows("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *row, seen.monotonic_ms, session.wall_ms)

    def session(self, token: bytes) -> Session | None:
        """The session that *token* opens."""
        return next((_session(row) for row in self._rows("SELECT * FROM session WHERE token = ?", token)), None)

    def sessions(self) -> list[Session]:
        """Every session, the latest first."""
        return [_session(row) for row in self._rows("SELECT * FROM session ORDER BY wall_ms DESC")]

    def saw(self, session_id: str, now: Moment) -> None:
        """Whose session it is did something *now*."""
        self._rows("UPDATE session SET seen_ms = ? WHERE id = ?", now.monotonic_ms, session_id)

    def end_sessions(self, over: Callable[[Session], bool]) -> None:
        """End every session that is *over*."""
        for session in filter(over, self.sessions()):
            self._rows("DELETE FROM session WHERE id = ?", session.id)


def _account(row: tuple[object, ...]) -> Account:
    name, role, pin, language, enabled, must_change, wrong, boot_id, wrong_ms = row
    tries = Tries(int(str(wrong)), Since(str(boot_id), int(str(wrong_ms))))
    return Account(str(name), Role(str(role)), str(pin), str(language), bool(enabled), bool(must_change), tries)


def _session(row: tuple[object, ...]) -> Session:
    _, session_id, account, device, boot_id, began_ms, seen_ms, wall_ms = row
    began, seen = (Since(str(boot_id), int(str(ms))) for ms in (began_ms, seen_ms))
    return Session(str(session_id), str(account), int(str(device)), began, seen, int(str(wall_ms)))
