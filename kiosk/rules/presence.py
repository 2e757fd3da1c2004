"""Entries -> visits, who is inside, occupancy. One implementation for kiosk, rebuild and hub.

``changes`` says what an entry changes; ``Presence`` applies changes in memory and is the reference
that the tables of ``store/projections.py`` are held to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from kiosk.rules.entries import Body, Entry, EntryKind, from_text


@dataclass(frozen=True, slots=True)
class Visit:
    """An entry paired with its exit. ``id`` is the sequence of the entry that opened it.

    ``entered_ms`` is None where somebody left whom nobody had seen come; ``left_ms`` is None while inside.
    *corrected* is the entry by which staff put it right last, *id_seen* the one by which they say that they have seen
    the holder's document; 0 where none did.
    """

    id: int
    key_id: bytes
    who: bytes | None
    like: bytes | None
    classes: int
    kind: str
    shown: bytes | None
    gate_in: str = ""
    entered_ms: int | None = None
    gate_out: str = ""
    left_ms: int | None = None
    exit_sequence: int | None = None
    exit_inferred: bool = False
    link: str = ""
    service: str | None = None
    series: str | None = None
    number: int | None = None
    corrected: int = 0
    id_seen: int = 0


@dataclass(slots=True)
class Counts:
    """Passages of one day key, and its last ticket number. They carry no identity and outlive the visits."""

    inside: int = 0
    entered: int = 0
    left: int = 0
    inferred: int = 0
    unmatched: int = 0
    number: int = 0

    def as_table(self) -> dict[str, int]:
        """The counts by name, as the day's closing entry keeps them."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Opened:
    """A visit begins (or, where ``visit.left_ms`` is set, is known only by its end)."""

    visit: Visit


@dataclass(frozen=True, slots=True)
class Closed:
    """A visit ends; an inferred end lies at most *longest_ms* after its beginning."""

    visit: int
    at_ms: int
    sequence: int
    gate: str = ""
    link: str = ""
    inferred: bool = False
    longest_ms: int = 0


@dataclass(frozen=True, slots=True)
class ClosedRange:
    """Every open visit from *first* to *last* ends as inferred."""

    first: int
    last: int
    at_ms: int
    sequence: int
    longest_ms: int


@dataclass(frozen=True, slots=True)
class Named:
    """A pseudonym leads to a visit from now on; *sealed* when its identity was sealed with this entry."""

    who: bytes
    visit: int
    sealed: bool


@dataclass(frozen=True, slots=True)
class Ticketed:
    """An open visit that had no number has this one now."""

    visit: int
    service: str
    series: str
    number: int


