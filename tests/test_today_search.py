"""Staff find a person of today by what they hear or read: parts of the name, last digits, the ticket; nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules import identity, invented
from kiosk.rules.finding import query, traces
from kiosk.rules.model import Person

SEN = traces("Lê Thị Sen", "099190000007", "1990-03-02", "A012")
DUNG = traces("Đặng Quốc Dũng", "*********123", "1985", "")
PEOPLE = st.integers(0, 5000).map(lambda index: invented.person(index).person)


def finds(text: str, person: str = SEN, *, whole_words: bool = False) -> bool:
    return query(text, whole_words=whole_words).finds(person)


BY_NAME = ("sen", "Lê", "le thi", "SEN LE", "Th", "lê thị sen", "LTS", "L.T.S.", "l.t.", "  sen  ", "")
BY_NUMBER = ("0007", "7", "07", "099190000007", "A012", "a12", "12", "012", "1990", "sen 0007", "sen, a12")


@pytest.mark.parametrize("text", BY_NAME + BY_NUMBER)
def test_ok__what_somebody_types_finds_the_person(text: str) -> None:
    assert finds(text)


@pytest.mark.parametrize("text", ["en", "dung", "sen dung", "0000", "b12", "A01", "1991", "TS", "0991900000", "00007"])
def test_fail__what_is_not_theirs_finds_nobody(text: str) -> None:
    assert not finds(text)


@pytest.mark.parametrize("text", ["dang", "đặng dũng", "DUNG", "123", "1985"])
def test_ok__letters_without_marks_and_a_number_that_its_code_stars(text: str) -> None:
    assert finds(text, DUNG)


@given(PEOPLE, st.data())
def test_everybody_is_found_by_any_part_of_what_is_known_of_them(person: Person, data: st.DataObject) -> None:
    found_by = traces(person.name, person.number, person.birth, "A012")
    word = data.draw(st.sampled_from(person.name.split()))
    letters = data.draw(st.integers(1, len(word)))
    digits = person.number[-data.draw(st.integers(1, 4)) :]
    for text in (
        word,
        word[:letters],
        identity.match_key(word),
        identity.initials(person.name),
        digits,
        person.birth[:4],
    ):
        assert finds(text, found_by), text
        assert finds(f"{text} a012", found_by)


@given(PEOPLE, st.integers(5, 11))
def test_no_number_is_completed_digit_by_digit(person: Person, known: int) -> None:
    found_by = traces(person.name, person.number, person.birth, "")
    assert not finds(person.number[-known:], found_by)
    assert not finds(person.number[:known], found_by)


@given(PEOPLE, st.data())
def test_who_may_not_see_names_cannot_spell_one_out(person: Person, data: st.DataObject) -> None:
    found_by = traces(person.name, person.number, person.birth, "")
    words = identity.match_key(person.name).split()
    word = data.draw(st.sampled_from([word for word in words if len(word) > 1]))
    beginning = word[: data.draw(st.integers(1, len(word) - 1))]
    on_the_line = identity.initials(" ".join(words)).replace(".", "")
    assert finds(word, found_by, whole_words=True)
    if beginning not in words and not on_the_line.startswith(beginning):
        assert not finds(beginning, found_by, whole_words=True)


@given(st.text(), st.text(), st.text(), st.text(), st.text(), st.booleans())
def test_no_text_is_too_odd_to_look_for(
    text: str, name: str, number: str, birth: str, ticket: str, whole_words: bool
) -> None:
    found_by = traces(name, number, birth, ticket)
    assert query(text, whole_words=whole_words).finds(found_by) in (True, False)
    assert query("").finds(found_by)
