"""A whole kiosk for the tests of the pages: real key files, real SQLite, the real door and the real web server."""

from __future__ import annotations

import copy
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conftest import GATES, settings_with
from patience import PATIENCE_S, eventually

from kiosk.config import GateSettings, Settings
from kiosk.devices import clock
from kiosk.door_process import DoorProcess
from kiosk.door_socket import DoorClient
from kiosk.house import House, open_house, open_vault
from kiosk.rules import invented
from kiosk.rules.access import Role
from kiosk.rules.model import Kind
from kiosk.services import make_door
from kiosk.signing_in import SignIns
from kiosk.store.news import NewsListener
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from kiosk.store.staff import FILE as STAFF_FILE
from kiosk.store.staff import StaffBook
from kiosk.store.staff_tables import Account
from kiosk.vault.pins import hash_pin
from kiosk.web.context import WebContext
from kiosk.web.front import Front
from kiosk.web.guard import HEADERS
from kiosk.web.server import WebServer, serve

LOOPBACK = "127.0.0.1"
PIN = "314159"


def quick_settings(**tables: dict[str, Any]) -> Settings:
    """Settings by which the same card may be shown again at once, and pages take a free port."""
    quick: dict[str, dict[str, Any]] = {
        "door": {"quiet_s": 0.0, "min_stay_s": 0.0, "answer_s": PATIENCE_S},
        "web": {"port": 0},
    }
    quick["vault"] = {"turn_at": "00:00"}  # the kiosk's day is the calendar's, at whatever hour the tests run
    return settings_with(**{name: quick.get(name, {}) | tables.get(name, {}) for name in {*quick, *tables}})


def card_of(person: int, kind: Kind = Kind.ID_CARD) -> bytes:
    """A code of the invented *person*."""
    return invented.codes(invented.person(person))[kind]


def signed_in(sign_ins: SignIns, role: Role = Role.ADMIN) -> str:
    """The token of somebody of that *role*, signed in on this machine."""
    name = f"An {role}"
    with sign_ins.book.writing() as tables:
        if tables.account(name) is None:
            tables.save(Account(name, role, hash_pin(PIN)))
    token = sign_ins.sign_in(name, PIN)
    assert isinstance(token, str)
    return token


