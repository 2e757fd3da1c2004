"""What a tracing team asks a hub, and what it is told: nobody's name, only pseudonyms under the keys of site days.

The console that holds the tracing key turns people into pseudonyms and back; hub and engines only ever see sets of
(day key, pseudonym) and answer who of the others was present at the same time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kiosk.rules.contacts import Contact, Question

Asked = Mapping[bytes, frozenset[bytes]]  # by the id of a day key (8 bytes): pseudonyms (16 bytes) under it

UNDIVIDED = "."  # the zone of a stay at a site of which no parts are known
SITE_ZONES = frozenset({"", UNDIVIDED})  # stays at whole sites
BETWEEN = "\x1f"  # no site or zone has it in its name
MOST_MET = 60_000  # pseudonyms in one answer, which a console takes whole


class TooManyError(Exception):
    """An answer would be of *met* people, or pseudonyms: more than anybody can call. The sentence says so; nobody was
    told.
    """

    def __init__(self, said: str, met: int) -> None:
        super().__init__(said)
        self.met = met


class By(StrEnum):
    """What counts as one place."""

    SITE = "site"
    ZONE = "zone"  # a part of a site, as known from gates and counters


@dataclass(frozen=True, slots=True)
class Scope:
    """Where and when it is asked: stays that touch ``from_ms`` to ``until_ms`` at *sites* (all, where empty)."""

    from_ms: int
    until_ms: int
    by: By = By.SITE
    sites: frozenset[str] = frozenset()

    def has(self, stay: KeyedStay) -> bool:
        """Whether *stay* is one of those that are asked about."""
        return (
            stay.came_ms <= self.until_ms
            and stay.went_ms >= self.from_ms
            and (not self.sites or stay.site in self.sites)
            and self.counts(stay)
        )

    def counts(self, stay: KeyedStay) -> bool:
        """Whether *stay* is at a place as they are told apart here."""
        return stay.zone in SITE_ZONES if self.by is By.SITE else stay.zone != ""

    def place(self, stay: KeyedStay) -> str:
        """The place of *stay*: its site, or site and zone with ``BETWEEN`` between them."""
        return stay.site if self.by is By.SITE else f"{stay.site}{BETWEEN}{stay.zone}"


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A day key of a site as its kiosk sealed it for the tracing team, and the times between which it was in use."""

    site: str
    key_id: bytes
    sealed: bytes
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class SealedPerson:
    """What a kiosk has sealed of who *who* is."""

    site: str
    key_id: bytes
    who: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class KeyedStay:
    """A stay of the pseudonym *who*, as the lake has it: times as ``contacts.Stay`` has them, in truth.

    *zone* is empty for the stay at the whole site, and ``UNDIVIDED`` where that is the only zone that is known: such a
    stay counts for both. *inferred*: nobody saw them leave, or come, and an end is the farthest that it can be. *sure*:
    both times may be relied on. *gate* is the one that they came by; of who was only seen to leave, that one.
    """

    site: str
    zone: str
    key_id: bytes
    who: bytes
    came_ms: int
    surely_came_ms: int
    surely_went_ms: int
    went_ms: int
    inferred: bool
    sure: bool
    gate: str


@dataclass(frozen=True, slots=True)
class Met:
    """The pseudonym *who* was present with whom was asked about."""

    key_id: bytes
    who: bytes
    contact: Contact


@dataclass(frozen=True, slots=True)
class Count:
    """How many a question would name, of how many who were present where those asked of were, on those days (UTC).

    Both count pseudonyms: one person on two days, or at two sites, counts twice.
    """

    met: int
    present: int

    @property
    def share(self) -> float:
        """The part of everybody present that would be named, 0 to 1."""
        return self.met / self.present if self.present else 0.0


@dataclass(frozen=True, slots=True)
class Index:
    """Of whom it is asked: their *stays*, as ``stays_of`` gave them or as the console knows better, who having come by
    one gate and left by another has two halves; and all their pseudonyms, *selves*, who are never named as contacts.

    A place and a time are asked of by a stay of nobody there (``nobody``).
    """

    stays: Sequence[KeyedStay]
    selves: Asked

    @property
    def whos(self) -> set[tuple[bytes, bytes]]:
        """All of them, by (key id, pseudonym)."""
        return whos_of(self.selves) | {(stay.key_id, stay.who) for stay in self.stays}


def whos_of(asked: Asked) -> set[tuple[bytes, bytes]]:
    """Those of *asked*, by (key id, pseudonym)."""
    return {(key_id, who) for key_id, whos in asked.items() for who in whos}


def asked_of(whos: Iterable[tuple[bytes, bytes]]) -> Asked:
    """*whos*, which are (key id, pseudonym), by key id."""
    by_key: defaultdict[bytes, set[bytes]] = defaultdict(set)
    for key_id, who in whos:
        by_key[key_id].add(who)
    return {key_id: frozenset(some) for key_id, some in by_key.items()}


def nobody(site: str, zone: str, from_ms: int, until_ms: int) -> Index:
    """Asks who was at *zone* of *site* (at the whole site where empty) between two times."""
    times = (from_ms, from_ms, until_ms, until_ms)
    return Index((KeyedStay(site, zone, b"", b"", *times, inferred=False, sure=True, gate=""),), {})


def demand_few(met: int, most: int, *, later: bool = False) -> None:
    """Raises TooManyError where *met* (*later*: by the second order) are more than the *most* of one answer."""
    if met > most:
        asked = "the second order would be of" if later else "the answer would be of"
        raise TooManyError(f"{asked} {met}, more than the {most} that it may be of", met)


class Engine(Protocol):
    """Answers from a lake of stays. Every engine gives the same answers, to the millisecond, in the same order.

    Whom an answer names is counted first; more than ``MOST_MET``, or what the engine is told, is a TooManyError.
    """

    def stays_of(self, asked: Asked, scope: Scope) -> Sequence[KeyedStay]:
        """The stays of those asked of, by time. By zone those in zones, else those at whole sites."""

    def count(self, index: Index, scope: Scope, question: Question) -> Count:
        """How many ``met`` would name, were there no bound. Cheap beside it."""

    def met(self, index: Index, scope: Scope, question: Question) -> Sequence[Met]:
        """Who was present with those asked of, at sites of the scope; by day key and pseudonym.

        Raises TooManyError.
        """

    def met_later(
        self, contacts: Mapping[tuple[bytes, bytes], int], selves: Asked, scope: Scope, question: Question
    ) -> Sequence[tuple[bytes, bytes]]:
        """The second order: (key id, pseudonym) of who met somebody in *contacts*, from their first encounter (ms) on.

        The stays of *contacts* are those of the scope. Neither *contacts* nor *selves* are named again.
        Raises TooManyError.
        """


class Sealed(Protocol):
    """What kiosks have sealed to the tracing team, beside the lake; and which other names a visit goes by."""

    def keys(self, scope: Scope) -> Sequence[SealedKey]:
        """The day keys that were in use at the scope's sites within its time."""

    def people(self, asked: Asked) -> Sequence[SealedPerson]:
        """The sealed identities of those asked of, as far as they are kept."""

    def same_as(self, asked: Asked) -> Asked:
        """Those asked of, and under the same keys every other pseudonym of the visits that they lead to: a slip leads
        to the visit that it was printed for, a second document to the visit that began with the first, and back.
        """
