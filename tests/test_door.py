"""One scan, from the code to the lamp: recorded first, then announced."""

from __future__ import annotations

import json
import sqlite3

import pytest
from conftest import OpenSite, Site

from kiosk.rules import invented
from kiosk.rules.model import Kind, Lamp, Outcome, Reason
from kiosk.store.checking import verify_log

ANH = invented.codes(invented.person(1))
BINH = invented.codes(invented.person(2))
CARD, INSURANCE, UNIFIED = Kind.ID_CARD, Kind.INSURANCE, Kind.UNIFIED


def test_a_card_becomes_a_visit_a_lamp_a_ticket_and_a_line(site: Site) -> None:
    scan = site.show(ANH[CARD], "in", "08:00")
    (visit,) = site.reader.inside()
    assert (scan.decision.outcome, str(scan.ticket)) == (Outcome.ADMITTED, "A001")
    assert (visit.id, visit.ticket, visit.entered_ms) == (scan.sequence, "A001", site.ms("08:00"))
    assert site.panel.announcements[-1].lamp is Lamp.GREEN


def test_leaving_closes_the_visit(site: Site) -> None:
    entry = site.show(ANH[CARD], "in", "08:00")
    site.show(ANH[CARD], "out", "08:40")
    visit = site.reader.visit(entry.sequence or 0)
    assert visit is not None
    assert (visit.left_ms, visit.exit_inferred, site.reader.occupancy().inside) == (site.ms("08:40"), False, 0)


def test_the_same_code_held_before_the_scanner_is_one_entry(site: Site) -> None:
    site.show(ANH[CARD], "in", "08:00:00")
    last = site.reader.last_sequence()
    assert site.show(ANH[CARD], "in", "08:00:02").decision.outcome is Outcome.REPEAT
    assert site.reader.last_sequence() == last


def test_ticket_numbers_count_up_without_gaps(site: Site) -> None:
    numbers = [str(site.show(invented.codes(invented.person(i))[CARD], "in", "08:00").ticket) for i in range(5)]
    assert numbers == ["A001", "A002", "A003", "A004", "A005"]


def test_the_slip_on_the_ticket_opens_the_exit(site: Site) -> None:
    site.show(ANH[CARD], "in", "08:00")
    ticket = json.loads(site.house.store.db.execute("SELECT ticket FROM spool").fetchone()[0])
    scan = site.show(ticket["slip_code"].encode(), "out", "08:30")
    assert (scan.decision.outcome, scan.decision.reason) == (Outcome.LET_OUT, Reason.GOODBYE)


def test_a_slip_brings_its_holder_back_in_under_the_same_pseudonym(site: Site) -> None:
    site.show(ANH[CARD], "in", "08:00")
    slip = json.loads(site.house.store.db.execute("SELECT ticket FROM spool").fetchone()[0])["slip_code"].encode()
    site.show(slip, "out", "08:30")
    site.show(slip, "in", "09:00")
    assert site.show(ANH[CARD], "out", "09:30").decision.reason is Reason.GOODBYE


PAIRS = [
    # The insurance card of person 1 carries a 10-digit number of its own, the unified code masks the ID number.
    (CARD, CARD, Reason.GOODBYE),
    (CARD, Kind.TYPED, Reason.GOODBYE),
    (Kind.TYPED, CARD, Reason.GOODBYE),
    (CARD, UNIFIED, Reason.GOODBYE_LIKELY),
    (UNIFIED, CARD, Reason.GOODBYE_LIKELY),
    (CARD, INSURANCE, Reason.GOODBYE_LIKELY),
    (INSURANCE, CARD, Reason.GOODBYE_LIKELY),
    (INSURANCE, UNIFIED, Reason.GOODBYE_LIKELY),
    (UNIFIED, INSURANCE, Reason.GOODBYE_LIKELY),
    (INSURANCE, INSURANCE, Reason.GOODBYE),
    (UNIFIED, UNIFIED, Reason.GOODBYE),
]


@pytest.mark.parametrize(("came_with", "left_with", "reason"), PAIRS)
def test_one_person_may_come_with_one_code_and_leave_with_another(
    site: Site, came_with: Kind, left_with: Kind, reason: Reason
) -> None:
    starred = next(
        p for p in map(invented.person, range(50)) if "*" in p.unified_text and len(p.insurance_number) == 10
    )
    codes = invented.codes(starred)
    site.show(codes[came_with], "in", "08:00", typed=came_with is Kind.TYPED)
    scan = site.show(codes[left_with], "out", "08:30", typed=left_with is Kind.TYPED)
    assert (scan.decision.reason, site.reader.occupancy().inside) == (reason, 0)


