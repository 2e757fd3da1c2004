"""Normalising and validating what codes and people say: texts, names, dates, numbers, phones.

Patterns name ``[0-9]`` on purpose: ``\\d`` would take the digits of every script.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from kiosk.rules.model import Person

LONGEST_NAME = 80  # letters; the longest registered Vietnamese names have about 30
LONGEST_TEXT = 200  # letters of an address
LONGEST_NUMBER = 20  # letters of an identifier

ID_NUMBER = re.compile(r"[0-9]{12}|[0-9]{9}")  # CCCD / mã định danh (Decree 137/2015), or the old CMND
_INSURANCE_15 = re.compile(r"[A-Z]{2}[0-9]{3}[0-9A-Z]{10}")  # until 2021; letters in the tail until 8/2017
_INSURANCE_10 = re.compile(r"[0-9]{10}")  # since 1/4/2021; 12 digits since 15/8/2025 (Decree 188/2025)
_PHONE = re.compile(r"0(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-9])[0-9]{7}")  # Vietnamese mobile numbers
_PHONE_MASKED = re.compile(r"0[35789][0-9]{0,7}\*{1,8}[0-9]{0,7}")

_DATE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})|([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_YEAR = re.compile(r"([0-9]{4})(?:-\*\*?-\*\*?)?|\*\*?/\*\*?/([0-9]{4})")  # the unified code stars day and month
_EARLIEST_YEAR, _LATEST_YEAR = 1880, 2199

# A spreadsheet runs a cell that begins so; no name, address or number does.
_FORMULA_STARTS = "=+-@＝＋－＠ "
_MARKS_IN_A_ROW = 3  # enough for every living script; more only piles ink over other lines
_D_WITH_STROKE = str.maketrans({"Ð": "Đ", "ð": "đ", "Ɖ": "Đ", "ɖ": "đ"})


def clean_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """*text* as one harmless line of at most *longest* letters, in NFC.

    Control characters, direction marks, zero-width, private and unassigned characters are dropped,
    every kind of space becomes one space, a letter lost in transport shows as ``?``. What a
    spreadsheet would take for a formula does not begin so any more. Escaping for a page or a table
    remains the business of who writes it.
    """
    visible = "".join(map(_visible, text[: 4 * longest]))
    composed = _without_piled_marks(unicodedata.normalize("NFC", visible))
    return " ".join(composed.split()).lstrip(_FORMULA_STARTS)[:longest].strip()


def _visible(letter: str) -> str:
    category = unicodedata.category(letter)
    if category[0] == "Z" or letter in "\t\r\n\v\f":
        return " "
    if category[0] == "C":
        return ""
    return "?" if letter == "\ufffd" else letter


def _without_piled_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(letter)
    return "".join(kept)


def clean_name(name: str) -> str:
    """A person's name, cleaned, in its printed spelling; the Icelandic Ð of old lists becomes Đ."""
    return clean_text(name.translate(_D_WITH_STROKE), LONGEST_NAME)


def match_key(name: str) -> str:
    """What is compared in place of a name: capitals, no diacritics, Đ as D, single spaces.

    The same form as the name in the unified code (Decision 1405/QĐ-BTTTT).
    """
    plain = unicodedata.normalize("NFD", clean_name(name).upper()).replace("Đ", "D")
    return clean_text("".join(letter for letter in plain if not unicodedata.category(letter).startswith("M")))


def name_key(person: Person) -> str:
    """What to compare of a person's name: the key that their code gives, else the ``match_key`` of the name."""
    return person.name_key or match_key(person.name)


def initials(name: str) -> str:
    """At most five initials, ``N.V.A.``: what a bystander may see of a name."""
    words = [word for word in clean_name(name).upper().split() if word[0].isalpha()]
    return "".join(f"{word[0]}." for word in words[:5])


def holder_line(person: Person) -> str:
    """Initials and birth year, ``N.V.A. 1985``: what the door's display may show of a person."""
    return f"{initials(person.name)} {person.birth[:4]}".strip()


def masked(number: str) -> str:
    """*number* with all but its last four characters starred; three where it is shorter than nine."""
    number = clean_text(number, LONGEST_NUMBER)
    visible = 4 if len(number) >= 9 else 3 if len(number) >= 6 else 0
    hidden = len(number) - visible
    return "*" * hidden + number[hidden:]


def parse_date(text: str) -> str:
    """A day of birth or issue as ISO 8601 with the precision printed, or empty.

    Reads ``ddmmyyyy``, ``dd/mm/yyyy`` (also with ``-`` or ``.``), ``yyyy-mm-dd``, ``yyyy``, and dates
    whose day and month are starred. An impossible date is empty: nothing is guessed.
    """
    text = text.strip()[:12]
    if found := _DATE.fullmatch(text):
        day, month, year = (group for group in found.groups() if group is not None)
        return _iso(int(year), int(month), int(day))
    if found := _ISO_DATE.fullmatch(text):
        return _iso(*(int(group) for group in found.groups()))
    if found := _YEAR.fullmatch(text):
        year = found[1] or found[2]
        return year if _EARLIEST_YEAR <= int(year) <= _LATEST_YEAR else ""
    return ""


def _iso(year: int, month: int, day: int) -> str:
    if not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        return ""
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


_SEXES = {"NAM": "M", "NU": "F", "1": "M", "2": "F", "M": "M", "F": "F"}


def parse_sex(text: str) -> str:
    """``M``, ``F`` or empty, from Nam/Nữ, 1/2 (insurance card and unified code) or M/F."""
    return _SEXES.get(match_key(text[:8]), "")


def parse_phone(text: str) -> str:
    """A Vietnamese mobile number as ``0…``, starred where the code masks it; empty for anything else."""
    digits = re.sub(r"[ .()-]", "", text[:30])
    digits = re.sub(r"^(?:\+84|0084|84(?=[35789]))", "0", digits)
    if _PHONE.fullmatch(digits) or (len(digits) == 10 and _PHONE_MASKED.fullmatch(digits)):
        return digits
    return ""


def birth_and_sex(id_number: str) -> tuple[int, str]:
    """Birth year and sex that a 12-digit number states (Decree 137/2015: digit 4 is century and sex)."""
    century_and_sex = int(id_number[3])
    year = 1900 + 100 * (century_and_sex // 2) + int(id_number[4:6])
    return year, "F" if century_and_sex % 2 else "M"


def disagreement(person: Person) -> str:
    """An English sentence where a 12-digit number contradicts the printed birth year or sex, or empty.

    Only ever a warning: numbers with wrong digits were issued and stay valid.
    """
    if not (len(person.number) == 12 and ID_NUMBER.fullmatch(person.number)):
        return ""
    year, sex = birth_and_sex(person.number)
    wrong = [
        f"{said} but {printed} is printed"
        for said, printed in ((str(year), person.birth[:4]), (sex, person.sex))
        if printed and said != printed
    ]
    return f"Its number says {' and '.join(wrong)}." if wrong else ""


def holder_of_insurance(number: str) -> str:
    """The holder id behind an insurance number, or empty where it is none.

    ``id:`` for the 12 digits of the ID card, ``bhxh:`` for the 10 digits of the social insurance
    number, which are also the last 10 of the older 15 characters.
    """
    number = number.strip().upper()
    if len(number) == 12 and ID_NUMBER.fullmatch(number):
        return f"id:{number}"
    if _INSURANCE_10.fullmatch(number) or _INSURANCE_15.fullmatch(number):
        return f"bhxh:{number[-10:]}"
    return ""
