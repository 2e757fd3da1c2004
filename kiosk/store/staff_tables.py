"""What is asked of ``staff.db`` and changed in it, within one transaction."""

from __future__ import annotations

import hashlib
import sqlite3
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.rules.access import Role
from kiosk.rules.lasting import Since
from kiosk.rules.pins import Tries
from kiosk.rules.sessions import Use
from kiosk.store.schema import StoreError

# This machine itself: its keyboard and screen need no pairing.
THIS_MACHINE = 0

VERSION = 1

TABLES = """
CREATE TABLE account (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, pin TEXT NOT NULL, language TEXT NOT NULL,
    enabled INTEGER NOT NULL, must_change INTEGER NOT NULL,
    wrong INTEGER NOT NULL, wrong_boot_id TEXT NOT NULL, wrong_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE device (
    id INTEGER PRIMARY KEY AUTOINCREMENT, token BLOB UNIQUE, name TEXT NOT NULL, use TEXT NOT NULL,
    paired_by TEXT NOT NULL, paired_ms INTEGER NOT NULL,
    wrong INTEGER NOT NULL DEFAULT 0, wrong_boot_id TEXT NOT NULL DEFAULT '', wrong_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE pairing (
    code BLOB PRIMARY KEY, name TEXT NOT NULL, use TEXT NOT NULL, made_by TEXT NOT NULL,
    boot_id TEXT NOT NULL, made_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT, token BLOB NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES account ON DELETE CASCADE,
    device INTEGER NOT NULL REFERENCES device ON DELETE CASCADE,
    boot_id TEXT NOT NULL, began_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session (account);
CREATE INDEX session_device ON session (device);
INSERT INTO device (id, name, use, paired_by, paired_ms) VALUES (0, '', 'tablet', '', 0);
"""

_NO_TRIES = Tries()


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody of the staff; *pin* is what is kept of it, *must_change* it because somebody else knows it."""

    name: str
    role: Role
    pin: str
    language: str = "vi"
    enabled: bool = True
    must_change: bool = False
    tries: Tries = _NO_TRIES


@dataclass(frozen=True, slots=True)
class Device:
    """A paired device, or this machine itself. *paired_ms* is wall time."""

    id: int
    name: str
    use: Use
    paired_by: str
    paired_ms: int
    tries: Tries = _NO_TRIES


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in on a device: since when, and when they last touched a page; *wall_ms* is when, as was read."""

    id: int
    account: Account
    device: Device
    began: Since
    used: Since
    wall_ms: int


@dataclass(frozen=True, slots=True)
class Pairing:
    """What a pairing code is for, and when it was made."""

    name: str
    use: Use
    made_by: str
    made: Since


def name_key(name: str) -> str:
    """*name* as it is compared: composed, in small letters."""
    return unicodedata.normalize("NFC", name).casefold()


def _hashed(token: str) -> bytes:
    # One round is enough: a token is 128 random bits or more.
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


_TRIES = ("wrong", "wrong_boot_id", "wrong_ms")
_ACCOUNT = ("name", "role", "pin", "language", "enabled", "must_change", *_TRIES)
_DEVICE = ("id", "name", "use", "paired_by", "paired_ms", *_TRIES)
_SESSION = ("id", "boot_id", "began_ms", "used_ms", "wall_ms")


def _select(**tables: Sequence[str]) -> str:
    return "SELECT " + ", ".join(f"{table}.{name}" for table, names in tables.items() for name in names)


_ACCOUNTS = f"{_select(account=_ACCOUNT)} FROM account"
_DEVICES = f"{_select(device=_DEVICE)} FROM device"
_SESSIONS = (
    f"{_select(account=_ACCOUNT, device=_DEVICE, session=_SESSION)} FROM session"
    " JOIN account ON account.key = session.account JOIN device ON device.id = session.device"
)


def _account(row: Sequence[Any]) -> Account:
    name, role, pin, language, enabled, must_change, *tries = row
    return Account(name, Role(role), pin, language, bool(enabled), bool(must_change), _tries(*tries))


def _device(row: Sequence[Any]) -> Device:
    number, name, use, paired_by, paired_ms, *tries = row
    return Device(number, name, Use(use), paired_by, paired_ms, _tries(*tries))


def _session(row: Sequence[Any]) -> Session:
    account, rest = row[: len(_ACCOUNT)], row[len(_ACCOUNT) :]
    device, (number, boot_id, began_ms, used_ms, wall_ms) = rest[: len(_DEVICE)], rest[len(_DEVICE) :]
    began, used = Since(boot_id, began_ms), Since(boot_id, used_ms)
    return Session(number, _account(account), _device(device), began, used, wall_ms)


def _tries(wrong: int, boot_id: str, monotonic_ms: int) -> Tries:
    return Tries(wrong, Since(boot_id, monotonic_ms))


