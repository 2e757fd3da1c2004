"""One row of a registration list made clean, and what is doubtful in it.

What is doubtful falls under the three headings by which the ministry of health wanted lists put right (letter
2262/BYT-CNTT, 4/5/2022): ``identity.Heading``. Nothing doubtful is changed silently; what may have been meant
is offered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from functools import cache

from kiosk.rules import identity
from kiosk.rules.headings import Column, Layout, Row, read_heading
from kiosk.rules.identity import Heading, Problem, Verdict
from kiosk.rules.model import Person
from kiosk.rules.registration import Registered, Slot, read_day, read_slot

_FARTHEST_DAYS = 366  # until a session: a list is kept until its last one, and must not be kept for ever
_LONGEST_CELL = 1000  # letters that the cleaned list keeps of a cell of no use to the door


class Section(Enum):
    """The parts of a report: the ministry's three headings, what was put right, and possible duplicates."""

    NO_NUMBER = (Heading.NO_NUMBER.vi, Heading.NO_NUMBER.en)
    WRONG_FORMAT = (Heading.WRONG_FORMAT.vi, Heading.WRONG_FORMAT.en)
    WRONG_DATA = (Heading.WRONG_DATA.vi, Heading.WRONG_DATA.en)
    PUT_RIGHT = ("Đã sửa lại", "Put right")
    DUPLICATE = ("Có thể trùng, không tự gộp", "Possible duplicates, never merged")

    def __init__(self, vi: str, en: str) -> None:
        self.vi = vi
        self.en = en


@dataclass(frozen=True, slots=True)
class Finding:
    """Something doubtful in one cell: *found* there, *kept* of it, *offer* what may have been meant.

    *column* counts from 0; *other* is the row of which this one may be a duplicate.
    """

    row: int
    column: int
    problem: Problem
    found: str = ""
    kept: str = ""
    offer: str = ""
    other: int = 0

    @property
    def cell(self) -> str:
        """The cell's name in a spreadsheet: ``D15``."""
        return f"{column_letters(self.column)}{self.row}"

    @property
    def section(self) -> Section:
        """Where in the report it is told."""
        if self.other:
            return Section.DUPLICATE
        return Section.PUT_RIGHT if self.problem is Problem.LOST_ZEROS else Section[self.problem.heading.name]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for rows that do not say it; *today* is the present day (ISO), by which dates are judged."""

    today: str
    day: str
    site: str = ""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A row made clean: who is registered by it (None: nobody), its cells, and what is doubtful in them.

    *people* tells whether the row is about a person at all: titles, sums and signatures are not.
    """

    cells: tuple[str, ...]
    registered: Registered | None = None
    findings: tuple[Finding, ...] = ()
    people: bool = False


@cache
def column_letters(column: int) -> str:
    """The letters by which a spreadsheet names *column*, counted from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def clean_row(row: Row, layout: Layout, defaults: Defaults) -> Cleaned:
    """*row* with every cell cleaned, and whom it registers.

    Nobody is registered by a row that says nothing by which a person could be told from another: it needs a
    number, or a name with a birth date or a phone.
    """
    reading = _Reading(row, layout, [identity.clean_text(text, _LONGEST_CELL) for text in row.cells])
    if not reading.people:
        return Cleaned(tuple(reading.cells))
    registered = _read_registered(reading, defaults)
    person = registered.person
    known = registered.holders or (person.name and (person.birth or person.phone))
    return Cleaned(tuple(reading.cells), registered if known else None, tuple(reading.findings), people=True)


_OF_PEOPLE = (
    *(Column.NUMBER, Column.OLD_NUMBER, Column.INSURANCE, Column.PHONE),
    *(Column.BIRTH, Column.BIRTH_M, Column.BIRTH_F, Column.SEX),
)


_DIGIT = re.compile("[0-9]")  # reading every cell as a heading would take longer than all else
# In the column of names, with nothing else about a person beside it.
_NOBODY = re.compile(
    r"[0-9:/]|\A\W*(?:tổng|cộng|ghi chú|danh sách|người lập|lập bảng|kế toán|xác nhận|giám đốc|hiệu trưởng|total)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Reading:
    """One row while it is read: its cells as they become clean, and what was found on the way."""

    row: Row
    layout: Layout
    cells: list[str]
    findings: list[Finding] = field(default_factory=list)

    @property
    def people(self) -> bool:
        """Whether the row is about a person: titles, sums, signatures and headings of a new page are not."""
        said = {column: text for column, place in self.layout.places.items() if (text := self.row.text(place).strip())}
        if not _DIGIT.search("".join(said.values())) and _are_headings(said):
            return False
        if any(column in _OF_PEOPLE for column in said):
            return True
        name = identity.clean_text(" ".join(self.row.text(place) for place in self.layout.names))
        return bool(name) and not _NOBODY.search(name)

    def take(self, column: Column, read: Callable[[str], Verdict], show: Callable[[str], str] = str) -> str:
        """What *read* makes of the cell in *column*; its normal form is put there as *show* writes it."""
        place = self.layout.places.get(column)
        if place is None or self.is_formula(place) or not self.row.text(place).strip():
            return ""
        verdict = read(self.row.text(place))
        self.doubt(place, verdict)
        if verdict.value and place < len(self.cells):
            self.cells[place] = show(verdict.value)
        return verdict.value

    def doubt(self, place: int, verdict: Verdict) -> None:
        """Note every problem of *verdict* about the cell in column *place*."""
        if not verdict.problems:
            return
        found = identity.clean_text(self.row.text(place))
        self.findings += [
            Finding(self.row.number, place, problem, found, verdict.value, verdict.offer)
            for problem in verdict.problems
        ]

    def is_formula(self, place: int) -> bool:
        """Whether the cell is computed, which is doubtful in itself: nothing in it was written by anybody."""
        if place not in self.row.formulas:
            return False
        self.doubt(place, Verdict("", (Problem.FORMULA,)))
        return True

    def says_nothing(self, column: Column) -> bool:
        """Whether the list has no such *column*, or the row an empty cell in it."""
        place = self.layout.places.get(column)
        return place is None or not (self.row.text(place).strip() or place in self.row.formulas)

    def is_number(self, column: Column) -> bool:
        """Whether the cell in *column* is a spreadsheet's number."""
        return self.layout.places.get(column) in self.row.numbers


