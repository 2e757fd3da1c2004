"""What somebody means harm by stays text on every page; who asks slowly, at length or all at once holds up nobody."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest
from forms import Form, Page
from running import Kiosk, card_of, running_kiosk
from web_routes import TABLE, Route

from kiosk.config.queueing import CounterSettings

LOOPBACK = "127.0.0.1"
FORM = "application/x-www-form-urlencoded"

HARM = (
    "zq\"'></p></script><script>zq()</script><img src=x onerror=zq()><svg/onload=zq()>{{7777*7777}}${7777*7777}\\u003cb"
)
# What scripts send; what forms send is found on the pages themselves.
SCRIPTED = (
    "q",
    "name",
    "birth",
    "reason",
    "by",
    "number",
    "code",
    "topic",
    "act",
    "day",
    "message_vi",
    "message_en",
    "note",
)
NUMBERS = {"visit": 1, "sequence": 1, "person": 2, "count": 3}


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    """A kiosk on which everything that can be typed was typed by somebody who means harm, and is called so."""
    counters = {"counters": (CounterSettings("1", HARM),)}
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data", site={"name": HARM}, rows=counters) as running:
        fill(running)
        yield running


def fill(kiosk: Kiosk) -> None:
    kiosk.show(card_of(1))
    kiosk.show(f"001085012345||{HARM}|21031985|Nam|{HARM}|01012022".encode())
    for route in TABLE:
        if route.method == "POST" and route.rule != "/sign-out":
            own = {"X-Kiosk": "page", "Content-Type": "application/json"}
            kiosk.ask("POST", route.path, json.dumps(dict.fromkeys(SCRIPTED, HARM) | NUMBERS).encode(), own).close()
    for form in forms(kiosk):
        for name in form.fields:
            send(kiosk, form, {**form.fields, name: HARM})
        send(kiosk, form, dict.fromkeys(form.fields, HARM))


def pages(kiosk: Kiosk) -> Iterator[tuple[Route, str]]:
    """Every page of the kiosk, for an admin."""
    for route in TABLE:
        if route.method == "GET" and not route.rule.endswith(("/events", "/frame")):
            with kiosk.get(route.path) as answer:
                assert answer.status < 500, route
                if answer.headers["Content-Type"].startswith("text/html"):
                    yield route, answer.read().decode()


def forms(kiosk: Kiosk) -> list[Form]:
    found = [form for _, text in pages(kiosk) for form in Page(text).forms]
    return [form for form in found if form.action and "sign-out" not in form.action]


def send(kiosk: Kiosk, form: Form, fields: dict[str, str]) -> None:
    """Submit *form* with *fields*; what is answered must be harmless, too."""
    typed, by_get = urlencode(fields), form.method == "GET"
    path, body = (f"{form.action}?{typed}", None) if by_get else (form.action, typed.encode())
    with kiosk.ask(form.method, path, body, {"Content-Type": FORM, "Origin": kiosk.url}) as answer:
        assert answer.status < 500, (form, fields)
        if answer.headers["Content-Type"].startswith("text/html"):
            assert not Page(answer.read().decode()).active(), (form, fields)


def test_what_was_typed_is_text_on_every_page(kiosk: Kiosk) -> None:
    for route, text in pages(kiosk):
        assert (route, Page(text).active()) == (route, [])
        assert "60481729" not in text, route


def test_it_was_typed_indeed(kiosk: Kiosk) -> None:
    """Or the test above would prove nothing."""
    texts = {str(route): text for route, text in pages(kiosk)}
    assert sum("zq()" in text for text in texts.values()) > 5, sorted(texts)


@pytest.mark.parametrize("route", [route for route in TABLE if route.method == "GET"], ids=str)
def test_what_is_no_page_cannot_be_taken_for_one(kiosk: Kiosk, route: Route) -> None:
    known = (
        "text/html",
        "application/json",
        "text/event-stream",
        "text/css",
        "text/csv",
        "image/",
        "application/x-x509",
    )
    with kiosk.get(route.path) as answer:
        mimetype = answer.headers["Content-Type"]
        assert mimetype.startswith(known) or answer.status == 204
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_clients_that_never_finish_asking_hold_up_nobody(kiosk: Kiosk) -> None:
    port = int(kiosk.url.rpartition(":")[2])
    with ExitStack() as closing:
        for number in range(200):
            slow = closing.enter_context(socket.create_connection((LOOPBACK, port)))
            slow.sendall(
                b"POST /simulator/picture HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nxxx"[: 20 + number]
            )
        with kiosk.get("/guide") as answer:
            assert answer.status == 200


def test_clients_that_never_read_hold_up_nobody(kiosk: Kiosk) -> None:
    port = int(kiosk.url.rpartition(":")[2])
    with ExitStack() as closing:
        for _ in range(100):
            deaf = closing.enter_context(socket.create_connection((LOOPBACK, port)))
            deaf.sendall(f"GET /guide HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\n\r\n".encode() * 20)
        with kiosk.get("/guide") as answer:
            assert answer.status == 200
