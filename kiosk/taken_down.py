"""What a kiosk has taken from its hub: a small file beside the log. Each order is in the log, too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from kiosk.files import replace_whole
from kiosk.rules.down import DayOrder, Opening
from kiosk.rules.order_answers import Done

ORDERS_FILE = "hub-orders.json"
MOST_TOLD = 50
_FOR_THE_HOUSE = 0o640


@dataclass(frozen=True, slots=True)
class Told:
    """What became of order *number*: *done* is one of ``ANSWERS``, *why* a sentence where it has one."""

    number: int
    part: str
    name: str
    done: str
    why: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The list *id* of order *number* is being read, not for the first time where there were *tries*."""

    number: int
    id: str
    tries: int = 1


@dataclass(frozen=True, slots=True)
class TakenDown:
    """All orders of the hub *hub* (its verifier) up to number *have* were dealt with.

    *days* wait for their day, *blocked* slips by the name of their order, *reading* is the list at work. *openings* and
    *told* are the latest. *key* and *count*: how many orders came under which day key.
    """

    hub: str = ""
    have: int = 0
    days: tuple[DayOrder, ...] = ()
    blocked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reading: Reading | None = None
    openings: tuple[Opening, ...] = ()
    told: tuple[Told, ...] = ()
    key: str = ""
    count: int = 0

    def all_blocked(self) -> frozenset[str]:
        """The holder ids of all slips that let nobody in."""
        return frozenset(slip for slips in self.blocked.values() for slip in slips)

    def later(self, number: int, done: Done, why: str) -> TakenDown:
        """This, once that became of an order that was told of before."""
        told = (replace(one, done=done, why=why) if one.number == number else one for one in self.told)
        return replace(self, told=tuple(told))

    def with_told(self, told: Told, key: str) -> TakenDown:
        """This, once that became of the next order, under the day key *key*."""
        count = self.count + 1 if key == self.key else 1
        return replace(self, have=told.number, told=(*self.told, told)[-MOST_TOLD:], key=key, count=count)


def taken_down(data: Path, hub: str) -> TakenDown:
    """What was taken from *hub*; nothing where the file is missing, damaged or of another hub: it is sent again."""
    try:
        said: dict[str, Any] = json.loads((data / ORDERS_FILE).read_bytes())
        known = TakenDown(
            said["hub"],
            int(said["have"]),
            tuple(DayOrder(**{**one, "numbers": tuple(one.get("numbers", ()))}) for one in said["days"]),
            {name: tuple(slips) for name, slips in said["blocked"].items()},
            Reading(**said["reading"]) if said["reading"] else None,
            tuple(Opening(**{**one, "by": tuple(one["by"])}) for one in said["openings"]),
            tuple(Told(**one) for one in said["told"]),
            said["key"],
            int(said["count"]),
        )
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        known = TakenDown()
    return known if known.hub == hub else TakenDown(hub)


def keep_taken(data: Path, taken: TakenDown) -> None:
    """Put *taken* in place of what was known. Raises OSError."""
    replace_whole(data / ORDERS_FILE, json.dumps(asdict(taken), ensure_ascii=False).encode(), _FOR_THE_HOUSE)
