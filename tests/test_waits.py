"""The wait that a ticket, the door and the board tell is honest: it has a range, and says when it does not know."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from queue_days import MINUTE, Asked, Day, asked
from queue_kinds import KINDS

from kiosk.rules.waits import Tempo, Turn, Wait, learn

NINE = 540 * MINUTE


def steady(
    counters: int = 1, *, pace_ms: int = 4 * MINUTE, calls: int = 12, until_ms: int = NINE, busy: bool = True
) -> list[Turn]:
    """Calls every *pace_ms* at each counter up to *until_ms*; the last is being served, or has just been."""
    turns = [
        Turn(f"{counter}", 0, at_ms, at_ms + pace_ms - MINUTE // 4)
        for at_ms in range(until_ms - calls * pace_ms, until_ms, pace_ms)
        for counter in range(counters)
    ]
    last = [replace(turn, ended_ms=None if busy else turn.called_ms) for turn in turns[-counters:]]
    return turns[:-counters] + last


def known(tempo: Tempo | None) -> Tempo:
    assert tempo is not None
    return tempo


def tempo_of(turns: list[Turn], counters: int = 1, now_ms: int = NINE, since_ms: int | None = 0) -> Tempo:
    return known(learn(turns, [f"{number}" for number in range(counters)], now_ms, line_since_ms=since_ms))


@st.composite
def any_turns(draw: st.DrawFn) -> list[Turn]:
    """Turns as odd as a log may hold them: out of step, at one time, never ended, ended before they began."""
    times = sorted(draw(st.lists(st.integers(0, NINE), max_size=40)))
    ended = st.none() | st.integers(0, 2 * NINE)
    return [
        Turn(
            draw(st.sampled_from("ABC")), draw(st.integers(0, at_ms)), at_ms, draw(ended),
            ahead=draw(st.none() | st.integers(0, 500)), priority=draw(st.booleans()),
        )
        for at_ms in times
    ]  # fmt: skip


@st.composite
def any_tempo(draw: st.DrawFn) -> Tempo:
    """What may be learned of any turns at any time; an earlier day sees to it that it is something."""
    return known(
        learn(
            draw(any_turns()),
            draw(st.sets(st.sampled_from("ABCDE"), min_size=1)),
            NINE + draw(st.integers(0, 9 * NINE)),
            line_since_ms=draw(st.none() | st.integers(0, NINE)),
            earlier_pace_ms=draw(st.floats(1, NINE)),
        )
    )


@given(any_tempo(), st.integers(0, 300), st.booleans())
def test_a_wait_is_never_negative_and_lies_in_its_range(tempo: Tempo, ahead: int, priority: bool) -> None:
    wait = tempo.wait(ahead, priority=priority)
    assert 0 <= wait.from_ms <= wait.likely_ms <= wait.to_ms


@given(any_tempo(), st.integers(0, 300), st.booleans())
def test_nobody_waits_less_behind_more_people(tempo: Tempo, ahead: int, priority: bool) -> None:
    nearer, farther = (tempo.wait(place, priority=priority) for place in (ahead, ahead + 1))
    assert nearer.from_ms <= farther.from_ms
    assert nearer.likely_ms <= farther.likely_ms
    assert nearer.to_ms <= farther.to_ms


@given(any_turns())
def test_without_an_open_counter_the_wait_is_unknown(turns: list[Turn]) -> None:
    assert learn(turns, [], NINE, line_since_ms=0, earlier_pace_ms=MINUTE) is None


@pytest.mark.parametrize("calls", range(4))
def test_at_the_beginning_of_a_day_the_wait_is_unknown(calls: int) -> None:
    turns = steady(calls=calls) if calls else []
    assert learn(turns, ["0"], NINE, line_since_ms=0) is None


def test_an_earlier_day_tells_before_the_first_call() -> None:
    tempo = known(learn([], ["1", "2"], NINE, line_since_ms=0, earlier_pace_ms=5 * MINUTE))
    assert 20 * MINUTE <= tempo.wait(10).likely_ms <= 30 * MINUTE


def test_an_earlier_day_is_outweighed_by_this_one() -> None:
    turns = steady(pace_ms=4 * MINUTE, calls=40)
    tempo = known(learn(turns, ["0"], NINE, line_since_ms=0, earlier_pace_ms=20 * MINUTE))
    assert tempo.pace_ms < 6 * MINUTE


def test_the_evening_s_pace_is_what_a_counter_keeps_up() -> None:
    assert tempo_of(steady()).pace_ms == pytest.approx(4 * MINUTE)


@pytest.mark.parametrize("counters", [1, 2, 4])
def test_a_steady_service_is_told_to_within_a_pace(counters: int) -> None:
    wait = tempo_of(steady(counters), counters).wait(19)
    assert abs(wait.likely_ms - 20 * 4 * MINUTE / counters) <= 4 * MINUTE


def test_another_open_counter_shortens_the_wait_at_once() -> None:
    turns = steady(2)
    assert tempo_of(turns, 3).wait(30).likely_ms < 0.75 * tempo_of(turns, 2).wait(30).likely_ms


def test_a_closed_counter_lengthens_the_wait_at_once() -> None:
    turns = steady(2)
    assert tempo_of(turns, 1).wait(30).likely_ms > 1.8 * tempo_of(turns, 2).wait(30).likely_ms


@pytest.mark.parametrize("busy", [True, False], ids=["in the middle of a service", "after one"])
def test_a_service_that_stands_still_widens_the_range(busy: bool) -> None:
    turns = steady(busy=busy)
    widths = [width(tempo_of(turns, now_ms=NINE + minutes * MINUTE).wait(5)) for minutes in (10, 20, 40, 80)]
    assert widths == sorted(set(widths))


def test_a_service_that_stands_still_is_not_told_as_if_it_went_on() -> None:
    going, standing = (tempo_of(steady(), now_ms=NINE + minutes * MINUTE).wait(5) for minutes in (0, 40))
    assert standing.likely_ms > going.likely_ms + 10 * MINUTE
    assert standing.to_ms > going.to_ms + 40 * MINUTE


def test_a_service_that_should_be_over_is_not_told_to_end_at_once() -> None:
    assert tempo_of(steady()).wait(0).likely_ms > MINUTE


def test_a_counter_that_had_nobody_to_call_is_ready_for_the_next() -> None:
    turns, later_ms = steady(busy=False), NINE + 60 * MINUTE
    tempo = known(learn(turns, ["0"], later_ms, line_since_ms=later_ms))
    assert tempo.wait(0).to_ms < 2 * MINUTE


def test_time_without_anybody_waiting_is_no_part_of_a_pace() -> None:
    served_ms = 3 * MINUTE
    turns = [Turn("1", at_ms, at_ms + 1000, at_ms + served_ms) for at_ms in range(0, NINE, 30 * MINUTE)]
    assert known(learn(turns, ["1"], NINE)).pace_ms == pytest.approx(served_ms, abs=1000)


def test_a_meal_is_no_part_of_the_work_after_it() -> None:
    morning, afternoon = steady(until_ms=NINE - 60 * MINUTE, busy=False), steady(calls=3)
    assert tempo_of(morning + afternoon).wait(10).likely_ms < 1.4 * tempo_of(steady()).wait(10).likely_ms


def test_a_slower_hour_is_noticed_within_the_hour() -> None:
    before, slower = steady(until_ms=NINE - 60 * MINUTE, busy=False), steady(pace_ms=10 * MINUTE, calls=6)
    assert tempo_of(before + slower).pace_ms > 6.5 * MINUTE


def test_no_shows_quicken_the_pace_as_they_do_in_the_hall() -> None:
    turns, at_ms = [], 0
    for number in range(60):
        took_ms = 1 * MINUTE if number % 2 else 5 * MINUTE
        turns.append(Turn("0", 0, at_ms, at_ms + took_ms))
        at_ms += took_ms
    assert tempo_of(turns, now_ms=at_ms).wait(20).likely_ms == pytest.approx(63 * MINUTE, rel=0.15)


def overtaken(places: int, calls: int) -> list[Turn]:
    """An hour and more in which people waited through *calls* calls with *places* in front, themselves included."""
    turns = steady(pace_ms=MINUTE, calls=120, busy=True)
    return [replace(turn, since_ms=turn.called_ms - calls * MINUTE, ahead=places - 1) for turn in turns]


def test_ordinary_people_wait_longer_where_others_go_first() -> None:
    assert tempo_of(overtaken(10, 20)).wait(20).likely_ms > 1.5 * tempo_of(overtaken(10, 10)).wait(20).likely_ms


def test_people_wait_less_where_others_leave_the_line() -> None:
    assert tempo_of(overtaken(20, 10)).wait(20).likely_ms < 0.75 * tempo_of(overtaken(10, 10)).wait(20).likely_ms


def test_those_who_go_first_are_not_told_the_others_wait() -> None:
    tempo = tempo_of(overtaken(10, 20))
    assert tempo.wait(20, priority=True).likely_ms < 0.7 * tempo.wait(20).likely_ms


def test_a_clock_that_is_set_breaks_nothing() -> None:
    years_ms = 60 * 365 * 24 * 60 * MINUTE
    wait = tempo_of(steady(), now_ms=years_ms, since_ms=years_ms).wait(5)
    assert 0 <= wait.from_ms < wait.likely_ms


def width(wait: Wait) -> int:
    return wait.to_ms - wait.from_ms


def told(asks: Asked) -> Wait | None:
    tempo = learn(asks.turns, asks.counters, asks.at_ms, line_since_ms=asks.line_since_ms)
    return None if tempo is None else tempo.wait(asks.ahead, priority=asks.priority)


def plain_average_ms(asks: Asked) -> float | None:
    """Mean service time of the day so far, times people ahead, by open counters."""
    took_ms = [turn.ended_ms - turn.called_ms for turn in asks.turns if turn.ended_ms is not None]
    return statistics.fmean(took_ms) * asks.ahead / len(asks.counters) if took_ms and asks.counters else None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_it_beats_the_plain_average_and_its_range_holds(kind: Callable[[Random], Day]) -> None:
    asks = [one for seed in range(12) for one in asked(kind(Random(f"{kind.__name__} test {seed}")))]
    answers = [
        (one.true_ms, wait, plain_ms)
        for one in asks
        if (wait := told(one)) is not None and (plain_ms := plain_average_ms(one)) is not None
    ]
    ours = statistics.median(abs(wait.likely_ms - true_ms) for true_ms, wait, _ in answers)
    plain = statistics.median(abs(plain_ms - true_ms) for true_ms, _, plain_ms in answers)
    held = statistics.fmean(wait.from_ms <= true_ms <= wait.to_ms for true_ms, wait, _ in answers)
    assert ours < 0.85 * plain
    assert 0.45 < held < 0.75
    assert len(answers) > 0.85 * len(asks)
