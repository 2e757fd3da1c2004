"""The time shown never runs backwards, whatever the clocks do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.clock import Shown, ran_ms, shown_ms
from kiosk.rules.model import ClockState, Moment

YEAR_2038_MS = 2_150_000_000_000

moments = st.builds(
    Moment,
    wall_ms=st.integers(0, YEAR_2038_MS),
    monotonic_ms=st.integers(0, 10**9),
    boot_id=st.sampled_from(["first boot", "second boot"]),
    clock=st.sampled_from(ClockState),
)


@given(st.lists(moments, min_size=2))
def test_it_never_runs_backwards(readings: list[Moment]) -> None:
    last: Shown | None = None
    for moment in readings:
        at_ms = shown_ms(last, moment)
        assert last is None or at_ms >= last.at_ms
        last = Shown(at_ms, moment.monotonic_ms, moment.boot_id)


@given(moments)
def test_a_first_reading_is_taken_as_it_is(moment: Moment) -> None:
    assert shown_ms(None, moment) == moment.wall_ms


def test_a_clock_that_fell_back_is_carried_on_by_the_time_since_boot() -> None:
    last = Shown(YEAR_2038_MS, 1000, "boot")
    assert shown_ms(last, Moment(0, 61_000, "boot", ClockState.UNKNOWN)) == YEAR_2038_MS + 60_000


def test_across_boots_it_stands_until_wall_time_has_caught_up() -> None:
    last = Shown(YEAR_2038_MS, 500_000, "first boot")
    assert shown_ms(last, Moment(0, 1000, "second boot", ClockState.UNKNOWN)) == YEAR_2038_MS


def test_only_running_time_within_one_boot_is_certain() -> None:
    last = Shown(0, 1000, "first boot")
    assert ran_ms(last, Moment(10**9, 5000, "first boot", ClockState.UNKNOWN)) == 4000
    assert ran_ms(last, Moment(10**9, 5000, "second boot", ClockState.UNKNOWN)) == 0
