"""The numbers in a browser: legible on every screen, counted again by themselves, one sheet on paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from running import Kiosk, card_of

from browser.conftest import SIZES, OpenPage

pytestmark = pytest.mark.browser

LEAST_TARGET_PX = 48
SMALL = f"""[...document.querySelectorAll('main nav a, main button, main summary')]
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < {LEAST_TARGET_PX})
    .map(one => one.outerHTML)"""
CLIPPED = """[...document.querySelectorAll('.chart text')].filter(one => one.checkVisibility()).map(one =>
    one.getBoundingClientRect()).filter(box => box.left < 0 || box.right > innerWidth || box.height < 8).length"""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/numbers", "/numbers/weeks"])
def test_it_fits_every_screen_and_every_thumb(kiosk: Kiosk, open_page: OpenPage, size: str, path: str) -> None:
    for person in range(8):
        kiosk.show(card_of(person))
    page = open_page(path, size)
    assert page.evaluate(SMALL) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert page.evaluate(CLIPPED) == 0


def test_the_page_counts_again_by_itself_and_keeps_what_is_open(
    kiosk: Kiosk, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.numbers.FRESH_S", 0.0)
    kiosk.show(card_of(1))
    page = open_page("/guide")
    page.clock.install()
    page.goto(kiosk.url + "/numbers")
    came = page.locator(".totals dd").first
    expect(came).to_have_text("1")
    page.locator("#quarters").evaluate("details => details.open = true")
    kiosk.show(card_of(2))
    page.clock.run_for(61_000)
    expect(came).to_have_text("2")
    expect(page.locator("#quarters table")).to_be_visible()
