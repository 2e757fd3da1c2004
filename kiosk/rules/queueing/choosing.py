"""Who is next at a counter, and which service somebody goes to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kiosk.rules.queueing.plan import Counter, Plan, Service, Stage
from kiosk.rules.queueing.words import QueueTicket, Refusal, View


def entrance(plan: Plan, view: View, at_ms: int, *, beyond_limits: bool = False) -> Service | Refusal:
    """The service for which the door gives the next number: open, below its limit, with the fewest waiting.

    Staff may let somebody in *beyond_limits*.
    """
    services = [service for service in plan.entrances() if plan.is_open(service, at_ms)]
    if not services:
        return Refusal.CLOSED
    free = [s for s in services if not s.waiting_limit or view.waiting(s.id) < s.waiting_limit]
    if not free and beyond_limits:
        free = services
    return _shortest(free, view) if free else Refusal.FULL


def line_room(plan: Plan, view: View, at_ms: int) -> int | None:
    """How many more may join the lines that the door gives numbers for; None: any number, or there are none now."""
    services = [service for service in plan.entrances() if plan.is_open(service, at_ms)]
    if not services or not all(service.waiting_limit for service in services):
        return None
    return sum(max(0, service.waiting_limit - view.waiting(service.id)) for service in services)


def ahead(view: View, service: str, *, priority: bool) -> int:
    """How many are in front of one who joins the line of *service* now."""
    return view.waiting(service, priority=True if priority else None)


def onward(plan: Plan, view: View, service_id: str, at_ms: int) -> Service | None:
    """The service of the next stage with the fewest waiting, an open one if there is any; None after the last."""
    stage = plan.stage_after(service_id)
    if stage is None:
        return None
    services = plan.lines_of(stage)
    return _shortest([s for s in services if plan.is_open(s, at_ms)] or services, view)


def choose(plan: Plan, view: View, counter: Counter) -> QueueTicket | Refusal:
    """The next person for *counter*: of the priority lane, or an ordinary one when that is due; who waits longest.

    An ordinary one is due after ``plan.ordinary_every`` priority calls in a row at this counter. Whoever is at
    the counter now is taken to make room by leaving it. Refused with STAGE_FULL when people wait, but none may come in.
    """
    here = view.at_counter(counter.id)
    having_room = [service for service in counter.services if has_room(plan, view, service, leaving=here)]
    lanes = {priority: _first(view, having_room, priority=priority) for priority in (True, False)}
    ordinary_first = view.desk(counter.id).streak >= plan.ordinary_every
    found = lanes[not ordinary_first] or lanes[ordinary_first]
    if found:
        return found
    return Refusal.STAGE_FULL if any(map(view.waiting, counter.services)) else Refusal.NOBODY_WAITING


def has_room(plan: Plan, view: View, service_id: str, *, leaving: QueueTicket | None = None) -> bool:
    """Tell whether one more may be called for a service, once *leaving* has gone on to the next stage.

    There must be room in its stage and, where people go on from it straight to observation, a seat there for
    everybody who is in either.
    """
    stage, after = plan.stage_of(service_id), plan.stage_after(service_id)
    seats = after.capacity if after and after.observe_ms else 0
    if stage is None or not (stage.capacity or seats):
        return True
    inside = _present(plan, view, stage)
    goes = leaving is not None and plan.stage_of(leaving.service) == stage
    if stage.capacity and inside - goes >= stage.capacity:
        return False
    return after is None or not seats or inside + _present(plan, view, after) < seats


def _present(plan: Plan, view: View, stage: Stage) -> int:
    return sum(view.present(service.id) for service in plan.services_of(stage))


def _first(view: View, services: Iterable[str], *, priority: bool) -> QueueTicket | None:
    heads = [head for service in services if (head := view.line(service, priority=priority))]
    return min(heads, key=lambda ticket: ticket.order, default=None)


def _shortest(services: Sequence[Service], view: View) -> Service:
    return min(services, key=lambda service: view.waiting(service.id)) if len(services) > 1 else services[0]
