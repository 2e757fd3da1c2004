"""Who is inside, by zone, for whoever has to lead everybody out and see that nobody is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kiosk.rules.identity import match_key
from kiosk.rules.model import Gate
from kiosk.rules.queueing import Plan, QueueTicket

HEADING_LINES = 2  # what the heading of a zone takes on paper
LEAST_LINES = HEADING_LINES + 1


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody inside; all but the visit may be empty. *year* is that of birth, *sex* as in ``Person``."""

    visit: int
    name: str = ""
    year: str = ""
    sex: str = ""
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the site, and who was last known there; *count* says how many, also where a strip has some of them."""

    name: str
    people: tuple[Present, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Strip:
    """One piece of paper: whose it is, the *part* (``1/3``) of how many *people*, and the zones on it."""

    site: str
    printed: str  # local time, as printed
    part: str
    people: int
    zones: tuple[Zone, ...]
    demo: bool = False


def zone_of(ticket: QueueTicket | None, gate: Gate, plan: Plan) -> str:
    """Where somebody was last known: in the stage of their ticket where counters call, else where their gate leads."""
    return (zone_of_service(ticket.service, plan) if ticket else None) or zone_of_gate(gate)


def zone_of_service(service_id: str, plan: Plan) -> str | None:
    """Where people are who wait or are served for a service: in its stage, where counters call."""
    stage = plan.stage_of(service_id) if plan.counters else None
    return stage.name if stage else None


def zone_of_gate(gate: Gate) -> str:
    """Where a gate leads."""
    return gate.zone or gate.name


def by_zone(people: Iterable[tuple[str, Present]], order: Sequence[str]) -> tuple[Zone, ...]:
    """The zones with anybody in them, in that *order*, the others after; people by their given names."""
    zones: defaultdict[str, list[Present]] = defaultdict(list)
    for zone, present in people:
        zones[zone].append(present)
    names = [*(name for name in dict.fromkeys(order) if name in zones), *sorted(set(zones) - set(order))]
    return tuple(Zone(name, tuple(sorted(zones[name], key=_as_called)), len(zones[name])) for name in names)


def strips(zones: Iterable[Zone], most_lines: int) -> tuple[tuple[Zone, ...], ...]:
    """The same people on pieces of paper of at most *most_lines* lines; each piece names its zones.

    Raises ValueError where not even one person has room.
    """
    if most_lines < LEAST_LINES:
        raise ValueError(f"a strip has at least {LEAST_LINES} lines, not {most_lines}")
    cut: list[list[Zone]] = [[]]
    room = most_lines
    for zone in zones:
        people = zone.people
        while people:
            if room < LEAST_LINES:
                cut.append([])
                room = most_lines
            here, people = people[: room - HEADING_LINES], people[room - HEADING_LINES :]
            cut[-1].append(replace(zone, people=here))
            room -= HEADING_LINES + len(here)
    return tuple(map(tuple, cut))


def _as_called(present: Present) -> tuple[bool, list[str], str, int]:
    """By given name, which stands last, as such lists are read out; who has none comes last."""
    return not present.name, match_key(present.name).split()[::-1], present.ticket, present.visit
