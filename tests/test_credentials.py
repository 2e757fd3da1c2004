"""Among several codes the recognised person's wins; invented people are read as who they are."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules import invented
from kiosk.rules.credentials import NOTHING_FOUND, Trust, best, read_credential
from kiosk.rules.identity import disagreement, match_key
from kiosk.rules.model import Credential, Kind

PEOPLE = st.integers(0, 2_999_999).map(invented.person)


def read(code: bytes) -> Credential:
    return read_credential(code, trust=Trust(), at_ms=1_790_000_000_000)


def test_a_person_wins_over_a_damaged_card_a_link_and_an_unknown_code() -> None:
    ranked = [read(code) for code in (b"099085012345", b"099085012345|x", b"https://a.example", b"B74B")]
    for order in permutations(ranked):
        assert best(order) is ranked[0]
        assert best([credential for credential in order if credential is not ranked[0]]) is ranked[1]


def test_of_two_people_the_first_wins() -> None:
    first, second = read(b"099085012345"), read(b"099085012346")
    assert best([first, second]) is first


def test_a_picture_without_codes_is_answered_too() -> None:
    assert best([]) is NOTHING_FOUND
    assert NOTHING_FOUND.kind is Kind.NONE


@given(PEOPLE)
def test_every_code_of_an_invented_person_is_recognised(somebody: invented.InventedPerson) -> None:
    credentials = {kind: read(code) for kind, code in invented.codes(somebody).items()}
    assert {credential.kind for credential in credentials.values()} == set(credentials)
    assert all(credential.holder_id for credential in credentials.values())


@given(PEOPLE)
def test_all_codes_of_a_person_agree_on_name_and_birth_year(somebody: invented.InventedPerson) -> None:
    people = [read(code).person for kind, code in invented.codes(somebody).items() if kind is not Kind.TYPED]
    assert {match_key(person.name) for person in people} == {match_key(somebody.person.name)}
    assert {person.birth[:4] for person in people} == {somebody.person.birth[:4]}


@given(PEOPLE)
def test_the_number_of_an_invented_person_is_consistent_and_of_no_province(somebody: invented.InventedPerson) -> None:
    assert disagreement(somebody.person) == ""
    assert somebody.person.number[:3] in ("097", "098", "099")


@pytest.mark.parametrize("kind", [Kind.ID_CARD, Kind.INSURANCE, Kind.UNIFIED, Kind.TYPED])
def test_no_two_invented_people_share_an_identifier(kind: Kind) -> None:
    seen: dict[str, int] = {}
    for i in (*range(2000), *range(999_000, 1_001_000)):
        credential = read(invented.codes(invented.person(i))[kind])
        for holder in (credential.holder_id, *credential.also):
            assert seen.setdefault(holder, i) == i
