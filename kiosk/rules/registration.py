"""Registration lists: who stands on them, and where an arriving person stands on them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from kiosk.rules.identity import Problem, Verdict, match_key, name_key, read_date
from kiosk.rules.model import Listed, Listing, Person

_FEWEST_VISIBLE = 3  # digits of a starred number that tell namesakes of one year apart
_NUMBERED = ("id:", "bhxh:")

_DAY = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"\b([01]?[0-9]|2[0-4])(?: ?(?:H|G|GIO) ?([0-5][0-9])?|[:.]([0-5][0-9]))(?::[0-5][0-9])?(?: ?(AM|PM))?\b"
)
_HALF_DAYS = {
    "SANG": ("00:00", "12:00"),
    "MORNING": ("00:00", "12:00"),
    "CHIEU": ("12:00", "24:00"),
    "AFTERNOON": ("12:00", "24:00"),
}
_LONGEST_SLOT = 60  # letters
_MINUTES_A_DAY = 1440


@dataclass(frozen=True, slots=True)
class Slot:
    """When somebody is to come: ``day`` in ISO 8601, times as ``08:00``, equal for an exact one. All may be empty."""

    day: str = ""
    since: str = ""
    until: str = ""

    def told(self, today: str) -> str:
        """What people read of it on *today* (ISO): ``08:00``, and with another day ``08:00 02/12/2026``."""
        hours = self.since if self.since == self.until else f"{self.since}-{self.until}"
        other = self.day and self.day != today
        return f"{hours} {date.fromisoformat(self.day):%d/%m/%Y}".strip() if other else hours


@dataclass(frozen=True, slots=True)
class Registered:
    """Somebody on a list: who, for which organisation, when, and where (empty where the list names no site).

    ``holders`` are the numbers that codes may carry, as holder ids of ``Credential``.
    """

    person: Person
    holders: tuple[str, ...] = ()
    unit: str = ""
    slot: Slot = Slot()
    site: str = ""


def match(registered: Registered, *, at: datetime, site: Collection[str], early_s: float, late_s: float) -> Listed:
    """Where somebody listed stands when they arrive at *at* (the site's local time).

    *site* are the match keys of the names by which lists may call this site. Who is listed for another day
    comes early or late.
    """
    slot, today = registered.slot, at.date().isoformat()
    if registered.site and match_key(registered.site) not in site:
        return Listed.OTHER_SITE
    if slot.day and slot.day != today:
        return Listed.EARLY if slot.day > today else Listed.LATE
    now_s = at.hour * 3600 + at.minute * 60 + at.second
    if slot.since and now_s < _seconds(slot.since) - early_s:
        return Listed.EARLY
    if slot.until and now_s > _seconds(slot.until) + late_s:
        return Listed.LATE
    return Listed.ON_TIME


_BEST_FIRST = {Listed.ON_TIME: 0, Listed.EARLY: 1, Listed.LATE: 1, Listed.OTHER_SITE: 2}


def best_listing(
    found: Iterable[Registered], *, at: datetime, site: Collection[str], early_s: float, late_s: float
) -> Listing | None:
    """What counts for somebody on several lists: on time before early or late, the nearest day, this site first."""

    def rank(registered: Registered) -> tuple[int, int]:
        days = abs((date.fromisoformat(registered.slot.day) - at.date()).days) if registered.slot.day else 0
        return _BEST_FIRST[listed(registered)], days

    def listed(registered: Registered) -> Listed:
        return match(registered, at=at, site=site, early_s=early_s, late_s=late_s)

    best = min(found, key=rank, default=None)
    return None if best is None else Listing(listed(best), best.unit, best.slot.told(at.date().isoformat()))


def traits(holders: Iterable[str], person: Person) -> tuple[str, ...]:
    """Texts of which what a list and what a code say of the same person share at least one.

    Every number; the name with the birth year; the name with the phone. Who shares one may still be another:
    ``is_same_person`` tells.
    """
    name, year, phone = name_key(person), person.birth[:4], person.phone
    found = [holder for holder in holders if holder.startswith(_NUMBERED)]
    if name and year:
        found.append(f"name:{name}|{year}")
    if name and phone and "*" not in phone:
        found.append(f"phone:{phone}|{name}")
    return tuple(dict.fromkeys(found))


def is_same_person(registered: Registered, holders: Sequence[str], person: Person) -> bool:
    """Tell whether *person*, whose code carries *holders*, is the one registered.

    One number in common is enough, and two different numbers of one kind are two people. Without comparable
    numbers, the names and whatever both say of the birth must agree, and besides them the full birth date,
    the phone, or the visible end of a starred number.
    """
    if set(holders) & set(registered.holders):
        return True
    one, visible = registered.person, _visible_agree(person.number, registered.holders)
    if visible is False or _kinds(holders) & _kinds(registered.holders):
        return False
    shorter, longer = sorted((one.birth, person.birth), key=len)
    if name_key(one) != name_key(person) or not name_key(one) or not longer.startswith(shorter):
        return False
    same_day = len(shorter) == len("1985-03-02")
    same_phone = bool(one.phone) and one.phone == person.phone and "*" not in one.phone
    return same_day or same_phone or bool(visible and shorter)


def _kinds(holders: Iterable[str]) -> set[str]:
    """The kinds of numbers among *holders*: an old and a new ID number can both be of one person."""
    return {f"{holder.partition(':')[0]}{len(holder)}" for holder in holders if holder.startswith(_NUMBERED)}


def _visible_agree(starred: str, holders: Iterable[str]) -> bool | None:
    """Whether what is visible of *starred* is in a listed number of its length; None where nothing can be compared."""
    if sum(letter != "*" for letter in starred) < _FEWEST_VISIBLE or "*" not in starred:
        return None
    numbers = [number for number in (holder.partition(":")[2] for holder in holders) if len(number) == len(starred)]
    if not numbers:
        return None
    return any(all(seen in ("*", digit) for seen, digit in zip(starred, number, strict=True)) for number in numbers)


def read_day(text: str, *, number_cell: bool = False, latest: str = "") -> Verdict:
    """A session day as ISO 8601: what ``identity.read_date`` reads, but for a year alone."""
    verdict = read_date(text, number_cell=number_cell, latest=latest)
    return verdict if len(verdict.value) != len("2026") else Verdict("", (Problem.DATE_FORMAT,))


@lru_cache(1000)  # a list has a thousand people, and ten times of day
def read_slot(text: str, *, number_cell: bool = False) -> Slot | None:
    """When somebody is to come, from ``8h30``, ``08:00-09:00`` or ``sáng``, with or without a date; else None.

    Where *number_cell* says that the text is a spreadsheet's number, its fraction is the time of day.
    """
    if number_cell and re.fullmatch(r"[0-9]{0,5}(?:\.[0-9]+)?", text) and text != ".":
        return _slot_of_serial(text)
    words = match_key(re.sub(r"(?<=[0-9])T(?=[0-9])", " ", text[:_LONGEST_SLOT]))
    dates = _DAY.findall(words)
    days = [read_day(found).value for found in dates]
    times = [_clock(found) for found in _TIME.finditer(_DAY.sub(" ", words))]
    if len(days) > 1 or not all(days) or len(times) > 2 or times != sorted(times):
        return None
    day = days[0] if days else ""
    if times:
        return Slot(day, times[0], times[-1])
    half = next((hours for word, hours in _HALF_DAYS.items() if word in words.split()), None)
    return Slot(day, *half) if half else Slot(day) if day else None


def _slot_of_serial(text: str) -> Slot | None:
    days, minutes = divmod(round(float(text or 0) * _MINUTES_A_DAY), _MINUTES_A_DAY)
    day = read_day(str(days), number_cell=True).value if days else ""
    if days and not day:
        return None
    time = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return Slot(day, time, time) if minutes or not days else Slot(day)


def _clock(found: re.Match[str]) -> str:
    hours = int(found[1]) % 12 + 12 * (found[4] == "PM") if found[4] else int(found[1])
    return f"{hours:02d}:{found[2] or found[3] or '00'}"


def _seconds(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 3600 + int(minutes) * 60
