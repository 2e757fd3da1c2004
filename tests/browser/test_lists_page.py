"""A list goes its whole way in a browser, with and without scripts, by touch on every size of screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from listed import brought, do, line, list_of
from playwright.sync_api import Browser, Page, expect
from running import Kiosk, card_of

from browser.conftest import SIZES, follow
from browser.test_every_page import RULES
from kiosk.rules import invented
from kiosk.rules.access import Role

LONG = "Công ty trách nhiệm hữu hạn một thành viên May mặc và Xuất nhập khẩu tổng hợp"
SORTS = ("refused", "doubtful", "duplicate", "changed", "clean")
LEAST_TOUCH_PX = 45  # 12 mm at 96 px an inch


def mixed() -> bytes:
    """A list with a row of every sort."""
    doubtful = line(2, number="12345", birth="31/02/1985", unit=LONG)
    return list_of(line(1), doubtful, line(3, phone="  0990000003 "), "An;;;;;", line(1, phone=""))


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser, kiosk: Kiosk) -> Iterator[Page]:
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height})
    context.add_cookies([{"name": "kiosk-session", "value": kiosk.sign_in(Role.SUPERVISOR), "url": kiosk.url}])
    yield context.new_page()
    context.close()


def test_every_face_of_a_list_can_be_used_by_everybody(page: Page, kiosk: Kiosk) -> None:
    path = brought(kiosk.as_(Role.STAFF), mixed(), f"{LONG}.csv")
    for address in (*(f"{path}?sort={sort}" for sort in SORTS), "/lists", "/lists/0a1b2c3d"):
        page.goto(kiosk.url + address)
        found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{address} is wider than the screen"
        )
        small = [box["height"] for one in page.locator("main button:visible").all() if (box := one.bounding_box())]
        assert min(small, default=LEAST_TOUCH_PX) >= LEAST_TOUCH_PX


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_list_goes_its_whole_way(browser: Browser, kiosk: Kiosk, tmp_path: Path, *, scripts: bool) -> None:
    file = tmp_path / "list.csv"
    people = [line(one, number=invented.person(one).person.number) for one in (30, 31)]
    file.write_bytes(list_of(*people, "An;;;;;"))
    pages = []
    for role in (Role.STAFF, Role.SUPERVISOR):
        context = browser.new_context(java_script_enabled=scripts, locale="en")
        context.add_cookies([{"name": "kiosk-session", "value": kiosk.sign_in(role), "url": kiosk.url}])
        pages.append(context.new_page())
    staff, supervisor = pages
    staff.goto(f"{kiosk.url}/lists")
    staff.locator("input[type=file]").set_input_files(file)
    follow(staff.locator(".bring button"))
    row = staff.locator("#row-4")
    expect(row).to_be_visible()
    row.locator(".cell input").nth(0).fill("Nguyễn An")
    row.locator(".cell input").nth(1).fill("1985")
    follow(row.locator("button.main"))
    staff.goto(staff.url.split("?")[0] + "?sort=doubtful")
    expect(staff.locator("#row-4")).to_contain_text("đã sửa")
    follow(staff.locator(".sum button.main"))
    expect(staff.locator(".sum .state")).to_be_visible()
    supervisor.goto(staff.url.split("?")[0])
    follow(supervisor.locator(".sum button.main"))
    supervisor.wait_for_url(f"{kiosk.url}/lists")
    kiosk.show(card_of(30))
    supervisor.goto(f"{kiosk.url}/expected")
    expect(supervisor.locator("#tiles")).to_contain_text("3")
    expect(supervisor.locator(".people li")).to_have_count(2)
    if scripts:
        supervisor.locator(".people summary").first.click()
        supervisor.locator(".people button").first.click()
        expect(supervisor.locator(".full")).to_be_visible()
    for one in pages:
        one.context.close()


def test_what_a_hostile_cell_says_is_text(page: Page, kiosk: Kiosk) -> None:
    attack = "<img src=x onerror=document.title='owned'>"
    path = brought(kiosk.as_(Role.STAFF), list_of(line(2, name=attack, unit=attack, number="1")))
    page.goto(f"{kiosk.url}{path}")
    assert page.locator("#row-2 .cell input").nth(0).input_value() == attack
    do(kiosk.as_(Role.STAFF), f"{path}/hand-over")
    do(kiosk.as_(Role.ADMIN), f"{path}/approve")
    page.goto(f"{kiosk.url}/expected")
    assert "owned" not in page.title()
    assert page.locator("main img").count() == 0
