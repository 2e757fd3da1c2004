"""The house and the settings of the day in a browser: alerts come and go on open pages; every button fits a thumb."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from patience import eventually
from playwright.sync_api import Error, Page, expect
from running import Kiosk

from browser.conftest import SIZES, OpenPage, follow
from kiosk.devices.base import PrinterStatus
from kiosk.rules.access import Role

THUMB_PX = 45  # 12 mm (CSS: 96 px an inch)
BUTTONS = "main button, main select, main textarea, main input:not([type=hidden], [type=radio]), main .pick, .alert a"
WHOLE = "most_px => document.documentElement.scrollWidth <= most_px"
FITTING = """([buttons, least_px]) => {
  const found = [...document.querySelectorAll(buttons)];
  return found.length > 0 && found.every((one) => one.getBoundingClientRect().height >= least_px);
}"""


@pytest.mark.parametrize("path", ["/", "/house"])
def test_an_alert_appears_on_an_open_page_and_goes_when_it_is_over(
    kiosk: Kiosk, open_page: OpenPage, path: str
) -> None:
    page = open_page(path, "tablet")
    alert = page.locator("#alert")
    expect(alert).to_be_hidden()
    kiosk.client.set_printer_fault(PrinterStatus.PAPER_OUT)
    expect(alert).to_be_visible()
    expect(alert).to_contain_text("Lắp cuộn giấy mới")
    kiosk.client.set_printer_fault(PrinterStatus.OK)
    expect(alert).to_be_hidden()


def test_what_was_tried_is_said_whatever_news_it_makes(open_page: OpenPage) -> None:
    page = open_page("/house", "phone")
    expect(page.locator("[data-part=printer]")).to_have_attribute("data-state", "works")
    follow(page.locator("button[value=ticket]"))
    expect(page.locator(".done")).to_contain_text("In phiếu thử")
    page.wait_for_timeout(1500)  # the news of what was printed makes the page anew
    expect(page.locator(".done")).to_contain_text("In phiếu thử")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/house", "/day"])
def test_nothing_is_cut_off_and_every_button_fits_a_thumb(
    kiosk: Kiosk, open_page: OpenPage, path: str, size: str
) -> None:
    kiosk.client.set_printer_fault(PrinterStatus.COVER_OPEN)
    assert eventually(lambda: not all(device.ok for device in kiosk.reader.devices()))  # /day shows what is known
    page = open_page(path, size)
    expect(page.locator("#alert")).to_contain_text("Đóng")
    assert eventually(lambda: holds(page, WHOLE, SIZES[size][0]))
    assert eventually(lambda: holds(page, FITTING, [BUTTONS, THUMB_PX]))


def holds(page: Page, condition: str, given: Any) -> bool:
    """Whether it does on the page as it is now, and not while the page is made anew, as it hears of the cover."""
    with suppress(Error):
        return bool(page.evaluate(condition, given))
    return False


def test_a_change_shows_on_pages_that_are_open(kiosk: Kiosk, open_page: OpenPage) -> None:
    today, day = open_page("/"), open_page("/day", role=Role.SUPERVISOR)
    expect(today.locator(".count")).to_contain_text("/ 40")
    day.fill("[name=capacity]", "25")
    day.get_by_text("Ngừng nhận người vào").click()
    follow(day.get_by_role("button", name="Dùng từ bây giờ"))
    expect(today.locator(".count")).to_contain_text("/ 25")
    expect(today.locator("#stopped")).to_be_visible()
    day.fill("[name=capacity]", "0")
    follow(day.get_by_role("button", name="Dùng từ bây giờ"))
    expect(today.locator("#filled")).to_be_hidden()


def test_a_supervisor_stops_arrivals_and_takes_it_back_without_a_script(open_page: OpenPage) -> None:
    page: Page = open_page("/day", "phone", role=Role.SUPERVISOR, java_script_enabled=False)
    page.get_by_text("Ngừng nhận người vào").click()
    follow(page.get_by_role("button", name="Dùng từ bây giờ"))
    expect(page.locator("[name=closed][value=yes]")).to_be_checked()
    follow(page.get_by_role("button", name="Hoàn tác"))
    expect(page.locator("[name=closed][value=no]")).to_be_checked()
