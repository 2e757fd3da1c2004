"""Dates of a list: read with the precision written, in a spreadsheet's forms, too; nothing is guessed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.identity import Problem, Verdict, parse_date, read_date


@pytest.mark.parametrize(
    ("written", "iso"),
    [("02031985", "1985-03-02"), ("02/03/1985", "1985-03-02"), ("2/3/1985", "1985-03-02"),
     ("2-3-1985", "1985-03-02"), ("1985-03-02", "1985-03-02"), ("1985-03-02 00:00:00", "1985-03-02"),
     ("1985-03-02T00:00", "1985-03-02"), ("'02/03/1985", "1985-03-02"), (" 1985 ", "1985")],
)  # fmt: skip
def test_ok__dates_of_lists(written: str, iso: str) -> None:
    assert read_date(written) == Verdict(iso)


@pytest.mark.parametrize(
    ("written", "problem"),
    [("", Problem.NO_DATE), ("'", Problem.NO_DATE), ("2/3/85", Problem.SHORT_YEAR), ("02-03-85", Problem.SHORT_YEAR),
     ("31/02/1985", Problem.NO_SUCH_DAY), ("03/25/1985", Problem.NO_SUCH_DAY), ("1985-13-01", Problem.NO_SUCH_DAY),
     ("29021985", Problem.NO_SUCH_DAY), ("31108", Problem.DATE_FORMAT), ("2031985", Problem.DATE_FORMAT),
     ("1985-03-02 10:30", Problem.DATE_FORMAT), ("tháng 3 năm 1985", Problem.DATE_FORMAT),
     ("02/03/1985" + " " * 60 + "x", Problem.DATE_FORMAT), ("٠٢٠٣١٩٨٥", Problem.DATE_FORMAT)],
)  # fmt: skip
def test_fail__dates_of_lists(written: str, problem: Problem) -> None:
    assert read_date(written) == Verdict("", (problem,))


# (the cell's number, what a spreadsheet shows)
SERIALS = [
    ("1", "1900-01-01"), ("59", "1900-02-28"), ("61", "1900-03-01"), ("366", "1900-12-31"), ("31108", "1985-03-02"),
    ("31108.5", "1985-03-02"), ("31108.0", "1985-03-02"), ("46000", "2025-12-09"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "iso"), SERIALS)
def test_a_number_cell_counts_days_as_a_spreadsheet_does(number: str, iso: str) -> None:
    assert read_date(number, number_cell=True) == Verdict(iso)


@pytest.mark.parametrize("number", ["0", "60"])
def test_the_days_that_only_a_spreadsheet_knows_are_refused(number: str) -> None:
    assert read_date(number, number_cell=True) == Verdict("", (Problem.NO_SUCH_DAY,))


@pytest.mark.parametrize("number", ["1985", "1985.0"])
def test_four_digits_that_can_be_a_year_are_one(number: str) -> None:
    assert read_date(number, number_cell=True) == Verdict("1985")


def test_the_zero_that_a_number_cell_lost_is_put_back_with_a_note() -> None:
    assert read_date("2031985", number_cell=True) == Verdict("1985-03-02", (Problem.LOST_ZEROS,))


@pytest.mark.parametrize(
    ("written", "good"), [("20/11/2026", True), ("21/11/2026", False), ("2026", True), ("2027", False)]
)
def test_a_day_to_come_is_refused_where_none_can_be(written: str, good: bool) -> None:
    verdict = read_date(written, latest="2026-11-20")
    assert verdict.problems == (() if good else (Problem.FUTURE_DATE,))


@given(st.dates(date(1900, 3, 1), date(2173, 10, 13)))
def test_every_serial_is_the_day_that_it_counts_to(day: date) -> None:
    serial = (day - date(1899, 12, 30)) // timedelta(days=1)
    four_digits_of_a_year = 1880 <= serial <= 2199
    assert read_date(str(serial), number_cell=True).value == (str(serial) if four_digits_of_a_year else day.isoformat())


@given(
    st.text(max_size=60) | st.from_regex(r"'?[0-9]{0,4}[-/. ]?[0-9]{0,2}[-/. ]?[0-9]{0,4}", fullmatch=True),
    st.booleans(),
)
def test_any_text_is_a_date_or_has_a_problem(text: str, number_cell: bool) -> None:
    verdict = read_date(text, number_cell=number_cell)
    assert bool(verdict.value) != verdict.hard
    assert parse_date(verdict.value) == verdict.value
    assert read_date(verdict.value).value == verdict.value
