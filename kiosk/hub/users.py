"""The story of a hub's users: who may sign in, as what. Each change is in the tamper log, in the same transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

from kiosk.rules.accounts import refused_name
from kiosk.rules.hub_users import HubRole, Refusal, has_admin, refused_password
from kiosk.rules.identity import clean_name
from kiosk.rules.model import Moment
from kiosk.rules.pins import Tries
from kiosk.store import tamper_log
from kiosk.store.hub_database import HubDatabase
from kiosk.store.hub_users import User, UserTables
from kiosk.store.staff_tables import name_key
from kiosk.vault.one_time import OneTimeCodes
from kiosk.vault.pins import NOBODYS, hash_pin, is_pin

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none looks like another
_GROUPS, _GROUP = 4, 4  # 79 bits

Change = Callable[[User], User | Refusal]


class Users:
    """Who may sign in, by *database*; *now* reads the clocks. Threads may share it. Raises StoreError, VaultError.

    *by* is whose name a change stands under. A password that somebody is given is told once, and good for GIVEN_MS;
    with it they choose their own, and their second factor, before they may do anything else.
    """

    def __init__(self, database: HubDatabase, codes: OneTimeCodes, now: Callable[[], Moment]) -> None:
        self._database = database
        self._codes = codes
        self._now = now

    def all(self) -> list[User]:
        """Everybody, by name."""
        with self._database.transaction() as db:
            return UserTables(db).users()

    def add(self, name: str, role: HubRole, by: str) -> str | Refusal:
        """Let *name* begin as *role*: the password for that, or why not."""
        name, password = clean_name(name), _new_password()
        if refused_name(name):
            return Refusal.NAME
        user = User(name, role, hash_pin(password), given_ms=self._now().wall_ms)
        with self._database.transaction() as db:
            tables = UserTables(db)
            if tables.user(name):
                return Refusal.TAKEN
            said = {"what": "user", "act": "added", "who": name, "role": role.value, "by": by}
            tamper_log.append(db, self._now().wall_ms, said)
            tables.save(user)
        return password

    def begin_anew(self, name: str, by: str) -> str | Refusal:
        """*name* has lost password or telephone, and is signed out: the password with which they begin again."""
        password = _new_password()
        kept, now_ms = hash_pin(password), self._now().wall_ms

        def anew(user: User) -> User:
            return replace(user, password=kept, factor=None, offered=None, given_ms=now_ms, tries=Tries())

        return self._change(name, "begins anew", by, anew, sign_out=True) or password

    def set_role(self, name: str, role: HubRole, by: str) -> Refusal | None:
        """From the next page on *name* may do what a *role* may."""
        return self._change(name, role.value, by, lambda user: replace(user, role=role))

    def set_enabled(self, name: str, by: str, *, enabled: bool) -> Refusal | None:
        """Whether *name* may sign in; who may not is signed out at once. The last admin always may."""
        act = "enabled" if enabled else "disabled"
        return self._change(name, act, by, lambda user: replace(user, enabled=enabled), sign_out=not enabled)

    def unlock(self, name: str, by: str) -> Refusal | None:
        """Forget the wrong codes of *name*."""
        return self._change(name, "unlocked", by, lambda user: replace(user, tries=Tries()))

    def offer(self, name: str, issuer: str) -> str:
        """What the telephone of *name* scans, who has no second factor yet: the same until they have begun."""
        with self._database.transaction() as db:
            tables = UserTables(db)
            user = tables.user(name)
            assert user is not None
            offered = user.offered or self._codes.new(user.name)
            if not user.offered:
                tables.save(replace(user, offered=offered))
        return self._codes.address(offered, user.name, issuer)

    def begin(self, name: str, password: str, code: str) -> Refusal | None:
        """*name* takes a *password* of their own, and the second factor that was offered; *code* proves it."""
        if refusal := refused_password(password, name):
            return refusal
        kept, given = hash_pin(password), self._password(name)
        if is_pin(password, given):
            return Refusal.SAME

        def begun(user: User) -> User | Refusal:
            if user.begun or not user.offered or user.password != given:
                return Refusal.UNKNOWN
            step = self._codes.step(user.offered, user.name, code, self._now().wall_ms)
            if step is None:
                return Refusal.CODE
            return replace(user, password=kept, factor=user.offered, offered=None, step=step)

        return self._change(name, "began", name, begun)

    def change_password(self, name: str, password: str, session: int) -> Refusal | None:
        """*name* takes another *password*; only their *session* goes on."""
        if refusal := refused_password(password, name):
            return refusal
        kept = hash_pin(password)
        refusal = self._change(name, "own password", name, lambda user: replace(user, password=kept))
        with self._database.transaction() as db:
            UserTables(db).end_sessions(lambda one: name_key(one.user.name) == name_key(name) and one.id != session)
        return refusal

    def end_session(self, number: int, by: str) -> None:
        """Who is signed in by the session *number* is not any more."""
        with self._database.transaction() as db:
            tables = UserTables(db)
            for session in (one for one in tables.sessions() if one.id == number):
                said = {"what": "user", "act": "signed out", "who": session.user.name, "by": by}
                tamper_log.append(db, self._now().wall_ms, said)
            tables.end_sessions(lambda one: one.id == number)

    def set_language(self, name: str, language: str) -> None:
        """The language of the pages of *name*."""
        with self._database.transaction() as db:
            tables = UserTables(db)
            if user := tables.user(name):
                tables.save(replace(user, language=language))

    def _password(self, name: str) -> str:
        with self._database.transaction() as db:
            user = UserTables(db).user(name)
        return user.password if user else NOBODYS

    def _change(self, name: str, act: str, by: str, change: Change, *, sign_out: bool = False) -> Refusal | None:
        with self._database.transaction() as db:
            tables = UserTables(db)
            user = tables.user(name)
            changed = change(user) if user else Refusal.UNKNOWN
            if isinstance(changed, Refusal):
                return changed
            everybody = tables.users()
            after = [changed if one.name == changed.name else one for one in everybody]
            if has_admin(everybody) and not has_admin(after):
                return Refusal.LAST_ADMIN
            said = {"what": "user", "act": act, "who": changed.name, "by": by}
            tamper_log.append(db, self._now().wall_ms, said)
            tables.save(changed)
            if sign_out:
                tables.end_sessions(lambda one: one.user.name == changed.name)
        return None


def _new_password() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)
