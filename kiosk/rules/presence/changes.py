"""Entry -> what it changes in the visits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kiosk.rules.entries import Body, Entry, EntryKind, from_text
from kiosk.rules.presence.visits import Counts, Visit, visit_from_body


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
    """A pseudonym leads to a visit from now on, 0 for none; *sealed* when its identity was sealed with this entry."""

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
    """The counts of a day up to here, which stay whatever of it is erased."""

    key_id: bytes
    counts: Counts


@dataclass(frozen=True, slots=True)
class Corrected:
    """Staff put a visit right: None stands for none, before it and where there never was one."""

    before: Visit | None
    after: Visit | None


@dataclass(frozen=True, slots=True)
class Erased:
    """What was recorded of *visits* is erased; the counts of their day stay (see ``CountsKept``)."""

    visits: frozenset[int]


@dataclass(frozen=True, slots=True)
class Restated:
    """How somebody else's visit stands whom erased entries spoke of, too; None: there is none. Counts stay."""

    id: int
    visit: Visit | None


Change = (
    Opened
    | Closed
    | ClosedRange
    | Named
    | Ticketed
    | IdSeen
    | Corrected
    | Erased
    | Restated
    | Waiting
    | StoppedWaiting
    | NewDay
    | CountsKept
)


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
        case EntryKind.CORRECTION:
            yield from _correction(entry, body)
        case EntryKind.ERASURE:
            yield from _erasure(body)
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
        yield from _amended(visit, header.sequence, body)
    if visit is not None:
        yield from _names(body, visit)
    if "place" in body:
        yield Waiting(bytes.fromhex(body["who"]), header.sequence, header.at_ms, header.at_ms - body["wait_ms"])
    elif body.get("direction") == "in":
        for name in _names(body, header.sequence):
            yield StoppedWaiting(name.who)


def _amended(visit: int, sequence: int, body: Body) -> Iterator[Ticketed | IdSeen]:
    if "ticket" in body:
        yield Ticketed(visit, **body["ticket"])
    if "id_seen" in body:
        yield IdSeen(visit, sequence if body["id_seen"] else 0)


def _correction(entry: Entry, body: Body) -> Iterator[Change]:
    for pair in body["visits"]:
        before, after = (visit_from_body(visit, entry.header.key_id) for visit in pair)
        yield Corrected(before, after)
    for who, _, visit_id in body["names"]:
        yield Named(bytes.fromhex(who), visit_id, sealed=False)


def _erasure(body: Body) -> Iterator[Change]:
    key_id = bytes.fromhex(body["key"])
    yield Erased(frozenset(body["visits"]))
    for visit, stands in body["others"]:
        yield Restated(visit, visit_from_body(stands, key_id))
    if "counts" in body:
        yield CountsKept(key_id, Counts(**body["counts"]))
    for who, visit, sealed in body["names"]:
        yield Named(bytes.fromhex(who), visit, sealed)


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
