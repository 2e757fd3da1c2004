"""Rows of one list that may be about the same person: told, never merged."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.rules.headings import Column, Layout
from kiosk.rules.identity import name_key, possible_duplicate
from kiosk.rules.list_rows import Cleaned, Finding
from kiosk.rules.model import Person
from kiosk.rules.registration import Registered

_TAIL = 3  # digits at the end of a number, by which a starred one is compared


@dataclass(slots=True)
class Duplicates:
    """The rows seen so far, under everything that two rows of one person can have in common."""

    _first: dict[int, tuple[int, Person, str]] = field(default_factory=dict)

    def of(self, row: int, made: Cleaned, layout: Layout) -> tuple[Finding, ...]:
        """The finding that *row* may repeat an earlier one, if so; the first of them counts."""
        if made.registered is None:
            return ()
        person, old_number = made.registered.person, _old_number(made.registered)
        found: tuple[Finding, ...] = ()
        for key in _keys(person, old_number):
            other, known, known_old = self._first.setdefault(key, (row, person, old_number))
            problem = possible_duplicate(known, person, old_numbers=(known_old, old_number)) if other != row else None
            if problem and not found:
                place = layout.places.get(Column.NUMBER, 0) if person.number else layout.places.get(Column.NAME, 0)
                found = (Finding(row, place, problem, person.number or person.name, other=other),)
        return found


def _old_number(registered: Registered) -> str:
    """The CMND that stands beside a newer number."""
    numbers = (holder.removeprefix("id:") for holder in registered.holders if holder.startswith("id:"))
    return next((number for number in numbers if number != registered.person.number), "")


def _keys(person: Person, old_number: str) -> set[int]:
    """Hashes only: that two rows share one is looked at again."""
    name, year = name_key(person), person.birth[:4]
    texts = [person.number, old_number]
    if name and year:
        texts += [f"{name}|{year}|{person.phone}" if person.phone else "", f"{name}|{year}|{person.number[-_TAIL:]}"]
    return {hash(text) for text in texts if text}
