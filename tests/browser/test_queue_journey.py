"""One person goes through all stages, with two counters and the board open, and nobody but them is called."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import faults_of_people_inside
from playwright.sync_api import Page, expect
from running import Kiosk, card_of, running_kiosk

from browser.conftest import OpenPage
from kiosk.config.queueing import CounterSettings, StageSettings
from kiosk.rules.queueing import State

pytestmark = pytest.mark.browser

ANH, BINH = 3, 5
OBSERVE_S = 4.0
REACTION_S = 0.5  # a key pressed sooner means what stood on the page before
STAGES = (
    StageSettings("reception", "Đón tiếp"),
    StageSettings("inject", "Tiêm"),
    StageSettings("observe", "Theo dõi", observe_s=OBSERVE_S),
)
COUNTERS = (CounterSettings("1", "Quầy 1", ("reception",)), CounterSettings("2", "Bàn tiêm 2", ("inject",)))


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data", rows={"stages": STAGES, "counters": COUNTERS}) as running:
        yield running


def called_on(board: Page) -> str:
    return board.locator("#calls .call[data-here=yes] .number").first.inner_text()


def press(counter: Page, key: str, said: str, then: str) -> None:
    """Press a key, and wait until the page has taken in what came of it."""
    counter.keyboard.press(key)
    expect(counter.locator("#told")).to_contain_text(f"Đã ghi: {said}")
    expect(counter.locator("body")).to_have_attribute("data-at", then)
    time.sleep(REACTION_S)


def served(counter: Page, ticket: str) -> None:
    """They have come, and are done."""
    press(counter, "s", f"bắt đầu {ticket}", "serving")
    press(counter, "d", f"xong {ticket}", "nobody")


def test_one_person_goes_through_all_stages(kiosk: Kiosk, open_page: OpenPage) -> None:
    board, reception, injection = open_page("/board"), open_page("/counter/1"), open_page("/counter/2")
    for page in (reception, injection):
        expect(page.locator("#live")).to_have_attribute("data-live", "live")
    visit = kiosk.show(card_of(ANH))["seq"]
    kiosk.show(card_of(BINH))

    press(reception, "Space", "mời A001", "called")
    expect(reception.locator("#number")).to_have_text("A001")
    expect(reception.locator("#here")).to_contain_text("Đón tiếp")
    expect(board.locator("#calls .call[data-here=yes] .number")).to_have_text(["A001"])
    expect(injection.locator("[data-f=waiting]").first).to_have_text("0")

    served(reception, "A001")
    expect(board.locator("#calls .call[data-here=yes]")).to_have_count(0)
    expect(injection.locator("[data-f=waiting]").first).to_have_text("1")

    injection.fill("#code", "A001")
    injection.keyboard.press("Enter")
    expect(injection.locator("#these .stop")).to_contain_text("A001")
    expect(injection.locator("#these .stop")).to_contain_text("Theo dõi")
    injection.keyboard.press("Escape")
    press(injection, "Space", "mời A001", "called")
    reception.locator(".key.next").click()
    expect(reception.locator("#number")).to_have_text("A002")
    expect(board.locator("#calls .call[data-here=yes] .number")).to_have_text(["A002", "A001"])

    served(injection, "A001")
    watched = board.locator("#observed .watched[data-here=yes]")
    expect(watched).to_contain_text("A001")
    expect(watched).to_have_attribute("data-over", "yes")

    assert kiosk.show(card_of(ANH), "out")["reason"] == "goodbye"
    expect(board.locator("#observed .watched[data-here=yes]")).to_have_count(0)
    with kiosk.reader.queue() as (queue, _):
        ticket = queue.ticket(visit)
    assert ticket is not None
    assert (str(ticket), ticket.state) == ("A001", State.DONE)
    assert faults_of_people_inside(kiosk.house) == []
    assert called_on(board) == "A002"
