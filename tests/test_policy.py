"""What a site may ask of newcomers: a place on the day's list, an ID number; and that staff can let them in anyway."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from conftest import OpenSite, Site

from kiosk.devices import clock
from kiosk.door import NobodyWaits
from kiosk.memory import ASKED_MS, MOST_ASKED
from kiosk.rules import invented
from kiosk.rules.admission import Facts, OpenVisit, Policy, decide
from kiosk.rules.messages import announcement
from kiosk.rules.model import (
    Check,
    Credential,
    Direction,
    Gate,
    Kind,
    Lamp,
    Listed,
    Outcome,
    Reason,
    Unlisted,
)
from kiosk.store.checking import verify_log

IN, OUT, BOTH = (Gate("g", "Cổng", direction) for direction in Direction)
CARD = Credential(Kind.ID_CARD, Check.UNSIGNED, "id:097085000001")
INSURANCE = Credential(Kind.INSURANCE, Check.UNSIGNED, "bhxh:0123456789")
NOON = 43_200_000
ANH = invented.codes(invented.person(1))


def policy(unlisted: Unlisted = Unlisted.ACCEPT, *, require_id: bool = False) -> Policy:
    return Policy(60_000, 8 * 3_600_000, unlisted=unlisted, require_id=require_id)


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (Unlisted.ACCEPT, Outcome.ADMITTED),
        (Unlisted.ASK_STAFF, Outcome.ASK_STAFF),
        (Unlisted.REFUSE, Outcome.REFUSED),
    ],
)
@pytest.mark.parametrize("listed", [Listed.UNLISTED, Listed.OTHER_SITE])
def test_the_site_decides_about_who_is_not_on_its_list(rule: Unlisted, outcome: Outcome, listed: Listed) -> None:
    decision = decide(CARD, IN, Facts(listed=listed), policy(rule), NOON)
    assert decision.outcome is outcome
    assert decision.anonymous == (outcome is not Outcome.ADMITTED)


@pytest.mark.parametrize("listed", [Listed.NO_LIST, Listed.ON_TIME, Listed.EARLY, Listed.LATE])
def test_who_is_listed_goes_in_whatever_the_hour_and_so_does_everybody_without_a_list(listed: Listed) -> None:
    assert decide(CARD, IN, Facts(listed=listed), policy(Unlisted.REFUSE), NOON).outcome is Outcome.ADMITTED


@pytest.mark.parametrize("facts", [Facts(known=True), Facts(open=OpenVisit(7, NOON - 9 * 3_600_000), known=True)])
def test_who_was_let_in_today_is_not_asked_again(facts: Facts) -> None:
    asked = Facts(open=facts.open, known=True, listed=Listed.UNLISTED)
    assert decide(INSURANCE, IN, asked, policy(Unlisted.REFUSE, require_id=True), NOON).direction is Direction.IN


def test_nobody_is_kept_inside_by_a_list_or_a_missing_number() -> None:
    strict = policy(Unlisted.REFUSE, require_id=True)
    assert decide(INSURANCE, OUT, Facts(listed=Listed.UNLISTED), strict, NOON).outcome is Outcome.LET_OUT


def test_a_code_without_an_id_number_sends_its_holder_to_staff_where_the_site_asks_for_one() -> None:
    strict = policy(require_id=True)
    assert decide(INSURANCE, BOTH, Facts(), strict, NOON).reason is Reason.NO_ID
    assert decide(CARD, BOTH, Facts(), strict, NOON).outcome is Outcome.ADMITTED
    both = Credential(Kind.UNIFIED, Check.UNSIGNED, "qid:abc123", also=("id:097085000001",))
    assert decide(both, BOTH, Facts(), strict, NOON).outcome is Outcome.ADMITTED


def test_the_word_of_staff_overrules_list_number_capacity_consent_and_likeness() -> None:
    strict = Policy(60_000, 1, capacity=1, ask_consent=True, unlisted=Unlisted.REFUSE, require_id=True)
    facts = Facts(listed=Listed.UNLISTED, inside=1, likely=(3,), approved=True)
    assert decide(INSURANCE, BOTH, facts, strict, NOON).outcome is Outcome.ADMITTED


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        (Facts(known=True, open=OpenVisit(7, NOON - 3_600_000)), Outcome.ALREADY_IN),
        (Facts(known=True, last_left_ms=NOON - 1), Outcome.ADMITTED),
        (Facts(known=True, last_left_ms=NOON - 3_600_000, left_inferred=7), Outcome.ADMITTED),
    ],
    ids=["inside", "just left", "taken to have left"],
)
@pytest.mark.parametrize("gate", [IN, BOTH], ids=["in", "both"])
def test_whom_staff_let_in_is_never_let_out_by_it(gate: Gate, facts: Facts, outcome: Outcome) -> None:
    assert decide(CARD, gate, replace(facts, approved=True), policy(), NOON).outcome is outcome


@pytest.mark.parametrize("paper_form", [True, False])
@pytest.mark.parametrize(
    ("outcome", "reason"),
    [(Outcome.ADMITTED, Reason.WELCOME), (Outcome.ASK_STAFF, Reason.UNLISTED), (Outcome.REFUSED, Reason.UNLISTED)],
)
def test_who_is_on_no_list_hears_how_to_register_here(outcome: Outcome, reason: Reason, paper_form: bool) -> None:
    said = announcement(outcome, reason, listed=Listed.UNLISTED, paper_form=paper_form)
    assert "danh sách" in said.vi
    assert ("phiếu giấy" in said.vi) == paper_form
    assert ("paper form" in said.en) == paper_form
    assert (said.lamp is Lamp.RED) == (outcome is Outcome.REFUSED)


def test_early_and_late_hear_the_time_they_are_due() -> None:
    early = announcement(Outcome.ADMITTED, Reason.WELCOME, listed=Listed.EARLY, due="09:30")
    late = announcement(Outcome.ADMITTED, Reason.WELCOME, listed=Listed.LATE)
    assert "đến sớm (hẹn 09:30)" in early.vi
    assert "late." in late.en
    assert "hẹn" not in announcement(Outcome.LET_OUT, Reason.GOODBYE, listed=Listed.LATE, due="09:30").vi


def test_staff_let_in_whom_the_door_sent_to_them(open_site: OpenSite) -> None:
    site = open_site(site={"require_id": True})
    asked = site.show(ANH[Kind.INSURANCE], "in", "08:00")
    assert (asked.decision.outcome, asked.decision.reason) == (Outcome.ASK_STAFF, Reason.NO_ID)
    assert site.reader.inside() == []
    let_in = site.door.let_in(asked.sequence or 0, clock.stated(site.ms("08:02")))
    assert (let_in.decision.outcome, str(let_in.ticket)) == (Outcome.ADMITTED, "A001")
    assert site.show(ANH[Kind.INSURANCE], "out", "08:30").decision.reason is Reason.GOODBYE
    assert verify_log(site.house.store.db, site.house.vault.head_seal).fault == ""


def test_who_showed_the_code_twice_is_let_in_by_either_line_and_not_out_by_the_other(open_site: OpenSite) -> None:
    site = open_site(site={"require_id": True})
    asked = [site.show(ANH[Kind.INSURANCE], "both", time).sequence or 0 for time in ("08:00", "08:01")]
    first, second = (
        site.door.let_in(sequence, clock.stated(site.ms(time)))
        for sequence, time in zip(asked, ("08:02", "08:12"), strict=True)
    )
    assert (first.decision.outcome, second.decision.outcome) == (Outcome.ADMITTED, Outcome.ALREADY_IN)
    assert len(site.reader.inside()) == 1


def test_of_who_is_sent_to_staff_the_log_keeps_nothing_that_leads_to_them(open_site: OpenSite) -> None:
    site = open_site(site={"require_id": True})
    asked = site.show(ANH[Kind.INSURANCE], "in", "08:00")
    entry = site.reader.events_after((asked.sequence or 0) - 1, 1)[0]
    assert not {"who", "also", "sealed", "shown", "like"} & set(entry.body or {})


def test_the_same_person_is_let_in_once_and_soon_or_not_at_all(open_site: OpenSite) -> None:
    site = open_site(site={"require_id": True})
    first = site.show(ANH[Kind.INSURANCE], "in", "08:00").sequence or 0
    late = clock.stated(site.ms("08:00") + ASKED_MS + 1)
    with pytest.raises(NobodyWaits):
        site.door.let_in(first, late)
    again = site.show(ANH[Kind.INSURANCE], "in", "08:20").sequence or 0
    site.door.let_in(again, clock.stated(site.ms("08:20")))
    with pytest.raises(NobodyWaits):
        site.door.let_in(again, clock.stated(site.ms("08:21")))
    with pytest.raises(NobodyWaits):
        site.door.let_in(999, clock.stated(site.ms("08:21")))


def test_only_the_latest_of_many_are_remembered(open_site: OpenSite) -> None:
    site = open_site(site={"require_id": True})
    codes = (invented.codes(invented.person(i))[Kind.INSURANCE] for i in itertools.count())
    asked = (
        scan for scan in (site.show(code, "in", "08:00") for code in codes) if scan.decision.reason is Reason.NO_ID
    )
    sequences = [scan.sequence or 0 for scan in itertools.islice(asked, MOST_ASKED + 1)]
    with pytest.raises(NobodyWaits):
        site.door.let_in(sequences[0], clock.stated(site.ms("08:01")))
    assert site.door.let_in(sequences[1], clock.stated(site.ms("08:01"))).decision.outcome is Outcome.ADMITTED


def test_a_typed_number_is_an_id_number(open_site: OpenSite) -> None:
    site = open_site(site={"require_id": True})
    assert site.show(ANH[Kind.TYPED], "in", "08:00", typed=True).decision.outcome is Outcome.ADMITTED


def test_the_slip_of_a_visit_serves_where_id_numbers_are_asked_for(open_site: OpenSite) -> None:
    site: Site = open_site(site={"require_id": True})
    site.show(ANH[Kind.ID_CARD], "in", "08:00")
    slip = json.loads(site.house.store.db.execute("SELECT ticket FROM spool").fetchone()[0])["slip_code"].encode()
    site.show(slip, "out", "08:30")
    assert site.show(slip, "in", "09:00").decision.outcome is Outcome.ADMITTED
