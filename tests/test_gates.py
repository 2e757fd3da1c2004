"""Several gates of one site, and what a slip may do at each of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import OpenSite, Site

from kiosk.config import Consent
from kiosk.rules import invented
from kiosk.rules.model import Check, Kind, Outcome, Reason

CARD = invented.codes(invented.person(1))[Kind.ID_CARD]


def slip_of(site: Site) -> bytes:
    code = json.loads(site.house.store.db.execute("SELECT ticket FROM spool").fetchone()[0])["slip_code"]
    assert isinstance(code, str)
    return code.encode()


def test_whoever_came_through_one_gate_may_leave_through_another(site: Site) -> None:
    site.show(CARD, "in", "08:00")
    site.show(slip_of(site), "out", "08:30")
    (visit,) = site.reader.arrivals()
    assert (visit.gate_in, visit.gate_out) == ("in", "out")


def test_a_slip_of_another_kiosk_of_the_site_is_good_here(open_site: OpenSite, tmp_path: Path) -> None:
    there = open_site(data=tmp_path / "there")
    there.show(CARD, "in", "08:00")
    here = open_site(data=tmp_path / "here", site={"slip_keys": (there.house.vault.slip_key,)})
    scan = here.show(slip_of(there), "out", "08:30")
    assert (scan.credential.check, scan.decision.reason) == (Check.VALID, Reason.GOODBYE_UNMATCHED)


def test_a_slip_of_a_stranger_is_refused_at_the_entrance_and_let_out_at_the_exit(
    open_site: OpenSite, tmp_path: Path
) -> None:
    there, here = open_site(data=tmp_path / "there"), open_site(data=tmp_path / "here")
    there.show(CARD, "in", "08:00")
    entrance, exit_ = (here.show(slip_of(there), gate, "08:30") for gate in ("in", "out"))
    assert entrance.decision.reason is Reason.SLIP_FORGED
    assert exit_.decision.outcome is Outcome.LET_OUT


def test_yesterdays_slip_opens_nothing_but_the_way_out(open_site: OpenSite) -> None:
    first = open_site()
    first.show(CARD, "in", "08:00")
    slip = slip_of(first)
    tomorrow = open_site(day="2026-11-21", at="09:00")
    assert tomorrow.show(slip, "in", "09:00").decision.reason is Reason.SLIP_EXPIRED
    assert tomorrow.show(slip, "out", "09:01").decision.reason is Reason.EXIT_UNREAD


@pytest.mark.parametrize("code", [b"GEHT", b"KIOSK:MODE=OUT", b"KSK1:AAAA", b"!SETUP:PAIR", b"\x1b[31mADMIN"])
def test_no_code_that_anybody_can_print_changes_a_mode_or_opens_anything(site: Site, code: bytes) -> None:
    assert site.show(code, "in", "08:00").decision.outcome is Outcome.REFUSED
    assert site.show(CARD, "in", "08:01").decision.outcome is Outcome.ADMITTED


def test_consent_is_asked_where_the_site_says_so_and_stands_in_each_entry(open_site: OpenSite) -> None:

    site = open_site(site={"consent": Consent.ASK})
    asked = site.show(CARD, "in", "08:00:00")
    assert asked.decision.outcome is Outcome.ASK_CONSENT
    given = site.show(CARD, "in", "08:00:10")
    assert given.decision.outcome is Outcome.ADMITTED
    bodies = [entry.body or {} for entry in site.reader.events_after((asked.sequence or 0) - 1)]
    assert [body["consent"] for body in bodies] == ["ask", "ask"]
    assert "who" not in bodies[0]


def test_who_leaves_without_having_agreed_is_let_out_and_not_recorded(open_site: OpenSite) -> None:
    site = open_site(site={"consent": Consent.ASK})
    site.show(CARD, "in", "08:00")
    left = site.show(CARD, "out", "08:30")
    (entry,) = site.reader.events_after((left.sequence or 0) - 1)
    assert left.decision.outcome is Outcome.LET_OUT
    assert not {"who", "sealed", "shown"} & set(entry.body or {})
    assert site.show(CARD, "in", "09:00").decision.outcome is Outcome.ASK_CONSENT


def test_a_slip_that_brings_somebody_back_still_shows_staff_who_it_is(site: Site) -> None:
    site.show(CARD, "in", "08:00")
    slip = slip_of(site)
    site.show(slip, "out", "08:30")
    site.show(slip, "in", "09:30")
    shown = site.house.vault.reveal(site.reader.inside()[0].shown or b"")
    assert shown is not None
    assert shown.name == invented.person(1).person.name


def test_a_slip_ends_with_its_day_even_before_its_hours_are_over(open_site: OpenSite) -> None:
    first = open_site(at="20:00")
    first.show(CARD, "in", "20:00")
    slip = slip_of(first)
    assert open_site(day="2026-11-21", at="08:00").show(slip, "in", "08:00").decision.reason is Reason.SLIP_EXPIRED


def test_a_slip_is_good_although_the_clock_fell_back_over_a_restart(open_site: OpenSite) -> None:
    site = open_site()
    site.show(CARD, "in", "08:00")
    assert site.show(slip_of(site), "out", "2026-11-20T03:30").decision.reason is Reason.GOODBYE


def test_an_old_slip_leads_to_the_visit_that_is_open_now(site: Site) -> None:
    site.show(CARD, "in", "08:00")
    old = slip_of(site)
    site.show(CARD, "out", "08:30")
    site.show(CARD, "in", "09:00")
    assert site.show(old, "out", "09:30").decision.reason is Reason.GOODBYE
    assert site.reader.occupancy().inside == 0


def test_an_old_slip_at_the_entrance_closes_the_open_visit_as_inferred(site: Site) -> None:
    site.show(CARD, "in", "08:00")
    old = slip_of(site)
    site.show(CARD, "out", "08:30")
    site.show(CARD, "in", "09:00")
    assert site.show(old, "in", "09:30").decision.reason is Reason.WELCOME_AGAIN
    assert site.reader.occupancy().inside == 1
