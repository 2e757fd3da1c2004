"""Whatever sets the clock, or makes it jump, is in the log: once, with what it showed before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from conftest import Site
from terminal import Terminal

from kiosk.clock_watch import ClockWatch, follow_told, take_told
from kiosk.devices import clock
from kiosk.rules.clock import NotSet
from kiosk.rules.entries import Body, EntryKind
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.true_times import LastSet, Source
from kiosk.store.clocks import anchors, fill_runs

DAY_MS = 86_400_000
TRUE_MS = 1_795_275_000_000
WRONG = Moment(5_000, 5_000, "a boot", ClockState.UNKNOWN)  # 1970
RIGHT = Moment(TRUE_MS + 60_000, 65_000, "a boot", ClockState.SET)


@pytest.fixture(autouse=True)
def nobody_told() -> Iterator[None]:
    yield
    clock.follow("", None)


def watch_of(site: Site, source: Source = Source.TIMESYNC) -> ClockWatch:
    return ClockWatch(site.house.store, lambda: LastSet(source, 0, 1500))


def said(site: Site) -> list[Body]:
    entries = site.reader.events_after(0)
    return [entry.body or {} for entry in entries if entry.header.kind == EntryKind.CLOCK]


def later(moment: Moment, ms: int) -> Moment:
    return replace(moment, wall_ms=moment.wall_ms + ms, monotonic_ms=moment.monotonic_ms + ms)


def test_a_clock_that_is_set_is_an_anchor_with_what_it_showed_before(site: Site) -> None:
    watch = watch_of(site)
    looks = [watch.look(moment) for moment in (WRONG, later(WRONG, 10_000), RIGHT, later(RIGHT, 10_000))]
    assert looks == [False, False, True, False]
    assert said(site) == [
        {
            "v": 1,
            "source": "timesync",
            "monotonic_ms": 65_000,
            "before_ms": 65_000,
            "after_ms": TRUE_MS + 60_000,
            "error_ms": 1500,
        }
    ]


def test_a_clock_that_was_set_before_the_door_came_is_one_too(site: Site) -> None:
    assert watch_of(site, Source.RTC).look(RIGHT)
    assert [body["source"] for body in said(site)] == ["rtc"]


def test_a_door_that_starts_again_in_the_same_boot_says_it_no_second_time(site: Site) -> None:
    watch_of(site).look(RIGHT)
    assert not watch_of(site).look(later(RIGHT, 60_000))


def test_each_boot_says_it_anew(site: Site) -> None:
    watch_of(site).look(RIGHT)
    assert watch_of(site).look(replace(RIGHT, boot_id="the next"))


def test_a_better_source_is_an_anchor_of_its_own_and_a_worse_one_is_none(site: Site) -> None:
    watch_of(site, Source.RTC).look(RIGHT)
    assert watch_of(site, Source.TIMESYNC).look(later(RIGHT, 1))
    assert not watch_of(site, Source.RTC).look(later(RIGHT, 2))


@pytest.mark.parametrize("jump_ms", [-DAY_MS, DAY_MS, 1000])
def test_a_jump_is_recorded_whatever_made_it(site: Site, jump_ms: int) -> None:
    watch = watch_of(site)
    watch.look(WRONG)
    jumped = later(WRONG, 10_000)
    assert watch.look(replace(jumped, wall_ms=jumped.wall_ms + jump_ms))
    assert (said(site)[0]["source"], said(site)[0]["before_ms"]) == ("unknown", 15_000)


def test_a_clock_that_is_only_kept_right_makes_no_entries(site: Site) -> None:
    watch = watch_of(site)
    watch.look(RIGHT)
    assert not any(watch.look(replace(later(RIGHT, ms), wall_ms=RIGHT.wall_ms + ms + 900)) for ms in range(9))


def test_a_clock_that_is_kept_is_an_anchor_every_day_so_that_drift_makes_nothing_unsure(site: Site) -> None:
    watch = watch_of(site)
    looks = [watch.look(later(RIGHT, hours * 3_600_000)) for hours in range(50)]
    assert [hours for hours, looked in enumerate(looks) if looked] == [0, 24, 48]


def test_what_set_the_clock_before_the_last_anchor_is_no_anchor_again(site: Site) -> None:
    made = LastSet(Source.TIMESYNC, 0, 1000)
    watch = ClockWatch(site.house.store, lambda: made)
    assert watch.look(RIGHT)
    for days in range(1, 21):
        made = LastSet(Source.TIMESYNC, days * DAY_MS, 1000)
        assert not watch.look(later(RIGHT, days * DAY_MS))
    made = LastSet(Source.TIMESYNC, 5000, 1000)
    assert watch.look(later(RIGHT, 21 * DAY_MS))
    assert [body["error_ms"] for body in said(site)] == [1000, 1001]


def test_a_door_that_starts_long_after_the_clock_was_set_says_how_wrong_it_may_be_by_now(site: Site) -> None:
    ClockWatch(site.house.store, lambda: LastSet(Source.TIMESYNC, 7 * DAY_MS, 1000)).look(later(RIGHT, 8 * DAY_MS))
    assert [body["error_ms"] for body in said(site)] == [1000 + 60_480]


def test_a_clock_that_jumped_by_itself_is_not_vouched_for_by_what_set_it_before(site: Site) -> None:
    watch = watch_of(site)
    watch.look(RIGHT)
    jumped = replace(later(RIGHT, DAY_MS), wall_ms=RIGHT.wall_ms)
    assert ClockWatch(site.house.store, lambda: LastSet(Source.TIMESYNC, 2 * DAY_MS, 1000)).look(jumped)
    assert [body["source"] for body in said(site)] == ["timesync", "unknown"]


def test_stated_times_are_no_clock(site: Site) -> None:
    assert not watch_of(site).look(replace(RIGHT, clock=ClockState.STATED))


def test_who_types_the_time_is_in_the_log_and_the_clock_follows(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIOSK_BOOT_ID", "a boot")
    monkeypatch.setattr(clock, "source", lambda: Source.UNKNOWN)
    running_ms = clock.now().monotonic_ms
    take_told(site.house.store, TRUE_MS, replace(WRONG, monotonic_ms=running_ms), by="Bình")
    now = clock.now()
    assert now.clock is ClockState.TOLD
    assert 0 <= now.wall_ms - TRUE_MS == now.monotonic_ms - running_ms
    assert (said(site)[0]["by"], said(site)[0]["source"]) == ("Bình", "staff")
    assert not watch_of(site).look(now)
    clock.follow("", None)
    follow_told(site.house.store.db, "a boot")
    assert clock.now().clock is ClockState.TOLD


def test_a_time_that_was_typed_a_minute_before_it_was_confirmed_counts_from_then_on(site: Site) -> None:
    asked, confirmed = WRONG, later(WRONG, 60_000)
    take_told(site.house.store, TRUE_MS, confirmed, by="Bình", monotonic_ms=asked.monotonic_ms)
    (anchor,) = anchors(site.house.store.db, "a boot")
    assert anchor.offset_ms == TRUE_MS - asked.monotonic_ms
    entry = site.reader.events_after(0)[-1]
    assert entry.header.moment.wall_ms == TRUE_MS + 60_000


@pytest.mark.parametrize(
    ("wall_ms", "now", "since_ms", "why"),
    [
        (TRUE_MS, RIGHT, None, NotSet.KEPT),
        (0, WRONG, None, NotSet.FAR),
        (9_000_000_000_000, WRONG, None, NotSet.FAR),
        (TRUE_MS, WRONG, 6_000, NotSet.LATE),
    ],
)
def test_what_cannot_be_the_time_is_refused(
    site: Site, wall_ms: int, now: Moment, since_ms: int | None, why: NotSet
) -> None:
    assert take_told(site.house.store, wall_ms, now, by="", monotonic_ms=since_ms) is why
    assert said(site) == []


def test_once_something_better_sets_the_clock_nobody_needs_to_be_followed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIOSK_BOOT_ID", "a boot")
    take_told(site.house.store, TRUE_MS, WRONG, by="Bình")
    monkeypatch.setattr(clock, "source", lambda: Source.TIMESYNC)
    assert clock.now().clock is ClockState.SET


def test_at_the_terminal_the_time_is_asked_and_told(site: Site) -> None:
    kiosk = Terminal(site.house.data)
    (asked,) = kiosk.lines("clock", "--json")
    if asked["clock"] == "set":
        assert kiosk("clock", "--set", "2031-05-04T08:30").returncode == 1
        return
    (told,) = kiosk.lines("clock", "--json", "--set", "2031-05-04T08:30")
    assert (told["at"][:16], told["clock"]) == ("2031-05-04T08:30", "told")
    assert said(site)[-1]["source"] == "staff"
    assert kiosk("clock", "--set", "1971-01-01").returncode == 1
    assert "as somebody said" in kiosk("clock").stdout


def test_an_older_log_gets_its_runs_as_if_they_had_been_kept_from_the_beginning(site: Site) -> None:
    store = site.house.store
    for number, (boot, state) in enumerate(product("aabca", (ClockState.UNKNOWN, ClockState.STATED))):
        with store.writing(None) as writing:
            writing.append(EntryKind.HELP, "in", Moment(TRUE_MS, number, boot, state), {})
    kept = store.db.execute("SELECT * FROM run").fetchall()
    fill_runs(store.db)
    assert store.db.execute("SELECT * FROM run").fetchall() == kept
    assert len(kept) == 11  # with the one of the site's own beginning
