"""Kinds of days of one service, unlike each other on purpose; what makes each day so is drawn from its seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from queue_days import CLOSES, MINUTE, Day, Staff


def _staff(rnd: Random, *, alike: bool = True) -> list[Staff]:
    mean, spread = rnd.uniform(2, 7) * MINUTE, rnd.uniform(0.35, 0.75)
    speeds = [1.0 if alike else rnd.choice((0.5, 0.7, 1, 1.5, 2)) for _ in range(rnd.randint(1, 5))]
    return [Staff(f"{number}", mean * speed * rnd.uniform(0.9, 1.1), spread) for number, speed in enumerate(speeds, 1)]


def _minute(rnd: Random, first: float, last: float) -> float:
    return rnd.uniform(first, last) * MINUTE


def calm(rnd: Random) -> Day:
    """People come evenly, the staff are alike."""
    return Day(rnd, _staff(rnd), rnd.uniform(0.8, 0.95))


def waves(rnd: Random) -> Day:
    """Most come by bus, by class or by appointment: a hall full at once, then nobody."""
    middles = [_minute(rnd, 440, 870) for _ in range(rnd.randint(2, 5))]
    return Day(rnd, _staff(rnd), rnd.uniform(0.6, 0.8), waves=[(m, _minute(rnd, 4, 20), 0.15) for m in middles])


def lunch(rnd: Random) -> Day:
    """Everybody eats, some in turn and some at once; at some sites the counters are closed meanwhile, at some not."""
    day = Day(rnd, _staff(rnd), rnd.uniform(0.8, 0.95))
    begins, told, at_once = _minute(rnd, 675, 715), rnd.random() < 0.5, rnd.random() < 0.5
    for place, staff in enumerate(day.staff):
        start = begins + (0 if at_once else (place % 2) * 45 * MINUTE) + _minute(rnd, 0, 8)
        staff.away.append((start, start + _minute(rnd, 35, 90 if at_once else 50), told))
    return day


def breaks(rnd: Random) -> Day:
    """Staff go away for a while, again and again, and nobody closes the counter."""
    day = Day(rnd, _staff(rnd), rnd.uniform(0.8, 0.95))
    for staff in day.staff:
        for _ in range(rnd.randint(2, 6)):
            start = _minute(rnd, 460, 960)
            staff.away.append((start, start + _minute(rnd, 5, 30), False))
    return day


def changing(rnd: Random) -> Day:
    """Counters open for the rush and close after it."""
    day = Day(rnd, _staff(rnd), rnd.uniform(0.7, 0.9), waves=[(_minute(rnd, 480, 560), 40 * MINUTE, 0.3)])
    for number in range(rnd.randint(1, 4)):
        start = _minute(rnd, 450, 850)
        extra = Staff(
            f"extra {number}", day.staff[0].mean_ms, 0.5, start, min(CLOSES - 1, start + _minute(rnd, 40, 240))
        )
        day.staff.append(extra)
    return day


def uneven(rnd: Random) -> Day:
    """Fast and slow staff, relieved by others during the day."""
    day = Day(rnd, _staff(rnd, alike=False), rnd.uniform(0.75, 0.95))
    for staff in day.staff[:]:
        change = _minute(rnd, 600, 800)
        mean_ms = staff.mean_ms * rnd.choice((0.5, 0.7, 1, 1.4, 2))
        relief = replace(staff, mean_ms=mean_ms, since_ms=change + 10 * MINUTE, away=[])
        staff.until_ms = change
        day.staff.append(relief)
    return day


def absent(rnd: Random) -> Day:
    """Many numbers are called in vain; some come back, some leave the line and say so."""
    day = Day(rnd, _staff(rnd), rnd.uniform(0.9, 1.1), back_by=rnd.randint(1, 8))
    return replace(
        day, no_shows=rnd.uniform(0.15, 0.35), leavers=rnd.uniform(0.05, 0.25), returns=rnd.uniform(0.1, 0.7)
    )


def preferred(rnd: Random) -> Day:
    """Old people, small children: a fifth to two fifths go first."""
    return Day(rnd, _staff(rnd), rnd.uniform(0.85, 1), priority=rnd.uniform(0.2, 0.4), ordinary_every=rnd.randint(2, 5))


def trouble(rnd: Random) -> Day:
    """The register is down, or a form is new: for an hour or three everything takes longer."""
    start = _minute(rnd, 480, 800)
    slow = (start, start + _minute(rnd, 60, 180), rnd.uniform(1.5, 2.5))
    return Day(rnd, _staff(rnd), rnd.uniform(0.7, 0.85), slow=slow)


def everything(rnd: Random) -> Day:
    """All of it on one day."""
    day = uneven(rnd)
    for other in (lunch(rnd), breaks(rnd)):
        for staff, theirs in zip(day.staff, other.staff * 9, strict=False):
            staff.away += theirs.away
    return replace(
        day, load=0.75, waves=waves(rnd).waves, no_shows=rnd.uniform(0.05, 0.25), leavers=0.1, priority=0.2,
        slow=trouble(rnd).slow,
    )  # fmt: skip


KINDS: tuple[Callable[[Random], Day], ...] = (
    calm, waves, lunch, breaks, changing, uneven, absent, preferred, trouble, everything,
)  # fmt: skip
