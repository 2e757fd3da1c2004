"""The hub's pages on each size of screen and in both languages keep WCAG 2.2 A and AA; a telephone does all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from hub_staff import COOKIE, busy, code_of, signed_in, token_of
from hubs import RunningHub, running_hub
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser.conftest import SIZES, follow
from kiosk.devices.decoding import Decoder
from kiosk.devices.pictures import frame_from_image_bytes
from kiosk.hub.web.app import make_hub_app
from kiosk.rules.hub_users import HubRole
from kiosk.web import haproxy

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED),
]

# Where a page is and who looks at it, by the view that makes it; None for what is no page.
PLACES: dict[str, tuple[str, HubRole | None] | None] = {
    "audit.audit": ("/audit?all=", HubRole.AUDITOR),
    "audit.checkpoint": ("/audit/checkpoint", HubRole.AUDITOR),
    "audit.checkpoint_text": None,
    "cases.case": ("/cases/2", HubRole.TRACER),
    "cases.cases": ("/cases", HubRole.AUDITOR),
    "kept.what_is_kept": ("/kept", HubRole.AUDITOR),
    "overview.kiosks": ("/", HubRole.ADMIN),
    "own.own": ("/own", HubRole.TRACER),
    "refused.refused": ("/refused", HubRole.ADMIN),
    "sign_in.form": ("/sign-in", None),
    "static": None,
    "users.users": ("/users", HubRole.ADMIN),
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LARGEST_FIRST_LOAD_BYTES = 100_000
TOUCH_PX = 44


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        busy(running)
        yield running


def opened(browser: Browser, hub: RunningHub, size: str, role: HubRole | None, language: str = "vi") -> BrowserContext:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, ignore_https_errors=True)
    cookies = [{"name": "language", "value": language, "url": hub.url, "secure": True}]
    if role:
        cookies.append({"name": COOKIE, "value": token_of(hub, role), "url": hub.url, "secure": True})
        hub.house.users.set_language(f"An {role}", language)
    context.add_cookies(cookies)  # type: ignore[arg-type]  # its own type of a dictionary
    return context


def test_no_page_is_forgotten(hub: RunningHub) -> None:
    rules = make_hub_app(hub.server.context).url_map.iter_rules()
    pages = {
        rule.endpoint
        for rule in rules
        if "GET" in (rule.methods or ()) and not rule.rule.startswith(("/kiosk/", "/console/"))
    }
    assert pages == set(PLACES)


@pytest.mark.parametrize(("size", "language"), [*((size, "vi") for size in SIZES), ("phone", "en")])
@pytest.mark.parametrize("name", sorted(name for name, place in PLACES.items() if place))
def test_a_page_can_be_used_by_everybody(
    browser: Browser, hub: RunningHub, name: str, size: str, language: str
) -> None:
    place = PLACES[name]
    assert place
    path, role = place
    with opened(browser, hub, size, role, language) as context:
        page = context.new_page()
        answer = page.goto(hub.url + path)
        assert answer
        assert answer.status == 200
        assert page.locator("html").get_attribute("lang") == language
        keeps_the_rules(page)


@pytest.mark.parametrize("size", SIZES)
def test_whose_pages_they_are_is_read_whole(browser: Browser, hub: RunningHub, size: str) -> None:
    with opened(browser, hub, size, HubRole.ADMIN) as context:
        page = context.new_page()
        page.goto(hub.url)
        page.locator(".who b").evaluate("one => one.textContent = 'An'")  # short enough to stand in the same row
        name = page.locator("header .site span")
        assert name.inner_text() == hub.house.settings.hub.name
        assert name.evaluate("one => one.clientWidth && one.scrollWidth <= one.clientWidth")


def keeps_the_rules(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen"
    assert small_targets(page) == []


def small_targets(page: Page) -> list[str]:
    """Buttons and fields that a thumb misses."""
    found: list[str] = page.evaluate(
        """least => [...document.querySelectorAll("button, a.button, input:not([type=hidden]), select, summary, nav a")]
            .filter(one => one.getBoundingClientRect().height && one.getBoundingClientRect().height < least)
            .map(one => one.outerHTML.slice(0, 80))""",
        TOUCH_PX,
    )
    return found


def test_a_page_comes_quickly_over_a_weak_network(browser: Browser, hub: RunningHub) -> None:
    with opened(browser, hub, "phone", HubRole.ADMIN) as context:
        page, sizes = context.new_page(), []
        page.on("requestfinished", lambda request: sizes.append(request.sizes()))
        page.goto(f"{hub.url}/")
        page.wait_for_timeout(300)
    assert sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes) < LARGEST_FIRST_LOAD_BYTES


def scanned(page: Page) -> bytes:
    """What a telephone reads from the page."""
    frame = frame_from_image_bytes(page.locator(".code-to-scan").screenshot())
    (code,) = Decoder(["zxing"], []).decode_still(frame, lambda data: True)
    return bytes(code.data)


def test_somebody_new_begins_on_a_telephone_that_scans_the_code(browser: Browser, hub: RunningHub) -> None:
    told = signed_in(hub).submit("/users/add", name="Nguyễn Lan", role="auditor").text
    given = re.search(r'code-to-type">([a-z2-9-]{19})<', told)
    assert given
    with opened(browser, hub, "phone", None) as context:
        page = context.new_page()
        page.goto(f"{hub.url}/audit")
        page.get_by_label("Tên").fill("Nguyễn Lan")
        page.get_by_label("Mật khẩu").fill(given[1])
        follow(page.get_by_role("button", name="Đăng nhập"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Nguyễn Lan · Kiểm tra")
        keeps_the_rules(page)
        assert page.get_by_role("link", name="Chính là điện thoại này").get_attribute("href") == scanned(page).decode()
        assert scanned(page).startswith(b"otpauth://totp/")
        page.get_by_label("Mã 6 số").fill(code_of(hub, "Nguyễn Lan"))
        page.get_by_label("Mật khẩu mới, từ 12 ký tự").fill("sông Mã chảy về xuôi")
        page.get_by_label("Nhập lại mật khẩu mới").fill("sông Mã chảy về xuôi")
        follow(page.get_by_role("button", name="Bắt đầu"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Các máy")


def test_a_second_person_approves_what_another_asks(browser: Browser, hub: RunningHub) -> None:
    with opened(browser, hub, "phone", HubRole.TRACER) as context:
        page = context.new_page()
        page.goto(f"{hub.url}/cases")
        follow(page.get_by_role("link", name="CA-2026-118"))
        follow(page.get_by_role("button", name="Duyệt"))
        expect(page.get_by_role("heading", level=1)).to_have_text("CA-2026-118 · đang mở")
        expect(page.get_by_role("button", name="Duyệt")).to_have_count(0)
        page.goto(f"{hub.url}/")
    opening = hub.house.openings.look(2)
    assert opening
    assert opening.decided_by == "An tracer"


def test_a_kiosk_is_let_in_and_shut_out_by_thumb(browser: Browser, hub: RunningHub) -> None:
    with opened(browser, hub, "phone", HubRole.ADMIN) as context:
        page = context.new_page()
        page.goto(f"{hub.url}/")
        page.get_by_label("Tên máy").fill("cong-9")
        page.get_by_label("Tên điểm").fill("tram-y-te-9")
        follow(page.get_by_role("button", name="Tạo mã dùng một lần"))
        shown = page.locator(".code-to-type").inner_text()
        assert scanned(page).decode() == shown
        keeps_the_rules(page)
        page.goto(f"{hub.url}/?q=cong-1-2")
        page.get_by_text("Thu hồi máy này").click()
        follow(page.get_by_role("button", name="Thu hồi cong-1-2"))
        page.goto(f"{hub.url}/?q=cong-1-2")
        expect(page.locator("[data-kiosk=cong-1-2] .state")).to_have_text("đã thu hồi")
    assert "cong-1-2" in {one.id for one in hub.house.catalogue.kiosks() if one.revoked_ms is not None}
