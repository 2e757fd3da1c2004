"""The story of signing in at a hub: a name, a password and a one-time code become a session."""

from __future__ import annotations

import ipaddress
import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from kiosk.rules.hub_users import GIVEN_MS, wait_ms
from kiosk.rules.lasting import Since, since
from kiosk.rules.model import Moment
from kiosk.rules.pins import Tries, wrong_again
from kiosk.rules.sessions import Limits, is_over
from kiosk.store import tamper_log
from kiosk.store.hub_database import HubDatabase
from kiosk.store.hub_users import HubSession, Use, User, UserTables
from kiosk.store.schema import StoreError
from kiosk.vault.one_time import OneTimeCodes
from kiosk.vault.pins import NOBODYS, is_pin

log = logging.getLogger(__name__)

TOKEN_BYTES = 32
MOST_WAITING = 4  # for their password to be looked at, which takes 30 to 300 ms
MOST_ADDRESSES = 10_000  # of which wrong passwords are remembered; the oldest make room
NETWORK_BITS = 64  # of an IPv6 address: whoever has one has as many as they like
NOTED_SHARE = 10  # a use is written once in this part of the idle time


@dataclass(frozen=True, slots=True)
class Locked:
    """No password is looked at for *wait_ms*: of this user, or from this address."""

    wait_ms: int


class Wrong:
    """No such user, or not their password or code; nobody is told which."""


class Busy:
    """Too many wait for their password to be looked at."""


class HubSignIns:
    """Who is signed in, by *database*; *now* reads the clocks. Threads may share it. Raises StoreError, VaultError.

    A browser's session ends after ``limits``; a console's, which works by itself, only in all.
    """

    def __init__(self, database: HubDatabase, codes: OneTimeCodes, limits: Limits, now: Callable[[], Moment]) -> None:
        self._database = database
        self._codes = codes
        self._limits = {Use.PAGES: limits, Use.CONSOLE: Limits(limits.shift_ms, limits.shift_ms)}
        self.now = now
        self._addresses: OrderedDict[str, Tries] = OrderedDict()  # strangers write nothing to the disk
        self._used: dict[int, Since] = {}  # by session; what is written may be older
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(1 + MOST_WAITING)

    def sign_in(
        self, name: str, password: str, code: str, *, address: str, use: Use = Use.PAGES
    ) -> str | Wrong | Locked | Busy:
        """The token of a new session of *name*, or why there is none. Who has not begun yet needs no *code* for pages.

        No code is taken twice (RFC 6238, 5.2).
        """
        checked = self.check(name, password, address)
        if not isinstance(checked, User):
            return checked
        with self._database.transaction() as db:
            tables = UserTables(db)
            user = tables.user(checked.name)
            if user is None or not user.enabled or user.password != checked.password:
                return Wrong()  # changed while the password was looked at
            if wait := wait_ms(user.tries, Tries(), self.now()):
                return Locked(wait)
            proven = self._proven(user, code, use)
            tables.save(proven or replace(user, tries=wrong_again(user.tries, self.now())))
            if proven is None:
                return Wrong()
            token, now = secrets.token_urlsafe(TOKEN_BYTES), self.now()
            said = {"what": "sign-in", "who": user.name, "for": use.value, "from": address}
            tamper_log.append(db, now.wall_ms, said)
            tables.end_sessions(self.is_over)
            tables.add_session(token, proven, use, address, since(now), now.wall_ms)
            lasting = {one.id for one in tables.sessions()}
        self._used = {number: used for number, used in self._used.copy().items() if number in lasting}
        self._forget(address)
        return token

    def check(self, name: str, password: str, address: str) -> User | Wrong | Locked | Busy:
        """Whose *password* it is, or why nobody's."""
        if not self._places.acquire(blocking=False):
            return Busy()
        try:
            with self._database.transaction() as db:
                user = UserTables(db).user(name)
            if wait := self._count(user.tries if user else Tries(), _network(address)):
                return Locked(wait)
            good = is_pin(password, user.password if user else NOBODYS)
            return user if user and good and user.enabled else Wrong()
        finally:
            self._places.release()

    def _count(self, of_user: Tries, network: str) -> int:
        """How long to wait; where not at all, one more wrong one is counted before it is looked at."""
        now = self.now()
        with self._lock:
            tries = self._addresses.get(network, Tries())
            wait = wait_ms(of_user, tries, now)
            if not wait:
                self._addresses[network] = wrong_again(tries, now)
                self._addresses.move_to_end(network)
                while len(self._addresses) > MOST_ADDRESSES:
                    self._addresses.popitem(last=False)
        return wait

    def _forget(self, address: str) -> None:
        with self._lock:
            self._addresses.pop(_network(address), None)

    def _proven(self, user: User, code: str, use: Use) -> User | None:
        """*user* after their *code* was taken; None where it is not good."""
        if user.factor is None:
            in_time = self.now().wall_ms - user.given_ms <= GIVEN_MS
            return user if use is Use.PAGES and in_time else None
        step = self._codes.step(user.factor, user.name, code, self.now().wall_ms)
        return replace(user, step=step, tries=Tries()) if step is not None and step > user.step else None

    def who(self, token: str, use: Use = Use.PAGES) -> HubSession | None:
        """The session that *token* opens for *use*, while it lasts."""
        if not token:
            return None
        with self._database.transaction() as db:
            session = UserTables(db).session_of(token)
        good = session and session.use is use and session.user.enabled and not self.is_over(session)
        return session if good else None

    def saw(self, session: HubSession) -> None:
        """Whose *session* it is asked for something now."""
        now = self.now()
        used = self._used[session.id] = since(now)
        if session.used.lasted_ms(now) * NOTED_SHARE > self._limits[session.use].idle_ms:
            try:
                with self._database.transaction() as db:
                    UserTables(db).note_use(session.id, used)
            except StoreError as error:  # who is signed in goes on working, whatever the disk does
                log.warning("%s", error)

    def sessions(self) -> list[HubSession]:
        """Who is signed in, the newest last."""
        with self._database.transaction() as db:
            return [one for one in UserTables(db).sessions() if not self.is_over(one)]

    def sign_out(self, number: int) -> None:
        """End the session *number*, and those that are over."""
        with self._database.transaction() as db:
            UserTables(db).end_sessions(lambda one: one.id == number or self.is_over(one))
        self._used.pop(number, None)

    def is_over(self, session: HubSession) -> bool:
        """Whether *session* has lasted too long, or was not used for too long."""
        used = self._used.get(session.id, session.used)
        return is_over(session.began, used, self._limits[session.use], self.now())


def _network(address: str) -> str:
    """What whoever asks from *address* cannot change at will."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    if isinstance(found, ipaddress.IPv4Address) or mapped:
        return str(mapped or found)
    return str(ipaddress.ip_network((found, NETWORK_BITS), strict=False))
