"""Who passes a gate, which way, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.admission import Decision, Facts, LastSeen, OpenVisit, Policy, decide, is_repeat, turn_is_due
from kiosk.rules.model import (
    Check,
    ClockState,
    Credential,
    Direction,
    Gate,
    Kind,
    Moment,
    Outcome,
    Reading,
    Reason,
)

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
NOON = 12 * HOUR_MS
CARD = Credential(Kind.ID_CARD, Check.UNSIGNED, "id:097085000001")
WIFI = Credential(Kind.WIFI, Check.UNKNOWN, refusal=Reason.WIFI_CODE)
IN, OUT, BOTH = (Gate("g", "Cổng", direction) for direction in Direction)
POLICY = Policy(min_stay_ms=MINUTE_MS, forgotten_ms=8 * HOUR_MS)


def inside_since(ago_ms: int) -> Facts:
    return Facts(open=OpenVisit(7, NOON - ago_ms), known=True, inside=1)


def test_a_new_person_is_welcome() -> None:
    assert decide(CARD, IN, Facts(), POLICY, NOON) == Decision(Outcome.ADMITTED, Reason.WELCOME, Direction.IN)


def test_second_scan_at_a_two_way_gate_means_leaving() -> None:
    decision = decide(CARD, BOTH, inside_since(HOUR_MS), POLICY, NOON)
    assert decision == Decision(Outcome.LET_OUT, Reason.GOODBYE, Direction.OUT, closes=7)


@pytest.mark.parametrize("gate", [IN, BOTH])
def test_a_second_scan_right_after_the_first_is_no_passage(gate: Gate) -> None:
    assert decide(CARD, gate, inside_since(30_000), POLICY, NOON).outcome is Outcome.ALREADY_IN


def test_at_an_exit_even_a_very_short_stay_ends() -> None:
    assert decide(CARD, OUT, inside_since(1), POLICY, NOON).closes == 7


def test_a_second_entry_without_an_exit_is_admitted_and_the_old_visit_closes_as_inferred() -> None:
    decision = decide(CARD, IN, inside_since(HOUR_MS), POLICY, NOON)
    assert decision == Decision(Outcome.ADMITTED, Reason.WELCOME_AGAIN, Direction.IN, closes_inferred=7)


def test_a_two_way_gate_takes_a_scan_after_hours_as_a_new_entry() -> None:
    decision = decide(CARD, BOTH, inside_since(9 * HOUR_MS), POLICY, NOON)
    assert (decision.direction, decision.closes_inferred) == (Direction.IN, 7)


@pytest.mark.parametrize("gate", [OUT, BOTH])
def test_a_second_scan_right_after_leaving_is_no_new_entry(gate: Gate) -> None:
    facts = Facts(known=True, last_left_ms=NOON - 5000)
    assert decide(CARD, gate, facts, POLICY, NOON).outcome is Outcome.ALREADY_OUT


def test_an_unmatched_code_of_a_likely_present_person_asks_staff_at_a_two_way_gate() -> None:
    assert decide(CARD, BOTH, Facts(likely=(3,)), POLICY, NOON).outcome is Outcome.ASK_STAFF


def test_at_an_exit_a_single_likely_person_is_matched_and_the_link_is_said() -> None:
    decision = decide(CARD, OUT, Facts(likely=(3,)), POLICY, NOON)
    assert (decision.reason, decision.closes) == (Reason.GOODBYE_LIKELY, 3)


def test_two_likely_people_are_never_guessed_between() -> None:
    decision = decide(CARD, OUT, Facts(likely=(3, 4)), POLICY, NOON)
    assert (decision.reason, decision.closes) == (Reason.GOODBYE_UNMATCHED, None)


def test_a_full_site_asks_to_wait_and_gives_a_place() -> None:
    facts = Facts(inside=10, ahead=2)
    decision = decide(CARD, IN, facts, replace(POLICY, capacity=10), NOON)
    assert (decision.outcome, decision.place) == (Outcome.WAITING, 3)


def test_a_free_place_belongs_to_those_who_wait_longest() -> None:
    full = replace(POLICY, capacity=10)
    assert decide(CARD, IN, Facts(inside=9, ahead=1), full, NOON).outcome is Outcome.WAITING
    assert decide(CARD, IN, Facts(inside=9, ahead=0), full, NOON).outcome is Outcome.ADMITTED


def test_somebody_counted_inside_twice_does_not_fill_the_site() -> None:
    facts = replace(inside_since(HOUR_MS), inside=10)
    assert decide(CARD, IN, facts, replace(POLICY, capacity=10), NOON).outcome is Outcome.ADMITTED


def test_where_consent_is_asked_a_new_person_is_asked_once_a_day() -> None:
    asking = replace(POLICY, ask_consent=True)
    assert decide(CARD, IN, Facts(), asking, NOON).outcome is Outcome.ASK_CONSENT
    assert decide(CARD, IN, Facts(consented=True), asking, NOON).outcome is Outcome.ADMITTED
    assert decide(CARD, IN, Facts(known=True), asking, NOON).outcome is Outcome.ADMITTED


@pytest.mark.parametrize("gate", [IN, BOTH])
def test_a_code_that_names_nobody_is_answered_with_what_it_is(gate: Gate) -> None:
    decision = decide(WIFI, gate, Facts(), POLICY, NOON)
    assert (decision.outcome, decision.reason) == (Outcome.REFUSED, Reason.WIFI_CODE)


facts_of_any_kind = st.builds(
    Facts,
    open=st.none() | st.builds(OpenVisit, st.integers(1, 99), st.integers(0, NOON)),
    last_left_ms=st.none() | st.integers(0, NOON),
    known=st.booleans(),
    consented=st.booleans(),
    likely=st.lists(st.integers(1, 9), max_size=2).map(tuple),
    inside=st.integers(0, 20),
    ahead=st.integers(0, 5),
)
policies = st.builds(
    Policy,
    min_stay_ms=st.integers(0, HOUR_MS),
    forgotten_ms=st.integers(MINUTE_MS, 8 * HOUR_MS),
    capacity=st.integers(0, 20),
    ask_consent=st.booleans(),
)


@given(st.sampled_from([CARD, WIFI]), facts_of_any_kind, policies)
def test_an_exit_never_holds_anybody_back(credential: Credential, facts: Facts, policy: Policy) -> None:
    assert decide(credential, OUT, facts, policy, NOON).outcome in (Outcome.LET_OUT, Outcome.ALREADY_OUT)


@given(facts_of_any_kind, policies, st.sampled_from([IN, BOTH]))
def test_nobody_is_admitted_into_a_full_site(facts: Facts, policy: Policy, gate: Gate) -> None:
    decision = decide(CARD, gate, facts, policy, NOON)
    others = facts.inside - (decision.closes_inferred is not None)
    if decision.outcome is Outcome.ADMITTED and policy.capacity:
        assert others + facts.ahead < policy.capacity


def reading(data: bytes, at_ms: int) -> Reading:
    return Reading(data, "test", Moment(at_ms, at_ms, "boot", ClockState.SET))


def test_the_same_code_still_held_is_one_presentation() -> None:
    assert is_repeat(reading(b"a", 2000), LastSeen(b"a", 0), quiet_s=3)
    assert not is_repeat(reading(b"a", 3000), LastSeen(b"a", 0), quiet_s=3)


def test_another_code_ends_the_quiet_at_once() -> None:
    assert not is_repeat(reading(b"b", 1), LastSeen(b"a", 0), quiet_s=3)


@pytest.mark.parametrize(
    ("today", "sure", "ran_ms", "due"),
    [
        ("2026-11-22", True, 0, True),
        ("2026-11-22", False, 0, False),
        ("2026-11-21", True, 0, False),
        ("1970-01-01", True, 0, False),
        ("2026-11-21", False, 36 * HOUR_MS, True),
    ],
)
def test_the_day_key_turns_on_a_sure_date_or_after_a_bounded_time(
    *, today: str, sure: bool, ran_ms: int, due: bool
) -> None:
    assert due == turn_is_due(
        key_day="2026-11-21", today=today, date_is_sure=sure, ran_ms=ran_ms, longest_ms=36 * HOUR_MS
    )
