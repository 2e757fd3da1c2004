"""The story of signing in: a name and a PIN become a session on a device, for as long as somebody works with it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from kiosk.config import Settings
from kiosk.rules.lasting import since
from kiosk.rules.model import Moment
from kiosk.rules.pins import PERSON_TRIES, Tries, locked_ms, wrong_again
from kiosk.store.staff import Account, Session, StaffBook
from kiosk.vault.pins import hash_pin, is_pin

THIS_MACHINE = 0
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Locked:
    """No PIN is tried for *wait_ms*."""

    wait_ms: int


class Wrong:
    """No such person, or not their PIN; nobody is told which."""


class SignIns:
    """Who is signed in, by *book*; *now* reads the clocks."""

    def __init__(self, book: StaffBook, settings: Settings, now: Callable[[], Moment]) -> None:
        self.book = book
        self._idle_ms = round(settings.web.idle_s * 1000)
        self._shift_ms = round(settings.web.shift_s * 1000)
        self._now = now
        self._nobody = hash_pin(secrets.token_hex(8))  # who is not there takes as long to refuse

    def sign_in(self, name: str, pin: str, device: int = THIS_MACHINE) -> str | Wrong | Locked:
        """The token of a new session of *name*, or why there is none."""
        now, account = self._now(), self.book.account(name)
        if account and (wait_ms := locked_ms(account.tries, PERSON_TRIES, now)):
            return Locked(wait_ms)
        right = is_pin(pin, account.pin if account else self._nobody)
        if account is None or not account.enabled:
            return Wrong()
        self.book.save(replace(account, tries=Tries() if right else wrong_again(account.tries, now)))
        return self._begin(account, device, now) if right else Wrong()

    def _begin(self, account: Account, device: int, now: Moment) -> str:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        session = Session(secrets.token_hex(8), account.name, device, since(now), since(now), now.wall_ms)
        self.book.begin_session(hashed(token), session)
        return token

    def who(self, token: str, device: int = THIS_MACHINE) -> tuple[Account, Session] | None:
        """Whose session *token* opens on *device*, while it lasts."""
        session = self.book.session(hashed(token)) if token else None
        if session is None or session.device != device or self._is_over(session):
            return None
        account = self.book.account(session.account)
        return (account, session) if account and account.enabled else None

    def saw(self, session: Session) -> None:
        """Whose *session* it is did something now."""
        self.book.saw(session.id, self._now())

    def sign_out(self, session_id: str) -> None:
        """End a session, and those that are over."""
        self.book.end_sessions(lambda one: one.id == session_id or self._is_over(one))

    def _is_over(self, session: Session) -> bool:
        now = self._now()
        if not session.began.same_run(now):
            return True
        return session.seen.lasted_ms(now) > self._idle_ms or session.began.lasted_ms(now) > self._shift_ms


def hashed(token: str) -> bytes:
    """What is kept of a token that a browser has."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
