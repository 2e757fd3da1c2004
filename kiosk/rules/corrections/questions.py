"""What staff may want to put right, and what they may do about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kiosk.rules.corrections.cases import began_ms, was_seen_leaving
from kiosk.rules.corrections.deciding import decide
from kiosk.rules.corrections.words import OTHERS, Act, Now, Refusal, View, Wish
from kiosk.rules.presence import Visit

LEAST_LONG_MS = 60 * 60_000  # whoever is inside for less has forgotten nothing
ENOUGH_STAYS = 20  # to know how long people stay
OFTEN_LONGER = 1.5  # than nine of ten
SHORT_LIST = 8
_ANY = "?"


@dataclass(frozen=True, slots=True)
class Questions:
    """Visits that may need somebody's eye. *alike* are neighbours of the same name and birth year, neither complete."""

    forgotten: tuple[Visit, ...] = ()
    unmatched: tuple[Visit, ...] = ()
    alike: tuple[tuple[Visit, Visit], ...] = ()
    inferred: tuple[Visit, ...] = ()


def possible(visit: Visit, view: View, now: Now) -> list[Act]:
    """The acts about *visit* that would be granted; where one needs another visit, that is still to be found."""
    if visit.key_id != now.key_id:
        return []
    alone = [
        act for act in Act if act not in OTHERS and act is not Act.UNDO and _granted(Wish(act, visit.id), view, now)
    ]
    others = [Act.LINK, *([Act.EXIT_OF_OTHER] if Act.UNLINK in alone else [])]
    return [act for act in Act if act in alone or act in others]


def _granted(wish: Wish, view: View, now: Now) -> bool:
    asked = Wish(wish.act, wish.visit, wish.other, why=_ANY)
    return not isinstance(decide(asked, view, now), Refusal)


def likely_others(act: Act, visit: Visit, among: Iterable[Visit], view: View, now: Now) -> list[Visit]:
    """The visits *among* these that may be the other one, the likeliest first, at most SHORT_LIST of them."""
    fit = [other for other in among if other.id != visit.id and _fits(act, visit, other)]
    fit.sort(key=lambda other: (not _alike(visit, other), abs(_near_ms(other) - _near_ms(visit))))
    granted = (other for other in fit if _granted(Wish(act, visit.id, other.id), view, now))
    return [other for other, _ in zip(granted, range(SHORT_LIST), strict=False)]


def _fits(act: Act, visit: Visit, other: Visit) -> bool:
    """Whether *other* lacks what *visit* has too much of; people who look alike fit in any case to be one person."""
    if act is Act.LINK and _alike(visit, other):
        return True
    if act is Act.LINK and not was_seen_leaving(visit):
        return other.entered_ms is None
    return other.entered_ms is not None and not was_seen_leaving(other)


def _alike(one: Visit, other: Visit) -> bool:
    return bool((one.like and one.like == other.like) or (one.who and one.who == other.who))


def _near_ms(visit: Visit) -> int:
    return began_ms(visit) if visit.left_ms is None else visit.left_ms


def questions(unfinished: Sequence[Visit], stays_ms: Iterable[int], now_ms: int) -> Questions:
    """What in today's *unfinished* visits may need somebody's eye, each kind in the order in which they began.

    *stays_ms* says how long others stayed.
    """
    long_ms = _long_ms(sorted(stays_ms))
    return Questions(
        forgotten=tuple(one for one in unfinished if one.left_ms is None and now_ms - began_ms(one) > long_ms),
        unmatched=tuple(one for one in unfinished if one.entered_ms is None),
        alike=tuple(_pairs_alike(unfinished)),
        inferred=tuple(one for one in unfinished if one.exit_inferred),
    )


def _long_ms(stays_ms: Sequence[int]) -> float:
    """How long is longer than usual, by the stays of others in their order."""
    if len(stays_ms) < ENOUGH_STAYS:
        return 2 * LEAST_LONG_MS
    return max(LEAST_LONG_MS, OFTEN_LONGER * stays_ms[len(stays_ms) * 9 // 10])


def _pairs_alike(unfinished: Iterable[Visit]) -> Iterable[tuple[Visit, Visit]]:
    by_likeness: defaultdict[bytes, list[Visit]] = defaultdict(list)
    for visit in unfinished:
        if visit.like:
            by_likeness[visit.like].append(visit)
    return (pair for visits in by_likeness.values() for pair in pairwise(visits) if pair[0].who != pair[1].who)
