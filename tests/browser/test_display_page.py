"""The display at a gate in a browser: calm, then the answer, then calm; never green without the door; for weeks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from patience import eventually
from pictures_of_codes import as_file, code_picture, on_canvas
from PIL import Image
from playwright.sync_api import Page, Playwright, expect
from running import Kiosk, card_of, running_kiosk

from browser.conftest import HOLD_S, OpenPage, launch
from browser.test_board_page import burden_of
from kiosk import day_settings
from kiosk.devices import clock
from kiosk.store.day_settings import day_changes
from kiosk.web.pages.simulator import STRAY_CODES

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("long_lamps")]

NOBODY = Image.new("RGB", (640, 480), "#707070")
CARD = on_canvas(code_picture(card_of(5), scale=2), ground="#707070")

# Counts the answers that the page was told, so that a test knows that each of so many came.
COUNT_ANSWERS = """(() => {
  const listen = EventSource.prototype.addEventListener;
  window.heard = 0;
  EventSource.prototype.addEventListener = function (name, handle) {
    if (name === 'answer') listen.call(this, name, () => { window.heard += 1; });
    return listen.call(this, name, handle);
  };
})()"""

# Remembers what is played: when each tone begins and ends.
REMEMBER_TONES = """(() => {
  window.tones = [];
  const start = OscillatorNode.prototype.start;
  const stop = OscillatorNode.prototype.stop;
  OscillatorNode.prototype.start = function (at) { this.from = at; return start.call(this, at); };
  OscillatorNode.prototype.stop = function (at) { window.tones.push(at - this.from); return stop.call(this, at); };
})()"""


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data", site={"name": "Nhà văn hóa Ví Dụ", "capacity": 40}) as running:
        yield running


def shows(page: Page, face: str) -> Page:
    expect(page.locator("body")).to_have_attribute("data-show", face)
    return page


def test_calm_then_the_answer_then_calm(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = shows(open_page("/display?gate=in"), "calm")
    expect(page.locator(".codes li")).to_have_count(4)
    expect(page.locator(".notice")).to_contain_text("truy vết")
    expect(page.locator(".count b")).to_have_text("0/40")
    kiosk.show(card_of(1))
    shows(page, "answer")
    assert page.locator("body").get_attribute("data-lamp") == "green"
    expect(page.locator("#answer h1")).to_contain_text("Mời vào")
    expect(page.locator("#answer .of-green")).to_be_visible()
    expect(page.locator("#answer .of-in")).to_be_visible()
    expect(page.locator("#answer svg:visible")).to_have_count(2)
    expect(page.locator(".number").first).to_have_text("A001")
    shows(page, "calm")
    expect(page.locator(".count b")).to_have_text("1/40")


def test_each_gate_has_its_own(kiosk: Kiosk, open_page: OpenPage) -> None:
    ways_in, ways_out = open_page("/display?gate=in"), open_page("/display?gate=out")
    kiosk.show(card_of(1), "out")
    shows(ways_out, "answer")
    shows(ways_in, "calm")


def test_the_next_answer_takes_the_place_of_the_one_before(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/display?gate=in")
    kiosk.show(card_of(1))
    shows(page, "answer")
    kiosk.show(b"https://example.com/")
    expect(page.locator("body")).to_have_attribute("data-lamp", "red")
    expect(page.locator(".number").first).to_be_hidden()
    expect(page.locator("#answer h1")).to_contain_text("Đưa mã khác")


def test_what_staff_say_today_stands_there(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = shows(open_page("/display?gate=in"), "calm")
    expect(page.locator(".message")).to_be_hidden()
    change_day(kiosk, message_vi="Hôm nay tiêm mũi hai", message_en="Second doses today")
    expect(page.locator(".message")).to_contain_text("Hôm nay tiêm mũi hai")
    change_day(kiosk, closed="yes")
    expect(page.locator("#calm .of-closed")).to_be_visible()
    expect(page.locator(".codes")).to_be_hidden()


def change_day(kiosk: Kiosk, **asked: str) -> None:
    changes = kiosk.reader.ask(day_changes)
    seen = changes[-1].sequence if changes else 0
    day_settings.change_day(kiosk.house.store, kiosk.house.settings, asked, clock.now(), by="An", seen=seen)


def test_a_door_that_is_gone_is_never_green(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/display?gate=in")
    kiosk.show(card_of(1))
    shows(page, "answer")
    kiosk.close_door()
    shows(page, "away")
    assert page.locator("body").get_attribute("data-lamp") == "off"
    expect(page.locator("#lost")).to_contain_text("Máy đang khởi động lại, xin gặp nhân viên")
    kiosk.open_door()
    shows(page, "calm")


def test_a_screen_that_hears_nothing_says_so_at_once_and_comes_back_by_itself(
    kiosk: Kiosk, open_page: OpenPage
) -> None:
    page = open_page("/display?gate=in")
    kiosk.show(card_of(1))
    shows(page, "answer")
    kiosk.close_web()
    shows(page, "lost")
    expect(page.locator("#lost")).to_be_visible()
    kiosk.open_web()
    shows(page, "calm")
    kiosk.show(card_of(2))
    shows(page, "answer")


def test_an_answer_that_the_door_never_ends_ends_by_itself(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/guide")
    page.clock.install()
    page.goto(kiosk.url + "/display?gate=in&sound=off")
    shows(page, "calm")
    kiosk.show(card_of(1))
    shows(page, "answer")
    page.context.set_offline(True)
    page.clock.fast_forward(round((HOLD_S + 2) * 1000))
    assert page.locator("body").get_attribute("data-lamp") == "off"


def test_it_beats_as_the_buzzer_does_where_the_browser_lets_it(
    kiosk: Kiosk, open_page: OpenPage, playwright: Playwright
) -> None:
    with launch(playwright, "--autoplay-policy=no-user-gesture-required") as loud:
        page = open_page("/guide", in_browser=loud)
        page.add_init_script(REMEMBER_TONES)
        page.goto(kiosk.url + "/display?gate=in")
        expect(page.locator("#start")).to_be_hidden()
        kiosk.show(card_of(1))
        shows(page, "answer")
        assert page.evaluate("tones.map((tone) => tone.toFixed(2))") == ["0.12"]
        page.reload()
        shows(page, "answer")
        assert page.evaluate("tones") == [], "what holds already is not said again"
        silent = open_page("/guide", in_browser=loud)
        silent.add_init_script(REMEMBER_TONES)
        silent.goto(kiosk.url + "/display?gate=in&sound=off")
        kiosk.show(card_of(2))
        expect(silent.locator(".number").first).to_have_text("A002")
        assert silent.evaluate("tones") == []


def test_where_the_browser_asks_for_a_touch_one_is_enough(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/guide")
    page.add_init_script(REMEMBER_TONES)
    page.goto(kiosk.url + "/display?gate=in")
    expect(page.locator("#start")).to_be_visible()
    page.locator("h1.of-open").click()
    expect(page.locator("#start")).to_be_hidden()
    kiosk.show(card_of(1))
    shows(page, "answer")
    assert len(page.evaluate("tones")) == 1


@contextmanager
def camera(kiosk: Kiosk, *pictures: Image.Image) -> Iterator[None]:
    """The camera of the gate ``in`` sees *pictures* by turns, some ten a second."""
    ended, files = threading.Event(), [as_file(picture) for picture in pictures]

    def run() -> None:
        number = 0
        while not ended.wait(0.1):
            kiosk.client.present_picture(files[(number := number + 1) % len(files)], "in", live=True)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_who_holds_something_before_the_camera_sees_where_it_is(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = shows(open_page("/display?gate=in"), "calm")
    blurred = CARD.resize((64, 48)).resize((640, 480))  # no code to be read, so no answer
    with camera(kiosk, blurred, NOBODY):
        shows(page, "aim")
        expect(page.locator("#finder")).to_be_visible()
        expect(page.locator(".codes")).to_be_hidden()
        drawn = "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"
        until_s = time.monotonic() + 30
        while max(page.locator("#finder").evaluate(drawn)[::4]) < 90:
            assert time.monotonic() < until_s, "nothing was drawn"
    shows(page, "calm")


def test_the_answer_stands_before_the_viewfinder(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = shows(open_page("/display?gate=in"), "calm")
    with camera(kiosk, CARD):
        shows(page, "answer")
    expect(page.locator("#finder")).to_be_hidden()


def test_who_looks_after_the_screen_sees_that_it_lives(open_page: OpenPage, kiosk: Kiosk) -> None:
    page = open_page("/display?gate=in")

    def beat_ms() -> int:
        return int(page.evaluate("Number(document.body.dataset.heartbeat || 0)"))

    assert eventually(beat_ms)
    first_ms = beat_ms()
    assert eventually(lambda: beat_ms() > first_ms)
    assert eventually(lambda: abs(time.time() * 1000 - beat_ms()) < 3500)
    kiosk.close_web()
    shows(page, "lost")
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(drawn))")  # what was heard last is drawn
    last = page.locator("body").get_attribute("data-heartbeat")
    page.wait_for_timeout(2500)
    expect(page.locator("body")).to_have_attribute("data-heartbeat", str(last))


def test_it_stands_there_for_weeks(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/guide")
    page.add_init_script(COUNT_ANSWERS)
    page.goto(kiosk.url + "/display?gate=in")
    shows(page, "calm")
    with camera(kiosk, NOBODY):
        answer(kiosk, page, 200)
        before = burden_of(page)
        answer(kiosk, page, 2000)
        after = burden_of(page)
    heap = after.pop("heap") - before.pop("heap")
    print(f"after 2000 answers: {after['nodes']} nodes, {after['listeners']} listeners, the heap {heap / 1000:+.0f} kB")
    assert after == before
    assert heap < 100_000


def answer(kiosk: Kiosk, page: Page, times: int) -> None:
    """Let the display show so many answers, of several kinds."""
    codes = [card_of(1), *(STRAY_CODES[kind].encode() for kind in STRAY_CODES)]
    enough = page.evaluate("heard") + times
    while page.evaluate("heard") < enough:
        for code in codes:
            kiosk.show(code)
            time.sleep(0.005)


def test_without_javascript_it_shows_the_answer_too(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = shows(open_page("/display?gate=in", java_script_enabled=False), "calm")
    kiosk.client.press_button("in")
    expect(page.locator("#answer")).to_be_visible()


def test_new_pages_of_the_kiosk_are_fetched(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = shows(open_page("/display?gate=in"), "calm")
    page.evaluate("document.body.dataset.version = 'an old one'")
    kiosk.show(card_of(1))
    expect(page.locator("body")).not_to_have_attribute("data-version", "an old one")
