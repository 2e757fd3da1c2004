"""A phone is paired by the QR code and signs in by thumb; without JavaScript the same forms do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from running import PIN, Kiosk, running_kiosk
from tablets import LOOPBACK, TABLETS

from browser.conftest import SIZES, follow
from kiosk.devices.decoding import Decoder
from kiosk.devices.pictures import frame_from_image_bytes
from kiosk.pairing import Pairings, plain
from kiosk.rules.access import Role
from kiosk.rules.sessions import Use
from kiosk.web import haproxy

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED),
]

PX_OF_12_MM = 12 / 64.6 * 390  # a phone 390 px wide measures 64.6 mm


@pytest.fixture(scope="module")
def tablets_kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data", web=TABLETS) as running:
        for role in Role:
            running.sign_in(role)
        yield running


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, height = SIZES["phone"]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        has_touch=True,
        ignore_https_errors=True,  # it has not been told to trust the site
        java_script_enabled=request.param,
    )
    yield context.new_page()
    context.close()


def code_for(kiosk: Kiosk) -> str:
    assert kiosk.sign_ins
    return Pairings(kiosk.sign_ins.book, kiosk.sign_ins.now).make(Use.TABLET, "Máy 7", "Yến")


def has_scripts(page: Page) -> bool:
    return bool(page.locator(".if-scanned").is_visible())


def test_from_the_code_to_the_first_page_and_to_the_next_person(tablets_kiosk: Kiosk, phone: Page) -> None:
    url, code = f"https://{LOOPBACK}:{tablets_kiosk.front.port}", code_for(tablets_kiosk)
    phone.goto(f"{url}/pair#{code}")
    if has_scripts(phone):
        assert code not in phone.url
    else:
        phone.get_by_label("Mã").fill(code)
    follow(phone.get_by_role("button", name="Ghép máy này"), Locator.tap)

    follow(phone.get_by_role("link", name="An staff"), Locator.tap)
    pad = phone.locator(".pad")
    if pad.is_visible():
        for digit in PIN:
            phone.get_by_role("button", name=digit, exact=True).tap()
    else:
        phone.get_by_label("Mã PIN").fill(PIN)
    follow(phone.get_by_role("button", name="Đăng nhập"), Locator.tap)
    expect(phone).to_have_url(f"{url}/")

    follow(phone.get_by_role("button", name="Đổi người"), Locator.tap)
    expect(phone.get_by_role("heading", name="Ai đang làm việc?")).to_be_visible()
    phone.goto(f"{url}/own")
    expect(phone).to_have_url(f"{url}/sign-in?next=/own")


def test_names_and_keys_are_as_large_as_a_gloved_finger(tablets_kiosk: Kiosk, phone: Page) -> None:
    url = f"https://{LOOPBACK}:{tablets_kiosk.front.port}"
    phone.goto(f"{url}/pair")
    phone.get_by_label("Mã").fill(code_for(tablets_kiosk))
    follow(phone.get_by_role("button", name="Ghép máy này"), Locator.tap)
    expect(phone.get_by_role("link", name="An admin")).to_be_visible()
    small = [one for one in boxes(phone, ".name") if min(one) < PX_OF_12_MM]
    follow(phone.get_by_role("link", name="An admin"), Locator.tap)
    expect(phone.get_by_role("heading", name="An admin")).to_be_visible()
    small += [one for one in boxes(phone, ".key, .main, main .button, main input") if min(one) < PX_OF_12_MM]
    assert not small
    assert phone.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0]


def boxes(page: Page, selector: str) -> list[tuple[float, float]]:
    found = [one.bounding_box() for one in page.locator(selector).all() if one.is_visible()]
    assert found
    return [(box["width"], box["height"]) for box in found if box]


@pytest.mark.parametrize("size", SIZES)
def test_the_code_on_an_admins_page_can_be_scanned(tablets_kiosk: Kiosk, browser: Browser, size: str) -> None:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height})
    context.add_cookies([{"name": "kiosk-session", "value": tablets_kiosk.sign_in(), "url": tablets_kiosk.url}])
    page = context.new_page()
    page.goto(f"{tablets_kiosk.url}/devices")
    follow(page.get_by_role("button", name="Hiện mã tại đây"))
    typed = page.locator(".code-to-type").inner_text()
    frame = frame_from_image_bytes(page.locator(".code-to-scan").screenshot())
    (code,) = Decoder(["zxing"], []).decode_still(frame, lambda data: True)
    assert code.data.decode().endswith(f"/pair#{plain(typed)}")
    context.close()


@pytest.mark.parametrize("heard", [True, False], ids=["while it hears", "before it hears"])
def test_a_page_that_nobody_works_with_any_more_is_left(tablets_kiosk: Kiosk, browser: Browser, heard: bool) -> None:
    context = browser.new_context()
    context.add_cookies([{"name": "kiosk-session", "value": tablets_kiosk.sign_in(), "url": tablets_kiosk.url}])
    page = context.new_page()
    if not heard:
        page.route("**/events?*", lambda route: route.fulfill(status=401))
    page.goto(f"{tablets_kiosk.url}/")
    if heard:
        expect(page.locator("#live")).to_have_attribute("data-live", "live")
    assert tablets_kiosk.sign_ins
    with tablets_kiosk.sign_ins.book.writing() as tables:
        tables.end_sessions(lambda session: session.account.name == "An admin")
    expect(page.get_by_role("heading", name="Ai đang làm việc?")).to_be_visible()
    context.close()
