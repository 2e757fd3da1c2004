"""Which column of a registration list says what, by headings as people write them.

The names are those of the national portal's form and of the lists that organisations send: Vietnamese
with and without diacritics, their usual abbreviations, and English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.rules.identity import clean_text, match_key

SEARCHED_ROWS = 20  # an organisation's list has titles above its headings
_LONGEST_HEADING = 50  # letters; what is longer is a title or a sentence


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list: its number from 1 as a spreadsheet shows it, and its cells as texts.

    *numbers* are the columns (from 0) whose cell holds a number, which can have lost zeros, and *formulas*
    those whose cell is computed: its text is only what some program once worked out.
    """

    number: int
    cells: tuple[str, ...]
    numbers: frozenset[int] = frozenset()
    formulas: frozenset[int] = frozenset()

    def text(self, column: int) -> str:
        """The text in *column*, empty where the row is shorter."""
        return self.cells[column] if column < len(self.cells) else ""

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it."""
        return not any(map(str.strip, self.cells))


class Column(StrEnum):
    """What a column says."""

    NAME = "name"
    GIVEN = "given"  # the last part of the name, where it has a column of its own
    BIRTH = "birth"
    BIRTH_M = "birth_m"  # the year of birth in one of two columns, which tell the sex
    BIRTH_F = "birth_f"
    SEX = "sex"
    PHONE = "phone"
    NUMBER = "number"
    OLD_NUMBER = "old_number"
    INSURANCE = "insurance"
    DAY = "day"
    TIME = "time"
    SITE = "site"
    UNIT = "unit"


# The first that is found in a heading counts; None is a column of no use to the door.
_HEADINGS: tuple[tuple[Column | None, re.Pattern[str]], ...] = tuple(
    (column, re.compile(rf"\b(?:MA ?)?(?:SO ?)?(?:{words.replace(' ', ' ?')})\b"))
    for column, words in (
        (None, r"NGAY CAP|NOI CAP|ISSUED?|THAN NHAN|GIAM HO|CHU HO|NGUOI LAP|CHA|ME|TEN BO$|GUARDIAN|PARENT|QUAN HE"),
        (None, r"DIA CHI|ADDRESS|THUONG TRU|TAM TRU|CHO O|NOI O|NOI SINH|MUI|DOSE|LO VAC XIN|LOT"),
        (Column.OLD_NUMBER, r"CU CMND|(?:CMND|CMT|CMTND|CHUNG MINH(?: NHAN DAN)?|SO) CU|OLD (?:ID|NUMBER)"),
        (Column.INSURANCE, r"BHYT|BHXH|BAO HIEM|INSURANCE"),
        (
            Column.NUMBER,
            r"CCCD|CAN CUOC|DINH DANH|HO CHIEU|PASSPORT|GIAY TO|ID(?: NUMBER)?|IDENTITY|CITIZEN|DDCN|CC|^NUMBER$",
        ),
        (Column.OLD_NUMBER, r"CMND|CMTND|CMT|CHUNG MINH"),  # the number itself, where the list has no newer one
        (Column.PHONE, r"DIEN THOAI|DTDD|SDT|DT|DI DONG|PHONE|MOBILE|TEL|SO LIEN HE|LIEN LAC"),
        (Column.BIRTH, r"NGAY SINH|NAM SINH|SINH NGAY|SINH NAM|NGAY THANG NAM SINH|NTNS|NS|BIRTH|BIRTHDAY|DOB"),
        (Column.TIME, r"GIO|KHUNG GIO|THOI GIAN|BUOI|TIME|SLOT|HOUR"),
        (Column.DAY, r"NGAY (?:\w+ ){0,3}(?:TIEM|HEN|KHAM|DEN)|LICH HEN|LICH TIEM|(?:DAY|DATE)"),
        (Column.SEX, r"GIOI TINH|GIOI|PHAI|NAM NU|SEX|GENDER"),
        (Column.SITE, r"(?:DIA )?DIEM (?:TIEM|HEN|DANG KY)|DIA DIEM|NOI (?:TIEM|DEN|HEN)|CO SO TIEM|SITE|VENUE"),
        (Column.UNIT, r"DON VI|CO QUAN|TO CHUC|CONG TY|DOANH NGHIEP|TRUONG|LOP|NOI LAM VIEC|NOI CONG TAC"),
        (Column.UNIT, r"UNIT|ORGANI[SZ]ATION|COMPANY|SCHOOL|EMPLOYER"),
        (Column.NAME, r"HO (?:VA )?(?:CHU |TEN |DEM |LOT )*(?:TEN|DEM|LOT)|HOTEN|^HO$|FULL ?NAME|NAME"),
        (Column.NAME, r"TEN (?:CONG DAN|NGUOI|DOI TUONG|KHACH|BENH NHAN|HOC SINH|NHAN VIEN|CAN BO)"),
        (Column.GIVEN, r"^TEN$"),
    )
)

# Somebody can be found by one of these alone; a list has at least one of them, and another column.
_NAMING = {Column.NAME, Column.NUMBER, Column.INSURANCE}

_UNIT_LINE = re.compile(r"(?:ĐƠN VỊ|CƠ QUAN|TỔ CHỨC|TÊN ĐƠN VỊ)[^:]{0,30}:\s*(.+)", re.IGNORECASE)
_UNIT_WORDS = re.compile(r"\b(?:CONG TY|TRUONG|XI NGHIEP|HOP TAC XA|BENH VIEN|NHA MAY|UBND|DOANH NGHIEP|CHI NHANH)\b")
_NUMBERING = re.compile(r"\(?(?:[0-9]{1,2}|[A-Z])\)?")  # of columns: (1) (2) (3)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a list says what: *heading_row* is the last row of the headings, *unit* stood above them."""

    heading_row: int
    places: dict[Column, int] = field(default_factory=dict)
    unit: str = ""
    names: tuple[int, ...] = ()

    def meaning(self, column: int) -> Column | None:
        """What *column* (from 0) says."""
        if column in self.names:
            return Column.NAME
        return next((meaning for meaning, place in self.places.items() if place == column), None)


