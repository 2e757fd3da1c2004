"""Pseudonyms of many sites and days -> people: their stays seen together, their documents, their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Protocol

from kiosk.rules.contact_list import Missing, Somebody, Unnamed
from kiosk.rules.linked import grouped, linked
from kiosk.rules.tracing import Asked, Engine, KeyedStay, Scope, Sealed, SealedKey, SealedPerson
from kiosk.vault import SealedIdentity

ROUNDS = 4  # of finding one person's further documents
SUBJECT_BYTES = 16
MOST_ELSEWHERE = 100_000  # pseudonyms that are asked about besides, in one question

Who = tuple[bytes, bytes]


class Opener(Protocol):
    """Who can tell people: by the tracing key, or by the day key of today."""

    def unlock(self, keys: Iterable[SealedKey]) -> Sequence[tuple[SealedKey, Missing]]:
        """Open *keys*; which do not open, and why."""

    def subject(self, holder_id: str) -> bytes:
        """What stands for a holder under all keys that are open."""

    def mark(self, case_number: str, subject: bytes) -> str:
        """What stands for somebody within a case."""

    def pseudonyms(self, subjects: Collection[bytes], within: Scope | None = None) -> Mapping[bytes, Sequence[bytes]]:
        """By day key the pseudonyms of *subjects*, in their order. Where given, of keys that were in use *within*."""

    def subjects(self, asked: Mapping[bytes, Collection[bytes]]) -> Mapping[Who, bytes]:
        """The subject behind each pseudonym whose key is open."""

    def identity(self, person: SealedPerson) -> SealedIdentity | Unnamed:
        """Who *person* is, or why that cannot be told."""


@dataclass(frozen=True, slots=True)
class SomeoneSeen:
    """Somebody found: the pseudonyms under which, and their stays."""

    whos: tuple[Who, ...]
    stays: tuple[KeyedStay, ...]


class People:
    """Who *engine* and *sealed* speak of, for who holds *opener*. It is *now_ms*: nobody was there later yet."""

    def __init__(self, engine: Engine, sealed: Sealed, opener: Opener, now_ms: int) -> None:
        self._now_ms = now_ms
        self._engine = engine
        self._sealed = sealed
        self._opener = opener

    def seen(self, whos: Iterable[Who], scope: Scope) -> dict[bytes, SomeoneSeen]:
        """Those pseudonyms by subject, with their stays in *scope*; where an end of one was not seen, with what else is
        known of those hours. Who stands under a key that did not open is somebody else each time.
        """
        stays = self._stays(grouped(whos), scope)
        for subject, more in self._stays(self._elsewhere(stays, scope), scope).items():
            stays[subject] |= more
        return {one: SomeoneSeen(_whos_of(some), self._until_now(some)) for one, some in stays.items()}

    def _until_now(self, stays: Iterable[KeyedStay]) -> tuple[KeyedStay, ...]:
        """*stays* seen together; who was not seen to leave may still be there, and no longer than until now."""
        ends = ((stay, max(stay.surely_went_ms, min(stay.went_ms, self._now_ms))) for stay in linked(stays))
        return tuple(replace(stay, went_ms=went_ms) for stay, went_ms in ends)

    def _stays(self, asked: Asked, scope: Scope) -> defaultdict[bytes, set[KeyedStay]]:
        subjects = self._opener.subjects(asked)
        found: defaultdict[bytes, set[KeyedStay]] = defaultdict(set)
        for stay in self._engine.stays_of(asked, scope) if asked else ():
            found[subjects.get((stay.key_id, stay.who), stay.key_id + stay.who)].add(stay)
        return found

    def _elsewhere(self, stays: Mapping[bytes, Iterable[KeyedStay]], scope: Scope) -> Asked:
        """Whose stay has an end that nobody saw: under every key of those hours. Of very many only at those sites."""
        unseen = {one: [stay for stay in some if stay.inferred] for one, some in stays.items()}
        subjects = [one for one, some in unseen.items() if some and len(one) == SUBJECT_BYTES]
        halves = [stay for one in subjects for stay in unseen[one]]
        if not halves:
            return {}
        from_ms, until_ms = min(stay.came_ms for stay in halves), max(stay.went_ms for stay in halves)
        hours = replace(scope, from_ms=from_ms, until_ms=until_ms)
        for within in (hours, replace(hours, sites=frozenset(stay.site for stay in halves))):
            under = self._opener.pseudonyms(subjects, within)
            if len(under) * len(subjects) <= MOST_ELSEWHERE:
                return {key_id: frozenset(whos) for key_id, whos in under.items()}
        return {}

    def all_documents(self, subjects: Iterable[bytes]) -> tuple[frozenset[bytes], Asked]:
        """*subjects* with whom visits say to be the same people, and all their pseudonyms."""
        known, asked = set(subjects), dict[bytes, frozenset[bytes]]()
        for _ in range(ROUNDS if known else 0):
            under = {key_id: frozenset(whos) for key_id, whos in self._opener.pseudonyms(list(known)).items()}
            asked = dict(self._sealed.same_as(under))
            further = set(self._opener.subjects(asked).values()) - known
            if not further:
                break
            known |= further
        return frozenset(known), asked

    def by_phone(self, phone: str, whos: Iterable[Who]) -> set[bytes]:
        """Who of *whos* gave *phone*: nothing but their sealed identities has it."""
        people = self._sealed.people(grouped(whos))
        theirs = [(one.key_id, one.who) for one in people if _phone_of(self._opener.identity(one)) == phone]
        return set(self._opener.subjects(grouped(theirs)).values())

    def names(self, subject_of: Mapping[Who, bytes], case_number: str) -> dict[bytes, Somebody]:
        """By subject, whom those pseudonyms name."""
        marks = {one: self._opener.mark(case_number, one) for one in set(subject_of.values())}
        names = {one: Somebody(mark, unnamed=Unnamed.NOTHING_KEPT) for one, mark in marks.items()}
        for sealed in self._sealed.people(grouped(subject_of)):
            subject = subject_of.get((sealed.key_id, sealed.who))
            if subject is not None:
                names[subject] = _better(names[subject], self._opener.identity(sealed))
        return names


def _whos_of(stays: Iterable[KeyedStay]) -> tuple[Who, ...]:
    return tuple(sorted({(stay.key_id, stay.who) for stay in stays}))


def pairs_of(asked: Mapping[bytes, Iterable[bytes]]) -> list[Who]:
    """Those of *asked*, one by one."""
    return [(key_id, who) for key_id, whos in asked.items() for who in whos]


def _better(known: Somebody, said: SealedIdentity | Unnamed) -> Somebody:
    """*known*, or what is *said* of them: whichever tells more."""
    if isinstance(said, Unnamed):
        return known if known.unnamed is None else replace(known, unnamed=said)
    if known.unnamed is None and sum(map(bool, astuple(known.person))) >= sum(map(bool, astuple(said.person))):
        return known
    return Somebody(known.mark, said.person, said.holder_id)


def _phone_of(said: SealedIdentity | Unnamed) -> str:
    return said.person.phone if isinstance(said, SealedIdentity) else ""
