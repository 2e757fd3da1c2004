"""Numbers of a list: the three lengths, lost zeros, who is not born yet; places only warned of, never translated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules import identity
from kiosk.rules.identity import Problem, Verdict

YEAR = 2026
PROVINCES = Path(__file__).parent.parent.parent / "shared" / "data" / "province_codes_63_to_34.json"


def check(text: str, *, number_cell: bool = False) -> Verdict:
    return identity.check_id_number(text, YEAR, number_cell=number_cell)


@pytest.mark.parametrize(
    ("text", "value"),
    [("001085012345", "001085012345"), ("001 085 012.345", "001085012345"), ("'001085012345", "001085012345"),
     (" 012345678 ", "012345678"), ("012-345-678", "012345678")],
)  # fmt: skip
def test_ok__numbers_of_id_cards(text: str, value: str) -> None:
    assert check(text) == Verdict(value)


@pytest.mark.parametrize("text", ["", " ", "'", "-"])
def test_a_missing_number_has_a_heading_of_its_own(text: str) -> None:
    assert check(text).problems == (Problem.NO_NUMBER,)


@pytest.mark.parametrize(
    "text", ["1", "12345678901234", "12345678O", "O01085012345", "٠٠١٠٨٥٠١٢٣٤٥", "không có", "1.2E+11"]
)
def test_fail__numbers_of_id_cards(text: str) -> None:
    assert check(text) == Verdict("", (Problem.NUMBER_FORMAT,))


def test_who_is_not_born_yet_has_a_wrong_number() -> None:
    assert check("001227012345") == Verdict("", (Problem.UNBORN,))
    assert check("001226012345").problems == ()


@pytest.mark.parametrize("number", ["000185012345", "099085012345", "200085012345"])
def test_a_number_of_no_province_is_only_warned_of(number: str) -> None:
    assert check(number) == Verdict(number, (Problem.UNKNOWN_PLACE,))
    assert not check(number).hard


def test_the_provinces_are_those_of_the_published_table() -> None:
    if not PROVINCES.exists():
        pytest.skip("the published table of provinces is not here")
    published = {row["code"] for row in json.loads(PROVINCES.read_text(encoding="utf-8"))}
    ours = {f"{code:03d}" for code in range(1000) if identity.is_of_a_province(f"{code:03d}085012345")}
    assert ours == published
    assert len(ours) == 63


@pytest.mark.parametrize(
    ("text", "whole"), [("1085012345", "001085012345"), ("79085012345", "079085012345"), ("12345678", "012345678")]
)
def test_zeros_that_a_spreadsheet_lost_are_offered_and_put_back_only_in_a_number_cell(text: str, whole: str) -> None:
    assert check(text) == Verdict("", (Problem.NUMBER_FORMAT,), offer=whole)
    assert check(text, number_cell=True) == Verdict(whole, (Problem.LOST_ZEROS,))


@pytest.mark.parametrize("text", ["99085012345", "79985012345", "1234567", "9912345678"])
def test_zeros_are_not_put_before_what_would_be_no_number_then(text: str) -> None:
    assert check(text, number_cell=True) == Verdict("", (Problem.NUMBER_FORMAT,))


@pytest.mark.parametrize("text", ["C1234567", "c1234567", "P00001234"])
def test_a_passport_is_let_through_with_a_note(text: str) -> None:
    assert check(text) == Verdict(text.upper(), (Problem.PASSPORT,))


@pytest.mark.parametrize(
    ("text", "value"),
    [("7912345678", "7912345678"), ("gd 4 79 7912345678", "GD4797912345678"), ("HC47979A2345678", "HC47979A2345678"),
     ("001085012345", "001085012345"), ("", "")],
)  # fmt: skip
def test_ok__insurance_numbers(text: str, value: str) -> None:
    assert identity.check_insurance_number(text) == Verdict(value)


@pytest.mark.parametrize(
    ("text", "offer"), [("112345678", "0112345678"), ("12345678", "0012345678"), ("GD479791234567", ""), ("x", "")]
)
def test_fail__insurance_numbers(text: str, offer: str) -> None:
    assert identity.check_insurance_number(text) == Verdict("", (Problem.INSURANCE_FORMAT,), offer)


@given(st.text(max_size=60) | st.from_regex(r"[0-9 .'-]{1,20}", fullmatch=True), st.booleans())
def test_any_text_is_a_number_or_has_a_problem(text: str, number_cell: bool) -> None:
    for verdict in (check(text, number_cell=number_cell), identity.check_insurance_number(text)):
        assert not (verdict.value and verdict.hard)
        assert not (verdict.value and verdict.offer)
        assert verdict.value or verdict.problems or not any(map(str.isalnum, text))


@given(st.from_regex(r"[0-9]{7,13}", fullmatch=True), st.booleans())
def test_a_value_is_judged_the_same_again_and_an_offer_is_a_good_value(digits: str, number_cell: bool) -> None:
    verdict = check(digits, number_cell=number_cell)
    if verdict.value:
        assert check(verdict.value).value == verdict.value
    if verdict.offer:
        assert check(verdict.offer) == Verdict(verdict.offer)


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_a_sentence_in_both_languages(problem: Problem) -> None:
    assert problem.vi.endswith(".")
    assert problem.en.endswith(".")
    assert problem.vi != problem.en
    assert problem.heading.vi
