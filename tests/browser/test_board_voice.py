"""The board's own voice: what it says, in which order, when it is silent. The browser's voice is one that remembers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from patience import eventually
from playwright.sync_api import Page, expect
from running import Kiosk, running_kiosk
from waiting_room import ROOM, arrive, call

from browser.board_help import COUNT_NEWS, VOICE
from browser.conftest import OpenPage
from kiosk.config import Settings
from kiosk.rules.announcing import Call, sentences
from kiosk.rules.model import TicketNumber

pytestmark = pytest.mark.browser

HELLO = ["Đã bật tiếng.", "Sound is on."]


@pytest.fixture
def voice() -> dict[str, Any]:
    """[voice] of the kiosk; a test parametrizes it to set another."""
    return {}


@pytest.fixture
def kiosk(tmp_path: Path, voice: dict[str, Any]) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data", rows=ROOM, voice=voice) as running:
        arrive(running, 6)
        yield running


def open_board(kiosk: Kiosk, open_page: OpenPage, path: str = "/board", before: str = "") -> Page:
    """The board, live, in a browser with a voice; *before* is what happens to the voice first."""
    page = open_page("/guide")
    page.add_init_script(f"{COUNT_NEWS};{VOICE}{before}")
    page.goto(kiosk.url + path)
    knows_what_was_called_before(page)
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    return page


def knows_what_was_called_before(page: Page) -> None:
    """Wait until it has heard that: it says that it is live from the start."""
    assert eventually(lambda: page.evaluate("heard"))


def start(page: Page) -> None:
    """Somebody starts the sound, and hears that it is on."""
    page.locator("#start").click()
    says(page, HELLO)


def says(page: Page, texts: list[str], within_s: float = 30.0) -> None:
    """Wait until the voice has said just that."""
    until = datetime.now() + timedelta(seconds=within_s)
    while (said := page.evaluate("voice.said.map(([, text]) => text)")) != texts:
        assert datetime.now() < until, f"said {said}, not {texts}"
        page.wait_for_timeout(20)
    page.wait_for_timeout(150)
    assert page.evaluate("voice.said.length") == len(texts)


def words(number: str, counter: str, name: str, *, recall: bool = False) -> list[str]:
    """What the loudspeaker says for this call."""
    ticket = TicketNumber("", number[:1], int(number[1:]))
    return [sentence.text for sentence in sentences(Call(ticket, counter, name, recall), ("vi", "en"))]


def test_a_call_is_said_as_the_loudspeaker_says_it_in_two_languages_and_once_more(
    kiosk: Kiosk, open_page: OpenPage
) -> None:
    page = open_board(kiosk, open_page)
    start(page)
    number = call(kiosk, "q12")
    said = words(number, "q12", "Quầy 12")
    assert said[0].startswith("Mời số A không")
    says(page, [*HELLO, *said, *said])
    assert page.evaluate("voice.said.map(([tongue]) => tongue)") == ["vi-VN", "en-US"] * 3
    assert page.evaluate("voice.overlaps") == 0


def test_nothing_is_said_before_somebody_starts_the_sound_nor_of_what_was_called_before(
    kiosk: Kiosk, open_page: OpenPage
) -> None:
    call(kiosk, "q1")
    page = open_board(kiosk, open_page)
    second = call(kiosk, "q3")
    expect(page.locator("#calls .number").first).to_have_text(second)
    assert page.evaluate("voice.said") == []
    start(page)
    third = call(kiosk, "q12")
    said = words(third, "q12", "Quầy 12")
    says(page, [*HELLO, *said, *said])


def test_first_sayings_go_before_repetitions_and_no_two_at_once(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_board(kiosk, open_page)
    start(page)
    page.evaluate("voice.holding = true")
    one = words(call(kiosk, "q1"), "q1", "Quầy 1")
    says(page, [*HELLO, one[0]])
    two, three = (words(call(kiosk, q), q, name) for q, name in (("q3", "Quầy 3"), ("q12", "Quầy 12")))
    expect(page.locator("#calls .call").nth(2)).to_have_attribute("data-here", "yes")
    page.evaluate("voice.holding = false; voice.end()")
    says(page, [*HELLO, *one, *two, *three, *one, *two, *three])
    assert page.evaluate("voice.overlaps") == 0


def test_who_has_come_is_not_called_again(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_board(kiosk, open_page)
    start(page)
    page.evaluate("voice.holding = true")
    one = words(call(kiosk, "q1"), "q1", "Quầy 1")
    call(kiosk, "q3")
    says(page, [*HELLO, one[0]])
    for counter in ("q1", "q3"):
        call(kiosk, counter, "start")
    expect(page.locator("#calls [data-serving=yes]")).to_have_count(2)
    page.evaluate("voice.holding = false; voice.end()")
    says(page, [*HELLO, *one])


def test_a_recall_is_said_as_one(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_board(kiosk, open_page)
    start(page)
    number = call(kiosk, "q1")
    first = words(number, "q1", "Quầy 1")
    says(page, [*HELLO, *first, *first])
    call(kiosk, "q1", "recall")
    again = words(number, "q1", "Quầy 1", recall=True)
    assert again[0].startswith("Xin nhắc lại")
    says(page, [*HELLO, *first, *first, *again, *again])


@pytest.mark.parametrize("voice", [{"repeat": 0, "languages": ("vi",), "words_per_minute": 80}])
def test_how_often_how_fast_and_in_which_languages_is_a_setting(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_board(kiosk, open_page)
    page.locator("#start").click()
    number = call(kiosk, "q1")
    says(page, [HELLO[0], words(number, "q1", "Quầy 1")[0]])
    assert page.evaluate("voice.rate") == 0.5


def around_now(hours: int) -> dict[str, str]:
    """Ten hours around the one that is *hours* from now, and it may be an hour or two until the test comes."""
    now = datetime.now(Settings().zone)
    begin, end = (now + timedelta(hours=hours - 5), now + timedelta(hours=hours + 5))
    return {"quiet_from": f"{begin:%H:%M}", "quiet_to": f"{end:%H:%M}"}


@pytest.mark.parametrize(("voice", "speaks"), [(around_now(0), False), (around_now(8), True), (around_now(-8), True)])
def test_in_quiet_hours_nothing_is_said(kiosk: Kiosk, open_page: OpenPage, *, speaks: bool) -> None:
    page = open_board(kiosk, open_page)
    start(page)
    number = call(kiosk, "q1")
    expect(page.locator("#calls .number").first).to_have_text(number)
    said = words(number, "q1", "Quầy 1")
    says(page, [*HELLO, *said, *said] if speaks else HELLO)


@pytest.mark.parametrize("voice", [{"stale_s": 100.0}])
def test_a_call_that_could_not_be_said_for_too_long_is_left_to_the_board(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_board(kiosk, open_page)
    start(page)
    page.evaluate("voice.holding = true")
    one = words(call(kiosk, "q1"), "q1", "Quầy 1")
    says(page, [*HELLO, one[0]])
    number = call(kiosk, "q3")
    expect(page.locator("#calls .number").first).to_have_text(number)
    # What was begun is said to its end; its repetition and the other call are too old by then.
    page.evaluate("() => { const { now } = Date; Date.now = () => now() + 100_500; voice.end(); voice.end(); }")
    says(page, [*HELLO, *one])


def test_a_voice_that_never_ends_stops_nothing(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_page("/guide")
    page.add_init_script(f"{COUNT_NEWS};{VOICE}")
    page.clock.install()
    page.goto(kiosk.url + "/board")
    knows_what_was_called_before(page)
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    page.locator("#start").click()
    page.clock.run_for(200)
    page.evaluate("voice.holding = true")
    one = words(call(kiosk, "q1"), "q1", "Quầy 1")
    number = call(kiosk, "q3")
    two = words(number, "q3", "Quầy 3")
    says(page, [*HELLO, one[0]])
    expect(page.locator("#calls .number").first).to_have_text(number)
    page.clock.fast_forward(31_000)
    says(page, [*HELLO, one[0], two[0]])
    assert page.evaluate("[voice.cancelled, voice.overlaps]") == [1, 0]


def test_without_a_vietnamese_voice_it_says_so_and_speaks_english(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_board(kiosk, open_page, before="; voice.voices = ['en-GB', 'de-DE']")
    expect(page.locator("#voiceless")).to_be_hidden()
    page.locator("#start").click()
    number = call(kiosk, "q1")
    english = words(number, "q1", "Quầy 1")[1]
    says(page, [HELLO[1], english, english])
    expect(page.locator("#voiceless")).to_contain_text("không có giọng tiếng Việt")
    page.evaluate("voice.voices.push('vi_VN')")  # as Android writes it, and once it has been fetched
    expect(page.locator("#voiceless")).to_be_hidden()


def test_a_board_with_the_sound_off_is_silent(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_board(kiosk, open_page, "/board?sound=off")
    expect(page.locator("#start")).to_be_hidden()
    number = call(kiosk, "q1")
    expect(page.locator("#calls .number").first).to_have_text(number)
    assert page.evaluate("voice.said") == []


def test_a_board_with_the_sound_on_needs_no_touch(kiosk: Kiosk, open_page: OpenPage) -> None:
    call(kiosk, "q1")
    page = open_board(kiosk, open_page, "/board?sound=on")
    expect(page.locator("#start")).to_be_hidden()
    said = words(call(kiosk, "q3"), "q3", "Quầy 3")
    says(page, [*said, *said])


def test_a_browser_that_wants_a_touch_gets_one(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_board(kiosk, open_page, "/board?sound=on", before="; voice.shy = true")
    call(kiosk, "q1")
    expect(page.locator("#start")).to_be_visible()
    page.evaluate("voice.shy = false")
    start(page)


def test_a_kiosk_that_comes_back_repeats_nothing(kiosk: Kiosk, open_page: OpenPage) -> None:
    page = open_board(kiosk, open_page)
    start(page)
    one = words(call(kiosk, "q1"), "q1", "Quầy 1")
    says(page, [*HELLO, *one, *one])
    kiosk.close_web()
    two = words(call(kiosk, "q3"), "q3", "Quầy 3")
    kiosk.open_web()
    says(page, [*HELLO, *one, *one, *two, *two])
