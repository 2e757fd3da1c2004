"""Pages that stay open hear of everything once, resume where they were, and never crowd the others out."""

from __future__ import annotations

import json
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S, eventually
from running import Event, Kiosk, Stream, card_of, follow, running_kiosk

from kiosk.devices import clock
from kiosk.retention import turn_if_due
from kiosk.web.lines import KEPT_LINES
from kiosk.web.live import event


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data", web={"port": 0, "clients": 12}) as running:
        yield running


def names_in(events: list[Event]) -> list[str]:
    return [event.data["line"]["name"] for event in events if event.name == "entry"]


def wait_until(true: Callable[[], bool], wait_s: float = PATIENCE_S) -> float:
    """Wait for *true*, at most *wait_s*; returns how long it took."""
    begun_s = time.monotonic()
    while not true():
        assert time.monotonic() - begun_s < wait_s, "it did not come true"
        time.sleep(0.01)
    return time.monotonic() - begun_s


def test_an_arrival_is_told_with_its_sequence_and_what_changed(kiosk: Kiosk) -> None:
    with follow(kiosk, kiosk.reader.last_sequence()) as page:
        page.until("pulse")
        scan = kiosk.show(card_of(1))
        entry = page.until("entry")[-1]
    assert entry.sequence == scan["seq"]
    assert (entry.data["line"]["vi"], entry.data["line"]["ticket"]) == ("Vào", "A001")
    assert [visit["left"] for visit in entry.data["visits"]] == [""]


def test_the_state_is_told_on_coming_and_at_each_change(kiosk: Kiosk) -> None:
    with follow(kiosk, kiosk.reader.last_sequence()) as page:
        assert page.until("state")[-1].data["inside"] == 0
        kiosk.show(card_of(1))
        while not (inside := page.until("state")[-1].data["inside"]):  # other news may come first
            pass
    assert inside == 1


def test_a_page_that_lost_its_connection_misses_nothing_and_hears_nothing_twice(kiosk: Kiosk) -> None:
    begin = kiosk.reader.last_sequence()
    door = threading.Thread(target=lambda: [kiosk.show(card_of(i)) for i in range(60)])
    dice, heard = random.Random(2), list[int]()
    door.start()
    while len(heard) < 60:
        with follow(kiosk, begin, **({"Last-Event-ID": str(heard[-1])} if heard else {})) as page:
            cut_after = dice.randrange(1, 9)
            for event in page:
                if event.name == "entry":
                    assert event.sequence is not None
                    heard.append(event.sequence)
                    cut_after -= 1
                if not cut_after or len(heard) == 60:
                    break
    door.join()
    assert heard == list(range(begin + 1, begin + 61))


def test_a_page_that_slept_too_long_is_made_anew(kiosk: Kiosk) -> None:
    begin = kiosk.reader.last_sequence()
    for i in range(KEPT_LINES + 1):
        kiosk.show(card_of(i % 50))
    with follow(kiosk, kiosk.reader.last_sequence() - 1) as awake:
        awake.until("entry")
    with follow(kiosk, begin) as slept:
        assert [event.name for event in slept.until("anew")] == ["anew"]


@pytest.mark.parametrize("query", ["log=other&after=1", "log={log}&after=99999", "after=0"])
def test_a_page_of_another_log_is_made_anew(kiosk: Kiosk, query: str) -> None:
    answer = kiosk.get("/events?" + query.format(log=kiosk.reader.head().epoch))
    assert answer.read() == b"event: anew\ndata: {}\n\n"


def test_a_page_that_does_not_say_where_it_is_gets_a_refusal(kiosk: Kiosk) -> None:
    assert kiosk.get("/events?log=x&after=soon").status == 400


def test_silence_has_a_pulse(kiosk: Kiosk) -> None:
    with follow(kiosk, kiosk.reader.last_sequence()) as page:
        page.until("pulse")
        pulse = page.until("pulse")[-1]
    assert set(pulse.data) == {"at", "fault"}


def test_more_pages_than_places_are_told_when_to_come_back(kiosk: Kiosk) -> None:
    pages = [follow(kiosk, kiosk.reader.last_sequence()) for _ in range(12)]
    refused = kiosk.get("/events?log=x&after=0")
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert kiosk.get("/").status == 200, "other pages have threads of their own"
    for page in pages:
        page.answer.close()


