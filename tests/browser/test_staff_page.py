"""The staff page in a browser: arrivals as they happen, an honest word when there is no news, harmless names."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from running import Kiosk, card_of

from browser.conftest import SIZES, OpenPage
from kiosk.rules import invented

pytestmark = pytest.mark.browser


def lines(page: Page) -> list[str]:
    """The sequences of the lines at the door, newest first."""
    found = page.locator("#feed .line").evaluate_all("lines => lines.map(line => line.dataset.sequence)")
    return list(found)


def test_an_arrival_appears_without_reloading(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/")
    expect(page.locator("#live")).to_have_attribute("data-live", "live")
    kiosk.show(card_of(1))
    name = invented.person(1).person.name
    expect(page.locator("#feed .line").first).to_contain_text(name)
    expect(page.locator("#visits .visit").first).to_contain_text("A001")
    expect(page.locator("[data-f=inside]")).to_have_text("1")


def test_leaving_takes_a_person_off_the_list_and_shows_the_exit(kiosk: Kiosk, open_page: OpenPage) -> None:
    kiosk.show(card_of(1))
    inside, everybody = open_page("/"), open_page("/?show=all")
    expect(inside.locator("#visits .visit")).to_have_count(1)
    expect(inside.locator("#live")).to_have_attribute("data-live", "live")
    kiosk.show(card_of(1), "out")
    expect(inside.locator("#visits .visit")).to_have_count(0)
    expect(inside.locator("#feed .line").first).to_contain_text("Ra")
    expect(everybody.locator("#visits .visit").first).to_have_attribute("data-inside", "no")


def test_without_news_the_page_says_since_when_and_then_catches_up(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/")
    kiosk.show(card_of(1))
    expect(page.locator("#feed .line").first).to_contain_text("Vào")
    kiosk.close_web()
    live = page.locator("#live")
    expect(live).to_contain_text("Mất liên lạc từ")
    expect(live.locator("time")).not_to_be_empty()
    shown = [kiosk.show(card_of(person))["seq"] for person in range(2, 12)]
    kiosk.open_web()
    expect(live).to_have_attribute("data-live", "live", timeout=20_000)
    expect(page.locator("#feed .line").first).to_have_attribute("data-sequence", str(shown[-1]))
    told = lines(page)
    assert told == sorted(set(told), key=int, reverse=True), "no line twice, all in order"
    assert {str(sequence) for sequence in shown} <= set(told), "no line missing"


def test_a_page_that_hears_nothing_at_all_says_so(open_page: OpenPage) -> None:
    page = open_page("/guide")
    page.clock.install()
    page.get_by_role("link", name="Nhân viên").click()
    live = page.locator("#live")
    expect(live).to_have_attribute("data-live", "live")
    page.context.set_offline(True)  # a new connection fails; the one that is open just falls silent for the page
    page.clock.fast_forward(10_000)
    expect(live).to_have_attribute("data-live", "lost")
    page.context.set_offline(False)
    expect(live).to_have_attribute("data-live", "live")


def test_the_page_is_whole_without_javascript(kiosk: Kiosk, open_page: OpenPage) -> None:
    kiosk.show(card_of(1))
    page = open_page("/", java_script_enabled=False)
    expect(page.locator("#visits .visit")).to_contain_text(invented.person(1).person.name)
    expect(page.locator("#live")).to_contain_text("Tình hình lúc")
    page.get_by_role("link", name="Tất cả").click()
    expect(page.locator("#visits")).to_have_attribute("data-show", "all")


def test_the_page_keeps_its_size_through_a_long_day(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/?show=all")
    expect(page.locator("#live")).to_have_attribute("data-live", "live")
    for person in range(130):
        kiosk.show(card_of(person))
        kiosk.show(card_of(person), "out")
    expect(page.locator("[data-f=left]").first).to_have_text("130")
    assert page.locator("#feed .line").count() == 200
    assert page.locator("#visits .visit").count() == 130


def test_a_name_that_is_markup_stays_a_name(kiosk: Kiosk, open_page: OpenPage) -> None:
    evil = "<img src=x onerror=document.title='owned'>"
    page = open_page("/")
    expect(page.locator("#live")).to_have_attribute("data-live", "live")
    kiosk.show(f"099085000001||{evil}|01011985|Nam|x|20052021".encode())
    for _ in ("live", "from the server"):
        expect(page.locator("#feed .who").first).to_contain_text("<img src=x")
        assert page.locator("#feed img").count() == 0
        assert "owned" not in page.title()
        page.reload()


def test_a_broken_device_is_shown_as_it_breaks(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/")
    expect(page.locator("#live")).to_have_attribute("data-live", "live")
    kiosk.house.health.failed("camera", "Máy ảnh không trả lời")
    expect(page.locator(".device[data-ok=no]")).to_contain_text("Máy ảnh không trả lời từ")
    kiosk.house.health.works("camera")
    expect(page.locator(".device[data-ok=no]")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/?show=all", "/simulator", "/guide", "/nowhere"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_and_can_be_touched(kiosk: Kiosk, open_page: OpenPage, path: str, size: str) -> None:
    for person in range(6):
        kiosk.show(card_of(person))
    kiosk.show(card_of(0), "out")
    page = open_page(path, size)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"
    assert page.evaluate(SMALL_TARGETS) == []


SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, summary, label.pick')]
  .filter((target) => target.checkVisibility() && !target.matches('.skip'))
  .map((target) => [target.textContent.trim().slice(0, 30), target.getBoundingClientRect()])
  .filter(([text, box]) => box.width < 43.5 || box.height < 43.5)
  .map(([text, box]) => `${text}: ${box.width} x ${box.height}`)"""


def test_the_guide_is_one_sheet_of_paper(open_page: OpenPage) -> None:
    sheet = open_page("/guide").pdf(format="A4", print_background=True)
    assert sheet.count(b"/Type /Page") - sheet.count(b"/Type /Pages") == 1
