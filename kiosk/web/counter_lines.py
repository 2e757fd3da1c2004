"""The queue as a counter shows it: who stands before it, by initials; who is next; where a ticket is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kiosk.rules import identity, queueing
from kiosk.rules.queueing import Act, Counter, Desk, QueueTicket, Refusal, State
from kiosk.store.queue import QueueTables
from kiosk.store.reading import Reader
from kiosk.vault import Shown
from kiosk.web.lines import Lines
from kiosk.web.masks import holder_of
from kiosk.web.queue_lines import QueueLines, shown_now_ms
from kiosk.web.words import ACTS, LEAVES, MAY_GO, PLACES, UNKNOWN_ACT, Words

KEPT_IN_LINE = 30
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket and where it is; *ahead* and *likely* (minutes, with their range) where somebody asks for it in line.

    *over*: its time under observation is over. *onward* is what comes after its service.
    """

    id: int
    ticket: str
    state: str
    priority: bool
    over: bool
    vi: str
    en: str
    service: str
    since: str
    waited_min: int
    onward: str
    ahead: int | None = None
    likely: str = ""


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Who is at a counter, as much of them as staff there need; *recalls_left* before they may be marked absent."""

    id: int
    ticket: str
    service: str
    state: str
    name: str
    about: Words
    priority: bool
    recalls: int
    recalls_left: int
    called: str
    onward: str


@dataclass(frozen=True, slots=True)
class CounterState:
    """All that a counter's page shows.

    *last* goes back with each act, so that a button pressed on two tablets acts once. *next* is a number, or empty
    with the reason why nobody is. *undo* is what would be taken back, empty where nothing can be.
    """

    id: str
    name: str
    at: str
    last: int
    here: PersonLine | None
    next: str
    why: Words
    undo: Words
    waiting: int
    lines: tuple[TicketLine, ...]
    others: tuple[TicketLine, ...]
    observed: tuple[TicketLine, ...]
    services: tuple[tuple[str, str], ...]
    series: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CounterLine:
    """A counter to choose: its services, the number there, how many wait for it."""

    id: str
    name: str
    services: str
    ticket: str
    waiting: int


class CounterLines:
    """Reads the queue for the counters; threads may share it."""

    def __init__(self, reader: Reader, lines: Lines, queue: QueueLines) -> None:
        self._reader = reader
        self._lines = lines
        self._queue = queue
        self._plan = queue.plan

    def all(self) -> list[CounterLine]:
        """Every counter of the site."""
        with self._reader.queue() as (queue, _):
            return [self._to_choose(queue, counter) for counter in self._plan.counters]

    def counter(self, counter_id: str) -> CounterState | None:
        """What the page of that counter shows now; None where there is no such counter."""
        counter = self._plan.counter(counter_id)
        if counter is None:
            return None
        with self._reader.queue() as (queue, head):
            at_ms = shown_now_ms(head)
            here, desk = queue.at_counter(counter.id), queue.desk(counter.id)
            chosen = queueing.choose(self._plan, queue, counter)
            why = Words(*queueing.SENTENCES[chosen]) if isinstance(chosen, Refusal) else Words("", "")
            undo = self._undo(queue, desk)
            standing = _in_order(queue, counter)
            observed = sorted(queue.in_state(State.OBSERVING), key=lambda ticket: ticket.until_ms or 0)
            return CounterState(
                id=counter.id,
                name=counter.name,
                at=self._lines.clock(),
                last=desk.last,
                here=self._person(here) if here else None,
                next=str(chosen) if isinstance(chosen, QueueTicket) else "",
                why=why,
                undo=undo,
                waiting=sum(map(queue.waiting, counter.services)),
                lines=self._tickets(standing, at_ms),
                others=self._tickets(self._aside(queue, counter), at_ms),
                observed=self._tickets(observed, at_ms),
                services=tuple((service.id, service.name) for service in self._plan.services),
                series=self._series(standing),
            )

    def tickets(self, ids: Iterable[int]) -> list[TicketLine]:
        """Where those tickets are, and how long who is in line will wait yet."""
        with self._reader.queue() as (queue, head):
            at_ms = shown_now_ms(head)
            found = [ticket for ticket in map(queue.ticket, ids) if ticket]
            return [self._asked_for(queue, ticket, at_ms) for ticket in found]

    def _aside(self, queue: QueueTables, counter: Counter) -> list[QueueTicket]:
        """Who is held or absent for a service of *counter*; before them, whom no counter would call any more."""
        counters = [each.id for each in self._plan.counters]
        services = {service for each in self._plan.counters for service in each.services}
        aside = [ticket for state in (State.HELD, State.ABSENT) for ticket in queue.in_state(state)]
        own = [ticket for ticket in aside if ticket.service in counter.services]
        return queue.astray(services, counters, KEPT_IN_LINE) + own

    def _to_choose(self, queue: QueueTables, counter: Counter) -> CounterLine:
        here = queue.at_counter(counter.id)
        services = ", ".join(map(self._queue.service_name, counter.services))
        return CounterLine(
            counter.id, counter.name, services, str(here or ""), sum(map(queue.waiting, counter.services))
        )

    def _series(self, standing: Iterable[QueueTicket]) -> tuple[str, ...]:
        """The letters of the site's numbers, and those of rolls that are in use."""
        own = (service.series.upper() for service in self._plan.entrances())
        return tuple(filter(None, dict.fromkeys((*own, *(ticket.series.upper() for ticket in standing)))))

    def _undo(self, queue: QueueTables, desk: Desk) -> Words:
        entry = next(iter(self._reader.events_after(desk.last - 1, 1)), None) if desk.last else None
        if entry is None or entry.body is None:
            return Words("", "")
        act, ticket = entry.body.get("act", ""), queue.ticket(entry.body.get("ticket", 0))
        words = ACTS[Act(act)] if act in tuple(Act) else UNKNOWN_ACT
        return Words(f"{words.vi} {ticket or ''}".strip(), f"{words.en} {ticket or ''}".strip())

    def _person(self, ticket: QueueTicket) -> PersonLine:
        shown = self._lines.shown_of(ticket.id)
        return PersonLine(
            id=ticket.id,
            ticket=str(ticket),
            service=self._queue.service_name(ticket.service),
            state=ticket.state,
            name=identity.initials(shown.name) if shown else "",
            about=holder_of(shown or Shown()).about,
            priority=ticket.priority,
            recalls=ticket.recalls,
            recalls_left=max(0, self._plan.recalls - ticket.recalls),
            called=self._queue.time_of_day(ticket.called_ms),
            onward=self._onward(ticket),
        )

    def _asked_for(self, queue: QueueTables, ticket: QueueTicket, at_ms: int) -> TicketLine:
        line = self._ticket(ticket, at_ms)
        if ticket.state is not State.WAITING:
            return line
        ahead = queue.in_front(ticket)
        wait = self._queue.wait(queue, ticket.service, ahead, at_ms, priority=ticket.priority)
        return replace(line, ahead=ahead, likely=f"{wait[0]}–{wait[1]}" if wait else "")

    def _tickets(self, tickets: Iterable[QueueTicket], at_ms: int) -> tuple[TicketLine, ...]:
        return tuple(self._ticket(ticket, at_ms) for ticket in tickets)

    def _ticket(self, ticket: QueueTicket, at_ms: int) -> TicketLine:
        over = ticket.state is State.OBSERVING and ticket.remaining_ms(at_ms) == 0
        counter, until = self._plan.counter(ticket.counter), self._queue.time_of_day(ticket.until_ms)
        words = MAY_GO if over else PLACES[ticket.state]
        where = {"counter": counter.name if counter else ticket.counter, "until": until}
        return TicketLine(
            id=ticket.id,
            ticket=str(ticket),
            state=ticket.state,
            priority=ticket.priority,
            over=over,
            vi=words.vi.format(**where),
            en=words.en.format(**where),
            service=self._queue.service_name(ticket.service),
            since=self._queue.time_of_day(ticket.since_ms),
            waited_min=max(0, at_ms - ticket.since_ms) // _MINUTE_MS,
            onward=self._onward(ticket),
        )

    def _onward(self, ticket: QueueTicket) -> str:
        stage = self._plan.stage_after(ticket.service)
        return stage.name if stage else LEAVES.vi


def _in_order(queue: QueueTables, counter: Counter) -> list[QueueTicket]:
    """Who stands in the lines of *counter*, as they would be called but for the mixing of the lanes."""
    standing = (ticket for service in counter.services for ticket in queue.standing(service, KEPT_IN_LINE))
    return sorted(standing, key=lambda ticket: (not ticket.priority, ticket.order))[:KEPT_IN_LINE]
