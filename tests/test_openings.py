"""A case is opened with number and reason, on record before anything is handed out, by two people where that is wanted.

What is asked under it stays within what was opened; whose identity is handed out was found before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hub.openings import ExportMade, Openings
from kiosk.rules import said_json
from kiosk.rules import tracing_wire as wire
from kiosk.rules.contacts import Contact, Question
from kiosk.rules.openings import LASTS_MS, Fault, OpeningFault, Request, Search, State, checked, reach
from kiosk.rules.tracing import By, KeyedStay, Met, Scope, SealedKey, SealedPerson
from kiosk.store.hub_database import HubDatabase

NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000
QUESTION = Question(900_000, 0, 12 * 3_600_000)
SCOPE = Scope(NOW_MS - 3 * DAY_MS, NOW_MS, By.SITE, frozenset({"A", "B"}))
REQUEST = Request("BN-17", "điều tra ổ dịch", Search.NUMBER, SCOPE, QUESTION)
KEY, WHO, OTHER = b"k" * 8, b"w" * 16, b"o" * 16


@pytest.fixture
def database(tmp_path: Path) -> Iterator[HubDatabase]:
    database = HubDatabase(tmp_path / "hub.db")
    yield database
    database.close()


@pytest.fixture
def openings(database: HubDatabase) -> Openings:
    return Openings(database, two_people=False)


def leaves(database: HubDatabase) -> list[dict[str, object]]:
    with database.transaction() as db:
        return [json.loads(said)[1] for (said,) in db.execute("SELECT said FROM leaf ORDER BY number")]


def fault_of(act: object, *args: object, **named: object) -> Fault:
    assert callable(act)
    with pytest.raises(OpeningFault) as refused:
        act(*args, **named)
    return refused.value.fault


def test_an_opening_is_in_the_tamper_log_with_its_reason_and_then_open(
    openings: Openings, database: HubDatabase
) -> None:
    opening = openings.ask(REQUEST, "Lan", NOW_MS)
    (leaf,) = leaves(database)
    assert leaf["case"] == "BN-17"
    assert "điều tra ổ dịch" in str(leaf["request"])
    assert openings.of(opening.id, "Lan", NOW_MS).state is State.OPEN


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"case_number": " \u200b "}, Fault.NO_CASE),
        ({"case_number": "9" * 41}, Fault.NO_CASE),
        ({"reason": ""}, Fault.NO_REASON),
        ({"scope": replace(SCOPE, until_ms=SCOPE.from_ms)}, Fault.WINDOW),
        ({"scope": replace(SCOPE, from_ms=NOW_MS - 61 * DAY_MS)}, Fault.WINDOW),
        ({"scope": replace(SCOPE, sites=frozenset({""}))}, Fault.SITES),
        ({"question": replace(QUESTION, least_ms=0)}, Fault.QUESTION),
        ({"question": replace(QUESTION, tail_ms=2 * DAY_MS)}, Fault.QUESTION),
    ],
)
def test_what_says_too_little_or_asks_too_much_is_not_opened(
    openings: Openings, database: HubDatabase, changed: dict[str, object], fault: Fault
) -> None:
    assert fault_of(openings.ask, replace(REQUEST, **changed), "Lan", NOW_MS) is fault  # type: ignore[arg-type]
    assert not leaves(database)


def test_where_two_people_are_asked_for_nothing_is_open_until_another_has_approved(database: HubDatabase) -> None:
    openings = Openings(database, two_people=True)
    number = openings.ask(REQUEST, "Lan", NOW_MS).id
    assert fault_of(openings.of, number, "Lan", NOW_MS) is Fault.WAITING
    assert fault_of(openings.decide, number, "Lan", NOW_MS, approve=True) is Fault.OWN
    openings.decide(number, "Minh", NOW_MS, approve=True)
    assert openings.of(number, "Lan", NOW_MS).decided_by == "Minh"
    assert fault_of(openings.decide, number, "Hoa", NOW_MS, approve=False) is Fault.OVER
    assert [leaf["what"] for leaf in leaves(database)] == ["opening", "opening decided"]


def test_what_the_second_person_refused_stays_shut(database: HubDatabase) -> None:
    openings = Openings(database, two_people=True)
    number = openings.ask(REQUEST, "Lan", NOW_MS).id
    openings.decide(number, "Minh", NOW_MS, approve=False)
    assert fault_of(openings.of, number, "Lan", NOW_MS) is Fault.REFUSED


def test_only_who_asked_uses_an_opening_and_only_for_a_day(openings: Openings) -> None:
    number = openings.ask(REQUEST, "Lan", NOW_MS).id
    assert fault_of(openings.of, number, "Minh", NOW_MS) is Fault.NOT_YOURS
    assert fault_of(openings.of, number, "Lan", NOW_MS + LASTS_MS + 1) is Fault.OVER
    assert fault_of(openings.of, number + 1, "Lan", NOW_MS) is Fault.UNKNOWN


@pytest.mark.parametrize(
    "scope",
    [
        replace(SCOPE, sites=frozenset()),
        replace(SCOPE, sites=frozenset({"A", "C"})),
        replace(SCOPE, by=By.ZONE),
        replace(SCOPE, from_ms=SCOPE.from_ms - DAY_MS),
        replace(SCOPE, until_ms=SCOPE.until_ms + DAY_MS),
    ],
)
def test_a_question_beyond_the_scope_is_refused(openings: Openings, scope: Scope) -> None:
    number = openings.ask(REQUEST, "Lan", NOW_MS).id
    assert fault_of(openings.within, number, "Lan", NOW_MS, scope, QUESTION) is Fault.BEYOND


def test_a_question_within_the_scope_or_just_beside_it_is_answered(openings: Openings) -> None:
    number = openings.ask(REQUEST, "Lan", NOW_MS).id
    assert openings.within(number, "Lan", NOW_MS, replace(SCOPE, sites=frozenset({"A"})), QUESTION)
    assert openings.within(number, "Lan", NOW_MS, reach(REQUEST))
    longer = replace(QUESTION, least_ms=60_000)
    assert fault_of(openings.within, number, "Lan", NOW_MS, SCOPE, longer) is Fault.BEYOND


def test_only_identities_of_people_found_are_handed_out_and_none_after_its_end(
    openings: Openings, database: HubDatabase
) -> None:
    opening = openings.ask(REQUEST, "Lan", NOW_MS)
    openings.found(opening.id, [(KEY, WHO)], "met", NOW_MS)
    openings.demand_found(opening, {KEY: frozenset({WHO})})
    assert fault_of(openings.demand_found, opening, {KEY: frozenset({WHO, OTHER})}) is Fault.NOT_FOUND
    openings.exported(opening, ExportMade("csv", 1, "00"), NOW_MS)
    openings.end(opening, NOW_MS, found=1, named=1, present=40)
    assert fault_of(openings.of, opening.id, "Lan", NOW_MS) is Fault.OVER
    assert fault_of(openings.demand_found, opening, {KEY: frozenset({WHO})}) is Fault.NOT_FOUND
    assert [leaf["what"] for leaf in leaves(database)] == ["opening", "export", "opening ended"]
    assert openings.acts(opening.id) == [(NOW_MS, "met", 1)]


def test_an_opening_that_nobody_ended_keeps_nobody(openings: Openings, database: HubDatabase) -> None:
    left = openings.ask(REQUEST, "Lan", NOW_MS)
    openings.found(left.id, [(KEY, WHO)], "met", NOW_MS)
    openings.ask(REQUEST, "Minh", NOW_MS + LASTS_MS + 1)
    with database.transaction() as db:
        assert db.execute("SELECT count(*) FROM opening_found").fetchone() == (0,)


def test_an_opening_is_visible_to_the_sites_that_it_touches(openings: Openings) -> None:
    everywhere = replace(REQUEST, scope=replace(SCOPE, sites=frozenset()))
    for request in (REQUEST, everywhere):
        openings.ask(request, "Lan", NOW_MS)
    assert [one.touches("A") for one in openings.newest()] == [True, True]
    assert [one.touches("Z") for one in openings.newest()] == [True, False]


names = st.text(max_size=20)
whole = st.integers(-(1 << 52), 1 << 52)
key_ids, whos = st.binary(min_size=8, max_size=8), st.binary(min_size=16, max_size=16)
scopes = st.builds(Scope, whole, whole, st.sampled_from(By), st.frozensets(names, max_size=3))
questions = st.builds(Question, whole, whole, whole)
contacts = st.builds(Contact, whole, whole, whole, whole, whole, whole)
asked = st.dictionaries(key_ids, st.frozensets(whos, min_size=1, max_size=3), max_size=3)
requests = st.builds(Request, names, names, st.sampled_from(Search), scopes, questions, st.booleans())
stays = st.builds(
    KeyedStay, names, names, key_ids, whos, whole, whole, whole, whole, st.booleans(), st.booleans(), names
)


def over(value: object) -> object:
    return json.loads(json.dumps(value, ensure_ascii=False))


@given(requests, asked, st.lists(stays, max_size=3))
def test_questions_and_answers_arrive_as_they_were_said(
    request: Request, asked: dict[bytes, frozenset[bytes]], some: list[KeyedStay]
) -> None:
    assert wire.request_in(over(wire.request_out(request))) == request
    assert wire.asked_in(over(wire.asked_out(asked))) == asked
    assert wire.stays_in(over(wire.stays_out(some))) == some


@given(st.lists(st.builds(Met, key_ids, whos, contacts), max_size=3), st.binary(max_size=90), names)
def test_people_and_keys_arrive_as_they_were_said(met: list[Met], sealed: bytes, site: str) -> None:
    assert wire.met_in(over(wire.met_out(met))) == met
    since = {(one.key_id, one.who): one.contact.first_ms for one in met}
    assert wire.since_in(over(wire.since_out(since))) == since
    assert sorted(wire.pairs_in(over(wire.pairs_out(since)))) == sorted(since)
    key, person = SealedKey(site, KEY, sealed, 0, 1), SealedPerson(site, KEY, WHO, sealed)
    assert wire.keys_in(over(wire.keys_out([key]))) == [key]
    assert wire.people_in(over(wire.people_out([person]))) == [person]


def test_an_opening_arrives_as_it_stands(openings: Openings) -> None:
    opening = openings.ask(REQUEST, "Lan", NOW_MS)
    for one in (opening, openings.end(opening, NOW_MS, found=3, named=2, present=9)):
        assert wire.opening_in(over(wire.opening_out(one))) == one


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
READERS = (
    *(wire.scope_in, wire.question_in, wire.request_in, wire.opening_in, wire.asked_in, wire.since_in, wire.stays_in),
    *(wire.met_in, wire.pairs_in, wire.keys_in, wire.people_in),
)


@given(json_values)
def test_whatever_else_arrives_is_not_understood_and_breaks_nothing(value: object) -> None:
    for reader in READERS:
        try:
            reader(value)
        except said_json.NotUnderstood as error:
            assert str(error)


@given(requests)
def test_what_is_opened_has_a_case_a_reason_and_an_end(request: Request) -> None:
    try:
        opened = checked(request)
    except OpeningFault:
        return
    assert opened.case_number.strip()
    assert opened.reason.strip()
    assert opened.scope.from_ms < opened.scope.until_ms


def test_half_a_letter_is_not_understood() -> None:
    with pytest.raises(said_json.NotUnderstood):
        said_json.text(json.loads('"\\ud800"'))


def test_forged_pseudonyms_of_odd_length_are_not_understood() -> None:
    with pytest.raises(said_json.NotUnderstood):
        wire.asked_in({KEY.hex(): os.urandom(17).hex()})
