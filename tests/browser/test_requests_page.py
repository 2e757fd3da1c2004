"""Whoever asks what is kept of them is served on any screen, without a script, by anybody; erasing takes two steps."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from running import Kiosk, card_of

from browser.conftest import SIZES, follow

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LEAST_TARGET_PX = 74  # 12 mm on a telephone


def look_at(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen"
    keys = page.locator("main .key:visible").all()
    assert min((key.bounding_box() or {"height": 0})["height"] for key in keys) >= LEAST_TARGET_PX


def signed_in(browser: Browser, kiosk: Kiosk, size: str, *, script: bool = True) -> Page:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=script)
    context.add_cookies([{"name": "kiosk-session", "value": kiosk.sign_in(), "url": kiosk.url}])
    page = context.new_page()
    page.goto(f"{kiosk.url}/requests")
    return page


@pytest.mark.parametrize("size", SIZES)
def test_somebody_sees_what_is_kept_is_let_out_and_erased_in_two_steps(
    browser: Browser, kiosk: Kiosk, size: str
) -> None:
    kiosk.show(card_of(0))
    page = signed_in(browser, kiosk, size)
    look_at(page)
    page.fill("#code", card_of(0).decode())
    follow(page.locator("#code"), lambda field: field.press("Enter"))
    follow(page.get_by_role("button", name="Cho ra"))
    look_at(page)
    follow(page.get_by_role("button", name="Xóa", exact=True))
    assert "Không hoàn tác được" in page.inner_text("main")
    assert kiosk.reader.today()
    look_at(page)
    follow(page.get_by_role("button", name="Có, xóa vĩnh viễn"))
    assert "Đã xóa hết" in page.inner_text("main")
    assert kiosk.reader.today() == []
    page.context.close()


def test_without_a_script_a_request_is_taken_down_answered_and_taken_back(browser: Browser, kiosk: Kiosk) -> None:
    page = signed_in(browser, kiosk, "phone", script=False)
    page.locator("input[name=wish][value=erasure]").check()
    page.fill("#new-code", card_of(0).decode())
    page.fill("#contact", "0990001234")
    follow(page.get_by_role("button", name="Ghi nhận và in phiếu"))
    follow(page.get_by_role("button", name="Đã trả lời"))
    follow(page.get_by_role("button", name="Hoàn tác"))
    page.get_by_role("button", name="Đã trả lời").wait_for()
    page.context.close()
