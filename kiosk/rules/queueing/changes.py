"""Entries -> the queue. ``Queue`` applies changes in memory; the store's tables are held to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from kiosk.rules import presence
from kiosk.rules.entries import Body, Entry, EntryKind
from kiosk.rules.queueing.words import AT_COUNTER, ENDS, PRESENT, Desk, Numbering, QueueTicket, State
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


Change = Issued | Moved | Worked | Ended | NewDay | TurnBegan | TurnEnded | TurnUndone


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


def _turn_of(ticket: QueueTicket, ahead: int | None) -> Turn:
    assert ticket.called_ms is not None
    times = (ticket.since_ms, ticket.called_ms, None)
    return Turn(ticket.counter, *times, ahead, ticket.priority, ticket.id, ticket.service)


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


Lane = dict[int, QueueTicket]


@dataclass(slots=True)
class Queue:
    """The queue in memory; answers everything in ``View``."""

    tickets: dict[int, QueueTicket] = field(default_factory=dict)
    desks: dict[str, Desk] = field(default_factory=dict)
    numbers: dict[Numbering, int] = field(default_factory=dict)
    turns: dict[int, Turn] = field(default_factory=dict)  # by the entry that called
    _lanes: defaultdict[tuple[str, bool], Lane] = field(default_factory=lambda: defaultdict(dict), compare=False)
    _present: defaultdict[str, Lane] = field(default_factory=lambda: defaultdict(dict), compare=False)
    _counters: dict[str, int] = field(default_factory=dict, compare=False)
    _open: Lane = field(default_factory=dict, compare=False)
    _turns_of: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list), compare=False)

    def apply(self, change: Change) -> None:
        """Apply one change."""
        match change:
            case Issued(ticket, numbering):
                self._put(ticket)
                self.numbers[numbering] = max(ticket.number, self.numbers.get(numbering, 0))
            case Moved(ticket_id, values):
                if ticket_id in self.tickets:
                    self._put(replace(self.tickets[ticket_id], **values))
            case Worked(counter, values):
                self.desks[counter] = replace(self.desk(counter), **values)
            case Ended(first, last, at_ms):
                for ticket in [ticket for ticket in self._between(first, last) if ticket.closed_ms is None]:
                    if ticket.state in AT_COUNTER:
                        self._turn(TurnEnded(ticket.id, at_ms))
                    self._put(replace(ticket, state=ending(ticket, at_ms), closed_ms=at_ms))
            case TurnBegan() | TurnEnded() | TurnUndone():
                self._turn(change)
            case NewDay():
                self.desks.clear()
                self.numbers.clear()

    def ticket(self, ticket_id: int) -> QueueTicket | None:
        """The ticket of that visit."""
        return self.tickets.get(ticket_id)

    def at_counter(self, counter: str) -> QueueTicket | None:
        """Who is called to *counter* or served there."""
        return self.tickets.get(self._counters.get(counter, 0))

    def line(self, service: str, *, priority: bool, place: int = 1) -> QueueTicket | None:
        """Who stands at that place, from 1."""
        lane = sorted(self._lanes[service, priority].values(), key=lambda ticket: ticket.order)
        return lane[place - 1] if place <= len(lane) else None

    def waiting(self, service: str, *, priority: bool | None = None) -> int:
        """How many stand in line for *service*, or in one of its lanes."""
        return sum(len(self._lanes[service, lane]) for lane in (True, False) if priority in (None, lane))

    def present(self, service: str) -> int:
        """How many are called, served or observed for *service*."""
        return len(self._present[service])

    def numbered(self, series: str, number: int) -> list[QueueTicket]:
        """Open tickets with that number, the newest first."""
        found = [t for t in self._open.values() if t.number == number and series.upper() in ("", t.series.upper())]
        return sorted(found, key=lambda ticket: -ticket.id)

    def last_number(self, numbering: Numbering) -> int:
        """The last number given; 0 for none."""
        return self.numbers.get(numbering, 0)

    def desk(self, counter: str) -> Desk:
        """The counter's desk."""
        return self.desks.get(counter, Desk(counter))

    def _between(self, first: int, last: int) -> list[QueueTicket]:
        if first == last:
            return [self.tickets[first]] if first in self.tickets else []
        return [ticket for ticket in self._open.values() if first <= ticket.id <= last]

    def _turn(self, change: TurnBegan | TurnEnded | TurnUndone) -> None:
        match change:
            case TurnBegan(sequence, ticket_id, ahead) if ticket_id in self.tickets:
                self.turns[sequence] = _turn_of(self.tickets[ticket_id], ahead)
                self._turns_of[ticket_id].append(sequence)
            case TurnEnded(ticket_id, at_ms) if self._turns_of[ticket_id]:
                last = self._turns_of[ticket_id][-1]
                self.turns[last] = replace(self.turns[last], ended_ms=at_ms)
            case TurnUndone(sequence) if sequence in self.turns:
                self._turns_of[self.turns.pop(sequence).ticket].remove(sequence)

    def _put(self, ticket: QueueTicket) -> None:
        before = self.tickets.get(ticket.id, ticket)
        self._lanes[before.service, before.priority].pop(ticket.id, None)
        self._present[before.service].pop(ticket.id, None)
        if self._counters.get(before.counter) == ticket.id:
            del self._counters[before.counter]
        self.tickets[ticket.id] = self._open[ticket.id] = ticket
        if ticket.closed_ms is not None:
            del self._open[ticket.id]
        if ticket.state is State.WAITING:
            self._lanes[ticket.service, ticket.priority][ticket.id] = ticket
        if ticket.state in PRESENT:
            self._present[ticket.service][ticket.id] = ticket
        if ticket.state in AT_COUNTER:
            self._counters[ticket.counter] = ticket.id


def queue_of(entries: Iterable[Entry]) -> Queue:
    """Everything that *entries*, in order, say about the queue."""
    queue = Queue()
    for entry in entries:
        for change in changes(entry):
            queue.apply(change)
    return queue
