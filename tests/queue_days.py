"""An invented day of one service, event by event: who comes, who is called when and by whom, how long that took.

``queue_kinds.py`` draws what makes a day; an estimate is handed the calls so far and never learns those figures.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from random import Random

from kiosk.rules.waits import Turn

MINUTE = 60_000
OPENS, CLOSES = 450 * MINUTE, 990 * MINUTE  # 7:30 to 16:30
RECALLED_MS = 45_000  # a no-show is called three times, so long apart
ASKED_EVERY = 5 * MINUTE


@dataclass(slots=True)
class Staff:
    """Who sits at a counter, and when; ``away`` are breaks, *told* if the counter is closed meanwhile."""

    counter: str
    mean_ms: float
    spread: float
    since_ms: float = OPENS
    until_ms: float = CLOSES
    away: list[tuple[float, float, bool]] = field(default_factory=list)


@dataclass(slots=True)
class Day:
    """What makes a day. ``load`` is the arrivals by what the staff can serve."""

    random: Random
    staff: list[Staff]
    load: float
    waves: list[tuple[float, float, float]] = field(default_factory=list)  # middle, width (ms), share
    no_shows: float = 0.03
    leavers: float = 0.02
    returns: float = 0.5
    back_by: int = 3
    priority: float = 0.05
    ordinary_every: int = 3
    slow: tuple[float, float, float] = (0, 0, 1)  # from, to, times as long


@dataclass(slots=True, eq=False)
class Guest:
    """Somebody with a ticket."""

    since_ms: float
    priority: bool
    comes: bool
    leaves_ms: float | None
    ahead: int = 0
    called_ms: float | None = None
    missed: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asks how long: what was known, and what came true."""

    at_ms: int
    ahead: int
    priority: bool
    line_since_ms: int
    counters: frozenset[str]
    turns: tuple[Turn, ...]
    true_ms: int


def asked(day: Day) -> Iterator[Asked]:
    """Every moment of *day* at which somebody asks: each with a new ticket, and one of those who wait now and then."""
    run = Run(day)
    run.through()
    for at_ms, guest, ahead, line_since_ms, counters in run.asking:
        if guest.called_ms is not None:
            known = tuple(known_at(run.turns, at_ms))
            true_ms = int(guest.called_ms) - int(at_ms)
            yield Asked(int(at_ms), ahead, guest.priority, int(line_since_ms), counters, known, true_ms)


def known_at(turns: list[Turn], at_ms: float) -> Iterator[Turn]:
    """*turns* as they were known at *at_ms*."""
    for turn in turns:
        if turn.called_ms <= at_ms:
            ended = turn.ended_ms is not None and turn.ended_ms <= at_ms
            yield turn if ended else replace(turn, ended_ms=None)