class Kiosk:
    """Door and pages on one data directory; each may go away and come back."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.client = DoorClient(house.data, 2 * PATIENCE_S)
        self.reader = Reader(house.database)
        self._door: tuple[DoorProcess, threading.Thread] | None = None
        self._web: WebServer | None = None
        self._port = 0
        self._token: str | None = None  # somebody signs in with the first request
        self.sign_ins: SignIns | None = None
        self.now_ms: Callable[[], int] = lambda: clock.now().wall_ms

    @property
    def url(self) -> str:
        """The address of the pages."""
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def front(self) -> Front:
        """The tablets' way to the pages."""
        assert self._web is not None
        assert self._web.front is not None
        return self._web.front

    def open_door(self) -> None:
        """Start the door with simulated devices."""
        process = make_door(self.house, simulate=True)
        ready = threading.Event()
        thread = threading.Thread(target=process.run, args=(ready.set,))
        thread.start()
        self._door = process, thread
        assert ready.wait(PATIENCE_S)

    def close_door(self) -> None:
        """Stop the door, if it runs."""
        if self._door:
            self._door[0].stop()
            self._door[1].join()
        self._door = None

    def open_web(self) -> WebServer:
        """Serve the pages, on the same port as before."""
        self._web = serve(self.context(), LOOPBACK, self._port)
        self._port = self._web.port
        assert self._web.front is None or eventually(self._web.front._tried.is_set)  # the tablets' way, well or not
        return self._web

    def close_web(self) -> None:
        """Stop serving, if pages are served."""
        if self._web:
            self._web.close()
        self._web = None

    def context(self) -> WebContext:
        """Parts for pages as the web process opens them: keys and connections of its own."""
        house = self.house
        vault = open_vault(house.settings, house.data, demo=True)
        news = NewsListener(house.data, house.database)
        front = (
            Front(house.settings, house.data, HEADERS, lambda: self.now_ms()) if house.settings.web.address else None
        )
        self.sign_ins = self.sign_ins or SignIns(StaffBook(house.data / STAFF_FILE), house.settings, clock.now)
        door = DoorClient(house.data, 2 * PATIENCE_S)
        return WebContext(house.settings, Reader(house.database), vault, door, news, self.sign_ins, front)

    def sign_in(self, role: Role = Role.ADMIN) -> str:
        """The token of somebody of that *role*, signed in on this machine."""
        assert self.sign_ins
        return signed_in(self.sign_ins, role)

    def as_(self, role: Role | None) -> Kiosk:
        """The same kiosk, asked by somebody of that *role*; by nobody where there is none."""
        asked = copy.copy(self)
        asked._token = self.sign_in(role) if role else ""
        return asked

    def show(self, code: bytes, gate: str = "in") -> dict[str, Any]:
        """Somebody shows *code* at *gate*."""
        return self.client.present_text(code, gate)

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """The answer to a GET, its body unread."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
        """Status and JSON of a POST as our own pages send it; bytes go as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        own = {"X-Kiosk": "page", "Content-Type": "application/json"} | headers
        answer = self.ask("POST", path, raw, own)
        return answer.status, json.loads(answer.read())

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Any = None) -> http.client.HTTPResponse:
        """One request on a connection of its own, which closes with its answer."""
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=PATIENCE_S)
        if self._token is None:
            self._token = self.sign_in()
        own = {"Connection": "close", "Cookie": f"kiosk-session={self._token}"}
        connection.request(method, path, body, own | (headers or {}))
        return connection.getresponse()


@contextmanager
def running_kiosk(
    data: Path, gates: tuple[GateSettings, ...] = GATES, *, rows: dict[str, Any] | None = None, **tables: dict[str, Any]
) -> Iterator[Kiosk]:
    """A kiosk with open door and served pages, on the fresh directory *data*.

    *rows* are the tables of which there are several: ``rows={"counters": (CounterSettings("1", "Quầy 1"),)}``.
    """
    with ExitStack() as closing:
        settings = replace(quick_settings(**tables), gates=gates, **rows or {})
        house = closing.enter_context(open_house(settings, data, demo=True))
        kiosk = Kiosk(house)
        closing.callback(kiosk.close_door)
        closing.callback(kiosk.close_web)
        kiosk.open_door()
        kiosk.open_web()
        yield kiosk


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event."""

    name: str
    data: Any
    sequence: int | None


class Stream:
    """What a page that follows live gets, event by event."""

    def __init__(self, kiosk: Kiosk, path: str, **headers: str) -> None:
        self.answer = kiosk.get(path, **headers)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()

    def __iter__(self) -> Iterator[Event]:
        event = Event("", None, None)
        for line in self.answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                event = replace(event, sequence=int(value))
            elif name == "event":
                event = replace(event, name=value)
            elif name == "data":
                event = replace(event, data=json.loads(value))
            elif event.name:
                yield event
                event = Event("", None, None)

    def until(self, name: str) -> list[Event]:
        """Everything up to and with the first event called *name*, which must come within PATIENCE_S."""
        events, until_s = [], time.monotonic() + PATIENCE_S
        for event in self:
            events.append(event)
            assert time.monotonic() < until_s, f"no {name!r} came, only {events}"
            if event.name == name:
                break
        return events


def follow(kiosk: Kiosk, after: int, **headers: str) -> Stream:
    """``/events`` of this log for a page that has all up to *after*."""
    return Stream(kiosk, f"/events?log={kiosk.reader.head().epoch}&after={after}", **headers)


__all__ = ["DATABASE", "Event", "Kiosk", "Stream", "card_of", "follow", "quick_settings", "running_kiosk"]
