"""Putting a visit right on a telephone without any script: large keys, nothing beyond the edge, and undone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from running import Kiosk, card_of

from browser.conftest import SIZES, OpenPage, follow
from browser.test_every_page import RULES
from kiosk.rules.access import Role

pytestmark = pytest.mark.browser

LEAST_PX = 72  # 12 mm at the 152 dots an inch of such telephones and tablets


def keys_too_small(page: Page) -> list[str]:
    boxes = [
        (key.inner_text(), key.bounding_box()) for key in page.locator("main .key:visible, main .tick:visible").all()
    ]
    return [words for words, box in boxes if box is None or box["height"] < LEAST_PX]


def is_within(page: Page, size: str) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0])


def test_on_a_telephone_without_a_script_a_forgotten_exit_is_stated_and_undone(
    kiosk: Kiosk, open_page: OpenPage
) -> None:
    visit = kiosk.show(card_of(1))["seq"]
    page = open_page(f"/person/{visit}", "phone", role=Role.SUPERVISOR, java_script_enabled=False)
    assert keys_too_small(page) == []
    follow(page.get_by_role("link", name="Ra mà không quét"))
    assert keys_too_small(page) == []
    follow(page.get_by_role("button", name="Quên quét khi ra"))
    expect(page.locator(".changes")).to_contain_text("đến bây giờ đổi thành")
    follow(page.get_by_role("button", name="Ghi lại"))
    expect(page.locator(".step[data-tone=corrected]")).to_contain_text("Quên quét khi ra")
    assert kiosk.reader.occupancy().inside == 0
    follow(page.get_by_role("button", name="Hoàn tác"))
    follow(page.get_by_role("button", name="Ghi lại"))
    expect(page.locator(".step[data-tone=corrected]")).to_have_count(2)
    assert kiosk.reader.occupancy().inside == 1


@pytest.mark.parametrize("size", SIZES)
def test_nothing_goes_beyond_the_edge(kiosk: Kiosk, open_page: OpenPage, size: str) -> None:
    visit = kiosk.show(card_of(1))["seq"]
    kiosk.show(card_of(2), "out")
    page = open_page(f"/person/{visit}", size)
    for path in ("", "/correct/link", "/correct/exit"):
        page.goto(f"{kiosk.url}/person/{visit}{path}")
        assert is_within(page, size)
    follow(page.get_by_role("button", name="Quên quét khi ra"))
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert is_within(page, size)
    page.goto(f"{kiosk.url}/corrections")
    expect(page.locator("#unmatched .somebody")).to_have_count(1)
    assert is_within(page, size)
