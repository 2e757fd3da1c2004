"""From wrong clocks and the moments at which they were set, every entry's true time follows, and how sure it is."""

from __future__ import annotations

import pytest
from clock_histories import HOUR_MS, TODAY_MS, WALLS_MS, WEEK_MS, History, histories
from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.rules.model import ClockState, Moment
from kiosk.rules.true_times import DRIFT_PPM, Read, Run, Source, Sureness, TrueTime, TrueTimes, clock_of


def repaired(history: History, *, believed: bool = False) -> list[TrueTime]:
    times = TrueTimes(history.runs, history.anchors, believed=believed)
    return [times.of(noted.sequence, noted.read) for noted in history.entries]


def one_boot(wall_ms: int) -> History:
    """A kiosk that came on an hour after it was switched off, with a clock that shows *wall_ms*."""
    history = History()
    history.start(HOUR_MS, wall_ms)
    history.wait(1000, 0)
    return history


@given(histories())
def test_the_truth_lies_within_what_is_promised(history: History) -> None:
    for noted, time in zip(history.entries, repaired(history), strict=True):
        assert time.earliest_ms is None or time.earliest_ms <= noted.true_ms
        assert time.latest_ms is None or noted.true_ms <= time.latest_ms


@given(histories())
def test_the_best_guess_lies_within_what_is_promised(history: History) -> None:
    for time in repaired(history):
        assert time.earliest_ms is None or time.earliest_ms <= time.at_ms
        assert time.latest_ms is None or time.at_ms <= time.latest_ms


@given(histories(honest=False), st.booleans())
def test_times_never_run_backwards_whoever_lied(history: History, believed: bool) -> None:
    times = [time.at_ms for time in repaired(history, believed=believed)]
    assert times == sorted(times)


@given(histories())
def test_where_the_clock_was_set_it_promises_no_more_than_its_error_and_the_drift_since(history: History) -> None:
    for noted, time in zip(history.entries, repaired(history), strict=True):
        for anchor in clock_of(noted.read.moment.boot_id, history.anchors):
            assert time.within_ms is not None
            drift_ms = abs(anchor.monotonic_ms - noted.read.moment.monotonic_ms) * DRIFT_PPM / 1_000_000
            assert abs(time.at_ms - noted.true_ms) <= time.within_ms <= 2 * (anchor.error_ms + drift_ms + 1)


@given(histories())
def test_a_later_boot_whose_clock_is_set_makes_nothing_less_sure(history: History) -> None:
    before = repaired(history)
    history.start(HOUR_MS, 0)
    history.wait(HOUR_MS, 0)
    history.set(Source.TIMESYNC, 0, 1000)
    history.note()
    for was, now in zip(before, repaired(history), strict=False):
        assert now.latest_ms is not None
        assert was.latest_ms is None or now.latest_ms <= was.latest_ms
        assert was.earliest_ms == now.earliest_ms


@pytest.mark.parametrize("wall_ms", WALLS_MS)
def test_who_came_before_the_clock_was_set_came_when_they_came(wall_ms: int) -> None:
    history = one_boot(wall_ms)
    came = history.note()
    history.wait(HOUR_MS, 0)
    history.set(Source.TIMESYNC, 0, 1000)
    history.note()
    first = repaired(history)[0]
    assert (first.at_ms, first.sureness) == (came.true_ms, Sureness.SURE)
    assert first.within_ms == 1000 + HOUR_MS * DRIFT_PPM // 1_000_000


def test_a_clock_that_nothing_sets_tells_only_the_order() -> None:
    history = one_boot(TODAY_MS)
    history.note()
    assert repaired(history) == [TrueTime(TODAY_MS + 1000, None, None)]
    assert repaired(history)[0].sureness is Sureness.ORDER


def test_on_a_kiosk_for_trying_out_any_clock_is_believed() -> None:
    history = one_boot(TODAY_MS)
    history.note()
    assert repaired(history, believed=True)[0].sureness is Sureness.SURE


@pytest.mark.parametrize(
    ("wall_ms", "shown_ms"),
    [
        (TODAY_MS + 30 * 60_000, TODAY_MS + 30 * 60_000 + 1000),  # it may be right
        (0, TODAY_MS),
        (2_147_483_648_000, TODAY_MS + 2 * HOUR_MS),
    ],
)
def test_a_boot_in_which_nothing_set_the_clock_lies_between_its_neighbours(wall_ms: int, shown_ms: int) -> None:
    history = History()
    history.start(0, TODAY_MS)
    history.set(Source.TIMESYNC, 0, 1)
    before = history.note()
    history.start(HOUR_MS, wall_ms)
    history.wait(1000, 0)
    history.note()
    history.start(HOUR_MS - 1000, 0)
    history.set(Source.TIMESYNC, 0, 1)
    after = history.note()
    time = repaired(history)[1]
    assert time.at_ms == pytest.approx(shown_ms, abs=2)
    assert (time.earliest_ms, time.latest_ms) == (before.true_ms - 1, after.true_ms + 1)
    assert time.sureness is Sureness.WITHIN


