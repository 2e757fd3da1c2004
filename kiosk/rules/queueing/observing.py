"""Observation and clocks: one that is set forward must not send people home before their time."""

from __future__ import annotations

from collections.abc import Iterable

from kiosk.rules import clock
from kiosk.rules.clock import Shown
from kiosk.rules.entries import Body
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.queueing.plan import Plan
from kiosk.rules.queueing.words import Now, QueueTicket

SKIPPED_MS = 30_000  # a clock that is only corrected skips less
PUT_OFF = "put_off"  # an act of the house, no wish of a counter


def skipped_ms(before: Shown, shown_ms: int, now: Moment) -> int:
    """How much the time shown has skipped since *before*, by the monotonic clock of the same boot; 0 for nothing.

    A stated time skips as it likes.
    """
    if now.clock is ClockState.STATED or now.boot_id != before.boot_id:
        return 0
    skipped = shown_ms - before.at_ms - clock.ran_ms(before, now)
    return skipped if skipped >= SKIPPED_MS else 0


def put_off(plan: Plan, observed: Iterable[QueueTicket], skipped: int, now: Now) -> Body | None:
    """The body of the CALL entry *now* that adds what the clock *skipped* to each observation; None where nobody's is.

    Who came under observation since the clock was set loses nothing by it.
    """
    moves = [
        {"ticket": one.id, "until_ms": [one.until_ms, one.until_ms + skipped], "acted": [one.acted, now.sequence]}
        for one in observed
        if one.until_ms and one.until_ms - _whole_ms(plan, one) <= now.at_ms - skipped
    ]
    if not moves:
        return None
    return {"act": PUT_OFF, "counter": "", "by": "", "ticket": moves[0]["ticket"], "moves": moves, "desk": {}}


def _whole_ms(plan: Plan, ticket: QueueTicket) -> int:
    stage = plan.stage_of(ticket.service)
    return stage.observe_ms if stage else 0
