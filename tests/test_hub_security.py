"""Nobody gets further into a hub than their role: every way in by every role, and what attackers try."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hub_staff import FORM, Staff, signed_in, token_of
from hubs import RunningHub, running_hub
from web_routes import Route

from kiosk.devices import clock
from kiosk.hub.web.access import LARGEST_FORM_BYTES
from kiosk.hub.web.app import make_hub_app
from kiosk.rules.hub_users import HUB_RIGHTS, HubRole
from kiosk.store.hub_users import Use, User, UserTables
from kiosk.vault.pins import hash_pin
from kiosk.web import haproxy
from kiosk.web.guard import HEADERS

pytestmark = pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)

# all: whoever reaches the hub. users: whoever is signed in. secret: who knows a password or a code. Else a right.
# What is below /kiosk/ wants a kiosk's certificate, what is below /console/ a console's token.
ROUTES = """
GET  /                        see
POST /code                    kiosks
POST /revoke                  kiosks
GET  /refused                 see
GET  /cases                   cases
GET  /cases/<int:number>      cases
POST /cases/<int:number>      trace
GET  /kept                    see
GET  /audit                   audit
GET  /audit/checkpoint        see
GET  /audit/checkpoint.txt    see
GET  /users                   admin
POST /users/add               admin
POST /users/anew              admin
POST /users/enabled           admin
POST /users/role              admin
POST /users/sign-out          admin
POST /users/unlock            admin
GET  /own                     users
POST /own/begin               users
POST /own/password            users
POST /own/language            all
GET  /sign-in                 all
POST /sign-in                 secret
POST /sign-out                all
GET  /static/<path:filename>  all
"""
RIGHTS = {"admin": "see kiosks admin", "tracer": "see cases trace", "auditor": "see cases audit"}
STRANGER, NEW, CONSOLE = "stranger", "new", "console"
PARTS = {"<int:number>": "1", "<path:filename>": "hub.css"}
OF_KIOSKS_FOR_ALL = {"GET /kiosk/ca", "POST /kiosk/enrol"}  # the second wants a code


class HubRoute(Route):
    """One way into a hub."""

    parts = PARTS

    def lets_in(self, asker: str) -> bool:
        """Whether who asks so gets more than a refusal."""
        if self.opens_for in ("all", "secret"):
            return self.opens_for == "all"
        if asker == NEW:
            return self.rule.startswith("/own")
        return asker in RIGHTS and (self.opens_for == "users" or self.opens_for in RIGHTS[asker].split())


TABLE = [HubRoute(*line.split()) for line in ROUTES.strip().splitlines()]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


def routes(hub: RunningHub) -> set[str]:
    rules = make_hub_app(hub.server.context).url_map.iter_rules()
    return {f"{method} {rule.rule}" for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


def everybody(hub: RunningHub) -> dict[str, Staff]:
    with hub.house.database.transaction() as db:
        UserTables(db).save(User("New", HubRole.ADMIN, hash_pin("given to them"), given_ms=clock.now().wall_ms))
    new = hub.house.sign_ins.sign_in("New", "given to them", "", address="127.0.0.1")
    assert isinstance(new, str)
    console = {"Authorization": f"Bearer {token_of(hub, HubRole.TRACER, Use.CONSOLE, 'At a console')}"}
    return {
        STRANGER: Staff(hub),
        NEW: Staff(hub, new),
        CONSOLE: Staff(hub, extra=console),
        **{role: signed_in(hub, HubRole(role)) for role in RIGHTS},
    }


def test_the_roles_have_the_rights_that_the_table_says() -> None:
    assert {role: set(rights.split()) for role, rights in RIGHTS.items()} == HUB_RIGHTS


def test_every_page_is_in_the_table(hub: RunningHub) -> None:
    pages = {route for route in routes(hub) if not route.split()[1].startswith(("/kiosk/", "/console/"))}
    assert pages == {str(route) for route in TABLE}, "say above who may take it"


@pytest.mark.parametrize("route", TABLE, ids=str)
def test_each_role_gets_where_it_may_and_no_further(hub: RunningHub, route: HubRoute) -> None:
    askers = everybody(hub)
    let_in = {asker for asker, staff in askers.items() if is_let_in(staff, route)}
    assert let_in == {asker for asker in askers if route.lets_in(asker)}


def is_let_in(staff: Staff, route: HubRoute) -> bool:
    own = {"Content-Type": FORM, "Origin": staff.hub.url}
    answer = staff.ask(route.method, route.path, b"" if route.method == "POST" else None, own)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.status < 500, answer.text
    if route.rule in ("/sign-out", "/own/language"):
        return answer.status in (303, 400)
    sent_away = answer.place.startswith("/sign-in") or answer.place == "/own"
    return answer.status not in (401, 403) and not (sent_away and route.rule != "/own/password")


def test_nothing_below_console_opens_without_a_tracing_teams_token(hub: RunningHub) -> None:
    askers = everybody(hub)
    askers[CONSOLE] = Staff(hub, extra={"Authorization": f"Bearer {token_of(hub, HubRole.AUDITOR, Use.CONSOLE)}"})
    below = sorted(route for route in routes(hub) if route.split()[1].startswith("/console/"))
    for route in set(below) - {"POST /console/sign-in", "POST /console/sign-out"}:
        method, rule = route.split()
        for name, staff in askers.items():
            answer = staff.ask(method, rule.replace("<int:number>", "1"), b"{}", {"Content-Type": "application/json"})
            assert answer.status in (401, 403), (route, name, answer.text)


def test_nothing_below_kiosk_opens_without_a_certificate(hub: RunningHub) -> None:
    below = {route for route in routes(hub) if route.split()[1].startswith("/kiosk/")} - OF_KIOSKS_FOR_ALL
    assert below
    claims = {"X-Client-Unit": "00" * 32, "X-Client-Fault": "0", "Content-Type": "application/json"}
    for route in sorted(below):
        method, rule = route.split()
        for staff in everybody(hub).values():
            answer = staff.ask(method, rule, b"{}" if method == "POST" else None, claims)
            assert answer.status in (400, 401, 403), (route, answer.text)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Kiosk": "page", "Origin": "https://evil.example"},
        {"X-Kiosk": "page", "Origin": "null"},
        {"X-Kiosk": "page", "Sec-Fetch-Site": "cross-site"},
        {"X-Kiosk": "page", "Sec-Fetch-Site": "same-site"},
        {"Content-Type": FORM, "Origin": "https://evil.example"},
        {"Content-Type": FORM, "Origin": "https://localhost:1"},
        {"Content-Type": FORM},
        {"Content-Type": "text/plain", "Origin": "{own}"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {},
    ],
    ids=str,
)
def test_no_other_sites_page_changes_anything(hub: RunningHub, headers: dict[str, str]) -> None:
    admin = signed_in(hub)
    sent = {name: value.format(own=hub.url) for name, value in headers.items()}
    before = hub.house.witness.leaves(1)
    for route in TABLE:
        if route.method == "POST":
            assert (route, admin.ask("POST", route.path, b"name=x", sent).status) == (route, 403)
    assert hub.house.witness.leaves(1) == before


def test_a_browsers_cookie_opens_no_console_whoever_sends_it(hub: RunningHub) -> None:
    tracer = signed_in(hub, HubRole.TRACER)
    answer = tracer.ask("POST", "/console/sign-out", b"{}", {"Content-Type": "application/json"})
    assert (answer.status, "error" in json.loads(answer.text)) == (401, True)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost:1x", "", "127.0.0.1@evil", "[::1"]
)
def test_names_that_are_not_the_hubs_get_nothing(hub: RunningHub, host: str) -> None:
    assert Staff(hub, extra={"Host": host}).page("/sign-in").status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/../kiosk/hub/web/app.py",
        "/static/../../hub/web/app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/static//etc/passwd",
        "/static/%00",
        "//etc/passwd",
        "/cases/-1",
        "/cases/9999999999999999999999",
        "/cases/1'--",
        "/cases/" + "9" * 5000,
        "/templates/hub_base.html",
        "/logs/",
        "/hub.key",
    ],
)
def test_what_is_not_there_is_not_found_whatever_it_is_called(hub: RunningHub, path: str) -> None:
    for staff in (Staff(hub), signed_in(hub, HubRole.TRACER)):
        answer = staff.page(path)
        assert answer.status in (303, 308, 400, 404, 414)
        assert "root:" not in answer.text


@pytest.mark.parametrize("route", [route for route in TABLE if route.method == "POST"], ids=str)
def test_too_large_and_senseless_bodies_break_nothing(hub: RunningHub, route: HubRoute) -> None:
    admin = signed_in(hub)
    own = {"Content-Type": FORM, "Origin": hub.url}
    assert admin.ask("POST", route.path, b"x" * (LARGEST_FORM_BYTES + 1), own).status == 413
    for body in (b"name=" + b"%ff%00" * 3000, b"&" * 20_000, b"\xff\x00" * 500, b"name=a&name=b&id=1&id=2"):
        assert 200 <= admin.ask("POST", route.path, body, own).status < 500


def test_hostile_text_stands_on_every_page_as_text(hub: RunningHub) -> None:
    hostile = "<script>alert(1)</script>{{7*7}}"
    house = hub.house
    house.catalogue.refuse(b"\0" * 32, hostile, hostile, hostile, 1)
    house.witness.record(1, {"what": hostile, "found": hostile, hostile: hostile})
    for role, paths in (("admin", ("/refused", "/kept", "/?q=%3Cscript%3E")), ("auditor", ("/cases", "/audit"))):
        for path in paths:
            answer = signed_in(hub, HubRole(role)).page(path)
            assert (answer.status, "<script>" in answer.text) == (200, False)
            assert "alert(1)49" not in answer.text
