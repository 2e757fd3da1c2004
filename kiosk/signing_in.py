"""The story of signing in: a name and a PIN become a session on a device, for as long as somebody works with it."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from kiosk.config import Settings
from kiosk.rules.lasting import Since, since
from kiosk.rules.model import Moment
from kiosk.rules.pins import DEVICE_TRIES, PERSON_TRIES, Tries, locked_ms, wrong_again
from kiosk.rules.sessions import Limits, Use, is_over
from kiosk.store.schema import StoreError
from kiosk.store.staff import StaffBook
from kiosk.store.staff_tables import THIS_MACHINE, Account, Device, Session, StaffTables
from kiosk.vault.pins import NOBODYS, is_pin

log = logging.getLogger(__name__)

TOKEN_BYTES = 32
MOST_WAITING = 4  # for their PIN to be looked at, which takes 30 to 300 ms
NOTED_SHARE = 10  # a use is written once in this part of the idle time, for the card's sake


@dataclass(frozen=True, slots=True)
class Locked:
    """No PIN is tried for *wait_ms*: not of this person, or on this *device* of nobody."""

    wait_ms: int
    device: bool


class Wrong:
    """No such person, or not their PIN; nobody is told which."""


class Busy:
    """Too many wait for their PIN to be looked at."""


class SignIns:
    """Who is signed in, by *book*; *now* reads the clocks."""

    def __init__(self, book: StaffBook, settings: Settings, now: Callable[[], Moment]) -> None:
        self.book = book
        web = settings.web
        self._limits = Limits(round(web.idle_s * 1000), round(web.shift_s * 1000))
        self.now = now
        self._used: dict[int, Since] = {}  # by session; what is written may be older
        self.this_machine = Device(THIS_MACHINE, "", Use.TABLET, "", 0)
        self._places = threading.BoundedSemaphore(1 + MOST_WAITING)

    def sign_in(
        self, name: str, pin: str, device: int = THIS_MACHINE, instead_of: str = ""
    ) -> str | Wrong | Locked | Busy:
        """The token of a new session of *name*, or why there is none. The session *instead_of* ends."""
        checked = self.check(name, pin, device)
        if not isinstance(checked, Account):
            return checked
        return self.book.note(lambda tables: self._begin(tables, checked, device, instead_of))

    def _begin(self, tables: StaffTables, checked: Account, device: int, instead_of: str) -> str | Wrong:
        account, at = tables.account(checked.name), tables.device(device)
        if account is None or at is None or not account.enabled or account.pin != checked.pin:
            return Wrong()  # changed while the PIN was looked at
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self.now()
        before = tables.session_of(instead_of)
        tables.end_sessions(lambda one: self.is_over(one) or (before is not None and one.id == before.id))
        self._used = {one.id: used for one in tables.sessions() if (used := self._used.get(one.id))}
        tables.add_session(token, account, at, since(now), now.wall_ms)
        return token

    def check(self, name: str, pin: str, device: int = THIS_MACHINE) -> Account | Wrong | Locked | Busy:
        """Whose *pin* it is, or why nobody's."""
        if not self._places.acquire(blocking=False):
            return Busy()
        try:
            counted = self.book.note(lambda tables: self._counted(tables, name, device))
            if not isinstance(counted, tuple):
                return counted
            account, at = counted
            if not is_pin(pin, account.pin if account else NOBODYS) or account is None or not account.enabled:
                return Wrong()
            self.book.note(lambda tables: _forget_tries(tables, name, at))
            return account
        finally:
            self._places.release()

    def _counted(self, tables: StaffTables, name: str, device: int) -> tuple[Account | None, Device] | Wrong | Locked:
        """Whose PIN is to be looked at, on which device; or why none is."""
        account, at = tables.account(name), tables.device(device)
        if at is None or at.use is not Use.TABLET:
            return Wrong()
        if locked := self._locked(account, at):
            return locked
        # Counted before it is looked at: pulling the plug, or asking ten times at once, guesses for nothing.
        self._count(tables, account, at)
        return account, at

    def _locked(self, account: Account | None, at: Device) -> Locked | None:
        now = self.now()
        of_device = locked_ms(at.tries, DEVICE_TRIES, now)
        of_person = locked_ms(account.tries, PERSON_TRIES, now) if account else 0
        wait_ms = max(of_device, of_person)
        return Locked(wait_ms, device=of_device >= of_person) if wait_ms else None

    def _count(self, tables: StaffTables, account: Account | None, at: Device) -> None:
        now = self.now()
        if account:
            tables.save(replace(account, tries=wrong_again(account.tries, now)))
        tables.note_device_tries(at.id, wrong_again(at.tries, now))

    def who(self, token: str, device: int = THIS_MACHINE) -> Session | None:
        """The session that *token* opens on *device*, while it lasts."""
        if not token:
            return None
        with self.book.reading() as tables:
            session = tables.session_of(token)
        good = session and session.device.id == device and session.account.enabled and not self.is_over(session)
        return session if good else None

    def lasts(self, number: int) -> bool:
        """Whether the session *number* is not over."""
        with self.book.reading() as tables:
            session = tables.session(number)
        return session is not None and session.account.enabled and not self.is_over(session)

    def saw(self, session: Session) -> None:
        """Whose *session* it is touched a page now."""
        used = self._used[session.id] = since(self.now())
        if session.used.lasted_ms(self.now()) * NOTED_SHARE > self._limits.idle_ms:
            try:
                self.book.note(lambda tables: tables.note_use(session.id, used))
            except StoreError as error:  # who is signed in goes on working, whatever the disk does
                log.warning("%s", error)

    def sign_out(self, number: int) -> None:
        """End the session *number*, and those that are over."""
        self.book.note(lambda tables: tables.end_sessions(lambda one: one.id == number or self.is_over(one)))
        self._used.pop(number, None)

    def is_over(self, session: Session) -> bool:
        """Whether *session* has lasted too long, or was not used for too long."""
        used = self._used.get(session.id, session.used)
        return is_over(session.began, used, self._limits, self.now())

    def device_of(self, token: str) -> Device | None:
        """The paired device that shows *token*."""
        if not token:
            return None
        with self.book.reading() as tables:
            return tables.device_of(token)

    def is_paired(self, device: int | None) -> bool:
        """Whether the pairing of *device* has not ended."""
        with self.book.reading() as tables:
            return device is not None and tables.device(device) is not None


def _forget_tries(tables: StaffTables, name: str, at: Device) -> None:
    if account := tables.account(name):
        tables.save(replace(account, tries=Tries()))
    tables.note_device_tries(at.id, Tries())
