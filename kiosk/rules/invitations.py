"""Staggered invitations: who comes when, so that no quarter hour has more people than the site can take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

MINUTES = 15
_MIDNIGHT = 24 * 60


@dataclass(frozen=True, slots=True)
class Group:
    """People of one organisation (*unit* is empty for those of none) and their time (``08:00``; empty for none)."""

    unit: str
    people: int
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Invitations:
    """Who is invited, in the order of their times, and who does not fit in before the end."""

    invited: tuple[Group, ...]
    beyond: tuple[Group, ...] = ()

    @property
    def people_beyond(self) -> int:
        """How many people do not fit in."""
        return sum(group.people for group in self.beyond)


def stagger(groups: Iterable[Group], start: str, end: str, per_quarter_hour: int) -> Invitations:
    """Give each of *groups*, in their order, a time between *start* and *end* (``HH:MM``; no end: midnight).

    An organisation comes together: it begins with a new quarter hour unless what is left of the present one holds it
    wholly, and where it does not fit in before the end, none of it is invited. People of no organisation fill up
    whatever is left. Who has a time already keeps it, beside the others. Without *start* or *per_quarter_hour*
    nobody gets a time.
    """
    if not start or not per_quarter_hour:
        return Invitations(tuple(sorted(groups, key=lambda group: group.since)))
    first = _minute(start)
    places = (_minute(end) - first if end else _MIDNIGHT - first) // MINUTES * per_quarter_hour
    invited, beyond, taken = [], [], 0
    for group in groups:
        if group.since:
            invited.append(group)
            continue
        left = -taken % per_quarter_hour
        begins = taken if group.people <= left or not group.unit else taken + left
        fit = min(group.people, max(0, places - begins))
        if fit < group.people:
            fit = 0 if group.unit else fit
            beyond.append(replace(group, people=group.people - fit))
        if fit:
            taken = begins + fit
            since, until = begins // per_quarter_hour, -(-taken // per_quarter_hour)
            times = (_clock(first + MINUTES * quarter) for quarter in (since, until))
            invited.append(Group(group.unit, fit, *times))
    return Invitations(tuple(sorted(invited, key=lambda group: group.since)), tuple(beyond))


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
