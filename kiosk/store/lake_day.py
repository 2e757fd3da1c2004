"""A day of a kiosk's log -> rows of the lake: stays with repaired times, what is sealed, which names lead to whom.

The visits are those of the kiosk's own tables, which the hub's replica has by the same rules.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from kiosk.rules import presence, queueing
from kiosk.rules.entries import Entry, EntryKind, from_text
from kiosk.rules.queueing import Act
from kiosk.rules.stays import Bounds, Zones, bounds_of, in_zones, zones_from_body
from kiosk.rules.tracing import SITE_ZONES, KeyedStay, SealedKey, SealedPerson
from kiosk.rules.true_times import Read, TrueTime, TrueTimes
from kiosk.store.clocks import reads
from kiosk.store.days import KeySpan
from kiosk.store.epochs import epoch_of
from kiosk.store.head import read_head
from kiosk.store.passages import Passage, key_entry, passages, said_of_people

# What the bodies of a newer kiosk, or of a hostile one, may do to rules that expect ours.
UNREADABLE = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError)
_AT_COUNTER = frozenset({Act.START, Act.FINISH})  # staff had the person before them


@dataclass(frozen=True, slots=True)
class Known:
    """A stay, and the entry that began its visit."""

    stay: KeyedStay
    epoch: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Leads:
    """Who is asked for as *alias* has stays as *who*, as an entry says of *at_ms*."""

    key_id: bytes
    alias: bytes
    who: bytes
    at_ms: int


@dataclass(slots=True)
class Day:
    """What the lake has of one day key of one kiosk; what is sealed with the time of its entry."""

    stays: list[Known] = field(default_factory=list)
    keys: list[SealedKey] = field(default_factory=list)
    people: list[tuple[SealedPerson, int]] = field(default_factory=list)
    leads: list[Leads] = field(default_factory=list)

    def and_(self, other: Day) -> Day:
        """The same day where another branch of the log has it, too: an end that one of them saw counts."""
        ours, theirs = _visits(self), _visits(other)
        better = {visit for visit, inferred in theirs.items() if ours.get(visit, True) and not inferred}
        better |= theirs.keys() - ours.keys()
        stays = [one for one in self.stays if (one.epoch, one.sequence) not in better]
        stays += [one for one in other.stays if (one.epoch, one.sequence) in better]
        people, leads = dict.fromkeys([*self.people, *other.people]), dict.fromkeys([*self.leads, *other.leads])
        return Day(stays, self.keys or other.keys, list(people), list(leads))


def _visits(day: Day) -> dict[tuple[str, int], bool]:
    """The visits of *day*, and whether an end of them is inferred."""
    return {(one.epoch, one.sequence): one.stay.inferred for one in day.stays if one.stay.zone in SITE_ZONES}


def project(db: sqlite3.Connection, times: TrueTimes, span: KeySpan, site: str, longest_ms: int) -> Day:
    """What the log *db* of a kiosk of *site* says of the day of *span*. For ``Reader.ask``."""
    key = key_entry(db, span)
    zones = zones_from_body((key.body or {}).get("zones") if key else None)
    began_ms, ended_ms = _lasted(db, times, span)
    heard, found = _Heard(times), passages(db, times, span)
    for entry in said_of_people(db, span):
        with suppress(*UNREADABLE):  # what it does say of visits is in the tables
            heard.take(entry)
    whos, epoch = {passage.id: passage.who for passage in found}, epoch_of(db, read_head(db))
    named = heard.named(whos)
    day = Day(
        people=[
            (SealedPerson(site, span.key_id, named.get(who, who), sealed), at_ms) for who, sealed, at_ms in heard.people
        ],
        leads=list(heard.leads(span.key_id, whos)),
    )
    for passage in found:
        _, opened = epoch(passage.id)
        whole = bounds_of(replace(passage.passed, served=heard.served.get(passage.id)), began_ms, longest_ms)
        for zone, part in in_zones(whole, zones, heard.path(passage, zones)):
            day.stays.append(Known(_keyed(site, zone, passage, span.key_id, part), opened, passage.id))
    from_ms = min([began_ms, *(one.stay.came_ms for one in day.stays)])
    until_ms = max([ended_ms, *(one.stay.went_ms for one in day.stays)])
    with suppress(*UNREADABLE):
        sealed = bytes.fromhex(key.body["sealed"]) if key and key.body else b""
        day.keys += [SealedKey(site, span.key_id, sealed, from_ms, until_ms)] if sealed else []
    return day


def _keyed(site: str, zone: str, passage: Passage, key_id: bytes, part: Bounds) -> KeyedStay:
    times = (part.came_ms, part.surely_came_ms, part.surely_went_ms, part.went_ms)
    return KeyedStay(site, zone, key_id, passage.who, *times, part.inferred, part.sure, passage.gate)


def _lasted(db: sqlite3.Connection, times: TrueTimes, span: KeySpan) -> tuple[int, int]:
    """When *span* began at the earliest, and ended at the latest; as well as it is known."""
    known = reads(db, [span.first, span.last])
    began, ended = (times.of(sequence, known[sequence]) for sequence in (span.first, span.last))
    earliest_ms = began.at_ms if began.earliest_ms is None else began.earliest_ms
    return earliest_ms, ended.at_ms if ended.latest_ms is None else ended.latest_ms


class _Heard:
    """What entries say of visits beside when they began and ended."""

    def __init__(self, times: TrueTimes) -> None:
        self._times = times
        self._services: defaultdict[int, list[tuple[int, str, TrueTime]]] = defaultdict(list)
        self._names: list[tuple[bytes, int, int]] = []
        self.served: dict[int, TrueTime] = {}
        self.people: list[tuple[bytes, bytes, int]] = []

    def take(self, entry: Entry) -> None:
        """What *entry* says, the next one."""
        body, at = entry.body or {}, self._times.of(entry.sequence, Read(entry.header.moment, entry.header.at_ms))
        passed = tuple(presence.changes(entry))
        for change in passed:
            if isinstance(change, presence.Named):
                self._name(change, at.at_ms)
        for step in queueing.changes(entry, passed):
            self._move(entry.sequence, step, at)
        if entry.header.kind == EntryKind.CALL and body.get("act") in _AT_COUNTER:
            self.served[body["ticket"]] = at
        if "sealed_who" in body:
            self.people.append((bytes.fromhex(body["sealed_who"]), from_text(body["sealed"]), at.at_ms))

    def _name(self, change: presence.Named, at_ms: int) -> None:
        if change.visit:
            self._names.append((change.who, change.visit, at_ms))
        else:  # staff have unlinked it
            self._names = [name for name in self._names if name[0] != change.who]

    def _move(self, sequence: int, step: queueing.Change, at: TrueTime) -> None:
        match step:
            case queueing.Issued(ticket):
                self._services[ticket.id].append((sequence, ticket.service, at))
            case queueing.Moved(ticket_id, changed) if "service" in changed:
                self._services[ticket_id].append((sequence, changed["service"], at))

    def path(self, passage: Passage, zones: Zones) -> list[tuple[str, TrueTime | None]]:
        """The zones in which *passage* went on, each with since when; of the first, all along."""
        path: list[tuple[str, TrueTime | None]] = [(zones.start(passage.gate), None)]
        for sequence, service, since in self._services.get(passage.id, ()):
            zone = zones.services.get(service, path[-1][0])
            if sequence == passage.id:
                path = [(zone, None)]
            elif zone != path[-1][0]:
                path.append((zone, since))
        return path

    def named(self, whos: dict[int, bytes]) -> dict[bytes, bytes]:
        """Under which pseudonym the visits stand to which other names lead, by the visits' own names *whos*."""
        return {name: whos[visit] for name, visit, _ in self._names if visit in whos}

    def leads(self, key_id: bytes, whos: dict[int, bytes]) -> Iterator[Leads]:
        """The names that lead to visits of somebody else's name, by the visits' own names *whos*."""
        first_ms: dict[tuple[bytes, bytes], int] = {}
        for alias, visit, at_ms in self._names:
            if whos.get(visit, alias) != alias:
                first_ms.setdefault((alias, whos[visit]), at_ms)
        return (Leads(key_id, alias, who, at_ms) for (alias, who), at_ms in first_ms.items())
