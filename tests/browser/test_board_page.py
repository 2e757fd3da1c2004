"""The board in a browser: legible from afar, calm, as old as it looks, and it hangs for months."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from running import Kiosk, card_of, running_kiosk
from waiting_room import OBSERVE_S, ROOM, arrive, call, observe_one

from browser.board_help import COUNT_NEWS, DIGITS
from browser.conftest import PATIENCE_MS, OpenPage
from kiosk.devices import clock
from kiosk.retention import turn_if_due

pytestmark = pytest.mark.browser


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data", rows=ROOM, site={"name": "Nhà văn hóa Ví Dụ"}) as running:
        yield running


def latest(page: Page) -> Any:
    return page.locator("#calls .number").first


def test_a_call_is_on_the_board_largest_of_all(kiosk: Kiosk, open_page: OpenPage) -> None:
    arrive(kiosk, 2)
    page = open_page("/board")
    expect(page.locator("body")).to_have_attribute("data-calling", "none")
    begun_s = time.monotonic()
    first = call(kiosk, "q12")
    expect(latest(page)).to_have_text(first)
    took_s = time.monotonic() - begun_s
    expect(page.locator("#calls .place").first).to_contain_text("Quầy 12")
    second = call(kiosk, "q3")
    expect(page.locator("#calls .number")).to_have_text([second, first, *[""] * 4])
    heights = [height for _, height in page.evaluate(DIGITS, "#calls .number")]
    assert heights[0] > 1.4 * heights[1]
    print(f"on the board {took_s * 1000:.0f} ms after the act")


def test_who_has_come_stands_behind_those_who_are_still_called(kiosk: Kiosk, open_page: OpenPage) -> None:
    arrive(kiosk, 2)
    page = open_page("/board")
    first, second = call(kiosk, "q1"), call(kiosk, "q3")
    expect(latest(page)).to_have_text(second)
    call(kiosk, "q3", "start")
    expect(page.locator("#calls .number")).to_have_text([first, second, *[""] * 4])
    expect(page.locator("#calls .call").nth(1)).to_have_attribute("data-serving", "yes")
    call(kiosk, "q1", "start")
    expect(page.locator(".caption")).to_contain_text("Vừa gọi")


def test_it_shows_who_waits_and_for_how_long_only_where_that_is_known(kiosk: Kiosk, open_page: OpenPage) -> None:
    arrive(kiosk, 12)
    page = open_page("/board")
    line = page.locator("#services .service").first
    expect(line.locator(".count")).to_have_text("12")
    expect(line.locator(".wait")).to_have_text(" ")
    for _ in range(4):
        call(kiosk, "q1")
    page.reload()
    expect(line.locator(".wait")).to_have_text(re.compile(r"^khoảng .*\d phút.* about \d.* minute"))
    expect(page.locator("#services .service").nth(2).locator(".wait")).to_have_text(" ")


def test_it_shows_who_may_go_after_observation(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/board")
    number = observe_one(kiosk)
    watched = page.locator("#observed .watched").first
    expect(watched).to_contain_text(number)
    expect(watched).to_have_attribute("data-over", "yes", timeout=PATIENCE_MS + OBSERVE_S * 1000)
    expect(watched.locator(".icon")).to_be_visible()
    kiosk.show(card_of(90), "out")
    expect(watched).to_have_attribute("data-here", "no")


def test_each_waiting_room_has_a_board_of_its_own(kiosk: Kiosk, open_page: OpenPage) -> None:
    arrive(kiosk, 3)
    call(kiosk, "q1")
    call(kiosk, "q1", "finish")
    exam, reception = open_page("/board?services=exam,shot"), open_page("/board?services=reception")
    called = call(kiosk, "k4")
    expect(latest(exam)).to_have_text(called)
    other = call(kiosk, "q3")
    expect(latest(reception)).to_have_text(other)
    expect(latest(exam)).to_have_text(called)
    expect(exam.locator("#services .service[data-here=yes] .name")).to_have_text(["Khám sàng lọc", "Tiêm"])
    expect(exam.locator(".observed")).to_be_hidden()


def test_old_numbers_look_old_and_the_board_comes_back_by_itself(kiosk: Kiosk, open_page: OpenPage) -> None:
    arrive(kiosk, 3)
    page = open_page("/board")
    called = call(kiosk, "q1")
    expect(latest(page)).to_have_text(called)
    heard = page.locator("#clock").inner_text()
    kiosk.close_web()
    kiosk.close_door()
    expect(page.locator("#lost")).to_be_visible()
    expect(page.locator("#lost b")).to_have_text(re.compile(rf"^Mất liên lạc từ No news since {heard}$|:"))
    style = page.locator("main").evaluate("main => [getComputedStyle(main).opacity, getComputedStyle(main).filter]")
    assert float(style[0]) < 0.5
    assert "grayscale(1)" in style[1]
    ((_, height),) = page.evaluate(DIGITS, "#lost time")
    assert height * 708 / 1920 * (1920 / 1280) > 15, "millimetres, on the television"
    kiosk.open_door()
    kiosk.open_web()
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    expect(page.locator("#lost")).to_be_hidden()
    new = call(kiosk, "q3")
    expect(latest(page)).to_have_text(new)


def test_a_kiosk_that_is_back_within_seconds_alarms_nobody(kiosk: Kiosk, open_page: OpenPage) -> None:
    arrive(kiosk, 1)
    page = open_page("/guide")
    page.clock.install()
    page.clock.pause_at(datetime.now() + timedelta(hours=1))  # from here on it goes as the test says
    page.goto(kiosk.url + "/board")
    board = page.locator("body")
    expect(board).to_have_attribute("data-live", "live")
    kiosk.close_web()
    page.clock.run_for(4000)
    expect(board).to_have_attribute("data-live", "live")
    kiosk.open_web()
    called = call(kiosk, "q1")
    expect(latest(page)).to_have_text(called)
    expect(board).to_have_attribute("data-live", "live")


def test_after_a_night_without_news_it_says_for_how_long(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/guide")
    page.clock.install()
    page.goto(kiosk.url + "/board")
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    page.context.set_offline(True)
    kiosk.close_web()
    page.clock.fast_forward(14 * 3_600_000)
    expect(page.locator("#lost time")).to_have_text(re.compile(r"^\d\d:\d\d \(14 h\)$"))
    page.context.set_offline(False)
    kiosk.open_web()
    expect(page.locator("body")).to_have_attribute("data-live", "live")


def test_a_log_that_cannot_be_read_is_no_news(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/board")
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    with closing(sqlite3.connect(kiosk.house.database, timeout=PATIENCE_MS / 1000)) as log:
        log.execute("ALTER TABLE queue_ticket RENAME TO away")
        expect(page.locator("body")).to_have_attribute("data-live", "lost", timeout=2 * PATIENCE_MS)
        log.execute("ALTER TABLE away RENAME TO queue_ticket")
    expect(page.locator("body")).to_have_attribute("data-live", "live")


def test_the_turn_of_the_day_clears_the_board(kiosk: Kiosk, open_page: OpenPage) -> None:
    arrive(kiosk, 2)
    page = open_page("/board")
    called = call(kiosk, "q1")
    expect(latest(page)).to_have_text(called)
    house = kiosk.house
    tomorrow = clock.stated(clock.now().wall_ms + 86_400_000)
    turn_if_due(house.store, house.vault, house.settings, tomorrow)
    expect(page.locator("body")).to_have_attribute("data-calling", "none")
    expect(page.locator("#services .count").first).to_have_text("0")
    expect(page.locator(".nobody")).to_be_visible()


def test_it_hangs_for_months(kiosk: Kiosk, open_page: OpenPage) -> None:
    arrive(kiosk, 8)
    page = open_page("/guide")
    page.add_init_script(COUNT_NEWS)
    page.goto(kiosk.url + "/board?sound=off")
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    update(kiosk, page, 100)
    before = burden_of(page)
    update(kiosk, page, 500)
    after = burden_of(page)
    heap = after.pop("heap") - before.pop("heap")
    print(f"after 500 updates: {after['nodes']} nodes, {after['listeners']} listeners, the heap {heap / 1000:+.0f} kB")
    assert after == before
    assert heap < 100_000


def update(kiosk: Kiosk, page: Page, times: int) -> None:
    """Let the board hear of so many changes: somebody is called, called again, comes; and all that is taken back."""
    acts = ("call", "recall", "start", "undo", "undo", "undo")
    heard = page.evaluate("heard")
    for number in range(times):
        counter = ("q1", "q12", "q3")[number // len(acts) % 3]
        call(kiosk, counter, acts[number % len(acts)])
        while page.evaluate("heard") == heard:
            time.sleep(0.002)
        heard = page.evaluate("heard")


def burden_of(page: Page) -> dict[str, int]:
    """What the page holds in the browser's memory once all that nobody needs has been cleared away."""
    browser = page.context.new_cdp_session(page)
    for _ in range(3):
        browser.send("HeapProfiler.collectGarbage")
    counts = browser.send("Memory.getDOMCounters")
    heap = browser.send("Runtime.getHeapUsage")["usedSize"]
    elements = page.evaluate("document.querySelectorAll('*').length")
    browser.detach()
    return {"elements": elements, "nodes": counts["nodes"], "listeners": counts["jsEventListeners"], "heap": heap}


