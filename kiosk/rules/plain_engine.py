"""The contact query over stays in memory: for one kiosk's own log, and the reference that every engine is held to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import cast

from kiosk.rules.contacts import Contact, Question, Stay, Stays, contacts, of_contacts
from kiosk.rules.tracing import MOST_MET, Asked, Count, Index, KeyedStay, Met, Scope, demand_few, whos_of

DAY_MS = 86_400_000

Span = tuple[int, int]
Who = tuple[bytes, bytes]


class PlainEngine:
    """An ``Engine`` over *stays*, of whose answers none is of more than *most*."""

    def __init__(self, stays: Iterable[KeyedStay], *, most: int = MOST_MET) -> None:
        self._stays = sorted(stays, key=in_time)
        self._most = most

    def stays_of(self, asked: Asked, scope: Scope) -> Sequence[KeyedStay]:
        """As ``Engine.stays_of``."""
        return [stay for stay in self._stays if stay.who in asked.get(stay.key_id, ()) and scope.has(stay)]

    def count(self, index: Index, scope: Scope, question: Question) -> Count:
        """As ``Engine.count``."""
        days = days_of(index, scope, question)
        there = {(stay.key_id, stay.who) for stay in self._at(scope) if _touches(stay, days.get(scope.place(stay), ()))}
        return Count(len(self._met(index, scope, question)), len(there - index.whos))

    def met(self, index: Index, scope: Scope, question: Question) -> Sequence[Met]:
        """As ``Engine.met``."""
        found = self._met(index, scope, question)
        demand_few(len(found), self._most)
        return [Met(*who, found[who]) for who in sorted(cast(Collection[Who], found))]

    def _met(self, index: Index, scope: Scope, question: Question) -> dict[Hashable, Contact]:
        asked = [plain(stay, scope) for stay in index.stays if scope.has(stay)]
        there = Stays(plain(stay, scope) for stay in self._at(scope))
        return contacts(asked, there, question, index.whos)

    def met_later(self, contacts: Mapping[Who, int], selves: Asked, scope: Scope, question: Question) -> Sequence[Who]:
        """As ``Engine.met_later``."""
        theirs = [plain(stay, scope) for stay in self._at(scope) if scope.has(stay)]
        there = Stays(plain(stay, scope) for stay in self._at(scope))
        first_ms = dict[Hashable, int](contacts.items())
        found = of_contacts(first_ms, theirs, there, question, set[Hashable](whos_of(selves)))
        demand_few(len(found), self._most, later=True)
        return sorted(cast(Collection[Who], found))

    def _at(self, scope: Scope) -> list[KeyedStay]:
        """The stays at its places, whenever they were."""
        return [stay for stay in self._stays if scope.counts(stay) and (not scope.sites or stay.site in scope.sites)]


def in_time(stay: KeyedStay) -> tuple[int, str, str, bytes, bytes, int]:
    """The order of stays that are told by time."""
    return (stay.came_ms, stay.site, stay.zone, stay.key_id, stay.who, stay.went_ms)


def plain(stay: KeyedStay, scope: Scope) -> Stay:
    """*stay* as ``rules.contacts`` has it."""
    times = (stay.came_ms, stay.surely_came_ms, stay.surely_went_ms, stay.went_ms)
    return Stay((stay.key_id, stay.who), scope.place(stay), *times)


def days_of(index: Index, scope: Scope, question: Question) -> dict[str, list[Span]]:
    """By place, from when to when (not included) the days are that stays of *index*, and their tails, touch."""
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    for stay in sorted(filter(scope.has, index.stays), key=in_time):
        known = spans[scope.place(stay)]
        from_ms = stay.came_ms // DAY_MS * DAY_MS
        until_ms = ((stay.went_ms + question.tail_ms) // DAY_MS + 1) * DAY_MS
        if known and from_ms <= known[-1][1]:
            known[-1] = known[-1][0], max(until_ms, known[-1][1])
        else:
            known.append((from_ms, until_ms))
    return spans


def _touches(stay: KeyedStay, spans: Iterable[Span]) -> bool:
    return any(stay.came_ms < until_ms and stay.went_ms >= from_ms for from_ms, until_ms in spans)
