"""The tracing team's page works on any screen, at every step, in both languages, and on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from axe_playwright_python.sync_playwright import Axe
from console_cases import AnsweredCase, served
from contact_lists import crowd, with_second_order
from playwright.sync_api import Browser, Page

from browser.conftest import SIZES, follow
from kiosk.rules.contact_list import ContactList
from kiosk.rules.tracing import Count

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OpenCase = Callable[..., Page]


@pytest.fixture
def open_case(browser: Browser) -> Iterator[OpenCase]:
    """Opens the page over a case; the test fails where it has an error of its own or its policy forbids something."""
    faults: list[str] = []
    with ExitStack() as closing:

        def open_(answer: ContactList, size: str, *, waits: int = 0, count: Count | None = None) -> Page:
            server, _ = closing.enter_context(served(AnsweredCase(answer, waits, count)))
            width, height = SIZES[size]
            context = browser.new_context(viewport={"width": width, "height": height})
            closing.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on(
                "console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None
            )
            page.goto(server.url)
            return page

        yield open_
    assert not faults


def look_at(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen"


def ask(page: Page) -> None:
    page.fill("[name=case_number]", "CA-2026-017")
    page.fill("[name=reason]", "Xác minh ca bệnh")
    page.fill("[name=what]", "001085012345")
    follow(page.get_by_role("button", name="Ghi lại và đếm"))


@pytest.mark.parametrize("size", SIZES)
def test_a_case_is_asked_approved_counted_named_and_handed_on(open_case: OpenCase, size: str) -> None:
    page = open_case(with_second_order(), size, waits=1)
    look_at(page)
    ask(page)
    look_at(page)
    follow(page.get_by_role("button", name="Xem lại"))
    look_at(page)
    follow(page.get_by_role("button", name="Mở danh tính"))
    look_at(page)
    page.select_option("[name=form]", "xlsx")
    follow(page.get_by_role("button", name="Tạo tệp"))
    with page.expect_download() as download:
        page.get_by_role("link", name="contacts-CA-2026-017.xlsx").click()
    assert download.value.suggested_filename == "contacts-CA-2026-017.xlsx"
    look_at(page)
    follow(page.get_by_role("button", name="English"))
    look_at(page)
    follow(page.get_by_role("button", name="End this case"))
    assert page.locator("[name=case_number]").input_value() == ""


@pytest.mark.parametrize("size", SIZES)
def test_a_crowd_is_shown_or_refused_on_any_screen(open_case: OpenCase, size: str) -> None:
    page = open_case(crowd(60), size)
    ask(page)
    follow(page.get_by_role("button", name="Mở danh tính"))
    look_at(page)
    page = open_case(crowd(5), size, count=Count(950, 1000))
    ask(page)
    assert page.get_by_role("button", name="Mở danh tính").count() == 0
    look_at(page)


def test_a_refused_form_has_what_was_typed(open_case: OpenCase) -> None:
    page = open_case(with_second_order(), "phone")
    page.fill("[name=what]", "001085012345")
    follow(page.get_by_role("button", name="Ghi lại và đếm"))
    assert page.locator("[role=alert]").inner_text() == "Hãy ghi số ca."
    assert page.locator("[name=what]").input_value() == "001085012345"
    look_at(page)


def test_paper_has_the_pictures_and_everybody_but_no_button(open_case: OpenCase) -> None:
    page = open_case(with_second_order(), "laptop")
    ask(page)
    follow(page.get_by_role("button", name="Mở danh tính"))
    page.emulate_media(media="print")
    assert page.locator("button:visible").count() == 0
    assert page.locator(".drawn svg:visible").count() == 3
    assert page.locator(".met tbody tr:visible").count() == len(with_second_order().found)
    assert page.pdf(format="A4", landscape=True).startswith(b"%PDF")
