"""Entry -> what it changes in the queue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

from kiosk.rules import presence
from kiosk.rules.entries import Body, Entry, EntryKind
from kiosk.rules.queueing.words import AT_COUNTER, ENDS, Numbering, QueueTicket, State
from kiosk.rules.waits import Turn


@dataclass(frozen=True, slots=True)
class Issued:
    """A visit has a ticket, from its beginning or later, whose number counts under *numbering*."""

    ticket: QueueTicket
    numbering: Numbering


@dataclass(frozen=True, slots=True)
class Moved:
    """Fields of a ticket have these values now."""

    ticket: int
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Worked:
    """Fields of a counter's desk have these values now."""

    counter: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """Every visit from *first* to *last* that was not over is over, and so is its ticket (see ``ending``)."""

    first: int
    last: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class NewDay:
    """A new day key: desks and numbers begin afresh."""


@dataclass(frozen=True, slots=True)
class TurnBegan:
    """Entry *sequence* called a ticket to a counter; *ahead* as in ``waits.Turn``. Follows the ticket's Moved."""

    sequence: int
    ticket: int
    ahead: int | None


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The last turn of a ticket ended at *at_ms*; None: it goes on after all."""

    ticket: int
    at_ms: int | None


@dataclass(frozen=True, slots=True)
class TurnUndone:
    """The turn that entry *sequence* began was none."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Erased:
    """Tickets of visits that are erased, with their turns; the last numbers given stay those."""

    tickets: frozenset[int]
    numbers: tuple[tuple[Numbering, int], ...]


@dataclass(frozen=True, slots=True)
class Restated:
    """How somebody else's ticket stands, and its turns by the entries that called, whom erased entries spoke of, too.

    None: there is no such ticket.
    """

    id: int
    ticket: QueueTicket | None
    turns: tuple[tuple[int, Turn], ...]


Change = Issued | Moved | Worked | Ended | NewDay | TurnBegan | TurnEnded | TurnUndone | Erased | Restated


_OF_TICKET = frozenset(field.name for field in fields(QueueTicket)) - {"id", "key_id"}
_OF_DESK = frozenset({"last", "streak"})


def changes(entry: Entry, passed: Iterable[presence.Change] | None = None) -> Iterator[Change]:
    """What *entry* changes in the queue; nothing for unknown kinds and erased bodies.

    *passed* are its changes in the visits, where they are known already.
    """
    if entry.body is None:
        return
    if entry.header.kind in (EntryKind.CALL, EntryKind.CORRECTION):
        yield from _act(entry, entry.body)
        return
    if entry.header.kind == EntryKind.ERASURE:
        yield from _erasure(entry.body)
        return
    for change in presence.changes(entry) if passed is None else passed:
        match change:
            case presence.Opened(visit) if visit.number is not None and visit.left_ms is None:
                yield _issued(entry, entry.body, visit.id)
            case presence.Ticketed(visit_id):
                yield _issued(entry, entry.body, visit_id)
            case presence.Closed(visit_id, at_ms):
                yield Ended(visit_id, visit_id, at_ms)
            case presence.ClosedRange(first, last, at_ms):
                yield Ended(first, last, at_ms)
            case presence.NewDay():
                yield NewDay()


def _act(entry: Entry, body: Body) -> Iterator[Change]:
    for move in body["moves"]:
        yield Moved(move["ticket"], _after(move, _OF_TICKET))
        yield from _turn(entry, body, move)
    if "desk" in body:
        yield Worked(body["counter"], _after(body["desk"], _OF_DESK))


def _erasure(body: Body) -> Iterator[Change]:
    numbers = tuple((Numbering(series, half), last) for series, half, last in body["numbers"])
    yield Erased(frozenset(body["visits"]), numbers)
    for ticket_id, ticket, turns in body["tickets"]:
        stands = _ticket_from_body(ticket, bytes.fromhex(body["key"])) if ticket else None
        yield Restated(ticket_id, stands, tuple((sequence, Turn(**turn)) for sequence, turn in turns))


def ticket_as_body(ticket: QueueTicket) -> Body:
    """*ticket* as the body of an entry under its key holds it."""
    return {name: value for name, value in asdict(ticket).items() if name != "key_id"}


def _ticket_from_body(body: Body, key_id: bytes) -> QueueTicket:
    return QueueTicket(**body | {"key_id": key_id, "state": State(body["state"])})


def _turn(entry: Entry, body: Body, move: dict[str, Any]) -> Iterator[Change]:
    before, after = (state in AT_COUNTER for state in move.get("state", (None, None)))
    undone = body.get("undoes", 0)
    if before and not after:
        yield TurnUndone(undone) if undone else TurnEnded(move["ticket"], entry.header.at_ms)
    elif after and not before:
        began = TurnBegan(entry.sequence, move["ticket"], move.get("ahead", [None])[0])
        yield TurnEnded(move["ticket"], None) if undone else began


def _after(change: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    after = {name: pair[1] for name, pair in change.items() if name in known}
    return after | ({"state": State(after["state"])} if "state" in after else {})


def _issued(entry: Entry, body: Body, visit: int) -> Issued:
    number, queue, key_id = body["ticket"], body.get("queue", {}), entry.header.key_id
    half = queue.get("half", "")
    ticket = QueueTicket(
        id=visit,
        key_id=key_id,
        series=number["series"],
        number=number["number"],
        half=half,
        service=number["service"],
        place=entry.sequence,
        since_ms=entry.header.at_ms,
        acted=entry.sequence,
        final=queue.get("final", True),
        priority=queue.get("priority", False),
        ahead=queue.get("ahead"),
    )
    return Issued(ticket, Numbering(number["series"], half))


def ending(ticket: QueueTicket, at_ms: int) -> State:
    """What a ticket has come to when its visit ends at *at_ms*.

    Somebody at the counter of the last stage, or whose observation is over, has been through all of it.
    """
    if ticket.state in ENDS:
        return ticket.state
    if ticket.state is State.ABSENT:
        return State.MISSED
    served = ticket.state in AT_COUNTER and ticket.final
    return State.DONE if served or ticket.remaining_ms(at_ms) == 0 else State.LEFT
