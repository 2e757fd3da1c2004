"""The queue as everybody may see it: numbers, times and waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.config import Settings
from kiosk.devices import clock as clocks
from kiosk.queue import call_of
from kiosk.rules import clock, queueing
from kiosk.rules.announcing import sentences
from kiosk.rules.queueing import QueueTicket, State
from kiosk.store.head import Head
from kiosk.store.queue import QueueTables
from kiosk.store.reading import Reader
from kiosk.tempos import Tempos, minutes

KEPT_AT_EXIT = 30


@dataclass(frozen=True, slots=True)
class CallLine:
    """A number that is called to a counter, or served there; *said*: language and text of what is said aloud."""

    ticket: str
    counter: str
    name: str
    service_id: str
    called_ms: int
    recalls: int
    serving: bool
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A line: how many wait, and how many minutes one who comes now will wait (None: unknown)."""

    service: str
    name: str
    waiting: int
    from_min: int | None = None
    to_min: int | None = None


@dataclass(frozen=True, slots=True)
class ObservedLine:
    """Somebody under observation; *over*: they may go."""

    ticket: str
    service: str
    until: str
    over: bool


@dataclass(frozen=True, slots=True)
class QueueState:
    """The whole queue, without a name in it."""

    sequence: int
    calls: tuple[CallLine, ...]
    lines: tuple[ServiceLine, ...]
    observed: tuple[ObservedLine, ...]


def shown_now_ms(head: Head) -> int:
    """What time the log, whose end is *head*, shows now."""
    return clock.shown_ms(head.shown, clocks.now())


def ahead_ms(head: Head) -> int:
    """How far the log, whose end is *head*, is ahead of the clock: where that once ran ahead, and was set since."""
    now, shown_ms = clocks.now(), shown_now_ms(head)
    return shown_ms - clock.told_ms(shown_ms, now)


class QueueLines:
    """Reads the queue for people; threads may share it."""

    def __init__(self, reader: Reader, settings: Settings) -> None:
        self._reader = reader
        self._languages = settings.voice.languages
        self.plan = settings.plan()
        self._tempos = Tempos(self.plan)
        self._learning = threading.Lock()

    def state(self) -> QueueState:
        """What the board shows now."""
        with self._reader.queue() as (queue, head):
            at_ms = shown_now_ms(head)
            calls = tuple(self._call(ticket) for ticket in queue.called())
            services = filter(self.plan.is_called, self.plan.services)
            lines = tuple(self._line(queue, service, at_ms) for service in services)
            return QueueState(head.sequence, calls, lines, self._observed(queue, at_ms))

    def wait(
        self, queue: QueueTables, service: str, ahead: int, at_ms: int, *, priority: bool
    ) -> tuple[int, int] | None:
        """How many minutes, from and to, one with *ahead* people in front will wait; None where that is not known."""
        with self._learning:
            self._tempos.learn(queue, at_ms)
            return minutes(self._tempos.wait(service, ahead, priority=priority))

    def service_name(self, service_id: str) -> str:
        """What a service is called; its id where the settings do not have it any more."""
        service = self.plan.service(service_id)
        return service.name if service else service_id

    def time_of_day(self, at_ms: int | None) -> str:
        """``HH:MM`` at the site of a time that the log shows; empty for no time."""
        return "" if at_ms is None else self.plan.local_time(at_ms - ahead_ms(self._reader.head()))

    def _call(self, ticket: QueueTicket) -> CallLine:
        call = call_of(self.plan, ticket)
        return CallLine(
            ticket=str(ticket),
            counter=ticket.counter,
            name=call.name,
            service_id=ticket.service,
            called_ms=ticket.called_ms or 0,
            recalls=ticket.recalls,
            serving=ticket.state is State.SERVING,
            said=tuple((sentence.language, sentence.text) for sentence in sentences(call, self._languages)),
        )

    def _line(self, queue: QueueTables, service: queueing.Service, at_ms: int) -> ServiceLine:
        waiting = queue.waiting(service.id)
        from_min, to_min = self.wait(queue, service.id, waiting, at_ms, priority=False) or (None, None)
        return ServiceLine(service.id, service.name, waiting, from_min, to_min)

    def _observed(self, queue: QueueTables, at_ms: int) -> tuple[ObservedLine, ...]:
        """Those who may go, the longest over first, then those who may go soon."""
        people = sorted(queue.in_state(State.OBSERVING), key=lambda ticket: ticket.until_ms or 0)
        here = (
            ObservedLine(str(one), one.service, self.time_of_day(one.until_ms), over=not one.remaining_ms(at_ms))
            for one in people
        )
        return (*self._sent_on(queue), *here)

    def _sent_on(self, queue: QueueTables) -> Iterator[ObservedLine]:
        """Those who stand in line at the exit already: where it has a counter, the clock sends them there."""
        for stage in self.plan.stages:
            services = self.plan.services_of(stage) if stage.observe_ms else ()
            after = self.plan.stage_after(services[0].id) if services else None
            exits = (
                [service for service in self.plan.services_of(after) if self.plan.is_last(service.id)] if after else []
            )
            standing = [ticket for service in exits for ticket in queue.standing(service.id, KEPT_AT_EXIT)]
            for one in sorted(standing, key=lambda ticket: ticket.since_ms):
                yield ObservedLine(str(one), services[0].id, self.time_of_day(one.since_ms), over=True)
