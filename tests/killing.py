"""Kills doors at seeded moments, opens the house again and looks what is wrong in it; started by tests.

    python killing.py 'doors'|'hasty doors'|'turns'|'purges' DIRECTORY KILLS SEED

Prints a report as JSON. A program of its own, because a child is forked for each kill, which a process
with threads must not do.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from children import Say, fork
from conftest import local_ms, settings_with
from faults import faults_of

from kiosk import retention
from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.door import Door
from kiosk.house import House, open_house, open_vault
from kiosk.rules import invented
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Announcement, Kind, Moment, Reading
from kiosk.store.log import Store, Writing
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from kiosk.store.stored import stored_entries

SETTINGS = settings_with(door={"answer_s": 60.0})  # of some that share a log, one may be kept from its work
MORNING = clock.stated(local_ms("2026-11-20T08:00", SETTINGS))
DAY_MS = 86_400_000
PEOPLE_OF_A_CHILD = 1000
ROUNDS_OF_A_LOG = 20  # then a fresh one, or checking it would take most of the time
GATES = ("in", "both", "out")  # admitted, already in, let out


@dataclass(slots=True)
class Report:
    """What the tests assert on; each fault is a sentence."""

    kills: int = 0
    announced: int = 0
    entries: int = 0
    faults: list[str] = field(default_factory=list)


class Telltale:
    """An Output that tells the parent what it shows and to whom, before it returns."""

    name = "telltale"

    def __init__(self, say: Say) -> None:
        self._say = say
        self.person = 0

    def show(self, announcement: Announcement) -> None:
        """A kill after this cannot take it back."""
        self.tell(announcement.outcome, announcement.ticket)

    def tell(self, outcome: str, ticket: str) -> None:
        """Say who was told what."""
        self._say([self.person, outcome, ticket])

    def close(self) -> None:
        """Nothing to let go."""


class HastyStore(Store):
    """What must not be: announces inside the transaction, before the commit."""

    def __init__(self, house: House, telltale: Telltale) -> None:
        super().__init__(house.database, house.vault.head_seal, answer_s=60.0)
        self._telltale = telltale

    @contextlib.contextmanager
    def writing(self, key_id: bytes | None) -> Iterator[Writing]:
        """As the store does it, but everybody hears of the entry too early."""
        with super().writing(key_id) as writing:
            yield writing
            (body,) = writing.db.execute("SELECT body FROM entry ORDER BY sequence DESC LIMIT 1").fetchone()
            outcome, ticket = passage(json.loads(body))
            self._telltale.tell(outcome, ticket)


def make_door(house: House, telltale: Telltale) -> Door:
    """The door as it ships."""
    return house.door(telltale)


def make_hasty_door(house: House, telltale: Telltale) -> Door:
    """A door that announces before the commit."""
    return Door(house.settings, house.vault, HastyStore(house, telltale), house.data, house.health)


MakeDoor = Callable[[House, Telltale], Door]


def passage(body: dict[str, Any]) -> tuple[str, str]:
    """Outcome and ticket of a recorded scan."""
    ticket = body.get("ticket")
    return body["outcome"], f"{ticket['series']}{ticket['number']:03d}" if ticket else ""


def work(data: Path, first_person: int, make: MakeDoor, say: Say, settings: Settings = SETTINGS) -> None:
    """A door at its busiest, until it is killed: everybody comes in, is seen once more, and every other one leaves."""
    with open_house(settings, data, demo=True, now=MORNING) as house:
        telltale = Telltale(say)
        door = make(house, telltale)
        for person in range(first_person, first_person + PEOPLE_OF_A_CHILD):
            telltale.person = person
            for gate in GATES[: 2 + person % 2]:
                show(door, person, gate, MORNING)


def show(door: Door, person: int, gate: str, at: Moment) -> None:
    """*person* shows the ID card at *gate*."""
    code = invented.codes(invented.person(person))[Kind.ID_CARD]
    door.present([code], door.settings.gate(gate), Reading(code, "killing", at))


def kill_doors(data: Path, kills: int, chance: random.Random, make: MakeDoor = make_door) -> Report:
    """Two doors at a time on one log: the first is killed while the second works on, then the second."""
    report = Report()
    for round_ in itertools.count():
        place = data / str(round_ // ROUNDS_OF_A_LOG)
        look_again(place, (), report)
        first = round_ * 2 * PEOPLE_OF_A_CHILD
        announced: list[Any] = []
        for door in [fork(partial(work, place, first + n * PEOPLE_OF_A_CHILD, make)) for n in range(2)]:
            announced += itertools.islice(door.hear(), chance.randint(1, 8))
            wait_busily(chance.choice((0, chance.uniform(0, 0.002))))
            announced += door.kill()
            report.kills += 1
        report.announced += len(announced)
        look_again(place, announced, report)
        if report.faults or report.kills >= kills:
            return report
    raise AssertionError("itertools.count ended")


def wait_busily(for_s: float) -> None:
    """Wait *for_s* to the microsecond, as no sleep does."""
    until = time.perf_counter() + for_s
    while time.perf_counter() < until:
        pass


def look_again(data: Path, announced: Sequence[Any], report: Report, settings: Settings = SETTINGS) -> None:
    """Open the house after a kill and add what is wrong in it."""
    with open_house(settings, data, demo=True, now=MORNING) as house:
        entries = [stored.entry for stored in stored_entries(house.store.db, house.store.head())]
        scans = [entry.body for entry in entries if entry.header.kind == "scan" and entry.body]
        recorded = Counter((body["who"], *passage(body)) for body in scans)
        told = Counter((pseudonym(house, person), outcome, ticket) for person, outcome, ticket in announced)
        report.faults += [f"announced, but not in the log: {lost}" for lost in told - recorded]
        report.faults += faults_of(house)
        report.entries = len(entries)


def pseudonym(house: House, person: int) -> str:
    """What *person* goes by in today's entries."""
    return house.vault.pseudonym(f"id:{invented.person(person).person.number}").hex()


