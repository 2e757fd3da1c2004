"""The session's papers in a browser: staff type with a thumb, and every printed sheet says what it does not count."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from running import Kiosk, card_of

from browser.conftest import SIZES, OpenPage, follow

pytestmark = pytest.mark.browser

LEAST_TARGET_PX = 48
SMALL = f"""[...document.querySelectorAll('main a, main button, main input, main summary')]
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < {LEAST_TARGET_PX})
    .map(one => one.outerHTML)"""


@pytest.mark.parametrize("size", SIZES)
def test_the_number_entered_is_typed_and_shown(kiosk: Kiosk, open_page: OpenPage, size: str) -> None:
    kiosk.show(card_of(1))
    page = open_page("/session", size)
    assert page.evaluate(SMALL) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.fill("#count", "17")
    follow(page.locator("#entered button"))
    expect(page.locator(".entered b")).to_have_text("17")


def test_on_paper_the_head_is_repeated_on_every_sheet(open_page: OpenPage) -> None:
    page = open_page("/session")
    page.emulate_media(media="print")
    head = page.locator(".running")
    expect(head).to_contain_text("Số lượt qua cửa, không phải số mũi tiêm")
    expect(head).to_have_css("display", "table-header-group")
    expect(head).to_have_css("break-inside", "avoid")  # without it Chromium prints the head once
    expect(page.locator("form").first).to_be_hidden()


@pytest.mark.parametrize("size", SIZES)
def test_a_slip_is_given_passed_on_and_taken_back_with_one_tap_each(
    kiosk: Kiosk, open_page: OpenPage, size: str
) -> None:
    page = open_page("/feedback", size)
    page.locator(".topics button").first.click()  # changes the address first, which is no other page yet
    slip = page.locator("#slip-1")
    expect(slip).to_contain_text("PA-001")
    expect(slip).to_contain_text("còn 47 giờ")
    page.wait_for_load_state()  # with its styles
    assert page.evaluate(SMALL) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    follow(slip.get_by_role("button", name="Đã chuyển"))
    expect(slip).to_contain_text("chuyển lúc")
    follow(slip.get_by_role("button", name="Hoàn tác"))
    expect(slip.get_by_role("button", name="Đã chuyển")).to_be_visible()
    assert kiosk.client.ticket_png()
