"""The board on the screens it hangs on: digits, contrast and room, measured as the browser draws them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from running import Kiosk, running_kiosk
from waiting_room import ROOM, call, fill, observe_one

from browser.board_help import CONTRASTS, DIGITS, OVERLAPS
from browser.conftest import SIZES, OpenPage

pytestmark = pytest.mark.browser

# Screens that a board hangs on: pixels, width in millimetres, and from how far its numbers are to be read.
SCREENS = {
    "a 32-inch television": ((1920, 1080), 708, 8000),
    "that television, upright": ((1080, 1920), 398, 8000),
    "that television at half its pixels": ((960, 540), 708, 8000),
    "a 10.1-inch tablet": ((1280, 800), 217, 2500),
    "that tablet, upright": ((800, 1280), 136, 2500),
}
PARTS_OF_DISTANCE = 200
CONTRAST = 7


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data", rows=ROOM, site={"name": "Nhà văn hóa Ví Dụ"}) as running:
        yield running


def on_screen(page: Page, size: tuple[int, int]) -> Page:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    return page


def test_called_digits_are_a_two_hundredth_of_the_distance_high(kiosk: Kiosk, open_page: OpenPage) -> None:
    fill(kiosk)
    page = open_page("/board?sound=off")
    expect(page.locator("#calls [data-here=yes]")).to_have_count(6)
    for screen, (size, width_mm, distance_mm) in SCREENS.items():
        measured = on_screen(page, size).evaluate(DIGITS, "#calls .number")
        digits = [height * width_mm / size[0] for _, height in measured]
        print(f"{screen}: the latest {digits[0]:.1f} mm, the others {min(digits):.1f} mm; {distance_mm / 1000} m away")
        assert len(digits) >= 5
        assert min(digits) >= distance_mm / PARTS_OF_DISTANCE, screen


def test_in_the_observation_room_digits_are_as_high(kiosk: Kiosk, open_page: OpenPage) -> None:
    observe_one(kiosk)
    page = open_page("/board?services=watch")
    for screen, (size, width_mm, distance_mm) in SCREENS.items():
        ((_, height),) = on_screen(page, size).evaluate(DIGITS, "#observed b")
        assert height * width_mm / size[0] >= distance_mm / PARTS_OF_DISTANCE, screen


def test_all_that_is_written_has_a_contrast_of_seven(kiosk: Kiosk, open_page: OpenPage) -> None:
    observe_one(kiosk)
    page = open_page("/board")
    expect(page.locator("#observed [data-over=yes]")).to_have_count(1)
    fill(kiosk)
    call(kiosk, "q12", "finish")
    expect(page.locator("#calls [data-serving=yes]")).to_have_count(1)
    live = f"(root) => {{ document.body.dataset.live = 'live'; return ({CONTRASTS})(root); }}"  # it may be lost now
    measured = page.evaluate(live, "body")
    kiosk.close_web()
    expect(page.locator("body")).to_have_attribute("data-live", "lost")
    measured += page.evaluate(CONTRASTS, "#lost")
    least = min(measured, key=lambda each: each[1])
    print(f"{len(measured)} texts, the least contrast {least[1]:.1f}: {least[0]}")
    assert len(measured) > 30
    assert least[1] >= CONTRAST


EVERY_SIZE = [*(size for size, _, _ in SCREENS.values()), *SIZES.values()]


def test_nothing_is_cut_covered_or_outside(kiosk: Kiosk, open_page: OpenPage) -> None:
    fill(kiosk)
    page = open_page("/board")
    latest = page.locator("#calls .number").first
    for place, counter in enumerate(("q12", "p101", "kb")):
        expect(latest).to_have_text(call(kiosk, counter))
        fits(page)
        expect(page.locator("#calls .number").first).to_have_text(
            call(kiosk, counter, "number", number=f"KTC 188{place}")
        )
        fits(page)


def test_the_board_of_an_observation_room_fits(kiosk: Kiosk, open_page: OpenPage) -> None:
    observe_one(kiosk)
    page = open_page("/board?services=watch")
    expect(page.locator("#observed [data-here=yes]")).to_have_count(1)
    fits(page)


def fits(page: Page) -> None:
    """At every size nothing is cut off or covered, nothing sticks out; and a television cannot be scrolled."""
    for size in EVERY_SIZE:
        on_screen(page, size)
        assert page.evaluate(OVERLAPS) == [], size
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        assert size[0] < 600 or page.evaluate("document.documentElement.scrollHeight <= innerHeight"), size
