"""The queue as board and counters show it: numbers, times and waits; who stands before a counter, by initials."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from kiosk.config import Settings
from kiosk.devices import clock as clocks
from kiosk.rules import clock, identity, queueing
from kiosk.rules.announcing import Call, Sentence, sentences
from kiosk.rules.model import TicketNumber
from kiosk.rules.queueing import QueueTicket, State
from kiosk.store.queue import QueueTables
from kiosk.store.reading import Reader
from kiosk.tempos import Tempos, minutes
from kiosk.vault import Shown
from kiosk.web.lines import Lines, holder_of

KEPT_IN_LINE = 30
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class CallLine:
    """A number that is called to a counter, or served there; *said*: language and text of what is said aloud."""

    ticket: str
    counter: str
    name: str
    service: str
    service_id: str
    at: str
    called_ms: int
    recalls: int
    serving: bool
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A line: how many wait, the number called last, how many minutes one who comes now will wait (None: unknown)."""

    service: str
    name: str
    waiting: int
    last: str
    from_min: int | None = None
    to_min: int | None = None


@dataclass(frozen=True, slots=True)
class ObservedLine:
    """Somebody under observation; *over*: they may go."""

    id: int
    ticket: str
    service: str
    until: str
    minutes: int
    over: bool


@dataclass(frozen=True, slots=True)
class QueueState:
    """The whole queue, without a name in it."""

    sequence: int
    calls: tuple[CallLine, ...]
    lines: tuple[ServiceLine, ...]
    observed: tuple[ObservedLine, ...]


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket in line, or one that was set aside."""

    id: int
    ticket: str
    service: str
    since: str
    waited_min: int
    priority: bool
    state: str


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Who is at a counter: as much of them as staff there need to see."""

    id: int
    ticket: str
    service: str
    state: str
    name: str
    about: str
    priority: bool
    recalls: int
    may_be_absent: bool
    called: str
    next_stage: str


