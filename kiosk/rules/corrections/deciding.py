"""Wish -> the body of the entry that grants it, or why not.

The body says each visit as it was and as it is, each pseudonym that leads to another visit, and each field of a
ticket that changed: so the tables follow from the log alone, and to undo is to put back what stood before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kiosk.rules.corrections.acts import ACTS
from kiosk.rules.corrections.cases import Case, Pair, began_ms, is_past
from kiosk.rules.corrections.tickets import is_in_the_way, moves
from kiosk.rules.corrections.words import OTHERS, Act, Now, Refusal, View, Wish
from kiosk.rules.entries import Body
from kiosk.rules.presence import Visit, visit_as_body, visit_from_body
from kiosk.rules.queueing.acts import back


def decide(wish: Wish, view: View, now: Now) -> Body | Refusal:
    """The body of the CORRECTION entry *now* that grants *wish*, or why it is refused. UNDO is for ``undo``."""
    visit, other = (_of_today(view.visit(number), now) if number else None for number in (wish.visit, wish.other))
    if visit is None:
        return Refusal.NO_VISIT
    if other == visit or (other is None and (wish.other or wish.act in OTHERS)):
        return Refusal.NO_OTHER
    if not wish.why:
        return Refusal.NO_WHY
    step = ACTS[wish.act](Case(wish, view, now, visit, other))
    if isinstance(step, Refusal):
        return step
    pairs = tuple((before, after and replace(after, corrected=now.sequence)) for before, after in step.visits)
    if refusal := _objection(pairs, view, now):
        return refusal
    return _said(wish) | {
        "visits": [[visit_as_body(each) for each in pair] for pair in pairs],
        "names": [[who.hex(), view.leads_to(who), to] for who, to in step.names.items()],
        "moves": moves(pairs, view, now),
    }


def undo(wish: Wish, view: View, undone: Body | None, now: Now) -> Body | Refusal:
    """The body of the CORRECTION entry that takes back *undone*, the body of correction ``wish.undoes`` of today.

    All is put back exactly. Refused when a visit, a name or a ticket that it changed has changed since.
    """
    if undone is None or undone.get("act") in (None, Act.UNDO):
        return Refusal.NOTHING_TO_UNDO
    back_to = [(after, before) for before, after in reversed(pairs_of(undone, now.key_id))]
    if not all(_is_so(pair, view) for pair in back_to):
        return Refusal.CHANGED_SINCE
    if any(view.leads_to(bytes.fromhex(who)) != after for who, _, after in undone["names"]):
        return Refusal.CHANGED_SINCE
    if any(is_in_the_way(move, view, wish.undoes) for move in undone["moves"]):
        return Refusal.CHANGED_SINCE
    if refusal := _objection(back_to, view, now):
        return refusal
    return _said(replace(wish, visit=undone["visit"], other=undone.get("other", 0))) | {
        "undoes": wish.undoes,
        "visits": [pair[::-1] for pair in reversed(undone["visits"])],
        "names": [[who, after, before] for who, before, after in undone["names"]],
        "moves": [back(move) for move in undone["moves"]],
    }


def pairs_of(body: Body, key_id: bytes) -> list[Pair]:
    """The visits of a correction's body, as they were and as they are."""
    return [(visit_from_body(before, key_id), visit_from_body(after, key_id)) for before, after in body["visits"]]


def _of_today(visit: Visit | None, now: Now) -> Visit | None:
    return visit if visit and visit.key_id == now.key_id else None


def _said(wish: Wish) -> Body:
    """Who put what right, and why; at what time it was put right stands in the entry's header."""
    said: Body = {"act": wish.act, "visit": wish.visit, "by": wish.by, "why": wish.why}
    return said | ({"other": wish.other} if wish.other else {})


def _is_so(pair: Pair, view: View) -> bool:
    """Whether a visit is as it was at the beginning of *pair*."""
    number = next(each.id for each in pair if each)
    return view.visit(number) == pair[0]


def _objection(pairs: Sequence[Pair], view: View, now: Now) -> Refusal | None:
    """What no act may come to: somebody inside past closing time, or twice at the same time."""
    if any(after and is_past(after, now) and _newly_inside(before, after) for before, after in pairs):
        return Refusal.CLOSED
    changed = {each.id for pair in pairs for each in pair if each}
    now_so = [after for _, after in pairs if after and after.who]
    for visit in now_so:
        own = [each for each in view.visits_of(visit.who or b"") if each.id not in changed]
        own += [each for each in now_so if each.who == visit.who and each is not visit]
        if any(_meet(visit, each) for each in own):
            return Refusal.OVERLAPS
    return None


def _newly_inside(before: Visit | None, after: Visit) -> bool:
    was_inside = before is not None and before.left_ms is None and before.entered_ms == after.entered_ms
    return after.left_ms is None and not was_inside


def _meet(one: Visit, other: Visit) -> bool:
    """Whether the two lie in the same time, if only for a moment; one may begin where the other ends."""
    return all(
        earlier.left_ms is None or began_ms(later) < earlier.left_ms for earlier, later in ((one, other), (other, one))
    )