class Run:
    """A day as it happens, event by event."""

    def __init__(self, day: Day) -> None:
        self.day, self.random = day, day.random
        self.events: list[tuple[float, int, Callable[[float], None]]] = []
        self.order = count()
        self.ordinary: list[Guest] = []
        self.priority: list[Guest] = []
        self.since_ordinary = 0
        self.idle: list[Staff] = []
        self.turns: list[Turn] = []
        self.asking: list[tuple[float, Guest, int, float, frozenset[str]]] = []

    def through(self) -> None:
        """Let the day happen."""
        for guest in self._guests():
            self._at(guest.since_ms, partial(self._comes, guest))
        for staff in self.day.staff:
            self._at(staff.since_ms, partial(self._ready, staff))
        for number in range(int((CLOSES - OPENS) / ASKED_EVERY)):
            self._at(OPENS + number * ASKED_EVERY, self._looks)
        while self.events:
            now, _, act = heapq.heappop(self.events)
            act(now)

    def _at(self, at_ms: float, act: Callable[[float], None]) -> None:
        heapq.heappush(self.events, (at_ms, next(self.order), act))

    def _guests(self) -> Iterator[Guest]:
        day, rnd = self.day, self.random
        able = sum(
            (s.until_ms - s.since_ms - sum(b - a for a, b, _ in s.away)) / (s.mean_ms + 30_000) for s in day.staff
        )
        for _ in range(int(able * day.load)):
            since = rnd.uniform(OPENS - 30 * MINUTE, CLOSES - 60 * MINUTE)
            for middle, width, share in day.waves:
                if rnd.random() < share:
                    since = rnd.gauss(middle, width)
                    break
            leaves = since + rnd.expovariate(1 / (40 * MINUTE)) if rnd.random() < day.leavers else None
            yield Guest(
                max(since, OPENS - 40 * MINUTE), rnd.random() < day.priority, rnd.random() >= day.no_shows, leaves
            )

    def _comes(self, guest: Guest, now: float) -> None:
        (self.priority if guest.priority else self.ordinary).append(guest)
        guest.ahead = self._ahead(guest)
        if now >= OPENS:
            self._asks(guest, now)
        if guest.leaves_ms is not None:
            self._at(guest.leaves_ms, partial(self._leaves, guest))
        self._wake(now)

    def _wake(self, now: float) -> None:
        if self.idle:
            staff = self.idle.pop(0)
            self._at(now + self._moment(), partial(self._ready, staff))

    def _leaves(self, guest: Guest, _now: float) -> None:
        self._gone(guest)

    def _gone(self, guest: Guest) -> None:
        for line in (self.ordinary, self.priority):
            if guest in line:
                line.remove(guest)

    def _line(self) -> Iterator[Guest]:
        """Those who wait, in the order in which they would be called if nobody else came."""
        ordinary, priority, run = self.ordinary[:], self.priority[:], self.since_ordinary
        while ordinary or priority:
            first = priority and (run < self.day.ordinary_every or not ordinary)
            run = run + 1 if first else 0
            yield (priority if first else ordinary).pop(0)

    def _ahead(self, guest: Guest) -> int:
        return next(place for place, other in enumerate(self._line()) if other is guest)

    def _asks(self, guest: Guest, now: float) -> None:
        line_since = min(other.since_ms for other in (*self.ordinary, *self.priority))
        self.asking.append((now, guest, self._ahead(guest), line_since, self._open(now)))

    def _looks(self, now: float) -> None:
        if waiting := [*self.ordinary, *self.priority]:
            self._asks(self.random.choice(waiting), now)

    def _open(self, now: float) -> frozenset[str]:
        return frozenset(s.counter for s in self.day.staff if s.since_ms <= now < s.until_ms and not self._told(s, now))

    def _told(self, staff: Staff, now: float) -> bool:
        return any(told and begins <= now < ends for begins, ends, told in staff.away)

    def _ready(self, staff: Staff, now: float) -> None:
        back_ms = next((ends for begins, ends, _ in staff.away if begins <= now < ends), None)
        guest = next(self._line(), None)
        if now >= staff.until_ms and (staff.until_ms < CLOSES or guest is None):
            self._wake(now)
        elif back_ms is not None:
            self._at(back_ms, partial(self._ready, staff))
            self._wake(now)
        elif guest is None:
            self.idle.append(staff)
        else:
            self._call(staff, guest, now)

    def _call(self, staff: Staff, guest: Guest, now: float) -> None:
        self._gone(guest)
        self.since_ordinary = self.since_ordinary + 1 if guest.priority else 0
        took = self._service(staff, now) if guest.comes else 3 * RECALLED_MS
        ended = now + took
        ahead = None if guest.missed else guest.ahead
        self.turns.append(
            Turn(staff.counter, int(guest.since_ms), int(now), int(ended), ahead=ahead, priority=guest.priority)
        )
        guest.called_ms = now if guest.called_ms is None else guest.called_ms
        if not guest.comes and not guest.missed and self.random.random() < self.day.returns:
            self._at(ended + self.random.uniform(1, 15) * MINUTE, partial(self._returns, guest))
        self._at(ended + self._moment(), partial(self._ready, staff))

    def _returns(self, guest: Guest, now: float) -> None:
        guest.comes = guest.missed = True
        line = self.priority if guest.priority else self.ordinary
        line.insert(min(self.day.back_by, len(line)), guest)
        self._wake(now)

    def _service(self, staff: Staff, now: float) -> float:
        begins, ends, times = self.day.slow
        took = staff.mean_ms * self.random.lognormvariate(-(staff.spread**2) / 2, staff.spread)
        return max(15_000, took * (times if begins <= now < ends else 1))

    def _moment(self) -> float:
        """Until the next is called: a form to file, a cup to empty."""
        return self.random.uniform(5_000, 50_000)


def _serves(staff: Staff) -> float:
    """How many people *staff* can serve in the day."""
    away_ms = sum(ends - begins for begins, ends, _ in staff.away)
    return (staff.until_ms - staff.since_ms - away_ms) / (staff.mean_ms + 30_000)
