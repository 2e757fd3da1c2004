"""A contact list by place: where the case was, and how many were there at the same time."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.rules.contact_list import ContactList, Place, Presence, Together


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """One place: the case's stays there, and of order 1 how many met it there, how many of those in any case.

    Sums are over encounters; *doubtful* counts people with an encounter there that is not certain.
    """

    place: Place
    stays: tuple[Presence, ...]
    people: int
    sure_people: int
    doubtful: int
    encounters: int
    certain_ms: int
    possible_ms: int


def by_place(answer: ContactList) -> list[PlaceLine]:
    """A line for each place at which the case was or somebody met it, those with most people first."""
    stays: dict[Place, list[Presence]] = {}
    for stay in answer.case_stays:
        stays.setdefault(where(stay.place), []).append(stay)
    met: dict[Place, list[tuple[str, Together]]] = {place: [] for place in stays}
    for found in answer.of_order(1):
        for one in found.encounters:
            met.setdefault(where(one.place), []).append((found.who.mark, one))
    lines = [_line(place, tuple(stays.get(place, ())), met[place], answer.asked.least_ms) for place in met]
    return sorted(lines, key=lambda line: (-line.people, -line.possible_ms, line.place.site, line.place.zone))


def where(place: Place) -> Place:
    """*place* by whichever gate."""
    return Place(place.site, place.zone)


def _line(place: Place, stays: tuple[Presence, ...], met: list[tuple[str, Together]], least_ms: int) -> PlaceLine:
    sure = {mark for mark, one in met if one.certain_ms >= least_ms}
    doubtful = {mark for mark, one in met if one.doubts or one.certain_ms < one.possible_ms}
    return PlaceLine(
        place,
        stays,
        people=len({mark for mark, _ in met}),
        sure_people=len(sure),
        doubtful=len(doubtful),
        encounters=len(met),
        certain_ms=sum(one.certain_ms for _, one in met),
        possible_ms=sum(one.possible_ms for _, one in met),
    )
