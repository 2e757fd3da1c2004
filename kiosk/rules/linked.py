"""One person's stays seen together: what one gate did not see another may have, of which only the tracing key can tell
that it was the same person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from kiosk.rules.tracing import SITE_ZONES, KeyedStay, Scope, SealedKey


def grouped(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, frozenset[bytes]]:
    """(key id, pseudonym) by key id."""
    found = defaultdict(set)
    for key_id, who in pairs:
        found[key_id].add(who)
    return {key_id: frozenset(whos) for key_id, whos in found.items()}


def was_used(key: SealedKey, scope: Scope) -> bool:
    """Whether *key* was in use at the scope's sites within its time."""
    there = not scope.sites or key.site in scope.sites
    return there and key.from_ms <= scope.until_ms and key.until_ms >= scope.from_ms


def linked(stays: Iterable[KeyedStay]) -> list[KeyedStay]:
    """The stays of one person, all at whole sites or all in zones, in the order in which they began.

    Who came by one gate and left by another is in two halves, each with a far end that nobody saw: they become one
    stay, under the first half's key. Nobody is at two places: an end that nobody saw lies before the next arrival, a
    beginning that nobody saw after the departure before.
    """
    joined: list[KeyedStay] = []
    for stay in sorted(stays, key=lambda one: (one.surely_came_ms, one.surely_went_ms)):
        before = joined[-1] if joined else None
        if before and _are_halves(before, stay):
            joined[-1] = replace(
                before,
                surely_went_ms=stay.surely_went_ms,
                went_ms=stay.went_ms,
                inferred=False,
                sure=before.sure and stay.sure,
            )
        else:
            joined.append(stay)
    return _apart(joined)


def spans_of(stays: Iterable[KeyedStay]) -> list[KeyedStay]:
    """From when to when anybody of *stays* was at each place, as stays of nobody: few, however many *stays* are."""
    spans: list[KeyedStay] = []
    for stay in sorted(stays, key=lambda one: (one.site, one.zone, one.came_ms)):
        last = spans[-1] if spans else None
        if last and (last.site, last.zone) == (stay.site, stay.zone) and stay.came_ms <= last.went_ms:
            spans[-1] = replace(last, went_ms=max(last.went_ms, stay.went_ms))
        else:
            spans.append(replace(stay, key_id=b"", who=b""))
    return spans


def end_unseen(stay: KeyedStay) -> bool:
    """Whether nobody saw the end of *stay* rather than its beginning."""
    return stay.inferred and stay.went_ms - stay.surely_went_ms >= stay.surely_came_ms - stay.came_ms


def _are_halves(first: KeyedStay, second: KeyedStay) -> bool:
    """Whether *first* lacks its end and *second* its beginning, and each lies where the other's may be."""
    whole = first.zone in SITE_ZONES and second.zone in SITE_ZONES and first.site == second.site
    meet = second.came_ms <= first.came_ms and second.went_ms <= first.went_ms
    return whole and meet and end_unseen(first) and second.inferred and not end_unseen(second)


def _apart(stays: list[KeyedStay]) -> list[KeyedStay]:
    for at in range(1, len(stays)):
        first, second = stays[at - 1], stays[at]
        if end_unseen(first):
            stays[at - 1] = replace(first, went_ms=max(first.surely_went_ms, min(first.went_ms, second.surely_came_ms)))
        if second.inferred and not end_unseen(second):
            came_ms = min(second.surely_came_ms, max(second.came_ms, first.surely_went_ms))
            stays[at] = replace(second, came_ms=came_ms)
    return stays
