"""Users of a hub and who is signed in, as ``hub.db`` keeps them: of passwords and tokens hashes only."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kiosk.rules.hub_users import HubRole
from kiosk.rules.lasting import Since
from kiosk.rules.pins import Tries
from kiosk.store.staff_tables import name_key

_NO_TRIES = Tries()


class Use(StrEnum):
    """What somebody signed in for: a browser's pages, or a tracing team's console."""

    PAGES = "pages"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in. *factor* is the sealed secret of their one-time codes, of which *step* was taken last.

    Who has none yet was given a password at *given_ms* (wall time), and is *offered* a secret.
    """

    name: str
    role: HubRole
    password: str
    factor: bytes | None = None
    offered: bytes | None = None
    given_ms: int = 0
    step: int = 0
    language: str = "vi"
    enabled: bool = True
    tries: Tries = _NO_TRIES

    @property
    def begun(self) -> bool:
        """Whether password and second factor are their own."""
        return self.factor is not None


@dataclass(frozen=True, slots=True)
class HubSession:
    """Somebody signed in from a network *address*: since when, and when they last asked for something."""

    id: int
    user: User
    use: Use
    address: str
    began: Since
    used: Since
    wall_ms: int


_USER = ("name", "role", "password", "factor", "offered", "given_ms", "step", "language", "enabled")
_TRIES = ("wrong", "wrong_boot_id", "wrong_ms")
_USERS = "SELECT " + ", ".join(f"hub_user.{column}" for column in (*_USER, *_TRIES))
_SESSIONS = (
    f"{_USERS}, id, use, address, boot_id, began_ms, used_ms, wall_ms"
    " FROM hub_session JOIN hub_user ON hub_user.key = hub_session.user"
)


def _user(row: Sequence[Any]) -> User:
    name, role, password, factor, offered, given_ms, step, language, enabled, wrong, boot_id, wrong_ms = row
    tries = Tries(wrong, Since(boot_id, wrong_ms))
    return User(name, HubRole(role), password, factor, offered, given_ms, step, language, bool(enabled), tries)


def _session(row: Sequence[Any]) -> HubSession:
    number, use, address, boot_id, began_ms, used_ms, wall_ms = row[-7:]
    began, used = Since(boot_id, began_ms), Since(boot_id, used_ms)
    return HubSession(number, _user(row[:-7]), Use(use), address, began, used, wall_ms)


def _hashed(token: str) -> bytes:
    # One round is enough: a token is 256 random bits.
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


class UserTables:
    """The tables, as long as the transaction of *db* lasts."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def users(self) -> list[User]:
        """Everybody, by name."""
        return [_user(row) for row in self._db.execute(f"{_USERS} FROM hub_user ORDER BY key")]

    def user(self, name: str) -> User | None:
        """Whose *name* it is, in large or small letters."""
        row = self._db.execute(f"{_USERS} FROM hub_user WHERE key = ?", (name_key(name),)).fetchone()
        return _user(row) if row else None

    def save(self, user: User) -> None:
        """Keep *user* as they are now; new where nobody has their name."""
        columns = ("key", *_USER, *_TRIES)
        last = user.tries.last
        self._db.execute(
            f"INSERT OR REPLACE INTO hub_user ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
            (
                name_key(user.name),
                *(getattr(user, name) for name in _USER),
                *(user.tries.wrong, last.boot_id, last.monotonic_ms),
            ),
        )

    def sessions(self) -> list[HubSession]:
        """Every session that was not ended, the newest last; some may be over."""
        return [_session(row) for row in self._db.execute(f"{_SESSIONS} ORDER BY id")]

    def session_of(self, token: str) -> HubSession | None:
        """The session that *token* opens."""
        row = self._db.execute(f"{_SESSIONS} WHERE token = ?", (_hashed(token),)).fetchone()
        return _session(row) if row else None

    def add_session(self, token: str, user: User, use: Use, address: str, began: Since, wall_ms: int) -> None:
        """Somebody signed in, and will show *token*."""
        self._db.execute(
            "INSERT INTO hub_session (token, user, use, address, boot_id, began_ms, used_ms, wall_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(_hashed(token), name_key(user.name), use, address),
                *(began.boot_id, began.monotonic_ms, began.monotonic_ms, wall_ms),
            ),
        )

    def note_use(self, session: int, used: Since) -> None:
        """Whose session it is asked for something."""
        self._db.execute("UPDATE hub_session SET used_ms = ? WHERE id = ?", (used.monotonic_ms, session))

    def end_sessions(self, is_over: Callable[[HubSession], bool]) -> None:
        """End every session that is over."""
        for session in filter(is_over, self.sessions()):
            self._db.execute("DELETE FROM hub_session WHERE id = ?", (session.id,))
