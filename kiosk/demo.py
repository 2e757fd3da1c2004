"""An invented site: lively days that go through the very path of the door."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from kiosk.demo_hall import Agenda, Hall
from kiosk.devices import clock
from kiosk.door import Door
from kiosk.rules import invented
from kiosk.rules.model import Direction, Gate, Kind, Outcome, Reading
from kiosk.scan import Scan
from kiosk.store import schema, spool
from kiosk.store.log import Store
from kiosk.store.queue import QueueTables

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
OPENS_HOUR, LATEST_HOUR = 7, 20
SHORTEST_DAY_MS, LONGEST_DAY_MS = HOUR_MS, 9 * HOUR_MS
PEOPLE_A_DAY = 160
FORGET_TO_LEAVE, GIVE_UP, GO_AWAY = 0.06, 0.03, 0.15
HOUSE_WORK_MS = 600_000


@dataclass(frozen=True, slots=True, order=True)
class Passage:
    """Somebody shows *code* at *at_ms*, coming or going."""

    at_ms: int
    code: bytes
    going: bool


def opening_ms(now_ms: int, zone: ZoneInfo) -> int:
    """When the demo's last day, which ends now, begins: at seven, or nine hours ago where that is no time of day."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    seven_ms = round(now.replace(hour=OPENS_HOUR, minute=0, second=0, microsecond=0).timestamp() * 1000)
    by_day = seven_ms + SHORTEST_DAY_MS <= now_ms and now.hour < LATEST_HOUR
    return seven_ms if by_day else now_ms - LONGEST_DAY_MS


def fill(
    door: Door, store: Store, now_ms: int, days: int, progress: Callable[[int, int], None] = lambda done, all_: None
) -> int:
    """Let invented people come and go for *days* days, the last of which ends at *now_ms*; returns how many passages.

    Their tickets are given but not sent to the printer. *progress* is told passages done and in all.
    """
    dice = random.Random(20260102)  # noqa: S311  # the same site in every demo
    opens_ms = opening_ms(now_ms, door.settings.zone)
    span_ms = now_ms - opens_ms
    starts = [opens_ms - ago * DAY_MS for ago in reversed(range(days))]
    passages = sorted(passage for day, start in enumerate(starts) for passage in _day(dice, day, start, span_ms))
    passages = [passage for passage in passages if passage.at_ms <= now_ms]
    agenda = Agenda(dice)
    visitors = _Visitors(door, agenda, QueueTables(store.db))
    if door.settings.counters:  # whoever is called leaves when they are done
        passages = [passage for passage in passages if not passage.going]
        Hall(door.settings.plan(), store, agenda, visitors.leave, span_ms // 1000 // PEOPLE_A_DAY)
    for passage in passages:
        take = visitors.come if door.settings.counters else partial(visitors.show, going=passage.going)
        agenda.add(passage.at_ms, 0, 0, partial(take, passage.code))
    with schema.unhurried(store.db):
        for done, passage in enumerate(passages, start=1):
            agenda.until(passage.at_ms)
            progress(done, len(passages))
        agenda.until(now_ms)
    spool.forget_all(store.db)
    return visitors.passed


class _Visitors:
    """Invented people at the gates."""

    def __init__(self, door: Door, agenda: Agenda, queue: QueueTables) -> None:
        self.passed = 0
        self._agenda = agenda
        self._door = door
        self._queue = queue
        self._coming, self._going = _gate(door, Direction.IN), _gate(door, Direction.OUT)
        self._house_ms = 0
        self._codes: dict[int, bytes] = {}

    def show(self, code: bytes, now_ms: int, *, going: bool) -> Scan:
        """Somebody shows *code* to the door."""
        moment = clock.stated(now_ms)
        if now_ms - self._house_ms > HOUSE_WORK_MS:
            self._house_ms = now_ms
            self._door.keep_house(moment)
        self.passed += 1
        return self._door.present([code], self._going if going else self._coming, Reading(code, "demo", moment))

    def come(self, code: bytes, now_ms: int) -> None:
        """Somebody comes, and most come again while there is no room; few who have a number give up."""
        self._door.tempos.learn(self._queue, now_ms)
        scan = self.show(code, now_ms, going=False)
        if scan.decision.outcome is Outcome.WAITING and not self._agenda.chance(GO_AWAY):
            self._agenda.add(now_ms, 240, 900, partial(self.come, code))
        elif scan.decision.outcome is Outcome.ADMITTED and scan.sequence is not None:
            self._codes[scan.sequence] = code
            if scan.ticket is None or self._agenda.chance(GIVE_UP):
                self._agenda.add(now_ms, 600, 3600, partial(self.leave, scan.sequence))

    def leave(self, visit: int, now_ms: int) -> None:
        """Somebody goes home, past the door or past all scanners."""
        code = self._codes.pop(visit, None)
        if code and not self._agenda.chance(FORGET_TO_LEAVE):
            self.show(code, now_ms, going=True)


def _gate(door: Door, direction: Direction) -> Gate:
    gates = [door.settings.gate(gate.id) for gate in door.settings.gates]
    for wanted in (direction, Direction.BOTH):
        for gate in gates:
            if gate.direction is wanted:
                return gate
    return gates[0]


def _day(dice: random.Random, day: int, start_ms: int, span_ms: int) -> list[Passage]:
    passages = []
    for number in range(PEOPLE_A_DAY):
        person = invented.person(day * 90 + number)  # some come on two days
        # A rush when the doors open, then a steady coming until the end.
        share = dice.betavariate(1.6, 4) * 0.5 if dice.random() < 0.5 else dice.uniform(0.3, 1.0)
        came_ms = start_ms + round(share * span_ms)
        stayed_ms = round(dice.lognormvariate(3.6, 0.45) * 60_000)
        codes = invented.codes(person)
        kind = dice.choices((Kind.ID_CARD, Kind.INSURANCE, Kind.UNIFIED), (7, 2, 2))[0]
        passages.append(Passage(came_ms, codes[kind], going=False))
        if dice.random() > FORGET_TO_LEAVE:
            passages.append(Passage(came_ms + stayed_ms, codes[kind], going=True))
    return passages
