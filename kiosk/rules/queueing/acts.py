"""Wish -> what changes, or why not.

An act's body says what it changed: each field of a ticket and of the desk with its value before and after. So the
log can be replayed under other settings, and undoing is to put back what stood before, whatever the act was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from kiosk.rules.entries import Body
from kiosk.rules.queueing.choosing import ahead, choose, onward
from kiosk.rules.queueing.numbers import read_number
from kiosk.rules.queueing.plan import Plan, Service
from kiosk.rules.queueing.words import AT_COUNTER, Act, Desk, Now, QueueTicket, Refusal, State, View, Wish


@dataclass(frozen=True, slots=True)
class Step:
    """What an act comes to: the tickets as they are afterwards, the main one first, and the desk's streak."""

    act: Act
    tickets: tuple[QueueTicket, ...]
    streak: int


@dataclass(frozen=True, slots=True)
class Case:
    """A wish with all it is decided by; *desk* is the desk of its counter."""

    wish: Wish
    plan: Plan
    view: View
    now: Now
    desk: Desk

    def step(self, *tickets: QueueTicket, act: Act | None = None, streak: int | None = None) -> Step:
        """These tickets change; the rest stays."""
        return Step(act or self.wish.act, tickets, self.desk.streak if streak is None else streak)


def decide(wish: Wish, plan: Plan, view: View, now: Now) -> Body | Refusal:
    """The body of the CALL entry *now* that grants *wish*, or why it is refused. UNDO is for ``undo``."""
    desk = view.desk(wish.counter)
    if wish.counter and plan.counter(wish.counter) is None:
        return Refusal.NO_COUNTER
    if wish.seen not in (None, desk.last):
        return Refusal.CHANGED_SINCE
    step = _ACTS[wish.act](Case(wish, plan, view, now, desk))
    if isinstance(step, Refusal):
        return step
    before = [view.ticket(after.id) for after in step.tickets]
    if before == list(step.tickets):
        return Refusal.NOTHING_CHANGES
    moves = [move(old, replace(new, acted=now.sequence)) for old, new in zip(before, step.tickets, strict=True) if old]
    worked = replace(desk, last=now.sequence, streak=step.streak)
    body = {"act": step.act, "counter": wish.counter, "by": wish.by, "ticket": step.tickets[0].id}
    return body | {"moves": moves, "desk": _change(desk, worked)}


def undo(wish: Wish, view: View, undone: Body | None) -> Body | Refusal:
    """The body of the CALL entry that takes back *undone*, the body of the entry ``view.desk(wish.counter).last``.

    All is put back exactly, the desk too, so that the act before it can be undone next. Refused when a ticket that
    it changed has gone on since, or its visit is over.
    """
    desk = view.desk(wish.counter)
    if wish.seen not in (None, desk.last):
        return Refusal.CHANGED_SINCE
    if not desk.last or undone is None:
        return Refusal.NOTHING_TO_UNDO
    for move in undone["moves"]:
        ticket = view.ticket(move["ticket"])
        if ticket is None or ticket.closed_ms is not None or ticket.acted != desk.last:
            return Refusal.CHANGED_SINCE
        if _is_taken(view, ticket, back(move)):
            return Refusal.NUMBER_TAKEN
    body = {"act": Act.UNDO, "undoes": desk.last, "counter": wish.counter, "by": wish.by, "ticket": undone["ticket"]}
    return body | {"moves": [back(move) for move in undone["moves"]], "desk": back(undone["desk"])}


def move(before: QueueTicket, after: QueueTicket) -> dict[str, Any]:
    return {"ticket": after.id} | _change(before, after)


