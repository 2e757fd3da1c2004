"""What each act comes to, or why it is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kiosk.rules.corrections.cases import Case, Step, began_ms, end_ms, is_past, was_seen_leaving
from kiosk.rules.corrections.joining import link
from kiosk.rules.corrections.words import Act, Exit, Refusal
from kiosk.rules.presence import Visit

MINUTE_MS = 60_000


def _exit(case: Case) -> Step | Refusal:
    visit, now_ms = case.visit, case.now.at_ms
    if visit.entered_ms is None:
        return Refusal.NO_ENTRY
    if was_seen_leaving(visit):
        return Refusal.LEFT
    at_ms = now_ms if case.wish.at_ms is None else case.wish.at_ms
    if at_ms < visit.entered_ms < at_ms + MINUTE_MS:  # stated as the minute in which they came
        at_ms = visit.entered_ms
    if not visit.entered_ms <= at_ms <= now_ms:
        return Refusal.NOT_IN_TIME
    return Step(((visit, case.close(visit, at_ms, case.now.sequence)),))


def _still_here(case: Case) -> Step | Refusal:
    visit = case.visit
    if visit.left_ms is None:
        return Refusal.INSIDE
    if visit.entered_ms is None:
        return Refusal.NO_ENTRY
    if is_past(visit, case.now):
        return Refusal.CLOSED
    return Step(((visit, case.reopen(visit)),))


def _came_in(case: Case) -> Step | Refusal:
    visit = case.visit
    if visit.entered_ms is not None:
        return Refusal.HAS_ENTRY
    came = replace(visit, entered_ms=visit.left_ms, gate_in=visit.gate_out)
    return Step(((visit, replace(came, left_ms=None, gate_out="", exit_sequence=None, link="")),))


def _went_out(case: Case) -> Step | Refusal:
    visit, other = case.visit, case.other
    if visit.entered_ms is None:
        return Refusal.NO_ENTRY
    if was_seen_leaving(visit):
        return Refusal.LEFT
    if other is None:
        went = case.close(visit, visit.entered_ms, visit.id, visit.gate_in)
        return Step(((visit, replace(went, gate_in="", entered_ms=None)),))
    if refusal := _cannot_end(other, visit.entered_ms):
        return refusal
    ended = replace(case.close(other, visit.entered_ms, visit.id, visit.gate_in), who=other.who or visit.who)
    return Step(((visit, None), (other, ended)), case.led_to(other.id, instead_of=visit.id))


def _cannot_end(visit: Visit, at_ms: int) -> Refusal | None:
    """Why the other *visit* cannot have ended then."""
    if visit.entered_ms is None:
        return Refusal.NO_ENTRY
    if was_seen_leaving(visit):
        return Refusal.OTHER_LEFT
    return Refusal.NOT_IN_TIME if at_ms < visit.entered_ms else None


def _never_here(case: Case) -> Step:
    visit = case.visit
    return Step(((visit, None),), {who: _home_of(who, case) for who in case.view.names_of(visit.id)})


def _home_of(who: bytes, case: Case) -> int:
    """Where a name leads without the visit: to its own latest one, else to the person's, else nowhere."""
    for name in filter(None, (who, case.visit.who)):
        others = [each for each in case.view.visits_of(name) if each.id != case.visit.id]
        if others:
            return max(others, key=began_ms).id
    return 0


def _unlink(case: Case) -> Step | Refusal:
    visit = case.visit
    if refusal := _no_exit(visit):
        return refusal
    scan = _own_exit(case)
    stranger = Visit(
        id=case.now.sequence,
        key_id=case.now.key_id,
        who=scan.whos[0] if scan.whos else None,
        like=None,
        classes=0,
        kind=scan.kind,
        shown=None,
        gate_out=visit.gate_out,
        left_ms=visit.left_ms,
        exit_sequence=visit.exit_sequence,
    )
    return Step(((visit, case.reopen(visit)), (None, stranger)), dict.fromkeys(scan.whos, stranger.id))


def _exit_of_other(case: Case) -> Step | Refusal:
    visit, other = case.visit, case.other
    assert other
    if refusal := _no_exit(visit) or _cannot_end(other, end_ms(visit)):
        return refusal
    assert visit.left_ms is not None and visit.exit_sequence is not None
    ended, whos = case.close(other, visit.left_ms, visit.exit_sequence, visit.gate_out), _own_exit(case).whos
    ended = replace(ended, who=other.who or next(iter(whos), None))
    return Step(((other, ended), (visit, case.reopen(visit))), dict.fromkeys(whos, other.id))


def _no_exit(visit: Visit) -> Refusal | None:
    """Why no exit can be taken from *visit*."""
    if visit.left_ms is None:
        return Refusal.INSIDE
    if visit.entered_ms is None:
        return Refusal.NO_ENTRY
    return None if was_seen_leaving(visit) else Refusal.NO_EXIT


def _own_exit(case: Case) -> Exit:
    """The scan by which the visit ended, with those of its names that lead there for no other reason."""
    scan, visit = case.view.exit_of(case.visit), case.visit
    whos = (who for who in scan.whos if who != visit.who and case.view.leads_to(who) == visit.id)
    return replace(scan, whos=tuple(whos))


ACTS: dict[Act, Callable[[Case], Step | Refusal]] = {
    Act.EXIT: _exit,
    Act.STILL_HERE: _still_here,
    Act.CAME_IN: _came_in,
    Act.WENT_OUT: _went_out,
    Act.NEVER_HERE: _never_here,
    Act.LINK: link,
    Act.UNLINK: _unlink,
    Act.EXIT_OF_OTHER: _exit_of_other,
}
