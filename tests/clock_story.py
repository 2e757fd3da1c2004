"""A machine with clocks that are wrong, jump or are set, and a door on it."""

from __future__ import annotations

from collections.abc import Callable

from running import card_of

from kiosk.clock_watch import ClockWatch
from kiosk.door import Door
from kiosk.house import House
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import ClockState, Moment, Reading
from kiosk.rules.true_times import LastSet, Source
from kiosk.scan import Scan
from kiosk.store.checking import project_again, verify_log
from kiosk.store.reading import Reader
from kiosk.times import Times, VisitTimes

HOUR_MS = 3_600_000
EIGHT_MS = 1_795_222_800_000  # 2026-11-21T08:00 in Viet Nam


class Machine:
    """Runs in truth since it was started; its wall clock shows what it likes until it is set."""

    def __init__(self, wall_ms: int, now_ms: int = EIGHT_MS, boot: int = 1) -> None:
        self.began_ms, self.now_ms, self.boot = now_ms, now_ms, boot
        self.ahead_ms, self.state, self.set_ms = wall_ms - now_ms, ClockState.UNKNOWN, 0
        self.gains_ppm = 0

    @property
    def moment(self) -> Moment:
        """What its clocks show now."""
        return Moment(self.now_ms + self.ahead_ms, self.now_ms - self.began_ms, f"boot {self.boot}", self.state)

    def run(self, hours: float) -> Moment:
        """It runs for *hours* more, as fast as it does."""
        passed_ms = round(hours * HOUR_MS)
        gained_ms = passed_ms * self.gains_ppm // 1_000_000
        self.now_ms, self.began_ms = self.now_ms + passed_ms, self.began_ms - gained_ms
        self.ahead_ms += gained_ms
        return self.moment

    def jump(self, wall_ms: int) -> Moment:
        """Its wall clock shows something else from now on."""
        self.ahead_ms = wall_ms - self.now_ms
        return self.moment

    def set(self) -> Moment:
        """A time server is reached."""
        self.ahead_ms, self.state, self.set_ms = 0, ClockState.SET, self.moment.monotonic_ms
        return self.moment

    def last_set(self) -> LastSet:
        """By the time server, once."""
        return LastSet(Source.TIMESYNC, self.moment.monotonic_ms - self.set_ms, 1000)

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
        self.door.clock_watch = ClockWatch(self.house.store, self.machine.last_set)

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
