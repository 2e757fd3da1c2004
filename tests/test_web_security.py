"""Nobody gets further than their role: every way into the running pages by every role, and what attackers try."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest
from running import Kiosk, card_of, running_kiosk
from tablets import NAME, TABLETS, answer_to_tablet
from web_routes import ASKERS, MACHINE, PARTS, RIGHTS, SCREEN, STRANGER, TABLE, TABLET, Route, routes_of

from kiosk.config.queueing import CounterSettings
from kiosk.devices import clock
from kiosk.pairing import Pairings
from kiosk.retention import turn_if_due
from kiosk.rules import access, invented
from kiosk.rules.access import Role
from kiosk.rules.identity import initials
from kiosk.rules.sessions import Use
from kiosk.web import haproxy
from kiosk.web.app import make_app
from kiosk.web.guard import HEADERS, LARGEST_BODY_BYTES, LARGEST_LIST_BYTES

pytestmark = pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)

Ask = Callable[[str, str, bytes | None, dict[str, str]], http.client.HTTPResponse]

OWN = {"X-Kiosk": "page", "Content-Type": "application/json"}
DAY_MS = 86_400_000
FORM = "application/x-www-form-urlencoded"
HOSTILE = "%00%ff%27%22%3E%3Cscript%3E{{7*7}}%0d%0aX:1" + "9" * 900


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    counters = {"counters": (CounterSettings("1", "Quầy 1"),)}
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data", web=TABLETS, rows=counters) as running:
        running.show(card_of(1))
        yield running


@pytest.fixture(scope="module")
def askers(kiosk: Kiosk) -> dict[str, Ask]:
    """How each of them asks the kiosk."""
    return everybody(kiosk)


def everybody(kiosk: Kiosk) -> dict[str, Ask]:
    tablets = {STRANGER: "", SCREEN: paired(kiosk, Use.BOARD), TABLET: paired(kiosk, Use.TABLET)}
    return {
        **{name: partial(ask_from_tablet, kiosk, cookie) for name, cookie in tablets.items()},
        MACHINE: kiosk.as_(None).ask,
        **{role: kiosk.as_(Role(role)).ask for role in RIGHTS},
    }


def paired(kiosk: Kiosk, use: Use) -> str:
    """The cookie of a device that was paired just now, as the page of pairing gives it."""
    assert kiosk.sign_ins is not None
    code = Pairings(kiosk.sign_ins.book, clock.now).make(use, "one of the tests", "the tests")
    own = {"Content-Type": FORM, "Origin": f"https://{NAME}:{kiosk.front.port}"}
    with answer_to_tablet(kiosk, "POST", "/pair", urlencode({"code": code}).encode(), own) as answer:
        cookie, *flags = answer.headers["Set-Cookie"].split("; ")
    assert cookie.startswith("__Host-kiosk-device=")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(flags)
    return cookie


def ask_from_tablet(
    kiosk: Kiosk, cookie: str, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> http.client.HTTPResponse:
    return answer_to_tablet(kiosk, method, path, body, {**headers, "Cookie": cookie})


def routes(method: str) -> list[Route]:
    return [route for route in TABLE if route.method == method]


def each(found: list[Route] | tuple[Route, ...]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return pytest.mark.parametrize("route", found, ids=str)


def test_every_way_in_is_in_the_table(kiosk: Kiosk) -> None:
    context = kiosk.context()
    context.news.close()
    app = make_app(context)
    assert routes_of(app) == {str(route) for route in TABLE}, "say in tests/web_routes.py who may take it"


def test_the_roles_have_the_rights_that_the_table_says() -> None:
    assert {role: frozenset(rights.split()) for role, rights in RIGHTS.items()} == access.RIGHTS


@each(TABLE)
def test_each_role_gets_where_it_may_and_no_further(kiosk: Kiosk, askers: dict[str, Ask], route: Route) -> None:
    if route.rule == "/sign-out":  # it ends the session that the other tests go on with
        askers = everybody(kiosk)
    let_in = {asker for asker in ASKERS if is_let_in(askers[asker], route)}
    assert let_in == {asker for asker in ASKERS if route.lets_in(asker)}


def is_let_in(ask: Ask, route: Route) -> bool:
    """Whether who asks so gets more than a refusal."""
    with ask(route.method, route.path, b"{}" if route.method == "POST" else None, OWN) as answer:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert answer.status < 500
        return answer.status not in (401, 403, 409) and answer.headers["Location"] != "/pair"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Kiosk": "page", "Origin": "http://evil.example"},
        {"X-Kiosk": "page", "Origin": "null"},
        {"X-Kiosk": "page", "Sec-Fetch-Site": "cross-site"},
        {"X-Kiosk": "page", "Sec-Fetch-Site": "same-site"},
        {"Content-Type": FORM, "Origin": "http://evil.example"},
        {"Content-Type": FORM, "Origin": "http://localhost:1"},
        {"Content-Type": FORM},
        {"Content-Type": "text/plain", "Origin": "{own}"},
        {"Content-Type": "multipart/form-data; boundary=x", "Origin": "http://evil.example"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {},
    ],
    ids=str,
)
def test_no_other_sites_page_changes_anything(kiosk: Kiosk, askers: dict[str, Ask], headers: dict[str, str]) -> None:
    sent = {name: value.format(own=kiosk.url) for name, value in headers.items()}
    before = kiosk.reader.last_sequence()
    for route in routes("POST"):
        assert (route, askers["admin"]("POST", route.path, b"{}", sent).status) == (route, 403)
    assert kiosk.reader.last_sequence() == before


@pytest.mark.parametrize(
    "identity",
    [
        "0",
        "2",
        "999999",
        "-1",
        "9223372036854775808",
        "%00",
        "1'--",
        "..%2f..%2fkiosk.key",
        "%25n",
        "x" * 3000,
        "9" * 5000,
    ],
)
def test_what_is_not_there_is_not_found_whatever_it_is_called(askers: dict[str, Ask], identity: str) -> None:
    """Visits, counters, days and files that are not there, or another's, by addresses that nobody was given."""
    for route in TABLE:
        for part in filter(route.rule.__contains__, PARTS):
            path = replace(route, rule=route.rule.replace(part, identity)).path
            with askers["admin"](route.method, path, b'{"reason": "x"}', OWN) as answer:
                assert answer.status in (400, 404, 405, 422), path


