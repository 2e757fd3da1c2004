"""A door whose clock is wrong, jumps, or is set while people come: nothing is lost, and nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import settings_with
from running import card_of

from kiosk.clock_watch import ClockWatch, take_told
from kiosk.devices import clock
from kiosk.door import Door
from kiosk.house import House, open_house
from kiosk.retention import key_day, purge
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import ClockState, Moment, Outcome, Reading
from kiosk.rules.true_times import Source, Sureness
from kiosk.scan import Scan
from kiosk.store.checking import project_again, verify_log
from kiosk.store.reading import Reader
from kiosk.times import Times, VisitTimes

HOUR_MS = 3_600_000
EIGHT_MS = 1_795_222_800_000  # 2026-11-21T08:00 in Viet Nam
WRONG_MS = (0, 2_147_483_648_000, EIGHT_MS - 12 * HOUR_MS, EIGHT_MS + 12 * HOUR_MS)


class Machine:
    """Runs in truth since it was started; its wall clock shows what it likes until it is set."""

    def __init__(self, wall_ms: int, now_ms: int = EIGHT_MS, boot: int = 1) -> None:
        self.began_ms, self.now_ms, self.boot = now_ms, now_ms, boot
        self.ahead_ms, self.state = wall_ms - now_ms, ClockState.UNKNOWN

    @property
    def moment(self) -> Moment:
        """What its clocks show now."""
        return Moment(self.now_ms + self.ahead_ms, self.now_ms - self.began_ms, f"boot {self.boot}", self.state)

    def run(self, hours: float) -> Moment:
        """It runs for *hours* more."""
        self.now_ms += round(hours * HOUR_MS)
        return self.moment

    def jump(self, wall_ms: int) -> Moment:
        """Its wall clock shows something else from now on."""
        self.ahead_ms = wall_ms - self.now_ms
        return self.moment

    def set(self) -> Moment:
        """A time server is reached."""
        self.ahead_ms, self.state = 0, ClockState.SET
        return self.moment

    def restart(self, off_hours: float, wall_ms: int) -> None:
        """The power goes and comes."""
        self.__init__(wall_ms, self.now_ms + round(off_hours * HOUR_MS), self.boot + 1)  # type: ignore[misc]


class Story:
    """A door of a machine, to which people come."""

    def __init__(self, machine: Machine, open_: Callable[[Moment], House]) -> None:
        self.machine = machine
        self._open = open_
        self.begin()

    def begin(self) -> None:
        """The door is opened as the machine's clock is."""
        self.house = self._open(self.machine.moment)
        self.door: Door = self.house.door()
        self.door.clock_watch = ClockWatch(self.house.store, lambda: Source.TIMESYNC, lambda: 1000)

    def look(self) -> None:
        """The house work of now."""
        self.door.keep_house(self.machine.moment)

    def show(self, person: int, gate: str) -> Scan:
        """Somebody shows their card now."""
        reading = Reading(card_of(person), f"test:{self.machine.now_ms}", self.machine.moment)
        return self.door.present([card_of(person)], self.house.settings.gate(gate), reading)

    @property
    def reader(self) -> Reader:
        """What pages read."""
        return Reader(self.house.database)

    def times(self) -> list[VisitTimes]:
        """The visits' true times, oldest first."""
        return Times(self.reader, believed=False).of_visits(self.reader.visits())

    def days(self) -> int:
        """How many day keys there were."""
        return sum(entry.header.kind == EntryKind.DAY_KEY for entry in self.reader.events_after(0, 9999))

    def is_whole(self) -> bool:
        """Whether chain and projections prove themselves."""
        differing = project_again(self.house.store.db)
        return not verify_log(self.house.store.db, self.house.vault.head_seal).fault and not any(differing.values())


OpenStory = Callable[..., Story]


@pytest.fixture
def open_story(tmp_path: Path) -> Iterator[OpenStory]:
    """Opens a door on a machine whose wall clock shows *wall_ms*; *tables* change the settings."""
    with ExitStack() as houses:

        def open_(wall_ms: int, *, now_ms: int = EIGHT_MS, **tables: object) -> Story:
            settings = settings_with(**tables)

            def house(moment: Moment) -> House:
                houses.close()  # the power went
                return houses.enter_context(open_house(settings, tmp_path / "data", demo=True, now=moment))

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
    settings = story.house.settings
    days = {key_day(begin_ms, settings.zone, settings.vault.turn_at)}
    for _ in range(24 * 14):
        story.machine.run(1)
        story.look()
        days.add(key_day(story.machine.now_ms, settings.zone, settings.vault.turn_at))
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
