"""Names, dates, numbers and phones are normalised without guessing."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules import identity
from kiosk.rules.model import Person


@pytest.mark.parametrize(
    ("printed", "key"),
    [
        ("Nguyễn Văn An", "NGUYEN VAN AN"),
        ("NGUYEN VAN AN", "NGUYEN VAN AN"),
        ("  đặng   thị\u00a0ĐÀO ", "DANG THI DAO"),
        ("Ðặng Thị Ðào", "DANG THI DAO"),  # U+00D0, as in lists of old fonts
        (unicodedata.normalize("NFD", "Hoà Thuỷ Ưng"), "HOA THUY UNG"),
        ("Hòa Thủy Ưng", "HOA THUY UNG"),
        ("A\u200bn", "AN"),
        ("", ""),
    ],
)
def test_names_are_compared_without_case_diacritics_and_spacing(printed: str, key: str) -> None:
    assert identity.match_key(printed) == key


def test_a_clean_name_keeps_its_printed_spelling_and_tone_marks() -> None:
    assert identity.clean_name("Nguyễn  Hoà\u200b Thuỷ") == "Nguyễn Hoà Thuỷ"


def test_a_name_written_in_parts_is_composed() -> None:
    assert identity.clean_name(unicodedata.normalize("NFD", "Đỗ Thị Lượng")) == "Đỗ Thị Lượng"


def test_a_letter_lost_on_the_way_shows() -> None:
    assert identity.clean_name("Nguy\ufffdn V\ufffdn An") == "Nguy?n V?n An"


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("02031985", "1985-03-02"),
        ("02/03/1985", "1985-03-02"),
        ("2/3/1985", "1985-03-02"),
        ("02-03-1985", "1985-03-02"),
        ("1985-03-02", "1985-03-02"),
        ("29021988", "1988-02-29"),
        ("1985", "1985"),
        ("1985-**-**", "1985"),
        ("**/**/1985", "1985"),
        (" 02031985 ", "1985-03-02"),
    ],
)
def test_ok__dates(printed: str, iso: str) -> None:
    assert identity.parse_date(printed) == iso


@pytest.mark.parametrize(
    "printed",
    ["", "-", "31021985", "31/02/1985", "29021985", "00001985", "1985-02-30", "19851302", "02/03/85", "****-**-**",
     "1985-03", "0203198", "02031785", "9999", "٠٢٠٣١٩٨٥", "02/03/1985x", "'02/03/1985", "45000", "1985-**-02"],
)  # fmt: skip
def test_fail__impossible_and_doubtful_dates_are_empty(printed: str) -> None:
    assert identity.parse_date(printed) == ""


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)))
def test_every_day_is_read_from_every_way_to_print_it(day: date) -> None:
    ways = ("%d%m%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d")
    assert {identity.parse_date(day.strftime(way)) for way in ways} == {day.isoformat()}


@pytest.mark.parametrize(
    ("printed", "sex"),
    [("Nam", "M"), ("Nữ", "F"), ("NỮ", "F"), (unicodedata.normalize("NFD", "Nữ"), "F"), ("1", "M"), ("2", "F"),
     ("0", ""), ("", ""), ("Nam giới", ""), ("x", "")],
)  # fmt: skip
def test_sex_is_read_from_words_and_digits(printed: str, sex: str) -> None:
    assert identity.parse_sex(printed) == sex


@pytest.mark.parametrize(
    ("said", "phone"),
    [("0990000123", "0990000123"), ("+84 99 000 01 23", "0990000123"), ("0084990000123", "0990000123"),
     ("84990000123", "0990000123"), ("(099) 000-0123", "0990000123"), ("0990******", "0990******")],
)  # fmt: skip
def test_ok__phones(said: str, phone: str) -> None:
    assert identity.parse_phone(said) == phone


@pytest.mark.parametrize("said", ["", "1", "0123456789", "01201234567", "099000012", "09900001234", "**********", "an"])
def test_fail__phones(said: str) -> None:
    assert identity.parse_phone(said) == ""


@pytest.mark.parametrize(
    ("number", "year", "sex"),
    [("099085000001", 1985, "M"), ("099185000001", 1985, "F"), ("099201000001", 2001, "M"),
     ("099320000001", 2020, "F"), ("099945000001", 2345, "F")],
)  # fmt: skip
def test_the_fourth_digit_is_century_and_sex(number: str, year: int, sex: str) -> None:
    assert identity.birth_and_sex(number) == (year, sex)


def test_a_number_that_contradicts_the_card_is_only_a_warning() -> None:
    person = Person(number="099085000001", birth="1990-01-01", sex="F")
    assert identity.disagreement(person) == "Its number says 1985 but 1990 is printed and M but F is printed."


@pytest.mark.parametrize("person", [Person(), Person(number="123456789", birth="1990"), Person(number="099085000001")])
def test_there_is_no_contradiction_where_nothing_is_said(person: Person) -> None:
    assert identity.disagreement(person) == ""


@pytest.mark.parametrize(
    ("number", "shown"),
    [("099085012345", "********2345"), ("123456789", "*****6789"), ("C1234567", "*****567"), ("1234", "****"),
     ("******012345", "********2345"), ("", "")],
)  # fmt: skip
def test_a_masked_number_shows_its_end_alone(number: str, shown: str) -> None:
    assert identity.masked(number) == shown


@pytest.mark.parametrize(
    ("number", "holder"),
    [("7912345678", "bhxh:7912345678"), ("GD4797912345678", "bhxh:7912345678"), ("gd4797912345678", "bhxh:7912345678"),
     ("099085012345", "id:099085012345"), ("123456789", ""), ("GD47979123456", ""), ("", ""), ("٧٩١٢٣٤٥٦٧٨", "")],
)  # fmt: skip
def test_old_and_new_insurance_numbers_of_one_person_are_one_holder(number: str, holder: str) -> None:
    assert identity.holder_of_insurance(number) == holder


@pytest.mark.parametrize(
    ("person", "line"),
    [
        (Person(name="Nguyễn Văn An", birth="1985-03-02"), "N.V.A. 1985"),
        (Person(name="Đặng Thị Ánh", birth=""), "Đ.T.Á."),
        (Person(birth="1985"), "1985"),
        (Person(), ""),
        (Person(name="A B C D E F G H"), "A.B.C.D.E."),
    ],
)
def test_the_display_shows_initials_and_birth_year_alone(person: Person, line: str) -> None:
    assert identity.holder_line(person) == line
