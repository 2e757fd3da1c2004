"""Changes -> the queue in memory; the store's tables are held to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from kiosk.rules.entries import Entry
from kiosk.rules.queueing.changes import (
    Change,
    Ended,
    Erased,
    Issued,
    Moved,
    NewDay,
    Restated,
    TurnBegan,
    TurnEnded,
    TurnUndone,
    Worked,
    changes,
    ending,
)
from kiosk.rules.queueing.words import AT_COUNTER, PRESENT, Desk, Numbering, QueueTicket, State
from kiosk.rules.waits import Turn

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
            case Erased() | Restated() | NewDay():
                self._sweep(change)

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

    def _sweep(self, change: Erased | Restated | NewDay) -> None:
        if isinstance(change, NewDay):
            self.desks.clear()
            self.numbers.clear()
            return
        gone = change.tickets if isinstance(change, Erased) else {change.id}
        for ticket_id in gone & set(self.tickets):
            self._take(self.tickets.pop(ticket_id))
            self._open.pop(ticket_id, None)
            for sequence in self._turns_of.pop(ticket_id, ()):
                del self.turns[sequence]
        if isinstance(change, Erased):
            for numbering, last in change.numbers:
                self.numbers[numbering] = max(last, self.numbers.get(numbering, 0))
        elif change.ticket:
            self._put(change.ticket)
            self.turns |= dict(change.turns)
            self._turns_of[change.id] = [sequence for sequence, _ in change.turns]

    def _take(self, ticket: QueueTicket) -> None:
        """Take *ticket* from wherever it stands."""
        self._lanes[ticket.service, ticket.priority].pop(ticket.id, None)
        self._present[ticket.service].pop(ticket.id, None)
        if self._counters.get(ticket.counter) == ticket.id:
            del self._counters[ticket.counter]

    def _put(self, ticket: QueueTicket) -> None:
        self._take(self.tickets.get(ticket.id, ticket))
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


def _turn_of(ticket: QueueTicket, ahead: int | None) -> Turn:
    assert ticket.called_ms is not None
    times = (ticket.since_ms, ticket.called_ms, None)
    return Turn(ticket.counter, *times, ahead, ticket.priority, ticket.id, ticket.service)
