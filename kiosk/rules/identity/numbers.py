"""Numbers of ID and insurance cards."""

from __future__ import annotations

import re

from kiosk.rules.identity.texts import LONGEST_NUMBER, clean_text
from kiosk.rules.identity.verdicts import Problem, Verdict, refused

ID_NUMBER = re.compile(r"[0-9]{12}|[0-9]{9}")  # CCCD / mã định danh (Decree 137/2015), or the old CMND
_INSURANCE_15 = re.compile(r"[A-Z]{2}[0-9]{3}[0-9A-Z]{10}")  # until 2021; letters in the tail until 8/2017
_INSURANCE_10 = re.compile(r"[0-9]{10}")  # since 1/4/2021; 12 digits since 15/8/2025 (Decree 188/2025)
_PASSPORT = re.compile(r"[A-Z]{1,2}[0-9]{6,8}")
_SEPARATORS = re.compile(r"[\s.\-'’`]")
_LONGEST = 40  # characters, with separators

# The provinces of Circular 07/2016/TT-BCA, by which numbers were given until 30/6/2025: three digits each.
_PLACES = (
    "001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040 "
    "042 044 045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084 "
    "086 087 089 091 092 093 094 095 096"
)


def birth_and_sex(id_number: str) -> tuple[int, str]:
    """Birth year and sex that a 12-digit number states (Decree 137/2015: digit 4 is century and sex)."""
    century_and_sex = int(id_number[3])
    year = 1900 + 100 * (century_and_sex // 2) + int(id_number[4:6])
    return year, "F" if century_and_sex % 2 else "M"


def is_of_a_province(id_number: str) -> bool:
    """Whether a 12-digit number begins with a province's code (Circular 07/2016/TT-BCA).

    Others are good, too: who was born abroad has a country's code. The code is never shown as a place:
    since 1/7/2025 other provinces use the same codes (015 was Yên Bái and is Lào Cai now), while the
    numbers on cards never change.
    """
    return id_number[:3] in _PLACES


def check_id_number(text: str, at_year: int, *, number_cell: bool = False) -> Verdict:
    """A number that is to be a CCCD, mã định danh (12 digits; Decree 137/2015) or CMND (9 digits).

    *at_year* is the present year: who is born later has a wrong number. An unknown place is a warning.
    Leading zeros that are missing are offered; they are put back where *number_cell* says that the text
    is a spreadsheet's number, which can have none. A passport's number is let through with a note.
    """
    number = _SEPARATORS.sub("", text[:_LONGEST]).upper()
    if not number:
        return refused(Problem.NO_NUMBER)
    if ID_NUMBER.fullmatch(number):
        return _check_digits(number, at_year)
    if _PASSPORT.fullmatch(number):
        return Verdict(number, (Problem.PASSPORT,))
    padded = _with_zeros(number, at_year)
    if padded and number_cell:
        return Verdict(padded, (Problem.LOST_ZEROS,))
    return refused(Problem.NUMBER_FORMAT, padded)


def _check_digits(number: str, at_year: int) -> Verdict:
    if len(number) == 9:
        return Verdict(number)
    if birth_and_sex(number)[0] > at_year:
        return refused(Problem.UNBORN)
    return Verdict(number, () if is_of_a_province(number) else (Problem.UNKNOWN_PLACE,))


def _with_zeros(number: str, at_year: int) -> str:
    """A whole number that lost one or two zeros before its digits, or empty where none can be meant."""
    if not re.fullmatch(r"[1-9][0-9]{7}|[1-9][0-9]{9,10}", number):
        return ""
    whole = number.zfill(9 if len(number) == 8 else 12)
    return whole if len(whole) == 9 or not _check_digits(whole, at_year).problems else ""


def check_insurance_number(text: str) -> Verdict:
    """A health insurance number: 10 digits since 1/4/2021, 12 since 15/8/2025 (Decree 188/2025), 15 characters before.

    Zeros that a spreadsheet lost are offered. Empty text is no problem: not everybody is insured.
    """
    number = _SEPARATORS.sub("", text[:_LONGEST]).upper()
    if not number or holder_of_insurance(number):
        return Verdict(number)
    offer = number.zfill(10) if re.fullmatch(r"[1-9][0-9]{7,8}", number) else ""
    return refused(Problem.INSURANCE_FORMAT, offer)


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


def masked(number: str) -> str:
    """*number* with all but its last four characters starred; three where it is shorter than nine."""
    number = clean_text(number, LONGEST_NUMBER)
    visible = 4 if len(number) >= 9 else 3 if len(number) >= 6 else 0
    hidden = len(number) - visible
    return "*" * hidden + number[hidden:]
