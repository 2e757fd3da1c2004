"""The story of accounts: who may sign in, as what; each change is noted in the log before it is made."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

from kiosk.rules.access import Role
from kiosk.rules.accounts import Refusal, has_admin, refused_name, refused_pin
from kiosk.rules.invented import STAFF
from kiosk.rules.pins import LEAST_DIGITS, Tries
from kiosk.store.staff import StaffBook
from kiosk.store.staff_tables import Account, StaffTables, name_key
from kiosk.vault.pins import hash_pin

Note = Callable[[str], object]
Plan = Callable[[StaffTables], Account | Refusal]


class Accounts:
    """Changes *book*. What takes ``note`` calls it with what is about to be done; where that raises, it is not done."""

    def __init__(self, book: StaffBook) -> None:
        self._book = book

    def add(self, name: str, role: Role, pin: str, note: Note, *, must_change: bool) -> Refusal | None:
        """Let *name* sign in as *role* with *pin*, which they *must_change* where others know it."""
        if refusal := refused_name(name) or refused_pin(pin):
            return refusal
        account = Account(name, role, hash_pin(pin), must_change=must_change)
        return self._change(lambda tables: Refusal.TAKEN if tables.account(name) else account, note, f"{name}: {role}")

    def set_role(self, name: str, role: Role, note: Note) -> Refusal | None:
        """From the next page on *name* may do what a *role* may."""
        return self._change(_changing(name, lambda one: replace(one, role=role)), note, f"{name}: {role}")

    def set_pin(self, name: str, pin: str, note: Note, *, must_change: bool) -> Refusal | None:
        """Give *name* another *pin*; they are signed out, and unlocked."""
        if refusal := refused_pin(pin):
            return refusal
        kept = hash_pin(pin)
        plan = _changing(name, lambda one: replace(one, pin=kept, must_change=must_change, tries=Tries()))
        return self._change(plan, note, f"{name}: PIN", sign_out=True)

    def set_enabled(self, name: str, note: Note, *, enabled: bool) -> Refusal | None:
        """Whether *name* may sign in; who may not is signed out at once. The last admin always may."""
        plan = _changing(name, lambda one: replace(one, enabled=enabled))
        about = f"{name}: {'enabled' if enabled else 'disabled'}"
        return self._change(plan, note, about, sign_out=not enabled)

    def unlock(self, name: str, note: Note) -> Refusal | None:
        """Forget the wrong PINs of *name*."""
        return self._change(_changing(name, lambda one: replace(one, tries=Tries())), note, f"{name}: unlocked")

    def change_own_pin(self, name: str, now: str, new: str, session: int, note: Note) -> Refusal | None:
        """*name*, whose PIN is *now*, takes the *new* one; only their *session* goes on."""
        if refusal := Refusal.SAME_PIN if now == new else refused_pin(new):
            return refusal
        kept = hash_pin(new)

        def plan(tables: StaffTables) -> Account | Refusal:
            one = tables.account(name)
            return replace(one, pin=kept, must_change=False) if one else Refusal.UNKNOWN

        refusal = self._change(plan, note, f"{name}: own PIN")
        with self._book.writing() as tables:
            tables.end_sessions(lambda other: _is(other.account, name) and other.id != session)
        return refusal

    def set_language(self, name: str, language: str) -> None:
        """The language of the pages of *name*."""
        with self._book.writing() as tables:
            if account := tables.account(name):
                tables.save(replace(account, language=language))

    def _change(self, plan: Plan, note: Note, about: str, *, sign_out: bool = False) -> Refusal | None:
        with self._book.reading() as tables:
            planned = plan(tables)
        if isinstance(planned, Refusal):
            return planned
        note(about)
        with self._book.writing() as tables:
            planned = plan(tables)  # others may have changed it meanwhile
            if isinstance(planned, Refusal):
                return planned
            tables.save(planned)
            if sign_out:
                tables.end_sessions(lambda session: _is(session.account, planned.name))
        return None


def _changing(name: str, change: Callable[[Account], Account]) -> Plan:
    """What becomes of the account *name*, unless no admin were left."""

    def plan(tables: StaffTables) -> Account | Refusal:
        account = tables.account(name)
        if account is None:
            return Refusal.UNKNOWN
        changed = change(account)
        others = [one for one in tables.accounts() if one.name != account.name]
        lost = has_admin([*others, account]) and not has_admin([*others, changed])
        return Refusal.LAST_ADMIN if lost else changed

    return plan


def _is(account: Account, name: str) -> bool:
    return name_key(account.name) == name_key(name)


def new_pin() -> str:
    """A random PIN that is good."""
    while refused_pin(pin := f"{secrets.randbelow(10**LEAST_DIGITS):0{LEAST_DIGITS}}"):
        pass
    return pin


def add_invented(book: StaffBook) -> None:
    """Invented staff for trying out, one of each role, whose PINs the pages tell; where nobody can sign in yet."""
    with book.writing() as tables:
        if not tables.accounts():
            for one in STAFF:
                tables.save(Account(one.name, one.role, hash_pin(one.pin)))
