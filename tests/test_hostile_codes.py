"""Whatever bytes a code carries: nothing is raised, nothing harmful comes out, nothing takes long."""

from __future__ import annotations

import time

import pytest
from backed_up import card
from hostile import CORPUS, assert_harmless, codes
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.identity import (
    clean_name,
    clean_text,
    holder_line,
    initials,
    masked,
    match_key,
    parse_date,
    parse_phone,
)
from kiosk.rules.model import Check, Credential, Reason

AT_MS = 1_790_000_000_000
CREDULOUS = Trust(verify_slip=lambda _key, _message, _signature: True)


def read(code: bytes, *, typed: bool = False, at_ms: int = AT_MS) -> Credential:
    return read_credential(code, trust=CREDULOUS, at_ms=at_ms, typed=typed)


def assert_credential_is_harmless(credential: Credential) -> None:
    person = credential.person
    texts = (person.name, person.birth, person.sex, person.number, person.phone, person.address)
    for text in (*texts, *credential.fields.values(), credential.detail, credential.holder_id, *credential.also):
        assert_harmless(text)
    assert bool(credential.holder_id) == (credential.refusal is None)
    assert credential.holder_id or not credential.also
    assert len(credential.holder_id) <= 150  # a name of 80 letters, and what goes with it


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("name", CORPUS)
def test_no_code_of_the_corpus_does_harm(name: str, typed: bool) -> None:
    assert_credential_is_harmless(read(CORPUS[name], typed=typed))


@settings(max_examples=1500, deadline=None)
@given(codes(), st.booleans(), st.integers(-(2**62), 2**62))
def test_no_random_code_at_any_time_does_harm(code: bytes, typed: bool, at_ms: int) -> None:
    assert_credential_is_harmless(read(code, typed=typed, at_ms=at_ms))


@settings(max_examples=500, deadline=None)
@given(codes(), st.booleans())
def test_the_same_code_is_always_the_same_credential(code: bytes, typed: bool) -> None:
    assert read(code, typed=typed) == read(code, typed=typed)


TRICKY = st.text("AaeơĐðÐß\u0301\u0323\u031b\u0338\u0327\u0344\u200b\u202e\u00a0\ufffd\u0958=<+- \t\x1b", max_size=400)


@settings(max_examples=1000, deadline=None)
@given(TRICKY | st.text(max_size=400))
def test_every_cleaned_text_is_harmless_and_stays_as_it_is(text: str) -> None:
    for cleaned in (clean_text(text), clean_name(text), match_key(text), initials(text)):
        assert_harmless(cleaned)
    assert clean_text(clean_text(text)) == clean_text(text)
    assert match_key(clean_name(text)) == match_key(text) == match_key(match_key(text))


@given(st.text(max_size=60))
def test_parsers_of_single_fields_take_any_text(text: str) -> None:
    for parsed in (parse_date(text), parse_phone(text), masked(text)):
        assert_harmless(parsed)


def test_no_code_takes_long() -> None:
    """None of them as long as fifty ordinary cards."""
    costs_s = {name: _processor_s(code) for name, code in CORPUS.items()}
    slowest = max(CORPUS, key=costs_s.__getitem__)
    assert costs_s[slowest] < 50 * _processor_s(card(1)), slowest


def _processor_s(code: bytes) -> float:
    """What reading takes of this thread's processor time, the quickest of three."""

    def once() -> float:
        began_s = time.thread_time()
        read(code)
        read(code, typed=True)
        return time.thread_time() - began_s

    return min(once() for _ in range(3))


def test_a_code_longer_than_any_qr_code_is_not_even_decoded() -> None:
    credential = read(b"001085012345|" * 1000)
    assert (credential.check, credential.refusal) == (Check.UNKNOWN, Reason.UNKNOWN_CODE)


def test_an_attack_in_a_name_leaves_the_number_usable() -> None:
    credential = read(CORPUS["terminal colours as name"])
    assert (credential.holder_id, credential.person.name) == ("id:001085012345", "[31mAn[0m")


def test_what_a_code_says_of_a_person_reaches_the_display_as_initials_alone() -> None:
    for code in CORPUS.values():
        assert len(holder_line(read(code).person)) <= 15
