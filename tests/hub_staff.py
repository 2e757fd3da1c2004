"""Staff of a hub in a browser of the tests: they have begun, they sign in, they fill in forms."""

from __future__ import annotations

import http.client
import itertools
from contextlib import closing
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

import pytest
from hubs import RunningHub

from kiosk.devices import clock
from kiosk.hub.house import HubHouse
from kiosk.hub.openings import Openings
from kiosk.lake.tables import DAY_MS, KEYS, day_of
from kiosk.lake.writing import LakeWriter
from kiosk.rules.contacts import Question
from kiosk.rules.hub_users import HubRole
from kiosk.rules.kiosk_health import KioskHealth
from kiosk.rules.lasting import since
from kiosk.rules.openings import Request, Search
from kiosk.rules.segments import Fault
from kiosk.rules.tracing import By, Scope
from kiosk.store.catalogue import Enrolled
from kiosk.store.hub_users import Use, User, UserTables
from kiosk.store.kiosk_health import Told, keep
from kiosk.vault.one_time import OneTimeCodes
from kiosk.vault.pins import hash_pin

PASSWORD = "sông Mã chảy về xuôi"
KEPT = hash_pin(PASSWORD)
FORM = "application/x-www-form-urlencoded"
COOKIE = "__Host-kiosk-hub"
_numbers = itertools.count(1)


@dataclass
class Answer:
    """What a hub answered."""

    status: int
    text: str
    headers: http.client.HTTPMessage

    @property
    def place(self) -> str:
        """Where it sends to."""
        return self.headers["Location"] or ""


@dataclass
class Staff:
    """Somebody with a browser, signed in by *token* if at all."""

    hub: RunningHub
    token: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        cookie = {"Cookie": f"{COOKIE}={self.token}"} if self.token else {}
        sent = {"Host": f"localhost:{self.hub.port}", **cookie, **self.extra, **(headers or {})}
        with self.hub.calling() as connection:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode("utf-8", "replace"), answer.headers)

    def page(self, path: str) -> Answer:
        return self.ask("GET", path, headers={"Accept": "text/html"})

    def submit(self, path: str, **fields: str) -> Answer:
        """A plain form of the hub's own pages."""
        own = {"Content-Type": FORM, "Origin": self.hub.url}
        return self.ask("POST", path, urlencode(fields).encode(), own)


def codes(hub: RunningHub) -> OneTimeCodes:
    """The hub's way with one-time codes."""
    return OneTimeCodes(hub.house.folder / "hub-codes.key")


def user(hub: RunningHub, name: str, role: HubRole, password: str = KEPT) -> User:
    """Somebody who has begun."""
    made = User(name, role, password, factor=codes(hub).new(name))
    with hub.house.database.transaction() as db:
        UserTables(db).save(made)
    return made


def code_of(hub: RunningHub, name: str) -> str:
    """The six digits that the telephone of *name* shows now, taken or not."""
    with hub.house.database.transaction() as db:
        one = UserTables(db).user(name)
    assert one
    sealed = one.factor or one.offered
    assert sealed
    return codes(hub).code(sealed, one.name, clock.now().wall_ms)


def token_of(hub: RunningHub, role: HubRole, use: Use = Use.PAGES, name: str = "") -> str:
    """A session of somebody of that *role*, without waiting for another code."""
    one, token, now = user(hub, name or f"An {role}", role), f"token-{next(_numbers)}", clock.now()
    with hub.house.database.transaction() as db:
        UserTables(db).add_session(token, one, use, "127.0.0.1", since(now), now.wall_ms)
    return token


def signed_in(hub: RunningHub, role: HubRole = HubRole.ADMIN, name: str = "") -> Staff:
    """Somebody of that *role* at the pages."""
    return Staff(hub, token_of(hub, role, name=name))


def busy(hub: RunningHub) -> None:
    """A district's hub at work: kiosks in order and in trouble, openings that wait and that ended, a lake of days."""
    pytest.importorskip("duckdb", reason="DuckDB is not here: it comes with kiosk[hub]")
    house, now_ms = hub.house, clock.now().wall_ms
    for number, (kiosk, site) in enumerate((f"cong-{n % 3 + 1}-{n // 3}", f"tram-y-te-{n // 3}") for n in range(9)):
        mark = bytes([number]) * 32
        house.catalogue.enrol(
            Enrolled(kiosk, site, f"key{number}", mark, now_ms - 9 * DAY_MS),
            {"what": "enrolled", "kiosk": kiosk, "site": site, "by": "An admin"},
        )
        heard_ms = now_ms - (3 * DAY_MS if number == 4 else 60_000 * number)
        faults = ("the printer is out of paper since 08:15",) if number == 6 else ()
        with house.database.transaction() as db:
            keep(
                db,
                kiosk,
                Told(heard_ms, KioskHealth("0.7.0", "unknown" if number == 7 else "set", 12 * (number == 4), faults)),
            )
    house.catalogue.refuse(b"\1" * 32, "cong-3-0", Fault.BROKEN, "entry 812 says something else than its chain", now_ms)
    house.catalogue.refuse(b"\2" * 32, "", Fault.STRANGER, "no kiosk with this key is enrolled here", now_ms)
    house.enrolling.revoke("cong-2-2", by="An admin", now_ms=now_ms)
    _openings(house, now_ms)
    with closing(LakeWriter(house.folder / "lake", "another")) as lake:
        for days in range(5):
            began_ms = now_ms - days * DAY_MS
            key = {"site": "tram", "key_id": bytes(8), "sealed": bytes(99), "from_ms": began_ms, "until_ms": now_ms}
            lake.write_rows(KEYS, day_of(began_ms), [key])


def _openings(house: HubHouse, now_ms: int) -> None:
    scope = Scope(now_ms - 3 * DAY_MS, now_ms, By.SITE, frozenset({"tram-y-te-0", "tram-y-te-1"}))
    question = Question(15 * 60_000, 0, DAY_MS // 2)
    asked = Request("CA-2026-117", "Ca dương tính tại xã Ví Dụ", Search.NUMBER, scope, question)
    openings = Openings(house.database, two_people=True)
    ended = openings.ask(asked, "Trần Thảo", now_ms - DAY_MS)
    openings.decide(ended.id, "Lê Sen", now_ms - DAY_MS + 60_000, approve=True)
    openings.handed_out(ended.id, "keys", 6, now_ms - DAY_MS + 90_000)
    openings.handed_out(ended.id, "contacts", 41, now_ms - DAY_MS + 95_000)
    openings.end(ended, now_ms - DAY_MS + 200_000, found=41, named=38, present=612)
    openings.ask(replace(asked, case_number="CA-2026-118", second_order=True), "Trần Thảo", now_ms)
