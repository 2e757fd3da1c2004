"""Every page, on each size of screen and in both languages, keeps WCAG 2.2 A and AA, and nothing sticks out of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from running import Kiosk, running_kiosk
from waiting_room import ROOM, fill

from browser.conftest import SIZES
from kiosk.accounts import Accounts
from kiosk.rules.access import Role
from kiosk.web.app import make_app

# Where a page is, by the view that makes it; None for what is no page: streams, data, pictures.
PLACES: dict[str, str | None] = {
    "accounts.accounts": "/accounts",
    "board.board": "/board",
    "board.events": None,
    "clock.clock": "/house/clock",
    "corrections.corrections": "/corrections",
    "counter.choose": "/counter",
    "counter.counter": "/counter/q1",
    "counter.now": None,
    "day.day": "/day",
    "devices.devices": "/devices",
    "display.display": "/display",
    "display.events": None,
    "display.frame": None,
    "events.events": None,
    "expected.expected": "/expected",
    "expected.now": None,
    "events.queue_events": None,
    "feedback.feedback": "/feedback",
    "guide.guide": "/guide",
    "guide.staff": "/guide/staff",
    "health.health": None,
    "help.helping": "/help",
    "help.now": None,
    "house.house": "/house",
    "lists.lists": "/lists",
    "lists.one": None,  # tests/browser/test_lists_page.py looks at it: it needs a list
    "numbers.day_table": None,
    "numbers.last_weeks": "/numbers/weeks",
    "numbers.one_day": "/numbers/{today}",
    "numbers.sheet": "/numbers/{today}/sheet",
    "numbers.today": "/numbers",
    "numbers.weeks_table": None,
    "orders.orders": "/orders",
    "own.look": None,
    "own.own": "/own",
    "pairing.form": "/pair",
    "person.ask": "/person/{visit}/correct/exit",
    "person.person": "/person/{visit}",
    "requests.requests": "/requests",
    "sealed.vanishing": "/today/sealed",
    "session.announcement": "/session/announcement",
    "session.session": "/session",
    "sign_in.form": "/sign-in",
    "simulator.events": None,
    "simulator.simulator": "/simulator",
    "simulator.ticket": None,
    "static": None,
    "today.today": "/",
    "trust.address": None,
    "trust.certificate": None,
    "trust.trust": "/trust",
}
LOOKED_AT = sorted(name for name, place in PLACES.items() if place)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LARGEST_FIRST_LOAD_BYTES = 100_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    """A busy morning at an invented site."""
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data", rows=ROOM, site={"capacity": 40}) as running:
        fill(running)
        yield running


@pytest.fixture(scope="module", params=["vi", "en"])
def language(request: pytest.FixtureRequest, site: Kiosk) -> str:
    site.sign_in()
    assert site.sign_ins
    Accounts(site.sign_ins.book).set_language("An admin", request.param)
    return str(request.param)


@pytest.fixture(scope="module", params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser, site: Kiosk, language: str) -> Iterator[Page]:
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height})
    cookie = {"name": "kiosk-session", "value": site.sign_in(Role.ADMIN), "url": site.url}
    chosen = {"name": "language", "value": language, "url": site.url}
    context.add_cookies([cookie, chosen])  # type: ignore[list-item]  # its own type of a dictionary
    yield context.new_page()
    context.close()


def place(name: str, kiosk: Kiosk) -> str:
    visit = kiosk.reader.inside(1)[0].id
    today = kiosk.reader.head().key_day
    return kiosk.url + (PLACES[name] or "").format(visit=visit, today=today)


def test_no_page_is_forgotten(site: Kiosk) -> None:
    context = site.context()
    rules = make_app(context).url_map.iter_rules()
    context.news.close()
    assert {rule.endpoint for rule in rules if "GET" in (rule.methods or ())} == set(PLACES)


@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_page_can_be_used_by_everybody(page: Page, site: Kiosk, name: str) -> None:
    answer = page.goto(place(name, site))
    assert answer
    assert (answer.status, page.url) == (200, place(name, site))
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen"


@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_page_comes_quickly_over_a_weak_network(site: Kiosk, browser: Browser, name: str) -> None:
    context = browser.new_context()
    context.add_cookies([{"name": "kiosk-session", "value": site.sign_in(), "url": site.url}])
    page, sizes = context.new_page(), []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()))
    page.goto(place(name, site))
    page.wait_for_timeout(300)
    context.close()
    assert sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes) < LARGEST_FIRST_LOAD_BYTES