def read_heading(text: str) -> Column | None:
    """What a column with this heading says, or None. Remarks in brackets do not count where something stands before.

    Words may be parted by spaces, signs or capitals, or not at all, as a program names columns: SoCCCD, ngaysinh.
    """
    bare = text if text.lstrip().startswith("(") else text.partition("(")[0]
    if len(bare) > _LONGEST_HEADING:
        return None
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare.replace(".", ""))
    words = " ".join(re.findall(r"[0-9A-Z]+", match_key(parted)))
    return next((column for column, pattern in _HEADINGS if pattern.search(words)), None)


def find_layout(rows: Sequence[Row]) -> Layout | None:
    """The headings among the first rows of a list, or None where there are none.

    The row with the most known headings it is, the first of equals; it names people, and says one thing more.
    """
    found = [_places(row) for row in rows[:SEARCHED_ROWS]]
    best = max(range(len(found)), key=lambda index: len(found[index]), default=None)
    if best is None or len(found[best]) < 2 or not _NAMING & set(found[best]):
        return None
    places, below = found[best], rows[best + 1] if best + 1 < len(rows) else None
    last = rows[best].number
    if below and (second := _two_years(places, below)):
        places, last = second, below.number
        below = rows[best + 2] if best + 2 < len(rows) else None
    if below and _is_numbering(below):
        last = below.number
    names = _names(rows[best], places)
    return Layout(last, places, _unit_above(rows[:best]), names)


def _places(row: Row) -> dict[Column, int]:
    places: dict[Column, int] = {}
    for index, text in enumerate(row.cells):
        column = read_heading(text)
        if column and index not in row.numbers:
            places.setdefault(column, index)
    if Column.NUMBER not in places and Column.OLD_NUMBER in places:
        places[Column.NUMBER] = places.pop(Column.OLD_NUMBER)
    if Column.NAME not in places and Column.GIVEN in places:
        places[Column.NAME] = places.pop(Column.GIVEN)
    return places


def _names(headings: Row, places: dict[Column, int]) -> tuple[int, ...]:
    """The columns whose texts make the name; a heading over two columns leaves the second without one."""
    if Column.NAME not in places:
        return ()
    first = places[Column.NAME]
    if Column.GIVEN in places:
        return first, places[Column.GIVEN]
    wide = first + 1 < len(headings.cells) and not headings.text(first + 1).strip()
    return (first, first + 1) if wide else (first,)


def _two_years(places: dict[Column, int], below: Row) -> dict[Column, int] | None:
    """The places where *below* parts the year of birth into a column for men and one for women."""
    first = places.get(Column.BIRTH)
    if first is None or [match_key(below.text(first)), match_key(below.text(first + 1))] != ["NAM", "NU"]:
        return None
    parted = places | {Column.BIRTH_M: first, Column.BIRTH_F: first + 1}
    del parted[Column.BIRTH]
    return parted


def _is_numbering(row: Row) -> bool:
    filled = [text.strip() for text in row.cells if text.strip()]
    return len(filled) >= 2 and all(map(_NUMBERING.fullmatch, filled))


def _unit_above(rows: Sequence[Row]) -> str:
    """The organisation named above the headings, or empty."""
    lines = [clean_text(text) for row in rows for text in row.cells if text.strip()]
    named = (found[1] for line in lines if (found := _UNIT_LINE.search(line)))
    return next(named, "") or next((line for line in lines if _UNIT_WORDS.search(match_key(line))), "")
