"""Staff let in whom the door sent to them, and attach who has no code, with one tap on the line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from running import Kiosk, card_of, running_kiosk

from browser.conftest import SIZES, OpenPage
from kiosk.config.queueing import CounterSettings, StageSettings
from kiosk.rules import identity, invented
from kiosk.rules.access import Role
from kiosk.rules.model import Kind

pytestmark = pytest.mark.browser


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data", site={"require_id": True}) as running:
        yield running


def without_id() -> Iterator[bytes]:
    """Insurance cards that carry no ID number."""
    for index in range(100):
        card = card_of(index, Kind.INSURANCE)
        if re.match(rb"[0-9]{10}\||[A-Z]", card):
            yield card


def attach(page: Page, name: str, birth: str) -> None:
    page.locator("#people [data-do=sheet]").first.click()
    page.locator("#sheet summary").get_by_text("Người đi cùng").click()
    page.fill("#companion input[name=name]", name)
    page.fill("#companion input[name=birth]", birth)
    page.locator("#companion button").click()


def test_a_tap_lets_in_whom_the_door_sent_to_staff(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/")
    expect(page.locator("#live")).to_have_attribute("data-live", "live")
    kiosk.show(next(without_id()))
    line = page.locator("#feed .line").first
    expect(line).to_contain_text("Cần nhân viên")
    line.locator("[data-do=let-in]").click()
    expect(page.locator("[data-f=inside]")).to_have_text("1")
    expect(page.locator("#told")).to_contain_text("đã ghi mục số")
    expect(page.locator("#feed .line").first).to_contain_text("Vào")
    expect(page.locator("#feed [data-do=let-in]:visible")).to_have_count(0)


def test_who_is_let_in_on_one_tablet_cannot_be_let_in_on_another(kiosk: Kiosk, open_page: OpenPage) -> None:
    kiosk.show(next(without_id()))
    first, second = open_page("/"), open_page("/")
    first.locator("[data-do=let-in]:visible").click()
    expect(first.locator("#told")).to_contain_text("đã ghi mục số")
    second.locator("[data-do=let-in]:visible").click()
    expect(second.locator("#told")).to_have_attribute("data-tone", "trouble")
    assert kiosk.reader.occupancy().inside == 1


def test_a_child_is_attached_to_a_visit_and_gets_a_number(kiosk: Kiosk, open_page: OpenPage) -> None:
    kiosk.show(card_of(1))
    page = open_page("/")
    attach(page, "Trần Bé Na", "2021")
    child, parent = page.locator("#people .person").first, page.locator("#people .person").last
    expect(child).to_contain_text("T.B.N.")
    expect(child).to_contain_text("Người đi cùng")
    expect(child).to_contain_text("A002")
    expect(parent).to_contain_text("+1 đi cùng")
    expect(page.locator("[data-f=inside]")).to_have_text("2")


def test_what_is_said_beside_an_open_sheet_is_before_its_veil(kiosk: Kiosk, open_page: OpenPage) -> None:
    kiosk.show(card_of(1))
    page = open_page("/")
    page.locator("#people [data-do=sheet]").first.click()
    kiosk.close_door()
    page.locator("#sheet summary").first.click()
    page.locator("#sheet .presets button").first.click()
    told = page.locator("#sheet #told")
    expect(told).to_have_attribute("data-tone", "trouble")
    expect(told).to_be_visible()


def test_a_changed_mind_attaches_nobody(kiosk: Kiosk, open_page: OpenPage) -> None:
    kiosk.show(card_of(1))
    page = open_page("/")
    page.locator("[data-do=sheet]").click()
    expect(page.locator("#sheet")).to_contain_text(identity.initials(invented.person(1).person.name))
    page.locator("#sheet [data-do=close]").click()
    page.locator("[data-do=sheet]").click()
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_hidden()
    assert kiosk.reader.occupancy().inside == 1


def test_a_person_is_shown_in_full_for_a_reason_and_masked_again(kiosk: Kiosk, open_page: OpenPage) -> None:
    kiosk.show(card_of(1))
    page, person = open_page("/"), invented.person(1).person
    page.clock.install()
    page.locator("[data-do=sheet]").click()
    page.locator("#sheet summary").first.click()
    page.fill("#sheet .unmask input", "hỏi tên con")
    page.locator("#sheet .unmask .row button").click()
    expect(page.locator("#plainly")).to_contain_text(person.name)
    expect(page.locator("#plainly")).to_contain_text(person.number)
    page.clock.run_for(121_000)
    expect(page.locator("#plainly")).to_be_hidden()
    assert person.number not in page.content()


def test_a_volunteer_is_not_offered_names(kiosk: Kiosk, open_page: OpenPage) -> None:
    kiosk.show(card_of(1))
    page = open_page("/", role=Role.VOLUNTEER)
    page.locator("[data-do=sheet]").click()
    expect(page.locator("#sheet")).to_be_visible()
    expect(page.locator("#sheet .unmask")).to_have_count(0)
    expect(page.locator(".evacuate").first).to_be_visible()


def test_one_tap_prints_who_is_inside_and_shows_it(kiosk: Kiosk, open_page: OpenPage) -> None:
    kiosk.show(card_of(1))
    page = open_page("/", "phone", role=Role.VOLUNTEER)
    printed = kiosk.client.panel()["printed"]
    page.locator(".evacuate:visible").last.click()
    expect(page.locator(".zone")).to_contain_text(invented.person(1).person.name)
    expect(page.locator(".printing")).to_contain_text("Đã in xong")
    assert kiosk.client.panel()["printed"] > printed


def test_keys_alone_find_somebody_and_print_their_ticket(kiosk: Kiosk, open_page: OpenPage) -> None:
    for person in (1, 2):
        kiosk.show(card_of(person))
    page = open_page("/")
    page.locator("#q").focus()
    page.keyboard.type("a001")
    expect(page.locator("#people .person")).to_have_count(1)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-do=sheet]')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#sheet")).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-do=reprint]')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#told")).to_contain_text("Đang in phiếu A001")


@pytest.mark.parametrize("size", SIZES)
def test_what_is_tapped_is_large_and_inside_the_screen(kiosk: Kiosk, open_page: OpenPage, size: str) -> None:
    kiosk.show(card_of(1))
    kiosk.show(next(without_id()))
    page = open_page("/", size)
    page.locator("[data-do=sheet]:visible").first.click()
    for summary in page.locator("#sheet summary").all():
        summary.click()
    for button in page.locator("[data-do]:visible, #sheet button:visible, #sheet summary").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 48
        assert 0 <= box["x"] <= box["x"] + box["width"] <= SIZES[size][0]


def test_a_lost_ticket_is_printed_again(kiosk: Kiosk, open_page: OpenPage) -> None:
    kiosk.show(card_of(1))
    page = open_page("/")
    page.locator("[data-do=sheet]:visible").click()
    page.locator("#sheet [data-do=reprint]").click()
    expect(page.locator("#told")).to_contain_text("Đang in phiếu A001")
    expect(page.locator("#feed .line").first).to_contain_text("In phiếu")
    expect(page.locator("#feed .line").first).to_contain_text(identity.initials(invented.person(1).person.name))
    assert kiosk.reader.occupancy().inside == 1


def test_staff_see_how_many_wait_for_each_stage_and_are_in_it(tmp_path: Path, browser: Browser) -> None:
    stages = (StageSettings("reception", "Đón tiếp"), StageSettings("inject", "Tiêm", capacity=1))
    counters = (CounterSettings("1", "Quầy 1", ("reception",)), CounterSettings("2", "Bàn 2", ("inject",)))
    with running_kiosk(tmp_path / "data", rows={"stages": stages, "counters": counters}) as kiosk:
        page = browser.new_page()
        page.context.add_cookies([{"name": "kiosk-session", "value": kiosk.sign_in(), "url": kiosk.url}])
        page.goto(kiosk.url)
        expect(page.locator("#stages .stage")).to_have_count(2)
        for person in (1, 2):
            kiosk.show(card_of(person))
        expect(page.locator("#stages .stage").first.locator("[data-f=waiting]")).to_have_text("2")
        for act, counter in (("call", "1"), ("finish", "1"), ("call", "2")):
            kiosk.client.queue(act, counter=counter)
        expect(page.locator("#stages .stage").last.locator("[data-f=room]")).to_have_text("1/1")
        expect(page.locator("#stages .stage").last.locator(".full")).to_be_visible()
        first = page.locator("#people .person").last
        expect(first).to_contain_text("Tiêm")
        expect(first.locator(".way i").last).to_have_attribute("data-step", "here")
        assert first.locator(".way i").evaluate_all("steps => steps.map(step => step.dataset.step)") == ["done", "here"]
        page.close()