def test_a_starred_code_without_its_qid_is_logged_and_pairs_entry_and_exit(site: Site) -> None:
    """Two of one name and birth year are inside; each leaves as who they are."""
    code = "******{}|NGUYEN VAN MAU|1985-**-**|0||1<0990******".format
    codes = [code(end).encode() for end in ("012345", "054321")]
    assert [site.show(shown, "in", "08:00").decision.outcome for shown in codes] == [Outcome.ADMITTED] * 2
    assert [site.show(shown, "out", "08:30").decision.reason for shown in codes] == [Reason.GOODBYE] * 2


@pytest.mark.parametrize("came_with", [CARD, INSURANCE, UNIFIED, Kind.TYPED])
def test_the_slip_serves_at_the_exit_whatever_one_came_with(site: Site, came_with: Kind) -> None:
    site.show(ANH[came_with], "in", "08:00", typed=came_with is Kind.TYPED)
    slip = json.loads(site.house.store.db.execute("SELECT ticket FROM spool").fetchone()[0])["slip_code"].encode()
    assert site.show(slip, "out", "08:30").decision.reason is Reason.GOODBYE


def test_a_code_that_was_linked_once_is_known_afterwards(site: Site) -> None:
    site.show(ANH[CARD], "in", "08:00")
    site.show(ANH[UNIFIED], "out", "08:30")
    site.show(ANH[UNIFIED], "in", "09:00")
    assert site.show(ANH[CARD], "out", "09:30").decision.reason is Reason.GOODBYE


def test_a_likely_present_person_at_a_two_way_gate_is_left_to_staff(site: Site) -> None:
    starred = next(p for p in map(invented.person, range(50)) if "*" in p.unified_text)
    codes = invented.codes(starred)
    site.show(codes[CARD], "both", "08:00")
    assert site.show(codes[UNIFIED], "both", "08:30").decision.outcome is Outcome.ASK_STAFF


def test_a_full_site_lets_people_wait_in_order(open_site: OpenSite) -> None:
    site = open_site(site={"capacity": 1})
    people = [invented.codes(invented.person(i))[CARD] for i in range(3)]
    site.show(people[0], "in", "08:00")
    assert [site.show(code, "in", "08:01").decision.place for code in people[1:]] == [1, 2]
    site.show(people[0], "out", "08:10")
    assert site.show(people[2], "in", "08:11").decision.place == 2
    assert site.show(people[1], "in", "08:12").decision.outcome is Outcome.ADMITTED


def test_closing_time_closes_every_visit_as_inferred(open_site: OpenSite) -> None:
    site = open_site(site={"closes": "17:00"})
    entry = site.show(ANH[CARD], "in", "15:00")
    site.door.keep_house(_stated(site, "17:05"))
    visit = site.reader.visit(entry.sequence or 0)
    assert visit is not None
    assert (visit.left_ms, visit.exit_inferred) == (site.ms("17:00"), True)


def test_the_button_calls_for_help(site: Site) -> None:
    site.door.call_for_help(site.house.settings.gate("in"), _stated(site, "08:00"))
    assert site.reader.events_after(site.reader.last_sequence() - 1)[0].header.kind == "help"
    assert site.panel.announcements[-1].reason is Reason.HELP


def test_no_name_number_or_code_lies_in_the_database_in_clear(site: Site) -> None:
    person = invented.person(1)
    site.show(ANH[CARD], "in", "08:00")
    site.show(ANH[UNIFIED], "out", "08:30")
    stored = b"".join(path.read_bytes() for path in site.house.data.iterdir() if path.name.startswith("kiosk.db"))
    for secret in (person.person.name, person.person.number, person.qid, person.person.address):
        assert secret.encode() not in stored


def test_no_entry_stands_for_two_day_keys(open_site: OpenSite) -> None:
    first = open_site()
    first.show(ANH[CARD], "in", "08:00")
    second = open_site(day="2026-11-21", at="07:00")
    second.show(ANH[CARD], "in", "08:00")
    keys = {entry.header.key_id for entry in second.reader.events_after(0) if entry.header.kind == "scan"}
    visits = second.reader.arrivals()
    assert len(keys) == 2
    assert [visit.exit_inferred for visit in visits] == [False, True]
    assert second.house.vault.reveal(visits[1].shown or b"") is None


def test_the_log_is_whole_after_a_day(site: Site) -> None:
    for i in range(20):
        site.show(invented.codes(invented.person(i))[CARD], "in", f"08:{i:02}")
    for i in range(10):
        site.show(invented.codes(invented.person(i))[CARD], "out", f"09:{i:02}")
    db = sqlite3.connect(site.house.database)
    assert verify_log(db, site.house.vault.head_seal).fault == ""
    db.close()


def _stated(site: Site, time: str):  # type: ignore[no-untyped-def]
    from kiosk.devices import clock

    return clock.stated(site.ms(time))
