"""The story of a ticket: its number at the door, and what staff do with it at the counters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from kiosk.rules import queueing
from kiosk.rules.announcing import Call
from kiosk.rules.clock import Shown
from kiosk.rules.entries import Body, Entry, EntryKind
from kiosk.rules.model import Moment, Queued, TicketNumber
from kiosk.rules.queueing import Act, Now, Plan, QueueTicket, Refusal, State, Wish
from kiosk.store.log import Store, Writing
from kiosk.store.queue import QueueTables
from kiosk.tempos import Tempos, minutes

_HEARD = frozenset({"state", "recalls", "counter"})  # a change of these is said aloud, or ends what is said


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number for somebody at the door, and what the entry of their check-in keeps of it."""

    queued: Queued
    body: Body


def give_number(
    plan: Plan,
    tempos: Tempos,
    queue: QueueTables,
    at_ms: int,
    *,
    priority: bool,
    series: str,
    beyond_limits: bool,
    for_help: bool = False,
) -> Numbered | Refusal:
    """The next number of an entrance service, within the transaction that records the check-in.

    Where they come *for_help* and the site has a service for that, the next of it.

    *series*, where it is not empty, stands instead of the service's own: that of a gate whose kiosk does not own the
    site's queue. Staff may let somebody in *beyond_limits*.
    """
    service = (plan.service(plan.help) if for_help else None) or queueing.entrance(
        plan, queue, at_ms, beyond_limits=beyond_limits
    )
    if isinstance(service, Refusal):
        return service
    service = replace(service, series=series or service.series)
    number = queueing.next_number(plan, service, queue, at_ms)
    ahead = queueing.ahead(queue, service.id, priority=priority)
    wait_min = minutes(tempos.wait(service.id, ahead, priority=priority))
    serving = queue.last_called(service.id) if plan.counters else ""
    queued = Queued(number, service.name, ahead, wait_min, serving)
    ticket = {"service": number.service, "series": number.series, "number": number.number}
    kept = queueing.queue_body(plan, service, at_ms, ahead=ahead, priority=priority, told_min=wait_min)
    return Numbered(queued, {"ticket": ticket, "queue": kept})


def queued_of(plan: Plan, tempos: Tempos, queue: QueueTables, ticket: QueueTicket) -> Queued:
    """Where *ticket* stands in its line now."""
    service = plan.service(ticket.service)
    ahead = queue.in_front(ticket) if ticket.state is State.WAITING else 0
    wait_min = minutes(tempos.wait(ticket.service, ahead, priority=ticket.priority))
    name = service.name if service else ticket.service
    return Queued(ticket.ticket_number, name, ahead, wait_min, queue.last_called(ticket.service))


def call_of(plan: Plan, ticket: QueueTicket) -> Call:
    """What is said of *ticket*, which is called to a counter; one that the plan has no more goes by its id."""
    counter = plan.counter(ticket.counter)
    name = counter.name if counter else ticket.counter
    return Call(ticket.ticket_number, ticket.counter, name, recall=ticket.recalls > 0)


class Counters:
    """What staff do at the counters of *plan*: each act is one entry, on disk before anybody is called.

    *called* is told of each call and recall once it is recorded, *withdrawn* of each that is not true any more.
    """

    def __init__(
        self,
        plan: Plan,
        called: Callable[[Call], None] = lambda _: None,
        withdrawn: Callable[[TicketNumber], None] = lambda _: None,
    ) -> None:
        self._plan = plan
        self._called = called
        self._withdrawn = withdrawn
        self._looked: Shown | None = None

    def act(self, store: Store, wish: Wish, now: Moment) -> Entry | Refusal:
        """Grant *wish*: the entry that is on disk now, or why it is refused. Raises StoreError."""
        entry = self._record(store, wish, now)
        if not isinstance(entry, Refusal):
            self._tell(QueueTables(store.db), entry.body or {})
        return entry

    def finish_observed(self, store: Store, now: Moment) -> int:
        """Send on everybody whose observation is over and who has another stage before them; returns how many."""
        at_ms = store.shown_ms(now)
        self._mind_clock(store, now, at_ms)
        observed = QueueTables(store.db).in_state(State.OBSERVING)
        over = [ticket for ticket in observed if ticket.remaining_ms(at_ms) == 0 and not ticket.final]
        granted = [self._record(store, Wish(Act.FINISH, ticket=ticket.id), now) for ticket in over]
        return sum(not isinstance(entry, Refusal) for entry in granted)

    def _mind_clock(self, store: Store, now: Moment, at_ms: int) -> None:
        """What the clock has skipped since the last look is no time of observation."""
        before, self._looked = self._looked, Shown(at_ms, now.monotonic_ms, now.boot_id)
        skipped = queueing.skipped_ms(before, at_ms, now) if before else 0
        if not skipped:
            return
        with store.writing(None) as writing:
            here = Now(writing.head.sequence + 1, writing.shown_ms(now))
            if body := queueing.put_off(self._plan, writing.queue.in_state(State.OBSERVING), skipped, here):
                writing.append(EntryKind.CALL, "", now, body)

    def _record(self, store: Store, wish: Wish, now: Moment) -> Entry | Refusal:
        with store.writing(None) as writing:
            body = self._decided(writing, wish, now)
            return body if isinstance(body, Refusal) else writing.append(EntryKind.CALL, "", now, body)

    def _decided(self, writing: Writing, wish: Wish, now: Moment) -> Body | Refusal:
        if wish.act is Act.UNDO:
            return queueing.undo(wish, writing.queue, writing.body_of(writing.queue.desk(wish.counter).last))
        here = Now(writing.head.sequence + 1, writing.shown_ms(now))
        return queueing.decide(wish, self._plan, writing.queue, here)

    def _tell(self, queue: QueueTables, body: Body) -> None:
        for move in body["moves"]:
            ticket = queue.ticket(move["ticket"])
            if ticket is None or _HEARD.isdisjoint(move):
                continue
            if ticket.state is State.CALLED and self._plan.counter(ticket.counter):
                self._called(call_of(self._plan, ticket))
            else:
                self._withdrawn(ticket.ticket_number)
