"""An invented site: lively days that go through the very path of the door."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.devices import clock
from kiosk.door import Door
from kiosk.rules import invented
from kiosk.rules.model import Direction, Gate, Kind, Reading
from kiosk.store import spool
from kiosk.store.log import Store

DAY_MS = 86_400_000
OPEN_MS = 9 * 3_600_000
PEOPLE_A_DAY = 160
FORGET_TO_LEAVE = 0.06
HOUSE_WORK_MS = 600_000


@dataclass(frozen=True, slots=True, order=True)
class Passage:
    """Somebody shows *code* at *at_ms*, coming or going."""

    at_ms: int
    code: bytes
    going: bool


def first_moment_ms(now_ms: int, days: int) -> int:
    """When a demo of *days* days that ends now begins. Each day lasts nine hours, and ends at this time of day."""
    return now_ms - (days - 1) * DAY_MS - OPEN_MS


def fill(
    door: Door, store: Store, now_ms: int, days: int, progress: Callable[[int, int], None] = lambda done, all_: None
) -> int:
    """Let invented people come and go for *days* days that end at *now_ms*; returns how many passages.

    Their tickets are given but not sent to the printer. *progress* is told passages done and in all.
    """
    dice = random.Random(20260102)  # noqa: S311  # the same site in every demo
    passages = sorted(passage for day in range(days) for passage in _day(dice, first_moment_ms(now_ms, days), day))
    passages = [passage for passage in passages if passage.at_ms <= now_ms]
    coming, going = _gate(door, Direction.IN), _gate(door, Direction.OUT)
    house_ms = 0
    for done, passage in enumerate(passages, start=1):
        moment = clock.stated(passage.at_ms)
        if passage.at_ms - house_ms > HOUSE_WORK_MS:
            house_ms = passage.at_ms
            door.keep_house(moment)
        gate = going if passage.going else coming
        door.present([passage.code], gate, Reading(passage.code, "demo", moment))
        progress(done, len(passages))
    spool.forget_all(store.db)
    return len(passages)


def _gate(door: Door, direction: Direction) -> Gate:
    gates = [door.settings.gate(gate.id) for gate in door.settings.gates]
    for wanted in (direction, Direction.BOTH):
        for gate in gates:
            if gate.direction is wanted:
                return gate
    return gates[0]


def _day(dice: random.Random, first_ms: int, day: int) -> list[Passage]:
    passages = []
    for number in range(PEOPLE_A_DAY):
        person = invented.person(day * 90 + number)  # some come on two days
        # Two rushes: when the doors open, and after the midday rest.
        share = dice.betavariate(1.6, 4) * 0.45 + (0.5 if dice.random() < 0.4 else 0.0)
        came_ms = first_ms + day * DAY_MS + round(share * OPEN_MS)
        stayed_ms = round(dice.lognormvariate(3.6, 0.45) * 60_000)
        codes = invented.codes(person)
        kind = dice.choices((Kind.ID_CARD, Kind.INSURANCE, Kind.UNIFIED), (7, 2, 2))[0]
        passages.append(Passage(came_ms, codes[kind], going=False))
        if dice.random() > FORGET_TO_LEAVE:
            passages.append(Passage(came_ms + stayed_ms, codes[kind], going=True))
    return passages
