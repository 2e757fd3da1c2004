"""Who of today's lists has come, and who has not yet: in counts by organisation and time, and one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from kiosk.rules import identity
from kiosk.rules.finding import Query, traces
from kiosk.rules.identity import match_key
from kiosk.rules.model import Person
from kiosk.rules.registration import Registered

RowId = tuple[int, int]  # list, row


@dataclass(frozen=True, slots=True)
class Group:
    """People of one organisation and time (empty for none): how many are expected, how many of them have arrived."""

    unit: str
    since: str
    until: str
    expected: int = 0
    arrived: int = 0

    @property
    def missing(self) -> int:
        """How many have not come yet."""
        return self.expected - self.arrived


def is_expected(registered: Registered, day: str, site: Collection[str]) -> bool:
    """Whether somebody is listed for *day* (ISO) at the place whose names, as match keys, are *site*."""
    return registered.slot.day in ("", day) and (not registered.site or match_key(registered.site) in site)


def groups(expected: Iterable[tuple[RowId, Registered]], arrived: Collection[RowId]) -> list[Group]:
    """The groups of *expected* in the order of their times, then by name."""
    counts: dict[tuple[str, str, str], list[int]] = {}
    for row, one in expected:
        count = counts.setdefault((one.slot.since, one.slot.until, one.unit), [0, 0])
        count[0] += 1
        count[1] += row in arrived
    return [Group(unit, since, until, *count) for (since, until, unit), count in sorted(counts.items())]


def missing(
    expected: Iterable[tuple[RowId, Registered]], arrived: Collection[RowId], wanted: Query, unit: str | None
) -> list[tuple[RowId, Registered]]:
    """Who has not come yet of those that *wanted* finds, of one *unit* or all (None), in the order of their times."""
    found = [
        (row, one)
        for row, one in expected
        if row not in arrived
        and (unit is None or one.unit == unit)
        and (not wanted.words or wanted.finds(traces_of(one)))  # the traces of 10,000 people take longer than all else
    ]
    return sorted(found, key=lambda it: (it[1].slot.since, it[1].slot.until, it[1].unit, it[0]))


def traces_of(registered: Registered) -> str:
    """By what somebody on a list is found, as ``finding.traces`` has it."""
    person = registered.person
    return traces(identity.name_key(person), number_of(registered.holders), person.birth, "")


def number_of(holders: Sequence[str]) -> str:
    """The first of somebody's numbers; empty for none."""
    return next((holder.partition(":")[2] for holder in holders), "")


def holders_of(number: str) -> tuple[str, ...]:
    """The holder ids by which a list may have the *number* that a card showed."""
    if identity.ID_NUMBER.fullmatch(number):
        return (f"id:{number}",)
    insured = identity.holder_of_insurance(number)
    return (insured,) if insured else ()


def person_shown(name: str, birth: str, number: str) -> Person:
    """Somebody as a visit of today shows them."""
    return Person(name=name, name_key=match_key(name), birth=birth, number=number)
