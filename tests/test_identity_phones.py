"""Phones of a list: one form for all ways to write a number; old numbers are offered anew, never rewritten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.identity import Problem, Verdict, parse_phone, read_phone


@pytest.mark.parametrize(
    "written",
    ["0990000123", "099 000 0123", "099.000.0123", "(099) 000-0123", "+84990000123", "+84 (0) 990 000 123",
     "84990000123", "0084 990 000 123", "'0990000123", "0990\u00a0000\u00a0123"],
)  # fmt: skip
def test_every_way_to_write_a_number_is_one_number(written: str) -> None:
    assert read_phone(written) == Verdict("0990000123")


@pytest.mark.parametrize("digits", ["990000123", "847654321", "321234567"])
def test_the_zero_that_a_spreadsheet_lost_is_put_back_with_a_note(digits: str) -> None:
    assert read_phone(digits) == Verdict(f"0{digits}", (Problem.LOST_ZEROS,))


# (before 15/9/2018, since)
OLD = [
    ("0120", "070"), ("0121", "079"), ("0122", "077"), ("0126", "076"), ("0128", "078"),
    ("0123", "083"), ("0124", "084"), ("0125", "085"), ("0127", "081"), ("0129", "082"),
    ("0162", "032"), ("0165", "035"), ("0169", "039"), ("0186", "056"), ("0188", "058"), ("0199", "059"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "since"), OLD)
@pytest.mark.parametrize("written", ["{}1234567", "{} 123 4567", "'{}1234567"])
def test_an_old_number_is_offered_anew_and_not_rewritten(before: str, since: str, written: str) -> None:
    assert read_phone(written.format(before)) == Verdict("", (Problem.OLD_PHONE,), offer=f"{since}1234567")


def test_an_old_number_is_known_without_its_zero_and_with_the_country() -> None:
    assert read_phone("1201234567").offer == read_phone("+841201234567").offer == "0701234567"


def test_a_fixed_line_is_a_phone_with_a_note() -> None:
    assert read_phone("024 3800 0000") == Verdict("02438000000", (Problem.FIXED_PHONE,))


@pytest.mark.parametrize("written", ["", " ", "\u00a0"])
def test_no_phone_is_no_problem(written: str) -> None:
    assert read_phone(written) == Verdict()


@pytest.mark.parametrize(
    "written", ["-", "không", "12345", "0123456789", "01101234567", "09900001234", "+1 415 555 0100", "٠٩٩٠٠٠٠١٢٣"]
)
def test_fail__phones(written: str) -> None:
    assert read_phone(written) == Verdict("", (Problem.PHONE_FORMAT,))


@given(st.text(max_size=60) | st.from_regex(r"[+0-9 .()'-]{1,20}", fullmatch=True))
def test_any_text_is_a_phone_or_has_a_problem(text: str) -> None:
    verdict = read_phone(text)
    assert not (verdict.value and (verdict.hard or verdict.offer))
    assert verdict.value or verdict.problems or not text.strip()
    for good in filter(None, (verdict.value, verdict.offer)):
        assert read_phone(good).value == good


@given(st.from_regex(r"0(3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-9])[0-9]{7}", fullmatch=True))
def test_codes_and_lists_agree_about_every_mobile_number(number: str) -> None:
    for written in (number, f"+84{number[1:]}", f"84{number[1:]}", f"0084{number[1:]}"):
        assert parse_phone(written) == read_phone(written).value == number