@dataclass(frozen=True, slots=True)
class CounterState:
    """A counter's page. *last* goes back with each act, so that a button pressed on two tablets acts once."""

    id: str
    name: str
    last: int
    here: PersonLine | None
    next: str
    waiting: int
    lines: tuple[TicketLine, ...]
    others: tuple[TicketLine, ...]
    observed: tuple[ObservedLine, ...]
    services: tuple[tuple[str, str], ...]
    can_undo: bool


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where somebody is who shows their slip or card: what is before them, and how long it may take."""

    id: int
    ticket: str
    service: str
    stage: str
    next_stage: str
    state: str
    counter: str
    ahead: int
    from_min: int | None
    to_min: int | None
    priority: bool


class QueueLines:
    """Reads the queue for people; threads may share it."""

    def __init__(self, reader: Reader, lines: Lines, settings: Settings) -> None:
        self._reader = reader
        self._lines = lines
        self._zone = settings.zone
        self._languages = settings.voice.languages
        self.plan = settings.plan()
        self._tempos = Tempos(self.plan)
        self._learning = threading.Lock()

    def state(self) -> QueueState:
        """What the board shows now."""
        with self._reader.queue() as (queue, head):
            at_ms = clock.shown_ms(head.shown, clocks.now())
            self._learn(queue, at_ms)
            calls = tuple(self._call(ticket) for ticket in queue.called())
            lines = tuple(self._line(queue, service) for service in self.plan.services if self._is_called(service.id))
            return QueueState(head.sequence, calls, lines, self._observed(queue, at_ms))

    def counter(self, counter_id: str) -> CounterState | None:
        """What the page of that counter shows now; None where there is no such counter."""
        counter = self.plan.counter(counter_id)
        if counter is None:
            return None
        with self._reader.queue() as (queue, head):
            at_ms = clock.shown_ms(head.shown, clocks.now())
            here, desk = queue.at_counter(counter.id), queue.desk(counter.id)
            chosen = queueing.choose(self.plan, queue, counter)
            standing = [ticket for service in counter.services for ticket in queue.standing(service, KEPT_IN_LINE)]
            aside = [ticket for state in (State.HELD, State.ABSENT) for ticket in queue.in_state(state)]
            return CounterState(
                id=counter.id,
                name=counter.name,
                last=desk.last,
                here=self._person(here) if here else None,
                next=str(chosen) if isinstance(chosen, QueueTicket) else "",
                waiting=sum(map(queue.waiting, counter.services)),
                lines=self._in_line(standing[:KEPT_IN_LINE], at_ms),
                others=self._in_line([ticket for ticket in aside if ticket.service in counter.services], at_ms),
                observed=self._observed(queue, at_ms),
                services=tuple((service.id, service.name) for service in self.plan.services),
                can_undo=desk.last > 0,
            )

    def whereabouts(self, ticket_id: int) -> Whereabouts | None:
        """Where the holder of that ticket is, what is next, and how long it may take."""
        with self._reader.queue() as (queue, head):
            ticket = queue.ticket(ticket_id)
            if ticket is None:
                return None
            self._learn(queue, clock.shown_ms(head.shown, clocks.now()))
            ahead = queue.in_front(ticket) if ticket.state is State.WAITING else 0
            waits = ticket.state is State.WAITING
            from_min, to_min = self._wait(ticket.service, ahead, priority=ticket.priority) if waits else (None, None)
            stage, counter = self.plan.stage_of(ticket.service), self.plan.counter(ticket.counter)
            return Whereabouts(
                id=ticket.id,
                ticket=str(ticket),
                service=self._service(ticket.service),
                stage=stage.name if stage else "",
                next_stage=self._next_stage(ticket.service),
                state=ticket.state,
                counter=counter.name if counter and ticket.state in queueing.AT_COUNTER else "",
                ahead=ahead,
                from_min=from_min,
                to_min=to_min,
                priority=ticket.priority,
            )

    def _learn(self, queue: QueueTables, at_ms: int) -> None:
        with self._learning:
            self._tempos.learn(queue, at_ms)

    def _wait(self, service: str, ahead: int, *, priority: bool) -> tuple[int | None, int | None]:
        return minutes(self._tempos.wait(service, ahead, priority=priority)) or (None, None)

    def _is_called(self, service: str) -> bool:
        return any(service in counter.services for counter in self.plan.counters)

    def _call(self, ticket: QueueTicket) -> CallLine:
        counter = self.plan.counter(ticket.counter)
        return CallLine(
            ticket=str(ticket),
            counter=ticket.counter,
            name=counter.name if counter else ticket.counter,
            service=self._service(ticket.service),
            service_id=ticket.service,
            at=self._time(ticket.called_ms),
            called_ms=ticket.called_ms or 0,
            recalls=ticket.recalls,
            serving=ticket.state is State.SERVING,
            said=tuple((sentence.language, sentence.text) for sentence in self._said(ticket)),
        )

    def _said(self, ticket: QueueTicket) -> tuple[Sentence, ...]:
        counter = self.plan.counter(ticket.counter)
        number = TicketNumber(ticket.service, ticket.series, ticket.number)
        call = Call(number, ticket.counter, counter.name if counter else ticket.counter, recall=ticket.recalls > 0)
        return sentences(call, self._languages)

    def _line(self, queue: QueueTables, service: queueing.Service) -> ServiceLine:
        waiting = queue.waiting(service.id)
        from_min, to_min = self._wait(service.id, waiting, priority=False)
        return ServiceLine(service.id, service.name, waiting, queue.last_called(service.id), from_min, to_min)

    def _observed(self, queue: QueueTables, at_ms: int) -> tuple[ObservedLine, ...]:
        """Those who may go first, the longest over last."""
        people = sorted(queue.in_state(State.OBSERVING), key=lambda ticket: ticket.until_ms or 0)
        return tuple(self._under_observation(one, one.remaining_ms(at_ms) or 0) for one in people)

    def _under_observation(self, ticket: QueueTicket, left_ms: int) -> ObservedLine:
        until, left_min = self._time(ticket.until_ms), ceil(left_ms / _MINUTE_MS)
        return ObservedLine(ticket.id, str(ticket), ticket.service, until, left_min, left_ms == 0)

    def _in_line(self, tickets: Sequence[QueueTicket], at_ms: int) -> tuple[TicketLine, ...]:
        return tuple(
            TicketLine(
                one.id,
                str(one),
                self._service(one.service),
                self._time(one.since_ms),
                max(0, at_ms - one.since_ms) // _MINUTE_MS,
                one.priority,
                one.state,
            )
            for one in tickets
        )

    def _person(self, ticket: QueueTicket) -> PersonLine:
        shown = self._lines.shown_of(ticket.id)
        return PersonLine(
            id=ticket.id,
            ticket=str(ticket),
            service=self._service(ticket.service),
            state=ticket.state,
            name=identity.initials(shown.name) if shown else "",
            about=holder_of(shown or Shown()).about,
            priority=ticket.priority,
            recalls=ticket.recalls,
            may_be_absent=ticket.state is State.CALLED and ticket.recalls >= self.plan.recalls,
            called=self._time(ticket.called_ms),
            next_stage=self._next_stage(ticket.service),
        )

    def _service(self, service_id: str) -> str:
        service = self.plan.service(service_id)
        return service.name if service else service_id

    def _next_stage(self, service_id: str) -> str:
        stage = self.plan.stage_after(service_id)
        return stage.name if stage else ""

    def _time(self, at_ms: int | None) -> str:
        return "" if at_ms is None else f"{datetime.fromtimestamp(at_ms / 1000, self._zone):%H:%M}"