def test_a_place_is_free_again_soon_after_its_page_left(kiosk: Kiosk) -> None:
    pages = [follow(kiosk, kiosk.reader.last_sequence()) for _ in range(12)]
    for page in pages:
        page.until("pulse")
        page.answer.close()

    def a_place_is_free() -> bool:
        with follow(kiosk, 0) as page:
            return page.answer.status == 200

    print(f"a place is free {wait_until(a_place_is_free):.1f} s after its page left")


def test_a_head_request_keeps_no_place(kiosk: Kiosk) -> None:
    for _ in range(20):
        assert kiosk.ask("HEAD", f"/events?log={kiosk.reader.head().epoch}&after=0").status == 200


def test_when_the_day_key_turns_pages_are_made_anew_and_memory_holds_no_name(kiosk: Kiosk) -> None:
    kiosk.show(card_of(1))
    kiosk.show(card_of(1), "out")
    with follow(kiosk, kiosk.reader.last_sequence()) as page:
        page.until("pulse")
        tomorrow = clock.stated(clock.now().wall_ms + 2 * 86_400_000)
        turn_if_due(kiosk.house.store, kiosk.house.vault, kiosk.house.settings, tomorrow)
        page.until("anew")
    with follow(kiosk, 0) as page:
        page.until("anew")
    with follow(kiosk, kiosk.reader.last_sequence()) as page:
        assert not names_in(page.until("pulse"))
    assert "Trần" not in kiosk.get("/?show=all").read().decode()


def test_the_server_stops_with_pages_open(kiosk: Kiosk) -> None:
    pages = [follow(kiosk, kiosk.reader.last_sequence()) for _ in range(12)]
    begun_s = time.monotonic()
    kiosk.close_web()
    took_s = time.monotonic() - begun_s
    for page in pages:
        page.answer.close()
    print(f"stopped in {took_s:.2f} s with {len(pages)} pages open")


def test_fifty_pages_hear_of_every_arrival(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as kiosk, ExitStack() as leaving:
        pages = [leaving.enter_context(follow(kiosk, kiosk.reader.last_sequence())) for _ in range(50)]
        kiosk.show(card_of(0))
        time.sleep(2)  # the door has found who listens
        heard_s: dict[int, list[float]] = {}
        shown_s: dict[int, float] = {}

        def listen(page: Stream) -> None:
            for heard in page:
                if heard.name == "entry" and heard.sequence is not None:
                    heard_s.setdefault(heard.sequence, []).append(time.monotonic())
                if heard.sequence == last:
                    break

        last = kiosk.reader.last_sequence() + 10
        threads = [threading.Thread(target=listen, args=(page,)) for page in pages]
        for thread in threads:
            thread.start()
        for i in range(1, 11):
            shown_s[kiosk.show(card_of(i))["seq"]] = time.monotonic()
            time.sleep(0.1)
        for thread in threads:
            thread.join()
    delays_ms = sorted((at - shown_s[sequence]) * 1000 for sequence in shown_s for at in heard_s[sequence])
    p95_ms = delays_ms[len(delays_ms) * 95 // 100]
    print(
        f"50 pages: median {statistics.median(delays_ms):.0f} ms, 95 % within {p95_ms:.0f} ms after the door's answer"
    )
    assert len(delays_ms) == 500


@given(st.text())
def test_no_text_can_begin_an_event_of_its_own(text: str) -> None:
    told = event("entry", {"name": text}, 7).decode()
    assert told.startswith("id: 7\nevent: entry\ndata: {")
    assert [line for line in told.split("\n") if line] == told.rstrip("\n").split("\n"), "no empty line within"
    assert json.loads(told.split("\n")[2].removeprefix("data: ")) == {"name": text}


def test_a_log_that_keeps_its_reader_waiting_is_no_news(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.web.live.STUCK_S", 1.0)
    context, answers = kiosk.context(), threading.Event()
    context.feed.start()
    followed = context.feed.follow_queue()
    assert eventually(lambda: b'"fault": ""' in next(followed))
    monkeypatch.setattr(context.lines, "updates_after", lambda _: answers.wait(10 * PATIENCE_S) and [])
    heard = [next(followed) for _ in range(3)]
    answers.set()
    assert b"the log does not answer" in heard[-1]
    assert eventually(lambda: b'"fault": ""' in next(followed))
    context.feed.close()