class StaffTables:
    """The tables, as long as the transaction lasts."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def is_fresh(self, path: Path) -> bool:
        """Whether the file has no tables yet. Raises StoreError for a file of another program's version."""
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise StoreError(f"{path}: has version {version}, this program knows {VERSION}")
        return bool(version == 0)

    def make(self, path: Path) -> None:
        """Make what a fresh file lacks, unless another process just has."""
        if self.is_fresh(path):
            for statement in TABLES.split(";"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {VERSION}")

    def accounts(self) -> list[Account]:
        """Everybody, by name."""
        return [_account(row) for row in self._db.execute(f"{_ACCOUNTS} ORDER BY key")]

    def account(self, name: str) -> Account | None:
        """Whose *name* it is, in large or small letters."""
        row = self._db.execute(f"{_ACCOUNTS} WHERE key = ?", (name_key(name),)).fetchone()
        return _account(row) if row else None

    def save(self, account: Account) -> None:
        """Keep *account* as it is now; new where nobody has its name."""
        tries = (account.tries.wrong, account.tries.last.boot_id, account.tries.last.monotonic_ms)
        said = (account.name, account.role, account.pin, account.language, account.enabled, account.must_change)
        self._db.execute(
            f"INSERT INTO account (key, {', '.join(_ACCOUNT)}) VALUES (?{', ?' * len(_ACCOUNT)})"
            f" ON CONFLICT (key) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _ACCOUNT)}",
            (name_key(account.name), *said, *tries),
        )

    def devices(self) -> list[Device]:
        """Every paired device, the newest last; not this machine itself."""
        return [_device(row) for row in self._db.execute(f"{_DEVICES} WHERE id != 0 ORDER BY id")]

    def device(self, number: int) -> Device | None:
        """The device of this number; THIS_MACHINE is always there."""
        row = self._db.execute(f"{_DEVICES} WHERE id = ?", (number,)).fetchone()
        return _device(row) if row else None

    def device_of(self, token: str) -> Device | None:
        """The device that shows *token*."""
        row = self._db.execute(f"{_DEVICES} WHERE token = ?", (_hashed(token),)).fetchone()
        return _device(row) if row else None

    def add_device(self, pairing: Pairing, token: str, paired_ms: int) -> int:
        """A device for what *pairing* says, which will show *token*; its number."""
        added = self._db.execute(
            "INSERT INTO device (token, name, use, paired_by, paired_ms) VALUES (?, ?, ?, ?, ?)",
            (_hashed(token), pairing.name, pairing.use, pairing.made_by, paired_ms),
        )
        assert added.lastrowid is not None
        return added.lastrowid

    def note_device_tries(self, device: int, tries: Tries) -> None:
        """How often a wrong PIN was given on *device*."""
        self._db.execute(
            "UPDATE device SET wrong = ?, wrong_boot_id = ?, wrong_ms = ? WHERE id = ?",
            (tries.wrong, tries.last.boot_id, tries.last.monotonic_ms, device),
        )

    def end_device(self, device: int) -> None:
        """Forget a device, with who is signed in on it. This machine itself cannot be."""
        self._db.execute("DELETE FROM device WHERE id = ? AND id != 0", (device,))

    def add_pairing(self, code: str, pairing: Pairing) -> None:
        """A code by which one device may be paired."""
        self._db.execute(
            "INSERT INTO pairing (code, name, use, made_by, boot_id, made_ms) VALUES (?, ?, ?, ?, ?, ?)",
            (
                _hashed(code),
                pairing.name,
                pairing.use,
                pairing.made_by,
                pairing.made.boot_id,
                pairing.made.monotonic_ms,
            ),
        )

    def take_pairing(self, code: str) -> Pairing | None:
        """What *code* was made for. It is used up, in time or not."""
        row = self._db.execute(
            "DELETE FROM pairing WHERE code = ? RETURNING name, use, made_by, boot_id, made_ms", (_hashed(code),)
        ).fetchone()
        return Pairing(row[0], Use(row[1]), row[2], Since(row[3], row[4])) if row else None

    def drop_pairings(self, is_over: Callable[[Since], bool]) -> None:
        """Forget the codes whose time is over."""
        for code, *made in self._db.execute("SELECT code, boot_id, made_ms FROM pairing").fetchall():
            if is_over(Since(*made)):
                self._db.execute("DELETE FROM pairing WHERE code = ?", (code,))

    def sessions(self) -> list[Session]:
        """Every session that was not ended, the newest last; some may be over."""
        return [_session(row) for row in self._db.execute(f"{_SESSIONS} ORDER BY session.id")]

    def session_of(self, token: str) -> Session | None:
        """The session that *token* opens."""
        row = self._db.execute(f"{_SESSIONS} WHERE session.token = ?", (_hashed(token),)).fetchone()
        return _session(row) if row else None

    def session(self, number: int) -> Session | None:
        """The session of this number."""
        row = self._db.execute(f"{_SESSIONS} WHERE session.id = ?", (number,)).fetchone()
        return _session(row) if row else None

    def add_session(self, token: str, account: Account, device: Device, began: Since, wall_ms: int) -> None:
        """Somebody signed in on *device*, which will show *token*."""
        self._db.execute(
            "INSERT INTO session (token, account, device, boot_id, began_ms, used_ms, wall_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(_hashed(token), name_key(account.name), device.id),
                *(began.boot_id, began.monotonic_ms, began.monotonic_ms, wall_ms),
            ),
        )

    def note_use(self, session: int, used: Since) -> None:
        """Whose session it is touched a page."""
        self._db.execute("UPDATE session SET used_ms = ? WHERE id = ?", (used.monotonic_ms, session))

    def end_sessions(self, is_over: Callable[[Session], bool]) -> None:
        """End every session that is over."""
        for session in filter(is_over, self.sessions()):
            self._db.execute("DELETE FROM session WHERE id = ?", (session.id,))
