"""Who was present with whom: the reference to which every engine is held.

A stay is one person at one place from a time to another, each known within bounds. Two stays overlap possibly for as
long as they do if everybody came as early and left as late as can be, certainly for as long as they do in any case.
Presence is all that a kiosk knows: nothing here is a medical verdict.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Stay:
    """*who* was at *place*: from ``came_ms`` (at the earliest) and ``surely_came_ms``, to ``went_ms`` (at the latest).

    Where times are certain the two of each end are one.
    """

    who: Hashable
    place: Hashable
    came_ms: int
    surely_came_ms: int
    surely_went_ms: int
    went_ms: int


@dataclass(frozen=True, slots=True)
class Question:
    """What counts as an encounter: at least *least_ms* together, or in the air that somebody left within *tail_ms*.

    *longest_ms* is the longest that any stay takes, which whoever stores stays sees to.
    """

    least_ms: int
    tail_ms: int
    longest_ms: int


@dataclass(frozen=True, slots=True)
class Contact:
    """How somebody was present with whom is asked about: encounters, their time, from the first to the last."""

    encounters: int
    sure_encounters: int
    possible_ms: int
    certain_ms: int
    first_ms: int
    last_ms: int

    def and_(self, other: Contact) -> Contact:
        """Both together."""
        return Contact(
            self.encounters + other.encounters,
            self.sure_encounters + other.sure_encounters,
            self.possible_ms + other.possible_ms,
            self.certain_ms + other.certain_ms,
            min(self.first_ms, other.first_ms),
            max(self.last_ms, other.last_ms),
        )


def encounter(index: Stay, other: Stay, question: Question) -> Contact | None:
    """What *other* shared with *index* at one place; None where it was too short."""
    first_ms = max(index.came_ms, other.came_ms)
    last_ms = min(index.went_ms + question.tail_ms, other.went_ms)
    if last_ms - first_ms < question.least_ms:
        return None
    sure_from_ms = max(index.surely_came_ms, other.surely_came_ms)
    certain_ms = max(0, min(index.surely_went_ms + question.tail_ms, other.surely_went_ms) - sure_from_ms)
    return Contact(1, int(certain_ms >= question.least_ms), last_ms - first_ms, certain_ms, first_ms, last_ms)


class Stays:
    """Stays by place, in the order in which they began."""

    def __init__(self, stays: Iterable[Stay]) -> None:
        self._at: dict[Hashable, list[Stay]] = defaultdict(list)
        for stay in sorted(stays, key=lambda one: one.came_ms):
            self._at[stay.place].append(stay)

    def near(self, index: Stay, question: Question) -> list[Stay]:
        """All that can overlap with *index* for long enough: one range, because no stay is longer than the longest."""
        there = self._at.get(index.place, [])
        begin = bisect_left(there, index.came_ms - question.longest_ms, key=lambda one: one.came_ms)
        end = bisect_right(there, index.went_ms + question.tail_ms - question.least_ms, key=lambda one: one.came_ms)
        return there[begin:end]


def contacts(
    index: Iterable[Stay], stays: Stays, question: Question, also_selves: Collection[Hashable] = ()
) -> dict[Hashable, Contact]:
    """Everybody who was present with whom *index* tells of; these themselves, and *also_selves*, are not among them."""
    asked = list(index)
    selves = {stay.who for stay in asked} | set(also_selves)
    found: dict[Hashable, Contact] = {}
    for one in asked:
        for other in stays.near(one, question):
            if other.who not in selves and (met := encounter(one, other, question)):
                known = found.get(other.who)
                found[other.who] = known.and_(met) if known else met
    return found


def of_contacts(
    first_ms: Mapping[Hashable, int], theirs: Iterable[Stay], stays: Stays, question: Question, selves: set[Hashable]
) -> set[Hashable]:
    """The second order: who was present with a contact from that contact's first encounter (``first_ms``) on.

    *theirs* are stays of these contacts; neither they nor *selves* are named again.
    """
    since = {stay: first_ms[stay.who] for stay in theirs if stay.who in first_ms}
    after = [_from(stay, at_ms) for stay, at_ms in since.items() if stay.went_ms > at_ms]
    met = {
        other.who
        for one in after
        for other in stays.near(one, question)
        if other.who not in first_ms and encounter(one, other, question)
    }
    return met - selves


def _from(stay: Stay, first_ms: int) -> Stay:
    """What of *stay* lies after *first_ms*."""
    return replace(
        stay,
        came_ms=max(stay.came_ms, first_ms),
        surely_came_ms=max(stay.surely_came_ms, first_ms),
        surely_went_ms=max(stay.surely_went_ms, first_ms),
    )
