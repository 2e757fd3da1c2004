"""PINs: bad ones are not taken; wrong ones cost time, whatever the clock shows, and never lock anybody out for good."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.lasting import Since, since
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.pins import (
    DEVICE_TRIES,
    FIRST_LOCK_MS,
    LONGEST_LOCK_MS,
    PERSON_TRIES,
    Tries,
    Weakness,
    lock_ms,
    locked_ms,
    weakness,
    wrong_again,
)
from kiosk.rules.sessions import PAIRING_MS, Limits, is_over, may_pair

MINUTE_MS = 60_000
LIMITS = Limits(idle_ms=10 * MINUTE_MS, shift_ms=12 * 60 * MINUTE_MS)

hostile_walls = st.integers(-(2**62), 2**62)
running = st.integers(0, 2**40)


def at(monotonic_ms: int, boot: str = "one", wall_ms: int = 0) -> Moment:
    return Moment(wall_ms, monotonic_ms, boot, ClockState.UNKNOWN)


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("12345", Weakness.SHORT),
        ("1234567890123", Weakness.LONG),
        ("12345a", Weakness.NO_DIGITS),
        ("", Weakness.NO_DIGITS),
        ("１２３４５６", Weakness.NO_DIGITS),
        ("777777", Weakness.REPEATED),
        ("121212", Weakness.REPEATED),
        ("36903690", Weakness.REPEATED),
        ("456789", Weakness.RUN),
        ("890123", Weakness.RUN),
        ("987654321", Weakness.RUN),
        ("210388", Weakness.DATE),
        ("21031988", Weakness.DATE),
        ("19880321", Weakness.DATE),
        ("290200", Weakness.DATE),
    ],
)
def test_what_is_tried_first_is_not_taken(pin: str, why: Weakness) -> None:
    assert weakness(pin) is why


@pytest.mark.parametrize("pin", ["408163", "993517", "36903691", "350399", "290201992"])
def test_other_pins_are_taken(pin: str) -> None:
    assert weakness(pin) is None


@given(st.text(max_size=20))
def test_any_text_is_judged(pin: str) -> None:
    assert weakness(pin) in {None, *Weakness}


@given(st.text(alphabet="0123456789", min_size=6, max_size=6))
def test_a_good_pin_has_at_least_two_different_steps(pin: str) -> None:
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    assert weakness(pin) is not None or len(steps) > 1


def test_nearly_every_random_pin_is_good() -> None:
    weak = sum(weakness(f"{number:06}") is not None for number in range(0, 1_000_000, 7))
    assert weak / (1_000_000 / 7) < 0.05


def test_the_fifth_wrong_pin_locks_for_a_minute_and_each_further_one_twice_as_long() -> None:
    minutes = [lock_ms(wrong, PERSON_TRIES) / MINUTE_MS for wrong in range(1, 12)]
    assert minutes == [0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15]


@given(st.integers(0, 10_000), st.sampled_from((PERSON_TRIES, DEVICE_TRIES)))
def test_more_wrong_pins_never_cost_less(wrong: int, free: int) -> None:
    assert lock_ms(wrong, free) <= lock_ms(wrong + 1, free) <= LONGEST_LOCK_MS


@given(running, hostile_walls, hostile_walls)
def test_no_clock_shortens_or_lengthens_a_lock(began_ms: int, wall_ms: int, later_wall_ms: int) -> None:
    tries = Tries()
    for _ in range(PERSON_TRIES):
        tries = wrong_again(tries, at(began_ms, wall_ms=wall_ms))
    just_before, just_after = began_ms + FIRST_LOCK_MS - 1, began_ms + FIRST_LOCK_MS
    assert locked_ms(tries, PERSON_TRIES, at(just_before, wall_ms=later_wall_ms)) == 1
    assert locked_ms(tries, PERSON_TRIES, at(just_after, wall_ms=later_wall_ms)) == 0


@given(st.integers(0, 200), running, running)
def test_a_restart_shortens_no_lock_and_none_outlasts_a_quarter_hour_of_running(
    wrong: int, last_ms: int, run_ms: int
) -> None:
    tries = Tries(wrong, Since("one", last_ms))
    assert locked_ms(tries, PERSON_TRIES, at(0, "two")) == lock_ms(wrong, PERSON_TRIES)
    assert locked_ms(tries, PERSON_TRIES, at(LONGEST_LOCK_MS + run_ms, "two")) == 0


def test_guessing_all_day_tries_no_more_than_a_hundred_pins() -> None:
    tries, now_ms, tried = Tries(), 0, 0
    while now_ms < 24 * 60 * MINUTE_MS:
        now_ms += locked_ms(tries, PERSON_TRIES, at(now_ms))
        tries, tried = wrong_again(tries, at(now_ms)), tried + 1
    assert tried <= 105


@given(running, st.integers(0, LIMITS.idle_ms - 1), hostile_walls)
def test_a_session_goes_on_while_it_is_used_whatever_the_clock(began_ms: int, idle_ms: int, wall_ms: int) -> None:
    began = since(at(began_ms))
    assert not is_over(began, began, LIMITS, at(began_ms + idle_ms, wall_ms=wall_ms))


@pytest.mark.parametrize(
    "end",
    [
        lambda began, used: at(used.monotonic_ms + LIMITS.idle_ms),
        lambda began, used: at(began.monotonic_ms + LIMITS.shift_ms),
        lambda began, used: at(0, "two"),
        lambda began, used: at(used.monotonic_ms, "two"),
    ],
    ids=["idle", "shift", "restart", "restart, long ago"],
)
@given(running, hostile_walls)
def test_a_session_ends_by_idleness_by_the_shift_or_by_a_restart(
    end: Callable[[Since, Since], Moment], began_ms: int, wall_ms: int
) -> None:
    began = since(at(began_ms, wall_ms=wall_ms))
    used = since(at(began_ms + LIMITS.shift_ms - 1))
    assert is_over(began, used, LIMITS, end(began, used))


@given(running, hostile_walls)
def test_a_pairing_code_is_good_for_ten_minutes_of_this_run(made_ms: int, wall_ms: int) -> None:
    made = since(at(made_ms, wall_ms=wall_ms))
    assert may_pair(made, at(made_ms + PAIRING_MS - 1))
    assert not may_pair(made, at(made_ms + PAIRING_MS))
    assert not may_pair(made, at(made_ms, "two"))
