"""Helping on a telephone without any script, and with gloves on a tablet: large, complete, and nothing twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from running import Kiosk

from browser.conftest import SIZES, OpenPage, follow
from kiosk.rules.access import Role

pytestmark = pytest.mark.browser

NUMBER = "001185012345"  # an invented person's, of a province that there is
WAYS = ("number", "name", "group", "paper", "find", "calls", "staff")
LEAST_PX = 72  # 12 mm at the 152 dots an inch of such telephones and tablets


def inside(kiosk: Kiosk) -> int:
    return kiosk.reader.occupancy().inside


def check_in(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.fill(f"input[name={name}]", value)
    follow(page.locator(".entry button.last"))


def test_without_a_script_somebody_is_checked_in_found_and_let_out(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/help", "phone", role=Role.VOLUNTEER, java_script_enabled=False)
    check_in(page, number="00118501234")
    expect(page.locator(".doubt")).to_contain_text("9 hay 12 chữ số")
    check_in(page, number=NUMBER)
    expect(page.locator(".answer")).to_have_attribute("data-lamp", "green")
    ticket = page.locator(".tickets .number").inner_text()
    follow(page.get_by_role("link", name="Tìm, cho ra"))
    check_in(page, q=ticket)
    follow(page.get_by_role("button", name="Cho ra"))
    expect(page.locator(".answer .sentence")).to_contain_text("Tạm biệt")
    assert inside(kiosk) == 0


def test_without_a_script_a_call_is_answered(kiosk: Kiosk, open_page: OpenPage) -> None:
    kiosk.client.press_button("in")
    page = open_page("/help?do=calls", "phone", role=Role.VOLUNTEER, java_script_enabled=False)
    follow(page.get_by_role("button", name="Tôi đến ngay"))
    expect(page.locator("#calls .call")).to_contain_text("An volunteer đang đến")
    follow(page.get_by_role("button", name="Đã đăng ký"))
    expect(page.locator(".tally")).to_contain_text("1")
    expect(page.locator("#calls .nothing")).to_be_visible()


def test_a_call_comes_up_as_it_is_made_on_whatever_form_staff_are(kiosk: Kiosk, open_page: OpenPage) -> None:
    form, calls = open_page("/help", "phone"), open_page("/help?do=calls", "phone")
    form.fill("input[name=number]", NUMBER)
    kiosk.client.press_button("both")
    expect(form.locator("#count-calls")).to_have_text("1")
    expect(form.locator("input[name=number]")).to_have_value(NUMBER)
    expect(calls.locator("#calls .call")).to_contain_text("Cổng both")


def test_a_tap_that_is_repeated_lets_in_once(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/help?do=group", "tablet")
    page.fill("input[name=count]", "3")
    page.locator(".entry button.last").dblclick()
    expect(page.locator(".tickets .number")).to_have_count(3)
    assert inside(kiosk) == 3


def test_digits_are_tapped_on_a_tablet(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/help", "tablet")
    for sign in f"{NUMBER[:5]}9⌫{NUMBER[5:]}":
        page.locator(".pad .key", has_text=sign).click()
    expect(page.locator("input[name=number]")).to_have_value(NUMBER)
    page.locator(".pad .key", has_text="ABC").click()
    expect(page.locator("input[name=number]")).to_have_attribute("inputmode", "text")
    follow(page.locator(".entry button.last"))
    expect(page.locator(".answer")).to_have_attribute("data-lamp", "green")


def test_enter_in_a_companion_s_name_lets_nobody_out(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/help?do=name", "tablet")
    check_in(page, name="Lê Thị Mẹ", birth="1990")
    page.goto(f"{kiosk.url}/help?do=find")
    check_in(page, q="le me")
    page.locator("summary", has_text="Trẻ em").click()
    page.fill("input[name=name]", "Bé Na")
    page.keyboard.press("Enter")
    expect(page.locator(".answer .sentence")).to_contain_text("Xin mời vào")
    assert inside(kiosk) == 2


@pytest.mark.parametrize("size", SIZES)
def test_what_is_tapped_is_large_and_inside_the_screen(kiosk: Kiosk, open_page: OpenPage, size: str) -> None:
    kiosk.client.press_button("in")
    page = open_page("/help", size)
    check_in(page, number=NUMBER)
    for way in WAYS:
        if way != "number":
            page.goto(f"{kiosk.url}/help?do={way}")
        if way == "find":
            check_in(page, q="1985")
        for target in page.locator("main :is(a.key, button, summary, label.tick):visible").all():
            box = target.bounding_box()
            assert box is not None
            assert box["height"] >= LEAST_PX, f"{target.inner_text()} of {way}"
            assert 0 <= box["x"] <= box["x"] + box["width"] <= SIZES[size][0]