@pytest.mark.parametrize(
    "path",
    [
        "/../kiosk/app.py",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/static/../../web/app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/static//etc/passwd",
        "/static/..\\app.py",
        "/trust/../kiosk.key",
        "//etc/passwd",
        "/static/.",
        "/static/%00",
    ],
)
def test_no_file_of_the_machine_can_be_had(askers: dict[str, Ask], path: str) -> None:
    with askers["admin"]("GET", path, None, {}) as answer:
        assert answer.status in (301, 308, 400, 404)
        assert b"root:" not in answer.read()


@each(routes("POST"))
def test_too_large_a_body_is_refused(askers: dict[str, Ask], route: Route) -> None:
    largest = LARGEST_LIST_BYTES if route.rule == "/lists/bring" else LARGEST_BODY_BYTES
    for mimetype in (FORM, "application/json", "image/jpeg"):
        headers = {"X-Kiosk": "page", "Content-Type": mimetype}
        with askers["admin"]("POST", route.path, b"x" * (largest + 1), headers) as answer:
            assert answer.status == 413, mimetype


@each(TABLE)
def test_senseless_headers_and_addresses_break_nothing(askers: dict[str, Ask], route: Route) -> None:
    senseless = {
        "Cookie": "=;;;\x7f" + "x" * 4000,
        "Accept-Language": "x," * 900,
        "Last-Event-ID": "x",
        "Range": "bytes=9-1",
    }
    query = "?" + "&".join(
        f"{name}={HOSTILE}"
        for name in (
            "q",
            "show",
            "before",
            "gate",
            "services",
            "day",
            "next",
            "said",
            "ticket",
            "after",
            "log",
            "since",
        )
    )
    with askers["admin"](route.method, route.path + query, None, {"X-Kiosk": "page", **senseless}) as answer:
        assert answer.status < 500


def test_headers_without_end_are_refused(kiosk: Kiosk) -> None:
    assert kiosk.get("/guide", X="x" * 300_000).status in (400, 431)


def test_nobody_of_another_day_is_named(tmp_path: Path) -> None:
    """Not by the number of their visit, not by what was given to another, not to an admin."""
    with running_kiosk(tmp_path / "data") as kiosk:
        kiosk.show(card_of(77))
        visit, somebody = kiosk.reader.last_sequence(), invented.person(77).person
        reason = {"reason": "test"}
        assert somebody.name in str(kiosk.post(f"/person/{visit}/unmask", reason))
        kiosk.close_door()
        house, later = kiosk.house, clock.stated(clock.now().wall_ms + 2 * DAY_MS)
        turn_if_due(house.store, house.vault, house.settings, later)
        kiosk.open_door()
        assert kiosk.post(f"/person/{visit}/unmask", reason)[0] == 404
        for route in routes("GET"):
            if not route.rule.endswith(("/events", "/frame")):
                with kiosk.get(route.path.replace("/1", f"/{visit}")) as answer:
                    assert answer.status < 500, route
                    text = answer.read().decode("utf-8", "replace")
                assert not {somebody.name, initials(somebody.name), somebody.number} & set(re.split(r"[<>]", text))
                assert somebody.number not in text
                assert not re.search(rf"(?<!\w){somebody.number[-4:]}(?!\w)", text), "as pages show its last digits"
