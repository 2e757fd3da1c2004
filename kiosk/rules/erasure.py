"""Erasing what is kept of one person: which entries speak of them, and what the entry that says so must carry on.

An erased body changes nothing when the log is read again. So the entry that records an erasure carries, without
saying who it was, what the erased ones were for: the counts of the day up to then, the last numbers given, and how
the visits, names and tickets of others stand whom they spoke of, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field

from kiosk.rules import presence, queueing
from kiosk.rules.entries import Body, Entry, EntryKind
from kiosk.rules.presence import Counts, Visit, visit_as_body
from kiosk.rules.queueing import QueueTicket, ticket_as_body
from kiosk.rules.waits import Turn

PERSONAL = (EntryKind.SCAN, EntryKind.DESK, EntryKind.CORRECTION, EntryKind.STAFF, EntryKind.ERASURE)
BY_STAFF = (EntryKind.CORRECTION, EntryKind.STAFF)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose entries are meant: the pseudonyms that lead to a person, and their visits, under one day key."""

    key_id: bytes
    whos: frozenset[bytes]
    visits: frozenset[int]

    def is_spoken_of(self, entry: Entry) -> bool:
        """Tell whether the body of *entry* says anything of them. A call names a visit, and nothing of its holder."""
        body = entry.body
        if body is None or entry.header.kind not in PERSONAL:
            return False
        if entry.header.kind == EntryKind.ERASURE and bytes.fromhex(body["key"]) != self.key_id:
            return False
        return not self.visits.isdisjoint(_visits_in(entry, body)) or not self.whos.isdisjoint(names_in(body))


def names_in(body: Body) -> Iterator[bytes]:
    """The pseudonyms in the body of a PERSONAL entry."""
    for name in ("who", "code", "sealed_who"):
        if name in body:
            yield bytes.fromhex(body[name])
    yield from map(bytes.fromhex, body.get("also", ()))
    names = body.get("names", ())
    yield from (bytes.fromhex(who) for who, *_ in (names if isinstance(names, list) else ()))
    yield from (bytes.fromhex(visit["who"]) for visit in _visits_said(body) if "who" in visit)


def _visits_in(entry: Entry, body: Body) -> Iterator[int]:
    if entry.header.kind in (EntryKind.SCAN, EntryKind.DESK):
        yield entry.sequence
        yield from (body[name] for name in ("closes", "names", "beside") if name in body)
    if entry.header.kind == EntryKind.STAFF:  # its reason is typed, and may name somebody
        yield body.get("visit", 0)
    yield from (visit["id"] for visit in _visits_said(body))


def _visits_said(body: Body) -> Iterator[Body]:
    """Visits that a correction or an erasure states in full."""
    for pair in body.get("visits", ()) if "moves" in body else ():
        yield from (visit for visit in pair if visit)
    yield from (visit for _, visit in body.get("others", ()) if visit)


@dataclass(slots=True)
class Touched:
    """Visits, names, tickets and numbers that entries change, whoever's they are."""

    visits: set[int] = field(default_factory=set)
    names: set[bytes] = field(default_factory=set)
    tickets: set[int] = field(default_factory=set)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """What *entry* changes, too."""
        passed = tuple(presence.changes(entry))
        for change in passed:
            self._take(change)
        for step in queueing.changes(entry, passed):
            self._take_step(step)

    def _take(self, change: presence.Change) -> None:
        match change:
            case presence.Opened(visit):
                self.visits.add(visit.id)
            case presence.Closed(visit_id) | presence.IdSeen(visit_id) | presence.Ticketed(visit_id):
                self.visits.add(visit_id)
            case presence.Restated(visit_id):
                self.visits.add(visit_id)
            case presence.Corrected(before, after):
                self.visits |= {visit.id for visit in (before, after) if visit}
            case presence.Named(who):
                self.names.add(who)

    def _take_step(self, step: queueing.Change) -> None:
        match step:
            case queueing.Issued(ticket, numbering):
                self.tickets.add(ticket.id)
                self._give(numbering, ticket.number)
            case queueing.Moved(ticket_id) | queueing.Restated(ticket_id) | queueing.Ended(ticket_id):
                self.tickets.add(ticket_id)
            case queueing.Erased(_, numbers):
                for numbering, last in numbers:
                    self._give(numbering, last)

    def _give(self, numbering: queueing.Numbering, number: int) -> None:
        key = (numbering.series, numbering.half)
        self.numbers[key] = max(number, self.numbers.get(key, 0))


@dataclass(frozen=True, slots=True)
class Remains:
    """How what the erased entries touched stands now: the day's counts, None where they are kept already, and of others
    each visit, name (with its visit, and whether it is sealed) and ticket (with its turns); None: gone.
    """

    counts: Counts | None
    others: tuple[tuple[int, Visit | None], ...] = ()
    names: tuple[tuple[bytes, int, bool], ...] = ()
    tickets: tuple[tuple[int, QueueTicket | None, tuple[tuple[int, Turn], ...]], ...] = ()


def erasure_body(erased: Collection[Entry], subject: Subject, touched: Touched, remains: Remains) -> Body:
    """The body of the ERASURE entry. Numbers and names are of today alone: nothing asks for those of earlier days.

    What staff *did* stays, without their reasons. An erasure that is itself erased, for it states a visit of the same
    person, lives on in this one.
    """
    counts = remains.counts
    before = [entry.body for entry in erased if entry.header.kind == EntryKind.ERASURE and entry.body]
    sequences = {entry.sequence for entry in erased}.union(*(body["sequences"] for body in before))
    did = [
        [entry.header.at_ms, entry.body["act"], entry.body.get("by", "")]
        for entry in erased
        if entry.body and entry.header.kind in BY_STAFF
    ]
    body = {
        "key": subject.key_id.hex(),
        "sequences": sorted(sequences),
        "visits": sorted(subject.visits),
        "did": sorted([*did, *(act for body in before for act in body["did"])]),
        "numbers": sorted([*key, last] for key, last in touched.numbers.items()) if counts else [],
        "others": [[visit_id, visit_as_body(visit)] for visit_id, visit in remains.others],
        "names": [[who.hex(), visit, sealed] for who, visit, sealed in remains.names] if counts else [],
        "tickets": [
            [ticket_id, ticket and ticket_as_body(ticket), [[sequence, asdict(turn)] for sequence, turn in turns]]
            for ticket_id, ticket, turns in remains.tickets
        ],
    }
    return body | ({"counts": counts.as_table()} if counts else {})


def erased_by(bodies: Iterable[Body]) -> set[int]:
    """The entries whose bodies went one by one, from the bodies of the ERASURE entries."""
    return {sequence for body in bodies for sequence in body["sequences"]}
