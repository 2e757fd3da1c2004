"""Two visits of one person become one."""

from __future__ import annotations

from dataclasses import replace

from kiosk.rules.corrections.cases import Case, Step, began_ms, end_ms, was_seen_leaving
from kiosk.rules.corrections.words import Refusal, View
from kiosk.rules.presence import Visit
from kiosk.rules.queueing import State

_STANDS = (State.WAITING, State.HELD, State.ABSENT)


def link(case: Case) -> Step | Refusal:
    """The visit that stays has all that either had; the other goes, and whoever led there leads here."""
    assert case.other
    pair = sorted((case.visit, case.other), key=lambda visit: _rank(visit, case.view))
    kept, gone = pair
    entries = [visit for visit in pair if visit.entered_ms is not None]
    if kept.entered_ms is None:
        return Refusal.NO_ENTRY
    if gone.left_ms is not None and gone.left_ms < kept.entered_ms and len(entries) == 1:
        return Refusal.NOT_IN_TIME
    first, last = min(entries, key=began_ms), _last_of(kept, gone)
    joined = replace(
        kept,
        who=kept.who or gone.who,
        like=kept.like or gone.like,
        classes=kept.classes | gone.classes,
        shown=kept.shown or gone.shown,
        id_seen=kept.id_seen or gone.id_seen,
        gate_in=first.gate_in,
        entered_ms=first.entered_ms,
        gate_out=last.gate_out,
        left_ms=last.left_ms,
        exit_sequence=last.exit_sequence,
        exit_inferred=last.exit_inferred,
        link=last.link,
    )
    return Step(((gone, None), (kept, joined)), case.led_to(kept.id, instead_of=gone.id))


def _rank(visit: Visit, view: View) -> tuple[bool, int, int]:
    """Which of two visits stays, the lesser: one with an entry, then one whose ticket is farther on its way."""
    ticket = view.ticket(visit.id)
    over = ticket is None or ticket.closed_ms is not None
    way = 2 if over or ticket is None else int(ticket.state in _STANDS)
    return visit.entered_ms is None, way, visit.id


def _last_of(*pair: Visit) -> Visit:
    """The visit that tells how the two ended: by an exit seen once both had begun, else inside, else inferred."""
    last_entry_ms = max(visit.entered_ms for visit in pair if visit.entered_ms is not None)
    seen = [visit for visit in pair if was_seen_leaving(visit) and end_ms(visit) >= last_entry_ms]
    inside = [visit for visit in pair if visit.left_ms is None]
    return inside[0] if inside and not seen else max(seen or pair, key=end_ms)