def _are_headings(said: Mapping[Column, str]) -> bool:
    return sum(read_heading(text) is column for column, text in said.items()) > 1


def _read_registered(reading: _Reading, defaults: Defaults) -> Registered:
    number = _read_number(reading, Column.NUMBER, defaults)
    old_number = _read_number(reading, Column.OLD_NUMBER, defaults)
    if reading.says_nothing(Column.NUMBER) and reading.says_nothing(Column.OLD_NUMBER):
        reading.doubt(reading.layout.places.get(Column.NUMBER, 0), Verdict("", (Problem.NO_NUMBER,)))
    insurance = reading.take(Column.INSURANCE, identity.check_insurance_number)
    birth, sex = _read_birth(reading, defaults)
    name = _read_name(reading)
    person = Person(
        name=name,
        name_key=identity.match_key(name),
        birth=birth,
        sex=reading.take(Column.SEX, identity.read_sex, lambda sex: "Nam" if sex == "M" else "Nữ") or sex,
        number=number or old_number or insurance,
        phone=reading.take(Column.PHONE, identity.read_phone),
    )
    if number and identity.disagreement(person):
        reading.doubt(reading.layout.places[Column.NUMBER], Verdict(number, (Problem.DISAGREEMENT,)))
    holders = (_id_holder(number), _id_holder(old_number), identity.holder_of_insurance(insurance))
    return Registered(
        person,
        tuple(dict.fromkeys(filter(None, holders))),
        reading.take(Column.UNIT, _any_text) or reading.layout.unit,
        _read_slot(reading, defaults),
        reading.take(Column.SITE, _any_text) or defaults.site,
    )


def _read_number(reading: _Reading, column: Column, defaults: Defaults) -> str:
    year, number_cell = int(defaults.today[:4]), reading.is_number(column)
    return reading.take(column, lambda text: identity.check_id_number(text, year, number_cell=number_cell))


def _id_holder(number: str) -> str:
    return f"id:{number}" if identity.ID_NUMBER.fullmatch(number) else ""


def _any_text(text: str) -> Verdict:
    return Verdict(identity.clean_text(text))


def _read_name(reading: _Reading) -> str:
    """The name from one column or two; what is doubtful about it is told of the first."""
    places = reading.layout.names
    if not places or any(map(reading.is_formula, places)):
        return ""
    verdict = identity.read_name(" ".join(reading.row.text(place) for place in places))
    reading.doubt(places[0], verdict)
    if verdict.value and len(places) == 1 and places[0] < len(reading.cells):
        reading.cells[places[0]] = verdict.value
    return verdict.value


def _read_birth(reading: _Reading, defaults: Defaults) -> tuple[str, str]:
    """Birth date or year, and the sex where the column tells it."""

    def read(column: Column) -> str:
        number_cell = reading.is_number(column)
        return reading.take(
            column, lambda text: identity.read_date(text, number_cell=number_cell, latest=defaults.today), show_date
        )

    found = ((read(column), sex) for column, sex in _BIRTHS)
    return next((birth for birth in found if birth[0]), ("", ""))


_BIRTHS = ((Column.BIRTH, ""), (Column.BIRTH_M, "M"), (Column.BIRTH_F, "F"))


def show_date(iso: str) -> str:
    """An ISO date as lists write it: ``02/03/1985``; a year stays one."""
    return date.fromisoformat(iso).strftime("%d/%m/%Y") if len(iso) > len("1985") else iso


def _read_slot(reading: _Reading, defaults: Defaults) -> Slot:
    number_cell = reading.is_number(Column.DAY)
    latest = (date.fromisoformat(defaults.today) + timedelta(_FARTHEST_DAYS)).isoformat()
    day = reading.take(Column.DAY, lambda text: read_day(text, number_cell=number_cell, latest=latest), show_date)
    slot = Slot()
    place = reading.layout.places.get(Column.TIME)
    if place is not None and not reading.is_formula(place) and reading.row.text(place).strip():
        found = read_slot(reading.row.text(place), number_cell=reading.is_number(Column.TIME))
        if found is None or found.day > latest:
            found = None
            reading.doubt(place, Verdict("", (Problem.TIME_FORMAT,)))
        slot = found or slot
    return Slot(day or slot.day or defaults.day, slot.since, slot.until)
