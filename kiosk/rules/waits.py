"""How long until somebody is called, with a range: learned from the calls of this service's day alone.

1. A *pace* is the time from one call of a counter to its next, without the time in which nobody waited. Service,
   no-shows, recalls and paper are all in it. One longer than twice the usual counts as twice: a meal tells little of
   the work after it. After half an hour a pace weighs half.
2. A place in front costs more calls than one where others go first or come back, and fewer where people leave: the
   calls during recent waits, by the places in front when those waits began, tell how many.
3. Play forward: each open counter calls a pace after its last call, then once a pace. An overdue one stays away half
   as long again. The call that reaches the one who asks is the likely wait.
4. The range is to hold three waits in five: it has the scatter of the paces, which evens out over many calls, what
   nobody foresees, which does not, and for how long nobody at all has been called.
5. Fewer than three paces and none of an earlier day, or no counter open: unknown.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import sqrt

# The likely wait rests on no fine tuning: half or twice one of the first six moves its error on invented days by 6 % at
# most, except that LONGEST_PACES near 1 would cut off ordinary services. The last three were set on such days, so that
# the range holds what it should.
HALF_LIFE_MS = 30 * 60_000
LONGEST_PACES = 2.0
PLACES_ASSUMED = 100.0  # places in front that cost one call each, until today's outweigh them
STAYS_AWAY = 0.5
FREE_MS = 25_000  # from a counter's being free to its next call
BUSY_UNTIL = 0.8  # of a pace: by then those who are busy end, evenly
FEWEST_PACES = 3
EARLIER_PACES = 3.0  # as many paces of today weigh what an earlier day's does
LEAST_WEIGHT = 1e-6
LEAST_SCATTER = 0.3
UNFORESEEN = 0.2
LOWER, UPPER = 0.7, 0.84  # of a standard deviation: 20 % of a normal curve lie beyond 0.84, fewer on its short side


@dataclass(frozen=True, slots=True)
class Turn:
    """A call of somebody to a counter. ``ended_ms``: served, absent, held or sent on; None until then.

    ``ahead`` is how many were in front when the wait began at ``since_ms``; None where that says nothing of the
    wait, as for one called before. *ticket* and *service* are who was called, and for what.
    """

    counter: str
    since_ms: int
    called_ms: int
    ended_ms: int | None = None
    ahead: int | None = None
    priority: bool = False
    ticket: int = 0
    service: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Time until the call: as likely longer as shorter than ``likely_ms``, and in three of five cases in the range."""

    likely_ms: int
    from_ms: int
    to_ms: int


def span(wait_min: tuple[int, int]) -> str:
    """Whole minutes as people read them: ``10–20``, or ``12`` where both are the same."""
    shortest, longest = wait_min
    return f"{shortest}–{longest}" if shortest < longest else f"{longest}"


@dataclass(frozen=True, slots=True)
class Tempo:
    """What the day so far tells of a service's waits. The ``pace_ms`` of an evening helps another day's morning."""

    pace_ms: float
    scatter: float  # standard deviation of the paces, in paces
    paces: float  # how many were learned from, by weight
    next_ms: tuple[float, ...]  # of each open counter, until it calls
    still_ms: float  # for how long every counter has been overdue
    calls_a_place: tuple[float, float]  # of an ordinary, of a priority ticket

    def wait(self, ahead: int, *, priority: bool = False) -> Wait:
        """The wait of one with *ahead* people in front; with more of them no part of it is shorter."""
        calls = max(1.0, (ahead + 1) * self.calls_a_place[priority])
        likely_ms = _play(self.next_ms, self.pace_ms, calls - 1)
        doubt = self.scatter**2 / self.paces + UNFORESEEN**2
        shorter = min(1.0, LOWER * sqrt(self.scatter**2 / calls + doubt))
        chance_ms = self.pace_ms * self.scatter * sqrt(calls) / len(self.next_ms)
        longer_ms = UPPER * sqrt(chance_ms**2 + doubt * likely_ms**2) + self.still_ms
        return Wait(round(likely_ms), round(likely_ms * (1 - shorter)), round(likely_ms + longer_ms))


