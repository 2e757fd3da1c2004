"""Encounters one by one, for a list that people read: where, from when to when, how sure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from kiosk.rules.contact_list import Doubt, Place, Presence, Together
from kiosk.rules.contacts import Contact, Question, Stay, Stays, encounter
from kiosk.rules.plain_engine import plain
from kiosk.rules.tracing import UNDIVIDED, KeyedStay, Scope

Owned = tuple[bytes, KeyedStay]


@dataclass(frozen=True, slots=True)
class Meeting:
    """One encounter of a person's *stay* with the stay *index* of *whom*."""

    whom: bytes
    index: KeyedStay
    stay: KeyedStay
    contact: Contact


def meetings(
    index: Sequence[Owned], theirs: Sequence[Owned], scope: Scope, question: Question
) -> dict[bytes, list[Meeting]]:
    """By person, every encounter of *theirs* with *index*, in the order of time; both by whose they are."""
    by_stay: dict[Hashable, Owned] = {(whose, stay): (whose, stay) for whose, stay in theirs}
    there = Stays(_owned(whose, stay, scope) for whose, stay in theirs)
    found: defaultdict[bytes, list[Meeting]] = defaultdict(list)
    for whom, one in index:
        asked = _owned(whom, one, scope)
        for near in there.near(asked, question):
            whose, stay = by_stay[near.who]
            if whose != whom and (contact := encounter(asked, near, question)):
                found[whose].append(Meeting(whom, one, stay, contact))
    for some in found.values():
        some.sort(key=lambda met: (met.contact.first_ms, met.contact.last_ms, met.whom))
    return dict(found)


def together(met: Meeting) -> Together:
    """*met* as a list has it. What is doubtful is said where it makes a difference."""
    contact = met.contact
    unsure = contact.certain_ms < contact.possible_ms
    doubts = sorted({*_doubts(met.index), *_doubts(met.stay)}) if unsure else ()
    return Together(_place(met.stay), contact.first_ms, contact.last_ms, contact.certain_ms, tuple(doubts))


def presence(stay: KeyedStay) -> Presence:
    """*stay* as a timeline has it."""
    times = (stay.came_ms, stay.surely_came_ms, stay.surely_went_ms, stay.went_ms)
    return Presence(_place(stay), *times, tuple(sorted(_doubts(stay))))


def _place(stay: KeyedStay) -> Place:
    return Place(stay.site, "" if stay.zone == UNDIVIDED else stay.zone, stay.gate)


def _doubts(stay: KeyedStay) -> set[Doubt]:
    return {*([Doubt.EXIT_UNSEEN] if stay.inferred else []), *([] if stay.sure else [Doubt.CLOCK_UNSURE])}


def _owned(whose: bytes, stay: KeyedStay, scope: Scope) -> Stay:
    return replace(plain(stay, scope), who=(whose, stay))
