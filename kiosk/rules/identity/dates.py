"""Dates of birth and issue, with the precision that was written: a day, or only a year."""

from __future__ import annotations

import re
from datetime import date, timedelta

from kiosk.rules.identity.verdicts import Problem, Verdict, refused

_DATE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})|([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_YEAR = re.compile(r"([0-9]{4})(?:-\*\*?-\*\*?)?|\*\*?/\*\*?/([0-9]{4})")  # the unified code stars day and month
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ][0-9]{2}")
_SERIAL = re.compile(r"([0-9]{1,5})(?:\.[0-9]{1,12})?")  # behind the point is the time of day
_MIDNIGHT = re.compile(r"[ T]00:00(?::00(?:\.0{1,6})?)?\Z")
_EARLIEST_YEAR, _LATEST_YEAR = 1880, 2199
_LONGEST = 40  # letters of a cell


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


def read_date(text: str, *, number_cell: bool = False, latest: str = "") -> Verdict:
    """A date of a list as ISO 8601; what ``parse_date`` reads, and what spreadsheets make of dates.

    A quote before the date and a midnight behind it are a spreadsheet's. Where *number_cell* says that
    the text is a cell's number, it may also be a serial date (days since 1900, with the 29/2/1900 that
    never was: ECMA-376 part 1, 18.17.4.1) or ``ddmmyyyy`` whose first zero was lost; four digits that
    can be a year are one. Later than *latest* (ISO) is refused, two-digit years and impossible days are.
    """
    text = _MIDNIGHT.sub("", text.strip().lstrip("'’`").strip()) if len(text) <= _LONGEST else text[:_LONGEST]
    if not text:
        return refused(Problem.NO_DATE)
    problems: tuple[Problem, ...] = ()
    if number_cell:
        text = text.removesuffix(".0")
    if number_cell and re.fullmatch(r"[1-9][0-9]{6}", text):
        text, problems = f"0{text}", (Problem.LOST_ZEROS,)
    value = parse_date(text) if len(text) <= 12 else ""
    if not value and number_cell and (found := _SERIAL.fullmatch(text)):
        value = _of_serial(int(found[1]))
    if not value:
        return refused(_why_unread(text, number_cell))
    if latest and value > latest[: len(value)]:
        return refused(Problem.FUTURE_DATE)
    return Verdict(value, problems)


def _iso(year: int, month: int, day: int) -> str:
    if not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        return ""
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _of_serial(days: int) -> str:
    """The day of a serial number; 60 is the day that never was, and from there all are one too many."""
    if days in (0, 60):
        return ""
    return (date(1899, 12, 31) + timedelta(days - (days > 60))).isoformat()


def _why_unread(text: str, number_cell: bool) -> Problem:
    if _SHORT_YEAR.fullmatch(text):
        return Problem.SHORT_YEAR
    shaped = _DATE.fullmatch(text) or _ISO_DATE.fullmatch(text) or (number_cell and _SERIAL.fullmatch(text))
    return Problem.NO_SUCH_DAY if shaped else Problem.DATE_FORMAT
