"""How far somebody is on the way through the stages of a site."""

from __future__ import annotations

from enum import StrEnum

from kiosk.rules.queueing import Plan, QueueTicket, Stage, State


class Step(StrEnum):
    """Where somebody is in regard to one stage."""

    DONE = "done"
    WAITS = "waits"
    HERE = "here"
    AHEAD = "ahead"


_NOW = dict.fromkeys((State.CALLED, State.SERVING, State.OBSERVING, State.HELD), Step.HERE)
_NOW |= {State.WAITING: Step.WAITS, State.ABSENT: Step.WAITS, State.DONE: Step.DONE}


def stages_of(plan: Plan) -> tuple[Stage, ...]:
    """The stages in which anything happens, in their order; none where no counter calls."""
    happens = (stage for stage in plan.stages if stage.observe_ms or any(map(plan.is_called, plan.services_of(stage))))
    return tuple(happens) if plan.counters else ()


def way(ticket: QueueTicket, plan: Plan) -> tuple[Step, ...]:
    """A step for each of ``stages_of``; who has left or never came has the stage of the ticket still ahead.

    Nothing where the settings do not have that stage any more.
    """
    stages, stage = stages_of(plan), plan.stage_of(ticket.service)
    if stage not in stages:
        return ()
    here = stages.index(stage)
    step = _NOW.get(ticket.state, Step.AHEAD)
    return (Step.DONE,) * here + (step,) + (Step.AHEAD,) * (len(stages) - here - 1)