def learn(
    turns: Sequence[Turn],
    counters: Collection[str],
    now_ms: int,
    *,
    line_since_ms: int | None = None,
    earlier_pace_ms: float | None = None,
) -> Tempo | None:
    """What today's *turns* of one service, in the order of their calls, tell at *now_ms*; None if that is too little.

    *counters* are those open now. *line_since_ms* is since when the first in line waits, None where nobody does: a
    counter that has nobody to call does not stay away. *earlier_pace_ms* is the pace of an earlier day. Before
    the opening, ask for the moment of opening with the counters that will open, and add the time until then.
    """
    paces = list(_paces(turns, now_ms))
    if not counters or (len(paces) < FEWEST_PACES and earlier_pace_ms is None):
        return None
    if earlier_pace_ms is not None:
        paces.append((earlier_pace_ms, EARLIER_PACES))
    weight = sum(weight for _, weight in paces)
    longest_ms = LONGEST_PACES * _median(paces)
    pace_ms = sum(min(each_ms, longest_ms) * weight for each_ms, weight in paces) / weight
    # A meal is no part of the pace, but one of the reasons why a wait may be longer.
    variance = sum((min(each_ms, 2 * longest_ms) - pace_ms) ** 2 * weight for each_ms, weight in paces) / weight
    next_ms, still_ms = _next_ms(turns, counters, now_ms, line_since_ms, pace_ms)
    return Tempo(
        pace_ms=pace_ms,
        scatter=max(LEAST_SCATTER, sqrt(variance) / pace_ms),
        paces=weight,
        next_ms=next_ms,
        still_ms=still_ms,
        calls_a_place=(
            _calls_a_place(turns, now_ms, priority=False),
            _calls_a_place(turns, now_ms, priority=True),
        ),
    )


def _paces(turns: Sequence[Turn], now_ms: int) -> Iterator[tuple[float, float]]:
    """Each pace, and what it weighs."""
    last: dict[str, Turn] = {}
    for turn in turns:
        before, last[turn.counter] = last.get(turn.counter), turn
        if before is not None:
            free_ms = turn.called_ms if before.ended_ms is None else min(before.ended_ms, turn.called_ms)
            nobody_ms = max(0, turn.since_ms - free_ms)
            yield max(1, turn.called_ms - before.called_ms - nobody_ms), _weight(turn, now_ms)


def _weight(turn: Turn, now_ms: int) -> float:
    # A clock that is set may put the calls before it years away.
    return float(max(LEAST_WEIGHT, 0.5 ** (max(0, now_ms - turn.called_ms) / HALF_LIFE_MS)))


def _median(weighted: Collection[tuple[float, float]]) -> float:
    ordered = sorted(weighted)
    reached = list(accumulate(weight for _, weight in ordered))
    return ordered[bisect_left(reached, reached[-1] / 2)][0]


def _next_ms(
    turns: Sequence[Turn], counters: Collection[str], now_ms: int, line_since_ms: int | None, pace_ms: float
) -> tuple[tuple[float, ...], float]:
    """How long until each counter calls, and for how long all of them should have called."""
    last = {turn.counter: turn for turn in turns}
    free, busy, overdue = [], [], []
    for turn in map(last.get, sorted(counters)):
        if turn is not None and turn.ended_ms is None:
            overdue.append(now_ms - turn.called_ms - pace_ms)
            busy.append(max(FREE_MS, -overdue[-1], overdue[-1] * STAYS_AWAY))
        else:
            since_ms = now_ms if line_since_ms is None or turn is None else max(turn.ended_ms or 0, line_since_ms)
            overdue.append(now_ms - since_ms)
            free.append(max(FREE_MS, overdue[-1] * STAYS_AWAY))
    # Nobody ends just when a pace is over: the first of several who are busy is sooner free than the last.
    step_ms = BUSY_UNTIL * pace_ms / (len(busy) + 1)
    evenly = [max(each_ms, place * step_ms) for place, each_ms in enumerate(sorted(busy), 1)]
    return (*free, *evenly), max(0, min(overdue))


def _calls_a_place(turns: Sequence[Turn], now_ms: int, *, priority: bool) -> float:
    """How many calls a place in front has cost those with or without priority."""
    called_ms = [turn.called_ms for turn in turns]
    calls = places = PLACES_ASSUMED
    for turn in turns:
        if turn.ahead is not None and turn.priority == priority:
            weight = _weight(turn, now_ms)
            calls += weight * (bisect_right(called_ms, turn.called_ms) - bisect_right(called_ms, turn.since_ms))
            places += weight * (turn.ahead + 1)
    return calls / places


def _play(next_ms: Sequence[float], pace_ms: float, calls: float) -> float:
    """When counters that call after *next_ms* and then once a pace have made *calls* calls and make another."""
    coming = list(next_ms)
    heapq.heapify(coming)
    for _ in range(int(calls)):
        heapq.heapreplace(coming, coming[0] + pace_ms)
    call_ms = heapq.heapreplace(coming, coming[0] + pace_ms)
    return call_ms + (coming[0] - call_ms) * (calls % 1)
