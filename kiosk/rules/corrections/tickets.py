"""What a correction makes of the tickets of the visits that it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from kiosk.rules.corrections.words import Now, View
from kiosk.rules.presence import Visit
from kiosk.rules.queueing import AT_COUNTER, QueueTicket, State, ending
from kiosk.rules.queueing.acts import move

_RETURNS = {State.LEFT: State.WAITING, State.MISSED: State.ABSENT}


def moves(pairs: Iterable[tuple[Visit | None, Visit | None]], view: View, now: Now) -> list[dict[str, Any]]:
    """What changes in the tickets of visits, given as they were and as they are."""
    found = []
    for before, after in pairs:
        ticket = view.ticket(before.id) if before else None
        became = _became(ticket, before, after, now) if ticket and before else ticket
        if ticket and became and became != ticket:
            found.append(move(ticket, replace(became, acted=now.sequence)))
    return found


def is_in_the_way(moved: dict[str, Any], view: View, undone: int) -> bool:
    """Whether what the correction *undone* has *moved* cannot be put back: it went on, or its counter is taken."""
    ticket = view.ticket(moved["ticket"])
    if ticket is None or ticket.acted != undone:
        return True
    state, counter = (moved[name][0] if name in moved else getattr(ticket, name) for name in ("state", "counter"))
    return state in AT_COUNTER and view.at_counter(counter) is not None


def _became(ticket: QueueTicket, before: Visit, after: Visit | None, now: Now) -> QueueTicket:
    if after is None:  # nobody was there to be served
        return replace(ticket, state=State.LEFT, closed_ms=ticket.closed_ms or now.at_ms)
    if before.left_ms is None and after.left_ms is not None:
        return replace(ticket, state=ending(ticket, after.left_ms), closed_ms=after.left_ms)
    if before.left_ms is not None and after.left_ms is None:
        return _returned(ticket)
    return ticket


def _returned(ticket: QueueTicket) -> QueueTicket:
    """*ticket* after all: under observation, absent, or in line at its old place."""
    state = _RETURNS.get(ticket.state, ticket.state) if ticket.until_ms is None else State.OBSERVING
    back = replace(ticket, state=state, closed_ms=None)
    return replace(back, counter="", called_ms=None, recalls=0) if state is State.WAITING else back