def test_nothing_burns_in(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/guide")
    page.clock.install()
    page.goto(kiosk.url + "/board")
    places = set()
    for _ in range(9):
        page.wait_for_timeout(100)
        page.clock.run_for(60_000)
        expect(page.locator("body")).to_have_attribute("data-live", "live")
        box = page.locator("main").bounding_box()
        assert box
        places.add((box["x"], box["y"]))
    assert len(places) >= 5
    assert all(0 <= x <= 8 and 0 <= y <= 8 for x, y in places), "always wholly on the screen"


def test_a_new_call_glows_calmly(kiosk: Kiosk, open_page: OpenPage) -> None:
    arrive(kiosk, 3)
    call(kiosk, "q3")
    page = open_page("/board")
    row = page.locator("#calls .call").first
    assert glow(page)[0] == "none", "what was called before the page came is not new"
    seen: list[str | None] = []
    for act in ("call", "recall", "recall"):
        call(kiosk, "q1", act)
        other = {"odd": "even", "even": "odd"}.get(str(seen[-1] if seen else ""), "odd|even")
        expect(row).to_have_attribute("data-flash", re.compile(other))
        seen.append(row.get_attribute("data-flash"))
        name, length, times = glow(page)
        assert (name, times) == (seen[-1], "3")
        assert 1 / float(length.rstrip("s")) <= 3, "flashes a second"
    assert seen in (["odd", "even", "odd"], ["even", "odd", "even"])


def glow(page: Page) -> list[str]:
    return list(
        page.locator("#calls .call").first.evaluate(
            "(row) => ['animationName', 'animationDuration', 'animationIterationCount']"
            ".map((name) => getComputedStyle(row, '::after')[name])"
        )
    )


def test_nothing_moves_for_who_asked_for_that(kiosk: Kiosk, open_page: OpenPage) -> None:
    arrive(kiosk, 1)
    page = open_page("/board", reduced_motion="reduce")
    called = call(kiosk, "q1")
    expect(latest(page)).to_have_text(called)
    assert glow(page)[0] == "none"
    assert page.evaluate("document.getAnimations().length") == 0


def test_it_is_whole_without_javascript_and_asks_again_by_itself(kiosk: Kiosk, open_page: OpenPage) -> None:
    arrive(kiosk, 2)
    first = call(kiosk, "q1")
    page = open_page("/board", java_script_enabled=False)
    expect(latest(page)).to_have_text(first)
    expect(page.locator("#start")).to_be_hidden()
    second = call(kiosk, "q3")
    expect(latest(page)).to_have_text(second, timeout=2 * PATIENCE_MS)


def test_there_is_nothing_to_touch_but_the_sound(kiosk: Kiosk, open_page: OpenPage) -> None:
    touchable = "a[href], button, input, select, textarea, summary, [tabindex]"
    page = open_page("/board")
    expect(page.locator(touchable).filter(visible=True)).to_have_count(1)
    page.locator("#start").click()
    expect(page.locator(touchable).filter(visible=True)).to_have_count(0)
    expect(open_page("/board?sound=off").locator(touchable).filter(visible=True)).to_have_count(0)


def test_new_pages_of_the_kiosk_are_fetched(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/board")
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    page.evaluate("document.body.dataset.version = 'an old one'")
    arrive(kiosk, 1)
    expect(page.locator("body")).not_to_have_attribute("data-version", "an old one")
    expect(page.locator("#services .count").first).to_have_text("1")


def test_a_screen_whose_clock_is_set_back_still_says_that_it_has_no_news(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/board")
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    page.evaluate("() => { const now = Date.now; Date.now = () => now() - 3_600_000; }")
    kiosk.close_web()
    expect(page.locator("body")).to_have_attribute("data-live", "lost")
