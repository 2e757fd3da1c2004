"""A day at a site with two lines at its entrance and twelve counters, made by the product's own code in seconds."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kiosk.checkin import record
from kiosk.config import Settings
from kiosk.config.queueing import CounterSettings, ServiceSettings, StageSettings
from kiosk.devices import clock
from kiosk.house import House, open_house
from kiosk.preparing import Consents, Prepared, Recorder, prepare
from kiosk.queue import Counters
from kiosk.rules import credentials, invented
from kiosk.rules.model import Direction, Moment, Reading
from kiosk.rules.queueing import Act, Wish
from kiosk.store import spool
from kiosk.vault import Shown
from parts.history import AT_ONCE, SETTINGS, Bulk
from parts.people import card

BETWEEN_MS = 4_000  # so that 10,000 people come in eleven hours
OBSERVED = 460  # come while somebody is under observation for 30 minutes, and a little more
PRIORITY_EVERY = 10
STAGES = {"reception": 4, "screening": 4, "inject": 4}  # counters of each
WITH_COUNTERS = replace(
    SETTINGS,
    stages=(*(StageSettings(stage, stage) for stage in STAGES), StageSettings("observe", "observe", observe_s=1800)),
    services=(ServiceSettings("new", "new", "reception", "A"), ServiceSettings("again", "again", "reception", "B")),
    counters=tuple(
        CounterSettings(f"{stage}{number}", f"{stage} {number}", ("new", "again") if stage == "reception" else (stage,))
        for stage, counters in STAGES.items()
        for number in range(counters)
    ),
)


@contextlib.contextmanager
def late_in_the_day(settings: Settings, data: Path, tickets: int, waiting: int) -> Iterator[House]:
    """A site at which *tickets* were given today; with counters, *waiting* people stand at the entrance. It is now."""
    first_ms = clock.now().wall_ms - tickets * BETWEEN_MS
    with open_house(settings, data, demo=True, now=clock.stated(first_ms)) as house:
        bulk = Bulk(house.database, house.vault.head_seal)
        bulk.db.execute("PRAGMA synchronous = OFF")
        _Day(house, bulk, first_ms).spend(tickets, waiting)
        bulk.close()
        yield house


class _Day:
    """People who come, are called through all stages, and leave."""

    def __init__(self, house: House, bulk: Bulk, first_ms: int) -> None:
        self._bulk = bulk
        self._at_ms = first_ms
        self._recorder = Recorder(house.settings, house.vault, bulk, Consents(0))
        self._counters = Counters(house.settings.plan())
        self._desks = [
            itertools.cycle([counter.id for counter in house.settings.counters if counter.id.startswith(stage)])
            for stage in (STAGES if house.settings.counters else ())
        ]
        self._inside: deque[Prepared] = deque()
        self._number = 0
        trust = credentials.Trust(house.vault.verify_slip, 0)
        self._credential = credentials.read_credential(card(0), trust=trust, at_ms=first_ms)
        self._person = prepare(
            self._recorder, self._reading, self._recorder.settings.gate(Direction.IN), self._credential
        )

    @property
    def _now(self) -> Moment:
        return clock.stated(self._at_ms)

    @property
    def _reading(self) -> Reading:
        return Reading(b"", "camera", self._now)

    def spend(self, tickets: int, waiting: int) -> None:
        """Somebody comes; each stage calls one, once *waiting* stand at the first; somebody leaves."""
        for first in range(0, tickets, AT_ONCE):
            with self._bulk.together():
                for number in range(first, min(first + AT_ONCE, tickets)):
                    self._at_ms += BETWEEN_MS
                    self._come(priority=number % PRIORITY_EVERY == 0)
                    if number >= waiting:
                        self._call()
                    if len(self._inside) > waiting + sum(STAGES.values()) + OBSERVED:
                        self._pass(Direction.OUT, self._inside.popleft())
                spool.forget_all(self._bulk.db)

    def _come(self, *, priority: bool) -> None:
        who, like, slip = (os.urandom(16) for _ in range(3))
        self._number += 1
        one = invented.person(self._number).person
        shown = self._recorder.vault.conceal(Shown(one.name, one.number, one.birth, one.sex))
        somebody = replace(self._person, whos=(who,), like=like, slip_who=slip, priority=priority, shown=shown)
        self._inside.append(somebody)
        self._pass(Direction.IN, self._inside[-1])

    def _call(self) -> None:
        for desks in self._desks:
            self._counters.act(self._bulk, Wish(Act.CALL, next(desks)), self._now)

    def _pass(self, way: Direction, somebody: Prepared) -> None:
        record(self._recorder, self._reading, self._recorder.settings.gate(way), self._credential, somebody)
