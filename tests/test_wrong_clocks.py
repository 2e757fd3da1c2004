"""A door whose clock is wrong, jumps, or is set while people come: nothing is lost, and nothing happens twice."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from clock_story import EIGHT_MS, HOUR_MS, Machine, Story
from conftest import settings_with
from terminal import Terminal

from kiosk.clock_watch import take_told
from kiosk.devices import clock
from kiosk.exports import EXPORTS
from kiosk.house import House, open_house
from kiosk.retention import key_day, purge
from kiosk.rules.model import Moment, Outcome
from kiosk.rules.true_times import Sureness
from kiosk.vault import new_tracing_keys
from kiosk.web.lines import Lines

WRONG_MS = (0, 2_147_483_648_000, EIGHT_MS - 12 * HOUR_MS, EIGHT_MS + 12 * HOUR_MS)


OpenStory = Callable[..., Story]


@pytest.fixture
def open_story(tmp_path: Path) -> Iterator[OpenStory]:
    """Opens a door on a machine whose wall clock shows *wall_ms*; *tables* change the settings.

    A *demo* kiosk believes any clock.
    """
    with ExitStack() as houses:

        def open_(wall_ms: int, *, now_ms: int = EIGHT_MS, demo: bool = True, **tables: object) -> Story:
            site = settings_with(**tables)
            if not demo:
                new_tracing_keys(tmp_path / "data", tmp_path / "tracing.key")

            def house(moment: Moment) -> House:
                houses.close()  # the power went
                return houses.enter_context(open_house(site, tmp_path / "data", demo=demo, now=moment))

            return Story(Machine(wall_ms, now_ms), house)

        yield open_
    clock.follow("", None)


@pytest.mark.parametrize("wall_ms", WRONG_MS)
def test_who_came_before_the_clock_was_set_leaves_after_it(open_story: OpenStory, wall_ms: int) -> None:
    story = open_story(wall_ms, site={"closes": "17:00"})
    machine = story.machine
    machine.run(0.5)
    came_ms = machine.now_ms
    assert story.show(1, "in").decision.outcome is Outcome.ADMITTED
    story.look()
    machine.run(0.5)
    machine.set()
    story.look()
    machine.run(1)
    left_ms = machine.now_ms
    assert story.show(1, "out").decision.outcome is Outcome.LET_OUT
    (visit,) = story.times()
    assert visit.entered and visit.left
    assert (visit.entered.at_ms, visit.left.at_ms) == (came_ms, left_ms)
    assert visit.entered.sureness is visit.left.sureness is Sureness.SURE
    assert story.days() == 1
    assert story.is_whole()


@pytest.mark.parametrize("wall_ms", WRONG_MS)
def test_a_clock_that_jumps_closes_nobody_s_visit(open_story: OpenStory, wall_ms: int) -> None:
    story = open_story(EIGHT_MS, site={"closes": "17:00"})
    story.show(1, "in")
    for jump_ms in (wall_ms, EIGHT_MS, wall_ms):
        story.machine.run(0.25)
        story.machine.jump(jump_ms)
        story.look()
    assert story.show(1, "out").decision.outcome is Outcome.LET_OUT
    assert story.reader.occupancy().inferred == 0


def test_without_a_sure_clock_visits_end_at_a_closing_time_once_they_are_old(open_story: OpenStory) -> None:
    story = open_story(EIGHT_MS, site={"closes": "17:00"}, door={"forgotten_s": 8 * 3600.0})
    story.show(1, "in")
    story.machine.run(7.5)
    story.show(2, "in")
    story.machine.run(2)
    story.look()
    assert [visit.left_ms is None for visit in story.reader.visits()] == [False, True]


def test_a_week_offline_keeps_the_order_and_is_repaired_as_far_as_can_be_known(open_story: OpenStory) -> None:
    story = open_story(EIGHT_MS)
    machine, truth = story.machine, []
    machine.set()
    for day in range(8):
        story.look()
        story.show(day, "in")
        truth.append(machine.now_ms)
        machine.run(8)
        story.show(day, "out")
        if day < 7:
            machine.restart(16, machine.now_ms + machine.ahead_ms)  # it goes on where it stopped
            story.begin()
    machine.set()
    story.look()
    entered = [visit.entered for visit in story.times()]
    assert [time.sureness for time in entered if time] == [Sureness.SURE, *[Sureness.WITHIN] * 6, Sureness.SURE]
    for time, true_ms in zip(entered, truth, strict=True):
        assert time and time.earliest_ms is not None and time.latest_ms is not None
        assert time.earliest_ms <= true_ms <= time.latest_ms
    assert story.is_whole()


@pytest.mark.parametrize("gains_ppm", [-90, 90])
def test_weeks_after_the_time_server_was_heard_last_no_time_is_called_surer_than_it_is(
    open_story: OpenStory, gains_ppm: int
) -> None:
    story = open_story(EIGHT_MS)
    machine, truth = story.machine, []
    machine.set()
    machine.gains_ppm = gains_ppm
    for day in range(21):
        for _ in range(4):
            machine.run(6)
            story.look()
        truth.append(machine.now_ms)
        story.show(day, "in")
    entered = [visit.entered for visit in story.times() if visit.entered]
    for time, true_ms in zip(entered, truth, strict=True):
        assert time.earliest_ms is not None and time.latest_ms is not None
        assert time.earliest_ms <= true_ms <= time.latest_ms
    assert [time.sureness for time in (entered[0], entered[-1])] == [Sureness.SURE, Sureness.WITHIN]


def test_after_a_clock_ran_ahead_paper_says_the_day_that_it_is(open_story: OpenStory) -> None:
    story = open_story(2_147_483_648_000)
    story.show(1, "in")
    story.machine.run(0.5)
    story.machine.set()
    story.look()
    story.show(2, "in")
    drafts = story.house.store.db.execute("SELECT ticket FROM spool ORDER BY id").fetchall()
    assert [("2026" in draft, "2038" in draft) for (draft,) in drafts] == [(False, True), (True, False)]


def test_after_a_clock_ran_ahead_the_day_turns_at_its_hour_and_is_kept_no_longer(open_story: OpenStory) -> None:
    story = open_story(2_147_483_648_000)
    story.show(1, "in")
    story.machine.set()
    story.look()
    assert story.days() == 1
    for _ in range(48):
        story.machine.run(1)
        story.look()
    assert story.days() == 3
    assert purge(story.house.store, story.machine.run(24 * 8), keep_days=21) == 0
    assert purge(story.house.store, story.machine.run(24 * 14), keep_days=21) > 0
    assert story.is_whole()


def test_a_key_of_yesterday_turns_once_the_clock_is_set(open_story: OpenStory) -> None:
    story = open_story(EIGHT_MS)
    story.machine.set()
    story.look()
    story.machine.restart(24, EIGHT_MS)
    story.begin()
    story.show(1, "in")
    assert story.days() == 1
    story.machine.set()
    story.look()
    story.look()
    assert story.days() == 2


@pytest.mark.parametrize(
    "zone", ["Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"]
)
@pytest.mark.parametrize("begin_ms", [1_792_800_000_000, 1_774_600_000_000])  # the weeks in which clocks change
def test_the_day_turns_once_a_day_in_every_zone(open_story: OpenStory, zone: str, begin_ms: int) -> None:
    story = open_story(begin_ms, now_ms=begin_ms, site={"timezone": zone, "closes": "17:00"})
    story.machine.set()
    zone_of, turn_at = story.house.settings.zone, story.house.settings.vault.turn_at
    days = {key_day(begin_ms, zone_of, turn_at)}
    for _ in range(24 * 14):
        story.machine.run(1)
        story.look()
        days.add(key_day(story.machine.now_ms, zone_of, turn_at))
    assert story.days() == len(days)


def test_a_time_that_staff_typed_repairs_what_was_recorded_before(open_story: OpenStory) -> None:
    story = open_story(0)
    machine = story.machine
    came_ms = machine.now_ms
    story.show(1, "in")
    machine.run(1)
    assert isinstance(take_told(story.house.store, machine.now_ms, machine.moment, by="Bình"), int)
    (visit,) = story.times()
    assert visit.entered
    assert (visit.entered.at_ms, visit.entered.sureness) == (came_ms, Sureness.SURE)
    assert story.is_whole()


@pytest.mark.parametrize("format_", EXPORTS)
def test_files_have_the_repaired_time_the_time_as_read_and_how_sure_it_is(
    open_story: OpenStory, tmp_path: Path, format_: str
) -> None:
    story = open_story(0)
    story.show(1, "in")
    story.machine.run(1)
    story.machine.set()
    story.look()
    out = tmp_path / f"visits.{format_}"
    done = Terminal(story.house.data)("export", format_, "--out", str(out))
    assert done.returncode == 0, done.stderr
    text = out.read_text(encoding="utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text)) if format_ == "csv" else map(json.loads, text.splitlines())
    assert row["entered"] == "2026-11-21T08:00:00.000+07:00"
    assert row["entered_as_read"].startswith("1970-01-01")
    assert row["entered_sureness"] == "sure"


def test_lines_say_how_sure_a_time_is(open_story: OpenStory) -> None:
    story = open_story(EIGHT_MS, demo=False)
    story.machine.set()
    story.look()
    story.show(1, "in")
    story.machine.restart(2, EIGHT_MS)
    story.begin()
    story.show(2, "in")
    story.machine.restart(2, EIGHT_MS)
    story.begin()
    story.machine.set()
    story.look()
    kiosk = Terminal(story.house.data)
    sure, unsure = kiosk.lines("visits", "--json")
    assert (sure["entered_sureness"], unsure["entered_sureness"]) == ("sure", "within 14401 s")
    assert "~2026-11-21T08:00" in kiosk("visits").stdout
    entries = kiosk.lines("log", "--json")
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    assert {entry["at_sureness"] for entry in entries} == {"sure", "within 14401 s"}
    assert len(kiosk.lines("visits", "--json", "--since", "2026-11-21T08:00:01")) == 0


def test_pages_mark_what_is_not_sure_until_it_is(open_story: OpenStory) -> None:
    story = open_story(EIGHT_MS, demo=False)
    visit = story.show(1, "in").sequence
    lines = Lines(story.reader, story.house.vault, story.house.settings)
    (before,) = lines.persons([visit or 0])
    story.machine.run(1)
    story.machine.set()
    story.look()
    (after,) = lines.persons([visit or 0])
    assert (before.entered[0], after.entered[0] == "~", before.entered[1:]) == ("~", False, after.entered)
    assert {line.at[0] for line in lines.latest(99) if line.visit == visit} != {"~"}
