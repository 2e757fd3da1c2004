"""The page of today in a browser: arrivals as they happen, people found as staff type, an honest word without news."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from running import Kiosk, card_of

from browser.conftest import SIZES, OpenPage, follow
from kiosk.rules import identity, invented

pytestmark = pytest.mark.browser


def lines(page: Page) -> list[str]:
    """The sequences of the lines at the door, newest first."""
    found = page.locator("#feed .line").evaluate_all("lines => lines.map(line => line.dataset.sequence)")
    return list(found)


def initials(person: int) -> str:
    return identity.initials(invented.person(person).person.name)


def found(page: Page) -> list[str]:
    """The initials on the list of people, in their order."""
    return [name.strip() for name in page.locator("#people .who b").all_text_contents()]


def test_an_arrival_appears_without_reloading(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/")
    expect(page.locator("#live")).to_have_attribute("data-live", "live")
    kiosk.show(card_of(1))
    expect(page.locator("#feed .line").first).to_contain_text(initials(1))
    expect(page.locator("#people .person").first).to_contain_text("A001")
    expect(page.locator("[data-f=inside]")).to_have_text("1")
    expect(page.locator("#total")).to_contain_text("1")
    expect(page.locator("[data-f=gate-in]")).to_have_text("1")


def test_leaving_takes_a_person_off_the_list_and_shows_the_exit(kiosk: Kiosk, open_page: OpenPage) -> None:
    kiosk.show(card_of(1))
    inside, everybody = open_page("/"), open_page("/?show=all")
    expect(inside.locator("#people .person")).to_have_count(1)
    expect(inside.locator("#live")).to_have_attribute("data-live", "live")
    kiosk.show(card_of(1), "out")
    expect(inside.locator("#people .person")).to_have_count(0)
    expect(inside.locator("#feed .line").first).to_contain_text("Ra")
    expect(everybody.locator("#people .person").first).to_have_attribute("data-inside", "no")


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
    expect(live).to_have_attribute("data-live", "live")
    expect(page.locator("#feed .line").first).to_have_attribute("data-sequence", str(shown[-1]))
    told = lines(page)
    assert told == sorted(set(told), key=int, reverse=True), "no line twice, all in order"
    assert {str(sequence) for sequence in shown} <= set(told), "no line missing"


def test_a_page_that_hears_nothing_at_all_says_so(open_page: OpenPage) -> None:
    page = open_page("/guide")
    page.clock.install()
    page.get_by_role("link", name="Hôm nay", exact=True).click()
    live = page.locator("#live")
    expect(live).to_have_attribute("data-live", "live")
    page.context.set_offline(True)  # a new connection fails; the one that is open just falls silent for the page
    page.clock.fast_forward(10_000)
    expect(live).to_have_attribute("data-live", "lost")
    page.context.set_offline(False)
    expect(live).to_have_attribute("data-live", "live")


def test_the_page_is_whole_without_javascript_and_so_is_its_search(kiosk: Kiosk, open_page: OpenPage) -> None:
    for person in (1, 2, 3):
        kiosk.show(card_of(person))
    page = open_page("/", java_script_enabled=False)
    expect(page.locator("#people .person")).to_have_count(3)
    expect(page.locator("#live")).to_contain_text("Tính đến")
    page.fill("#q", invented.person(2).person.name)
    follow(page.get_by_role("button", name="Tìm"))
    assert found(page) == [initials(2)]
    assert page.url == f"{kiosk.url}/", "a name stands in no address"
    follow(page.get_by_role("link", name="Tất cả").first)
    expect(page.locator("#people .person")).to_have_count(3)


def test_without_javascript_earlier_people_are_on_the_next_page(kiosk: Kiosk, open_page: OpenPage) -> None:
    for person in range(45):
        kiosk.show(card_of(person))
        kiosk.show(card_of(person), "out")
    page = open_page("/?show=all", java_script_enabled=False)
    expect(page.locator("#people .person")).to_have_count(40)
    page.locator("#onward button").click()
    expect(page.locator("#people .person")).to_have_count(5)
    expect(page.locator("#onward")).to_be_hidden()


def test_people_are_found_as_staff_type(kiosk: Kiosk, open_page: OpenPage) -> None:
    for person in range(5):
        kiosk.show(card_of(person))
    kiosk.show(card_of(3), "out")
    page, sought = open_page("/"), invented.person(3).person
    for typed in (identity.match_key(sought.name).lower(), sought.number[-4:], "a004"):
        page.fill("#q", typed)
        expect(page.locator("#people .person")).to_have_count(1)
        assert found(page) == [initials(3)], typed
    expect(page.locator("[data-choose=show][aria-current]")).to_have_text("Tất cả")
    page.fill("#q", "")
    expect(page.locator("#people .person")).to_have_count(4)


def test_what_is_chosen_and_typed_stays_true_while_people_come(kiosk: Kiosk, open_page: OpenPage) -> None:
    kiosk.show(card_of(1), "in")
    page = open_page("/?gate=both")
    expect(page.locator("#live")).to_have_attribute("data-live", "live")
    expect(page.locator("#people .person")).to_have_count(0)
    kiosk.show(card_of(2), "both")
    kiosk.show(card_of(3), "in")
    expect(page.locator("#people .person")).to_have_count(1)
    expect(page.locator("#feed .line:visible")).to_have_count(1)
    page.locator("[data-choose=gate][data-value='']").click()
    expect(page.locator("#people .person")).to_have_count(3)
    expect(page.locator("#feed .line:visible")).not_to_have_count(1)


def test_who_asked_for_staff_can_be_looked_at_alone(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/")
    expect(page.locator("#live")).to_have_attribute("data-live", "live")
    page.locator(".arrivals [data-asked=yes]").click()
    kiosk.show(card_of(1))
    kiosk.client.press_button("in")
    expect(page.locator("#feed .line:visible")).to_have_count(1)
    expect(page.locator("#feed .line:visible")).to_contain_text("Có người gọi giúp")
    expect(open_page("/?asked=1", java_script_enabled=False).locator("#feed .line")).to_have_count(1)


def test_the_page_keeps_its_size_through_a_long_day(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/?show=all")
    expect(page.locator("#live")).to_have_attribute("data-live", "live")
    for person in range(90):
        kiosk.show(card_of(person))
        kiosk.show(card_of(person), "out")
    expect(page.locator("[data-f=left]").last).to_have_text("90")
    assert page.locator("#feed .line").count() == 40
    assert page.locator("#people .person").count() == 40
    nodes = page.evaluate("document.querySelectorAll('*').length")
    assert nodes < 2600, "elements that a tablet draws"
    page.locator("#onward button").click()
    expect(page.locator("#people .person").first).not_to_contain_text("A090")


def test_a_name_that_is_markup_stays_a_name(kiosk: Kiosk, open_page: OpenPage) -> None:
    evil = "<img src=x onerror=document.title='owned'>"
    page = open_page("/")
    expect(page.locator("#live")).to_have_attribute("data-live", "live")
    kiosk.show(f"099085000001||{evil}|01011985|Nam|x|20052021".encode())
    page.locator("[data-do=sheet]").click()
    page.locator("#sheet summary").first.click()
    page.locator("#sheet .presets button").first.click()
    expect(page.locator("#plainly [data-f=full]")).to_contain_text("<img src=x")
    assert page.locator("img[src=x]").count() == 0
    assert "owned" not in page.title()


def test_a_broken_device_is_shown_as_it_breaks(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/")
    expect(page.locator("#live")).to_have_attribute("data-live", "live")
    kiosk.house.health.failed("camera", "Máy ảnh không trả lời")
    expect(page.locator("#troubles .trouble")).to_contain_text("Máy ảnh không trả lời từ")
    kiosk.house.health.works("camera")
    expect(page.locator("#troubles .trouble")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/?show=all", "/today/sealed", "/simulator", "/guide", "/nowhere"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_and_can_be_touched(kiosk: Kiosk, open_page: OpenPage, path: str, size: str) -> None:
    for person in range(6):
        kiosk.show(card_of(person))
    kiosk.show(card_of(0), "out")
    page = open_page(path, size)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"
    assert page.evaluate(SMALL_TARGETS) == []


SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), summary, label.pick')]
  .filter((target) => target.checkVisibility() && !target.matches('.skip'))
  .map((target) => [target.textContent.trim().slice(0, 30), target.getBoundingClientRect()])
  .filter(([text, box]) => box.width < 43.5 || box.height < 43.5)
  .map(([text, box]) => `${text}: ${box.width} x ${box.height}`)"""


def test_the_guide_is_one_sheet_of_paper(open_page: OpenPage) -> None:
    sheet = open_page("/guide").pdf(format="A4", print_background=True)
    assert sheet.count(b"/Type /Page") - sheet.count(b"/Type /Pages") == 1