def test_a_boot_between_two_others_lasted_as_long_as_it_ran() -> None:
    history = History()
    history.start(0, TODAY_MS)
    history.set(Source.TIMESYNC, 0, 1)
    history.note()
    history.start(0, 0)
    history.note()
    history.wait(HOUR_MS, 0)
    history.note()
    history.start(0, 0)
    history.set(Source.TIMESYNC, 0, 1)
    history.note()
    _, first, last, _ = repaired(history)
    assert first.sureness is last.sureness is Sureness.SURE
    assert last.at_ms - first.at_ms == pytest.approx(HOUR_MS, abs=1)


def test_a_week_offline_is_repaired_once_the_clock_is_set() -> None:
    history = one_boot(0)
    for _ in range(7):
        history.note()
        history.wait(WEEK_MS // 7, 40)
    assert {time.sureness for time in repaired(history)} == {Sureness.ORDER}
    history.set(Source.TIMESYNC, 0, 1000)
    history.note()
    for noted, time in zip(history.entries, repaired(history), strict=True):
        assert abs(time.at_ms - noted.true_ms) <= 1000 + WEEK_MS * DRIFT_PPM // 1_000_000
        assert time.sureness is Sureness.SURE


@pytest.mark.parametrize(("typed_wrong_ms", "set_by"), [(-300_000, Source.TIMESYNC), (300_000, Source.RTC)])
def test_what_staff_typed_gives_way_to_who_knows_better(typed_wrong_ms: int, set_by: Source) -> None:
    history = one_boot(0)
    came = history.note()
    history.set(Source.STAFF, typed_wrong_ms, 60_000)
    assert repaired(history)[0].at_ms == came.true_ms + typed_wrong_ms
    history.wait(HOUR_MS, 0)
    history.set(set_by, 0, 1000)
    assert repaired(history)[0].at_ms == came.true_ms


def test_of_two_times_that_staff_typed_the_later_one_counts() -> None:
    history = one_boot(0)
    came = history.note()
    history.set(Source.STAFF, 12 * HOUR_MS, 60_000)
    history.wait(60_000, 0)
    history.set(Source.STAFF, 0, 60_000)
    assert repaired(history)[0].at_ms == came.true_ms


def test_a_hardware_clock_that_is_years_ahead_is_not_believed_once_a_time_server_contradicts_it() -> None:
    history = one_boot(0)
    history.set(Source.RTC, 400_000_000_000, 60_000)
    history.note()
    assert repaired(history)[0].sureness is Sureness.SURE
    history.start(HOUR_MS, 0)
    history.set(Source.TIMESYNC, 0, 1000)
    after = history.note()
    wrong, right = repaired(history)
    assert wrong.at_ms <= right.at_ms == after.true_ms
    assert wrong.sureness is Sureness.ORDER


def test_an_older_log_without_anchors_says_itself_that_its_clock_was_set() -> None:
    history = one_boot(0)
    came = history.note()
    history.wait(HOUR_MS, 0)
    history.set(Source.READ, 0, 0)
    history.note()
    assert repaired(history)[0].at_ms == came.true_ms


def test_a_leap_second_makes_nothing_unsure() -> None:
    history = one_boot(0)
    history.set(Source.TIMESYNC, 0, 1000)
    before = history.note()
    history.wait(HOUR_MS, 0)
    history.now_ms -= 1000
    history.set(Source.TIMESYNC, 0, 1000)
    after = history.note()
    first, last = repaired(history)
    assert abs(first.at_ms - before.true_ms) <= 1000
    assert abs(last.at_ms - after.true_ms) <= 1000
    assert first.sureness is last.sureness is Sureness.SURE


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=5))
@example([TODAY_MS])
def test_times_stated_on_the_command_line_count_as_they_are(steps_ms: list[int]) -> None:
    reads, at_ms = [], TODAY_MS
    for step_ms in steps_ms:
        at_ms += step_ms
        reads.append(Read(Moment(at_ms, 5, "boot", ClockState.STATED), at_ms))
    times = TrueTimes([Run(1, reads[0], reads[-1], stated=True)], ())
    assert [times.of(number, read).at_ms for number, read in enumerate(reads, 1)] == [read.at_ms for read in reads]