def _change(before: QueueTicket | Desk, after: QueueTicket | Desk) -> dict[str, Any]:
    pairs = {field.name: [getattr(before, field.name), getattr(after, field.name)] for field in fields(before)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def back(change: dict[str, Any]) -> dict[str, Any]:
    return {name: pair[::-1] if isinstance(pair, list) else pair for name, pair in change.items()}


def _is_taken(view: View, ticket: QueueTicket, back: dict[str, Any]) -> bool:
    """Whether *back* gives *ticket* a number that somebody else has got meanwhile, as from a roll."""
    if {"series", "number"}.isdisjoint(back):
        return False
    series, number = (back[name][1] if name in back else getattr(ticket, name) for name in ("series", "number"))
    return any(other.id != ticket.id for other in view.numbered(series, number))


def _here(case: Case, *states: State) -> QueueTicket | Refusal:
    """Who is at the counter, in one of *states*."""
    here = case.view.at_counter(case.wish.counter) if case.wish.counter else None
    if here is None or case.wish.ticket not in (0, here.id) or here.state not in states:
        return Refusal.NOT_HERE
    return here


def _anybody(case: Case) -> QueueTicket | Refusal:
    """The ticket named, or who is at the counter; not somebody at another counter."""
    if not case.wish.ticket:
        return _here(case, *AT_COUNTER)
    ticket = case.view.ticket(case.wish.ticket)
    if ticket is None or ticket.closed_ms is not None:
        return Refusal.NO_TICKET
    if ticket.state in AT_COUNTER and ticket.counter != case.wish.counter and not _is_stranded(case, ticket):
        return Refusal.ELSEWHERE
    return ticket


def _is_stranded(case: Case, ticket: QueueTicket) -> bool:
    """Whether *ticket* is at a counter that the site does not have any more, so that another must take it."""
    return ticket.state in AT_COUNTER and case.plan.counter(ticket.counter) is None


def _call(case: Case) -> Step | Refusal:
    counter = case.plan.counter(case.wish.counter)
    if counter is None:
        return Refusal.NO_COUNTER
    here = case.view.at_counter(counter.id)
    chosen = _given(case, counter.services) if case.wish.ticket else choose(case.plan, case.view, counter)
    gone = _went_on(case, here) if here else None
    if isinstance(gone, Refusal):
        return gone
    if gone and chosen in (Refusal.NOBODY_WAITING, Refusal.STAGE_FULL):
        return case.step(gone, act=Act.FINISH)
    if isinstance(chosen, Refusal):
        return chosen
    called = replace(chosen, state=State.CALLED, counter=counter.id, called_ms=case.now.at_ms, recalls=0, ahead=None)
    streak = case.desk.streak + 1 if chosen.priority else 0
    return case.step(called, *([gone] if gone else []), streak=streak)


def _given(case: Case, services: tuple[str, ...]) -> QueueTicket | Refusal:
    ticket = _anybody(case)
    if isinstance(ticket, Refusal):
        return ticket
    if ticket.state not in (State.WAITING, State.HELD, State.ABSENT) and not _is_stranded(case, ticket):
        return Refusal.NOT_IN_LINE
    known = case.plan.service(ticket.service) is not None
    return ticket if ticket.service in services or not known else Refusal.OTHER_SERVICE


def _recall(case: Case) -> Step | Refusal:
    here = _here(case, State.CALLED)
    return here if isinstance(here, Refusal) else case.step(replace(here, recalls=here.recalls + 1))


def _start(case: Case) -> Step | Refusal:
    here = _here(case, State.CALLED)
    return here if isinstance(here, Refusal) else case.step(replace(here, state=State.SERVING))


def _finish(case: Case) -> Step | Refusal:
    ticket = _anybody(case)
    if isinstance(ticket, Refusal):
        return ticket
    if ticket.state not in (*AT_COUNTER, State.OBSERVING):
        return Refusal.NOT_HERE
    if case.wish.service and case.plan.service(case.wish.service) is None:
        return Refusal.NO_SERVICE
    gone = _went_on(case, ticket)
    return gone if isinstance(gone, Refusal) else case.step(gone)


def _went_on(case: Case, ticket: QueueTicket) -> QueueTicket | Refusal:
    """*ticket* at the end of the line of the next stage, under observation there, or done."""
    to = case.plan.service(case.wish.service) if case.wish.act is Act.FINISH else None
    to = to or onward(case.plan, case.view, ticket.service, case.now.at_ms)
    if to is None and not ticket.final and case.plan.service(ticket.service) is None:
        return Refusal.SERVICE_GONE
    if to is None:
        return replace(ticket, state=State.DONE, until_ms=None)
    new_line = replace(ticket, place=case.now.sequence, behind=0, since_ms=case.now.at_ms)
    return replace(_arrived(case, new_line, to), ahead=ahead(case.view, to.id, priority=ticket.priority))


def _arrived(case: Case, ticket: QueueTicket, to: Service) -> QueueTicket:
    stage = case.plan.stage_of(to.id)
    observe_ms = stage.observe_ms if stage else 0
    return replace(
        ticket,
        service=to.id,
        final=case.plan.is_last(to.id),
        state=State.OBSERVING if observe_ms else State.WAITING,
        until_ms=case.now.at_ms + observe_ms if observe_ms else None,
        counter="",
        called_ms=None,
        recalls=0,
        absences=0,
    )


def _hold(case: Case) -> Step | Refusal:
    here = _here(case, *AT_COUNTER)
    return here if isinstance(here, Refusal) else case.step(replace(here, state=State.HELD))


def _absent(case: Case) -> Step | Refusal:
    here = _here(case, State.CALLED)
    if isinstance(here, Refusal):
        return here
    if here.recalls < case.plan.recalls:
        return Refusal.RECALL_FIRST
    # Somebody from a priority lane that is empty behind them would else be called again at once.
    streak = max(case.desk.streak, case.plan.ordinary_every) if here.priority else None
    missed = replace(here, absences=here.absences + 1, state=State.ABSENT)
    back = missed if missed.absences > case.plan.absent_turns else _back_in_line(case, missed)
    return case.step(back, streak=streak)


def _back_in_line(case: Case, ticket: QueueTicket) -> QueueTicket:
    """Behind the person ``absent_back_by`` places further back in the same lane, or at its end."""
    waiting = replace(ticket, state=State.WAITING, counter="", called_ms=None, recalls=0)
    back_by = case.plan.absent_back_by
    if not back_by:
        return waiting
    before = case.view.line(ticket.service, priority=ticket.priority, place=back_by)
    place, behind = (before.place, case.now.sequence) if before else (case.now.sequence, 0)
    return replace(waiting, place=place, behind=behind)


def _release(case: Case) -> Step | Refusal:
    ticket = _anybody(case)
    if isinstance(ticket, Refusal):
        return ticket
    if ticket.state is State.ABSENT:
        return case.step(_back_in_line(case, ticket))
    if ticket.state is State.HELD:
        return case.step(replace(ticket, state=State.WAITING, counter="", called_ms=None, recalls=0))
    return Refusal.NOT_IN_LINE


def _transfer(case: Case) -> Step | Refusal:
    ticket, to = _anybody(case), case.plan.service(case.wish.service)
    if isinstance(ticket, Refusal):
        return ticket
    if to is None:
        return Refusal.NO_SERVICE
    if ticket.service == to.id and ticket.state is State.WAITING:
        return Refusal.NOTHING_CHANGES
    return case.step(_arrived(case, ticket, to))


def _prioritise(case: Case) -> Step | Refusal:
    ticket = _anybody(case)
    return ticket if isinstance(ticket, Refusal) else case.step(replace(ticket, priority=case.wish.act is Act.PRIORITY))


def _number(case: Case) -> Step | Refusal:
    """A roll has a series of its own, so that its numbers and those that the kiosk gives never meet."""
    ticket, read = _anybody(case), read_number(case.wish.number)
    if isinstance(ticket, Refusal):
        return ticket
    own = {series.upper() for series in (*case.plan.gate_series, *(each.series for each in case.plan.services))}
    if read is None or not read[0] or read[0] in own or case.view.numbered(*read):
        return Refusal.NUMBER_TAKEN
    return case.step(replace(ticket, series=read[0], number=read[1]))


_ACTS: dict[Act, Callable[[Case], Step | Refusal]] = {
    Act.CALL: _call,
    Act.RECALL: _recall,
    Act.START: _start,
    Act.FINISH: _finish,
    Act.HOLD: _hold,
    Act.RELEASE: _release,
    Act.ABSENT: _absent,
    Act.TRANSFER: _transfer,
    Act.PRIORITY: _prioritise,
    Act.ORDINARY: _prioritise,
    Act.NUMBER: _number,
}