def turn_days(data: Path, say: Say) -> None:
    """Day after day with three people inside when it turns, without the pauses in between, until it is killed."""
    retention.PAUSE_S = 0
    with open_house(SETTINGS, data, demo=True, now=MORNING) as house:
        door = make_door(house, Telltale(lambda _: None))
        for person in itertools.count():
            today = clock.stated(house.store.head().shown.at_ms)
            for somebody in range(person * 3, person * 3 + 3):
                show(door, somebody, "in", today)
            say("turns")
            retention.turn_if_due(house.store, house.vault, SETTINGS, clock.stated(today.wall_ms + DAY_MS))


def kill_turns(data: Path, kills: int, chance: random.Random) -> Report:
    """A kill while the day key turns: before the house is opened again, its file holds the key that the log names."""
    report = Report()
    look_again(data, (), report)
    while report.kills < kills and not report.faults:
        turning = fork(partial(turn_days, data))
        report.announced += sum(1 for _ in itertools.islice(turning.hear(), chance.randint(1, 3)))
        wait_busily(chance.uniform(0, 0.004))
        report.announced += len(turning.kill())
        report.kills += 1
        vault, reader = open_vault(SETTINGS, data, demo=True), Reader(data / DATABASE)
        if not vault.use(reader.head().key_id):
            report.faults.append(f"the key file has not the key {reader.head().key_id.hex()} that the log names")
        with open_house(SETTINGS, data, demo=True, now=MORNING) as house:
            report.faults += faults_of(house)
            report.entries = house.store.head().sequence
    return report


def keep_days(data: Path, days: int, people: int) -> Moment:
    """Fill a log with *days* closed days of *people* each; returns the morning after."""
    with open_house(SETTINGS, data, demo=True, now=MORNING) as house:
        door = make_door(house, Telltale(lambda _: None))
        for day in range(days):
            today = clock.stated(MORNING.wall_ms + day * DAY_MS)
            for person, gate in itertools.product(range(people), ("in", "out")):
                show(door, person, gate, today)
            after = clock.stated(today.wall_ms + DAY_MS)
            retention.turn_if_due(house.store, house.vault, SETTINGS, after)
    return after


def purge(data: Path, now: Moment, say: Say) -> None:
    """Erase every closed day, without the pauses that keep a door free."""
    retention.PAUSE_S = 0
    with open_house(SETTINGS, data, demo=True, now=now) as house:
        retention.purge(house.store, clock.stated(now.wall_ms + 1), 0, say)


def kill_purges(data: Path, kills: int, chance: random.Random) -> Report:
    """A kill while days are erased: the log is whole, and the next purge takes up where it was."""
    report = Report()
    now = keep_days(data / "days", 4, 60)
    for number in itertools.count():
        place = data / str(number)
        shutil.copytree(data / "days", place)
        erasing = fork(partial(purge, place, now))
        report.announced += sum(1 for _ in itertools.islice(erasing.hear(), chance.randint(0, 4)))
        wait_busily(chance.uniform(0, 0.002))
        _, was_killed = erasing.end(kill=True)  # on a busy machine it may have ended before
        report.kills += was_killed
        with open_house(SETTINGS, place, demo=True, now=now) as house:
            report.faults += faults_of(house)
            retention.purge(house.store, clock.stated(now.wall_ms + 2), 0)
            report.faults += faults_of(house)
            kinds = {entry.header.kind for entry in Reader(house.database).events_after(0, 1 << 62) if entry.body}
            if EntryKind.SCAN in kinds:
                report.faults.append("passages are left although their time is over")
            report.entries = house.store.head().sequence
        shutil.rmtree(place)
        if report.kills == kills:
            break
    return report


KILLS: dict[str, Callable[[Path, int, random.Random], Report]] = {
    "doors": kill_doors,
    "hasty doors": partial(kill_doors, make=make_hasty_door),
    "turns": kill_turns,
    "purges": kill_purges,
}


if __name__ == "__main__":
    what, data, kills, seed = sys.argv[1:]
    print(json.dumps(asdict(KILLS[what](Path(data), int(kills), random.Random(int(seed))))))
