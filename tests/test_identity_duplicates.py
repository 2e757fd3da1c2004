"""Two entries that may be one person are pointed out, with the reason; nobody is merged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules import identity
from kiosk.rules.identity import Problem
from kiosk.rules.model import Person

ONE = Person("Nguyễn Văn Mẫu", "1985-03-02", "M", "099085012345", "0990000123")
STRANGER = Person("Trần Thị Thử", "1990-01-01", "F", "099190000001", "0990000999")


def test_the_same_number_is_a_duplicate_whatever_else_is_said() -> None:
    assert identity.possible_duplicate(ONE, replace(STRANGER, number=ONE.number)) is Problem.SAME_NUMBER


def test_both_forms_of_an_insurance_number_are_the_same_number() -> None:
    one, other = replace(ONE, number="GD4999912345678"), replace(STRANGER, number="9912345678")
    assert identity.possible_duplicate(one, other) is Problem.SAME_NUMBER


@pytest.mark.parametrize("old_numbers", [("990123456", "990123456"), ("990123456", "")])
def test_the_same_old_number_is_a_duplicate(old_numbers: tuple[str, str]) -> None:
    other = STRANGER if old_numbers[1] else replace(STRANGER, number="990123456")
    assert identity.possible_duplicate(ONE, other, old_numbers=old_numbers) is Problem.SAME_OLD_NUMBER


@pytest.mark.parametrize("birth", ["1985-03-02", "1985", "1985-04-05"])
def test_the_same_name_year_and_phone_is_a_duplicate(birth: str) -> None:
    other = Person("NGUYEN VAN MAU", birth, number="099085999999", phone="0990000123")
    assert identity.possible_duplicate(ONE, other) is Problem.SAME_PHONE


@pytest.mark.parametrize("masked", ["******012345", "*********345", "0990850*****5"[:9] + "345"])
def test_a_starred_number_that_ends_alike_is_a_duplicate_of_a_namesake(masked: str) -> None:
    other = Person("Nguyễn Văn Mẫu", "1985", number=masked)
    assert identity.possible_duplicate(ONE, other) is Problem.SAME_ENDING


@pytest.mark.parametrize(
    "other",
    [
        STRANGER,
        Person("Nguyễn Văn Mẫu", "1985", number="099085999999"),  # a namesake with a number of their own
        Person("Nguyễn Văn Mẫu", "1985", number="**********45"),  # too little of the number
        Person("Nguyễn Văn Mẫu", "1985", number="******999999"),
        Person("Nguyễn Văn Mẫu", "1986", number="******012345", phone="0990000123"),
        Person("Nguyễn Văn Mẫu", "", number="******012345", phone="0990000123"),
        Person("", "1985", number="******012345", phone="0990000123"),
        Person("Nguyễn Văn Mẫu", "1985"),
        Person(),
    ],
)
def test_who_only_resembles_is_no_duplicate(other: Person) -> None:
    assert identity.possible_duplicate(ONE, other) is None


def test_two_who_say_nothing_are_no_duplicates() -> None:
    assert identity.possible_duplicate(Person(), Person()) is None
    assert identity.possible_duplicate(Person(number="******"), Person(number="******")) is None


texts = st.sampled_from(
    ["", "1985", "1985-03-02", "Mẫu", "MAU", "099085012345", "******012345", "990123456", "0990000123"]
)
people = st.builds(Person, name=texts, birth=texts, number=texts, phone=texts)


@given(people, people, texts, texts)
def test_the_order_of_two_does_not_matter(one: Person, other: Person, old: str, older: str) -> None:
    there = identity.possible_duplicate(one, other, old_numbers=(old, older))
    assert there is identity.possible_duplicate(other, one, old_numbers=(older, old))
    assert there is None or not there.hard