@dataclass(frozen=True, slots=True)
class IdSeen:
    """Staff have seen the document of who is meant by *visit*, says entry *sequence*; 0: that was taken back."""

    visit: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person stands in the waiting order since *sequence* and was seen at *at_ms*.

    The place of one who was seen there before keeps its sequence, unless that was before *kept_ms*.
    """

    who: bytes
    sequence: int
    at_ms: int
    kept_ms: int


@dataclass(frozen=True, slots=True)
class StoppedWaiting:
    """A person left the waiting order."""

    who: bytes


@dataclass(frozen=True, slots=True)
class NewDay:
    """A new day key is in use: pseudonyms and the waiting order start afresh."""

    key_id: bytes


@dataclass(frozen=True, slots=True)
class CountsKept:
    """The counts of a day that is over, which stay when its bodies are erased."""

    key_id: bytes
    counts: Counts


Change = Opened | Closed | ClosedRange | Named | Ticketed | IdSeen | Waiting | StoppedWaiting | NewDay | CountsKept


def changes(entry: Entry) -> Iterator[Change]:
    """What *entry* changes in the visits; nothing for unknown kinds and erased bodies."""
    body = entry.body
    if body is None:
        return
    match entry.header.kind:
        case EntryKind.SCAN | EntryKind.DESK:
            yield from _scan(entry, body)
        case EntryKind.CLOSING:
            yield ClosedRange(body["first"], body["last"], body["ended_ms"], entry.sequence, body["longest_ms"])
        case EntryKind.DAY_KEY:
            yield NewDay(entry.header.key_id)
        case EntryKind.DAY_CLOSE:
            yield CountsKept(entry.header.key_id, Counts(**body["counts"]))


def _scan(entry: Entry, body: Body) -> Iterator[Change]:
    header = entry.header
    for gone in (*([body["inferred"]] if "inferred" in body else ()), *body.get("together", ())):
        yield Closed(gone, header.at_ms, header.sequence, inferred=True, longest_ms=body["longest_ms"])
    visit = None
    if body.get("opens"):
        visit = header.sequence
        yield Opened(_new_visit(entry, body))
    elif "closes" in body:
        visit = body["closes"]
        yield Closed(visit, header.at_ms, header.sequence, header.gate, body.get("link", ""))
    elif "names" in body:
        visit = body["names"]
        if "ticket" in body:
            yield Ticketed(visit, **body["ticket"])
        if "id_seen" in body:
            yield IdSeen(visit, header.sequence if body["id_seen"] else 0)
    if visit is not None:
        yield from _names(body, visit)
    if "place" in body:
        yield Waiting(bytes.fromhex(body["who"]), header.sequence, header.at_ms, header.at_ms - body["wait_ms"])
    elif body.get("direction") == "in":
        for name in _names(body, header.sequence):
            yield StoppedWaiting(name.who)


def _new_visit(entry: Entry, body: Body) -> Visit:
    header = entry.header
    ticket = body.get("ticket", {})
    passed: dict[str, Any] = {"gate_in": header.gate, "entered_ms": header.at_ms}
    if body["direction"] == "out":
        passed = {"gate_out": header.gate, "left_ms": header.at_ms, "exit_sequence": header.sequence}
    return Visit(
        id=header.sequence,
        key_id=header.key_id,
        who=bytes.fromhex(body["who"]) if "who" in body else None,
        like=bytes.fromhex(body["like"]) if "like" in body else None,
        classes=body.get("classes", 0),
        kind=body.get("kind", ""),
        shown=from_text(body["shown"]) if "shown" in body else None,
        **passed,
        **ticket,
    )


def _names(body: Body, visit: int) -> Iterator[Named]:
    whos = [body["who"]] if "who" in body else []
    for who in [*whos, *body.get("also", ())]:
        yield Named(bytes.fromhex(who), visit, who == body.get("sealed_who"))


@dataclass(slots=True)
class Presence:
    """Visits and occupancy in memory: the reference for every table and engine."""

    visits: dict[int, Visit] = field(default_factory=dict)
    names: dict[bytes, tuple[int, bool]] = field(default_factory=dict)
    waiting: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    counts: dict[bytes, Counts] = field(default_factory=dict)

    def apply(self, change: Change) -> None:
        """Apply one change. An exit that was seen corrects one that was inferred; otherwise what has ended stays."""
        match change:
            case Opened(visit):
                self._open(visit)
            case Closed():
                self._close(change)
            case ClosedRange(first, last, at_ms, sequence, longest_ms):
                for visit in [v for v in self.visits.values() if v.left_ms is None and first <= v.id <= last]:
                    self._close(Closed(visit.id, at_ms, sequence, inferred=True, longest_ms=longest_ms))
            case Named(who, visit_id, sealed):
                self.names[who] = (visit_id, sealed or self.names.get(who, (0, False))[1])
            case Ticketed(visit_id, service, series, number):
                self._number(visit_id, service, series, number)
            case IdSeen(visit_id, sequence):
                if seen := self.visits.get(visit_id):
                    self.visits[visit_id] = replace(seen, id_seen=sequence)
            case Waiting() | StoppedWaiting():
                self._wait(change)
            case NewDay():
                self.names.clear()
                self.waiting.clear()
            case CountsKept(key_id, counts):
                self.counts[key_id] = replace(counts)

    def _open(self, visit: Visit) -> None:
        self.visits[visit.id] = visit
        counts = self.counts.setdefault(visit.key_id, Counts())
        counts.number = max(counts.number, visit.number or 0)
        if visit.left_ms is None:
            counts.inside += 1
            counts.entered += 1
        else:
            counts.unmatched += 1

    def _wait(self, change: Waiting | StoppedWaiting) -> None:
        match change:
            case Waiting(who, sequence, at_ms, kept_ms):
                first, seen_ms = self.waiting.get(who, (sequence, at_ms))
                self.waiting[who] = (first if seen_ms >= kept_ms else sequence, at_ms)
            case StoppedWaiting(who):
                self.waiting.pop(who, None)

    def _number(self, visit_id: int, service: str, series: str, number: int) -> None:
        if visit := self.visits.get(visit_id):
            self.visits[visit_id] = replace(visit, service=service, series=series, number=number)
            counts = self.counts[visit.key_id]
            counts.number = max(counts.number, number)

    def _close(self, change: Closed) -> None:
        visit = self.visits.get(change.visit)
        if visit is None or visit.entered_ms is None:
            return
        if visit.left_ms is not None and (change.inferred or not visit.exit_inferred):
            return
        left_ms = min(change.at_ms, visit.entered_ms + change.longest_ms) if change.inferred else change.at_ms
        self.visits[visit.id] = replace(
            visit,
            left_ms=left_ms,
            gate_out=change.gate,
            exit_sequence=change.sequence,
            exit_inferred=change.inferred,
            link=change.link,
        )
        counts = self.counts[visit.key_id]
        if visit.exit_inferred:
            counts.inferred -= 1
        else:
            counts.inside -= 1
        if change.inferred:
            counts.inferred += 1
        else:
            counts.left += 1


def presence_of(entries: Iterable[Entry]) -> Presence:
    """Everything that *entries*, in order, say about visits."""
    presence = Presence()
    for entry in entries:
        for change in changes(entry):
            presence.apply(change)
    return presence
