"""A pseudonym links one holder's passages under one day key, and is invertible only by who holds that key."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.model import Person
from kiosk.vault import recover
from kiosk.vault.pseudonyms import Pseudonyms, subject, subkey

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
any_key = st.binary(min_size=32, max_size=32)
any_holder = st.text(max_size=60)


@given(key=any_key, holder=any_holder)
def test_the_holder_of_the_day_key_gets_from_pseudonym_to_subject(key: bytes, holder: str) -> None:
    assert recover(key, Pseudonyms(key).of(holder)) == subject(holder)


@given(key=any_key, holder=any_holder, other=any_holder)
def test_one_holder_has_one_pseudonym_and_two_have_two(key: bytes, holder: str, other: str) -> None:
    pseudonyms = Pseudonyms(key)
    assert (pseudonyms.of(holder) == pseudonyms.of(other)) == (holder == other)


def test_another_day_key_gives_a_pseudonym_that_does_not_link() -> None:
    today, tomorrow = Pseudonyms(KEY).of("id:001085000001"), Pseudonyms(OTHER_KEY).of("id:001085000001")
    assert today != tomorrow
    assert recover(OTHER_KEY, today) != subject("id:001085000001")


def test_what_is_recorded_today_links_after_an_update_of_the_program() -> None:
    """The bytes of one pseudonym and likeness, pinned: a change would cut every open visit from its exit."""
    pseudonyms = Pseudonyms(KEY)
    assert pseudonyms.of("id:001085000001").hex() == "4caa66a0cde9a0950bc233f39d4e746c"
    likeness = pseudonyms.likeness(Person(name="Đỗ Thị Ánh", birth="1985"))
    assert likeness is not None and likeness.hex() == "76a283e9642603b532e54395302ef9b8"


def test_subkeys_are_those_of_rfc_5869() -> None:
    expected = hmac.digest(KEY, b"kiosk pseudonyms v1\x01", hashlib.sha256)
    assert subkey(KEY, "pseudonyms", 32) == expected


def test_no_two_purposes_share_a_subkey() -> None:
    purposes = ("pseudonyms", "likeness", "staff view", "log head")
    assert len({subkey(KEY, purpose, 16) for purpose in purposes}) == len(purposes)


def test_a_subject_tells_nothing_of_the_length_or_kind_of_the_number() -> None:
    assert {len(subject(holder)) for holder in ("", "id:001085000001", "qid:" + "9" * 4000)} == {16}


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_what_cannot_be_a_pseudonym_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"not {length}"):
        recover(KEY, bytes(length))


# --- likeness -------------------------------------------------------------------------------------------------------

ANH = Person(name="Đỗ Thị Ánh", birth="1985-03-02", number="001185000001")


@pytest.mark.parametrize(
    "same",
    [
        Person(name="ĐỖ THỊ ÁNH", birth="1985"),
        Person(name="DO THI ANH", birth="1985-12-31"),
        Person(name="  đỗ  thị\tánh ", birth="1985-03-02"),
        Person(name="Đỗ Thị Ánh", birth="1985", number="GD4010123456789", sex="F"),
    ],
)
def test_people_of_the_same_name_and_birth_year_are_alike_however_it_is_written(same: Person) -> None:
    assert Pseudonyms(KEY).likeness(same) == Pseudonyms(KEY).likeness(ANH) is not None


@pytest.mark.parametrize(
    "other", [Person(name="Đỗ Thị Ánh", birth="1986"), Person(name="Đỗ Thị Oanh", birth="1985"), Person("1985", "Anh")]
)
def test_another_name_or_year_is_not_alike(other: Person) -> None:
    assert Pseudonyms(KEY).likeness(other) != Pseudonyms(KEY).likeness(ANH)


@pytest.mark.parametrize("unknown", [Person(), Person(name="Đỗ Thị Ánh"), Person(birth="1985"), Person(" ", "1985")])
def test_without_name_or_birth_year_nobody_is_alike(unknown: Person) -> None:
    assert Pseudonyms(KEY).likeness(unknown) is None


def test_a_likeness_does_not_outlive_the_day_key() -> None:
    assert Pseudonyms(KEY).likeness(ANH) != Pseudonyms(OTHER_KEY).likeness(ANH)
