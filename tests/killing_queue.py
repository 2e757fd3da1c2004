"""Kills doors while they give numbers, and staff while they call them; opens the house again and looks what is wrong.

    python killing_queue.py WHAT DIRECTORY KILLS SEED

Prints a report as JSON, as killing.py does; WHAT is one of KILLS.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from children import Child, Say, fork
from conftest import settings_with
from killing import MORNING, ROUNDS_OF_A_LOG, MakeDoor, Report, Telltale, look_again, make_door, wait_busily, work

from kiosk.config.queueing import CounterSettings, ServiceSettings, StageSettings
from kiosk.door import Door
from kiosk.house import House, open_house
from kiosk.queue import Counters
from kiosk.rules import queueing
from kiosk.rules.entries import Entry, EntryKind
from kiosk.rules.model import Moment
from kiosk.rules.queueing import Act, Now, Refusal, Wish
from kiosk.store.locking import begin
from kiosk.store.log import Store, Writing
from kiosk.store.queue import QueueTables
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE

COUNTERS = ("r1", "r2", "i1")
SETTINGS = settings_with(
    door={"answer_s": 60.0},
    stages=(
        StageSettings("reception", "Đón tiếp"),
        StageSettings("inject", "Tiêm"),
        StageSettings("observe", "Theo dõi", observe_s=1800),
    ),
    services=(ServiceSettings("new", "Tiêm mới", "reception", "A"), ServiceSettings("again", "Nhắc", "reception", "B")),
    counters=(
        CounterSettings("r1", "Quầy 1", ("new", "again")),
        CounterSettings("r2", "Quầy 2", ("new", "again")),
        CounterSettings("i1", "Bàn tiêm", ("inject",)),
    ),
)
ACTS = (*[Act.CALL] * 4, Act.START, Act.RECALL, Act.HOLD, *[Act.FINISH] * 2, *[Act.UNDO] * 2)
PEOPLE_OF_A_ROUND = 1000
A_MOMENT_S = 0.001
LONG_ENOUGH_S = 0.005  # to be killed in
NEXT_S = 0.008  # by then the next is prepared, recorded and told


class TwoSteps(Store):
    """What must not be: the entry is on disk before the paper is."""

    @contextlib.contextmanager
    def writing(self, key_id: bytes | None) -> Iterator[Writing]:
        """As the store does it, but what follows an entry is another transaction."""
        with super().writing(key_id) as writing:
            append = writing.append

            def append_and_commit(*what: Any, **key: Any) -> Entry:
                entry = append(*what, **key)
                self.db.execute("COMMIT")
                time.sleep(LONG_ENOUGH_S)
                begin(self.db, 60)
                return entry

            writing.append = append_and_commit  # type: ignore[method-assign]
            yield writing


def make_door_of_two_steps(house: House, telltale: Telltale) -> Door:
    """A door that records first, and queues the paper then."""
    store = TwoSteps(house.database, house.vault.head_seal)
    return Door(house.settings, house.vault, store, house.data, house.health, (telltale,))


class Staff(Counters):
    """Counters as they ship; *say* tells what was done once it is recorded."""

    def __init__(self, house: House, say: Say) -> None:
        super().__init__(house.settings.plan())
        self.say = say

    def work(self, store: Store, wish: Wish) -> None:
        """Ask for it, and tell what came of it."""
        entry = self.act(store, wish, MORNING)
        self.say([] if isinstance(entry, Refusal) else done(entry))


class HastyStaff(Staff):
    """What must not be: tells inside the transaction, before the commit."""

    def _record(self, store: Store, wish: Wish, now: Moment) -> Entry | Refusal:
        with store.writing(None) as writing:
            body = self._decided(writing, wish, now)
            if isinstance(body, Refusal):
                return body
            entry = writing.append(EntryKind.CALL, "", now, body)
            self.say(done(entry))
            return entry


class EarlyStaff(Staff):
    """What must not be: look whom to call before the log is locked."""

    def _record(self, store: Store, wish: Wish, now: Moment) -> Entry | Refusal:
        here = Now(store.head().sequence + 1, store.shown_ms(now))
        body = queueing.decide(wish, self._plan, QueueTables(store.db), here) if wish.act is not Act.UNDO else None
        if body is None or isinstance(body, Refusal):
            return Refusal.NOTHING_TO_UNDO
        with store.writing(None) as writing:
            return writing.append(EntryKind.CALL, "", now, body)


def done(entry: Entry) -> list[Any]:
    """What staff are told of an act."""
    body = entry.body or {}
    return [entry.sequence, body["act"], body["counter"], body["ticket"]]


MakeStaff = Callable[[House, Say], Staff]


def serve(data: Path, seed: float, make: MakeStaff, say: Say) -> None:
    """Somebody at every counter at once, until killed."""
    dice = random.Random(seed)
    with open_house(SETTINGS, data, demo=True, now=MORNING) as house:
        staff = make(house, say)
        while True:
            staff.work(house.store, Wish(dice.choice(ACTS), dice.choice(COUNTERS)))
            time.sleep(A_MOMENT_S)  # else nobody else would get the lock


def kill_all(
    data: Path, kills: int, chance: random.Random, door: MakeDoor = make_door, staff: MakeStaff = Staff
) -> Report:
    """A door and two of the staff on one log, killed one after another while the rest work on."""
    report = Report()
    for round_ in itertools.count():
        place = data / str(round_ // ROUNDS_OF_A_LOG)
        look_again(place, (), report, SETTINGS)
        at_door = fork(partial(work, place, round_ * PEOPLE_OF_A_ROUND, door, settings=SETTINGS))
        at_counters = [fork(partial(serve, place, chance.random(), staff)) for _ in range(2)]
        said = {child: killed(child, chance) for child in chance.sample([at_door, *at_counters], 3)}
        report.kills += len(said)
        look_again(place, said[at_door], report, SETTINGS)
        acts = [act for child in at_counters for act in said[child] if act]
        look_at_acts(place, acts, report)
        report.announced += len(said[at_door]) + len(acts)
        if report.faults or report.kills >= kills:
            return report
    raise AssertionError("itertools.count ended")


def killed(child: Child, chance: random.Random) -> list[Any]:
    """Kill *child* at some moment; all that it has said."""
    said = list(itertools.islice(child.hear(), chance.randint(1, 12)))
    wait_busily(chance.uniform(0, NEXT_S))
    return said + child.kill()


def look_at_acts(data: Path, acts: list[Any], report: Report) -> None:
    """What staff were told is in the log."""
    entries = Reader(data / DATABASE).events_after(0, 1 << 62)
    recorded = [done(entry) for entry in entries if entry.header.kind == EntryKind.CALL]
    report.faults += [f"told at a counter, but not in the log: {act}" for act in acts if act not in recorded]


KILLS: dict[str, Callable[[Path, int, random.Random], Report]] = {
    "queue": kill_all,
    "paper in a second step": partial(kill_all, door=make_door_of_two_steps),
    "hasty staff": partial(kill_all, staff=HastyStaff),
    "early staff": partial(kill_all, staff=EarlyStaff),
}


if __name__ == "__main__":
    what, data, kills, seed = sys.argv[1:]
    print(json.dumps(asdict(KILLS[what](Path(data), int(kills), random.Random(int(seed))))))
