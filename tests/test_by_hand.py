"""Staff check in who has no code: by number, by name, as a group, by a paper form. The rules and the way of a scan."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from conftest import DATABASE, OpenSite, Site
from hypothesis import given
from hypothesis import strategies as st

from kiosk import by_hand
from kiosk.by_hand import Answer
from kiosk.checkin import Staff
from kiosk.config import Consent
from kiosk.config.queueing import CounterSettings
from kiosk.devices import clock
from kiosk.door import NobodyWaits
from kiosk.rules import identity
from kiosk.rules.by_hand import MOST_IN_GROUP, Doubt, Judged, Overrule, Typed, Way, judge
from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.model import Kind, Lamp, Outcome, Person, Reason, Unlisted
from kiosk.scan import Scan
from kiosk.store.checking import project_again, verify_log

TODAY = date(2026, 11, 20)
NUMBER = "001185012345"  # an invented person's, of a province that there is
CARD = f"{NUMBER}||Trần Thị Hoa|02031985|Nữ|Xóm Ví Dụ|01012022".encode()
HOA = {"name": "Trần Thị Hoa", "birth": "1961", "sex": "F", "phone": "0912 345 678"}


def come(site: Site, time: str = "08:00", gate: str = "in", **said: Any) -> Answer:
    """Somebody is checked in by hand."""
    staff = Staff(
        said.pop("by", "Lan"), said.pop("overrule", None),
        agreed=said.pop("agreed", False), priority=said.pop("priority", False),
    )  # fmt: skip
    insist = said.pop("insist", False)
    typed = Typed(**{"once": time} | said)
    return by_hand.check_in(site.door, typed, site.house.settings.gate(gate), moment(site, time), staff, insist=insist)


def moment(site: Site, time: str) -> Any:
    return clock.stated(site.ms(time))


def body_of(site: Site, scan: Scan) -> dict[str, Any]:
    entry = site.reader.events_after((scan.sequence or 0) - 1, 1)[0]
    assert entry.body is not None
    return entry.body


def slip_of(site: Site, scan: Scan) -> bytes:
    row = site.house.store.db.execute("SELECT ticket FROM spool WHERE visit = ?", (scan.sequence,)).fetchone()
    return str(json.loads(row[0])["slip_code"]).encode()


def sound(site: Site) -> bool:
    db = site.house.store.db
    return not verify_log(db, site.house.vault.head_seal).fault and not any(project_again(db).values())


# The rules: what is told before anything is recorded.


def judged(**said: Any) -> Judged:
    typed = Typed(**said)
    number = typed.number.encode("utf-8", "replace") if typed.number.strip() and typed.way is Way.PERSON else None
    code = None if number is None else read_credential(number, trust=Trust(), at_ms=0, typed=True)
    return judge(typed, code, TODAY)


@pytest.mark.parametrize(
    ("said", "field", "sentence", "offer"),
    [
        ({"number": "12345"}, "number", "neither 9 nor 12", ""),
        ({"number": "001399000001"}, "number", "born in the future", ""),
        ({"number": "0912345678"}, "number", "phone number", ""),
        ({"name": HOA["name"], "birth": "31/02/1985"}, "birth", "no such day", ""),
        ({"name": HOA["name"], "birth": "1/2/61"}, "birth", "two digits", ""),
        ({"name": HOA["name"], "birth": "2031"}, "birth", "future", ""),
        ({"name": HOA["name"], "phone": "0163 555 0123"}, "phone", "before 2018", "0335550123"),
        ({"name": "12"}, "name", "No name", ""),
        ({}, "name", "number or a name", ""),
        ({"way": Way.GROUP, "count": 0}, "count", "1 to", ""),
        ({"way": Way.GROUP, "count": MOST_IN_GROUP + 1}, "count", "1 to", ""),
        ({"way": Way.PAPER, "number": ""}, "number", "paper form", ""),
        ({"way": Way.PAPER, "number": NUMBER}, "number", "no ID number", ""),
    ],
)
def test_what_cannot_be_taken_is_told_at_its_field(said: dict[str, Any], field: str, sentence: str, offer: str) -> None:
    found = judged(**said)
    doubt = next(doubt for doubt in found.doubts if doubt.hard)
    assert (doubt.field, doubt.offer) == (field, offer)
    assert sentence in doubt.en


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"number": "905085012345"}, "number"),  # no province's code: born abroad
        ({"number": NUMBER, "birth": "1899"}, "number"),  # another year than the number says
        ({"number": "B1234567", **HOA}, "number"),  # a passport
        ({"name": "Nguy?n An", "birth": "1985"}, "name"),
        ({"name": HOA["name"], "birth": "1961", "phone": "02433334444"}, "phone"),  # a fixed line
    ],
)
def test_what_is_only_doubtful_can_be_taken_yet(said: dict[str, Any], field: str) -> None:
    found = judged(**said)
    assert [doubt.field for doubt in found.doubts] == [field]
    assert not found.hard
    assert len(found.credentials) == 1


def test_what_is_typed_beside_a_number_is_of_the_same_person() -> None:
    year, sex = identity.birth_and_sex(NUMBER)
    (credential,) = judged(number=NUMBER, name="  trần  thị HOA ", phone=HOA["phone"]).credentials
    assert credential.person == Person("trần thị HOA", str(year), sex, NUMBER, "0912345678")
    assert credential.holder_id == f"id:{NUMBER}"


def test_a_passport_and_a_paper_form_are_numbers_of_their_own() -> None:
    assert judged(number="b 1234567").credentials[0].holder_id == "passport:B1234567"
    assert judged(way=Way.PAPER, number=" 00 17 ").credentials[0].holder_id == "paper:0017"


def test_the_people_of_a_group_are_told_apart() -> None:
    group = judged(way=Way.GROUP, count=12, once="x").credentials
    assert len({credential.holder_id for credential in group}) == 12


anything = st.text(max_size=40) | st.text(alphabet="0123456789 .-/+*ABCXabcđ?\x00\u202e", max_size=24)


@given(
    way=st.sampled_from(Way), number=anything, name=anything, birth=anything, sex=anything, phone=anything,
    count=st.integers(-5, 500), another=st.booleans(), once=anything,
)  # fmt: skip
def test_anything_typed_is_somebody_or_gets_a_sentence(**said: Any) -> None:
    found = judged(**said)
    assert found.credentials or found.hard
    for doubt in found.doubts:
        assert isinstance(doubt, Doubt)
        assert doubt.vi
        assert doubt.en
        assert "\n" not in doubt.vi + doubt.en
        typed_name = said["name"].strip()
        assert len(typed_name) < 6 or typed_name not in doubt.vi + doubt.en
    for credential in found.credentials:
        assert credential.holder_id
        assert credential.refusal is None
        assert credential.person.name == identity.clean_name(credential.person.name)


# The way of a scan.


@pytest.mark.usefixtures("lamps_stay")
def test_a_typed_number_is_the_same_person_as_the_card(site: Site) -> None:
    (scan,) = come(site, number=f"{NUMBER[:3]} {NUMBER[3:6]} {NUMBER[6:]}").scans
    assert (scan.decision.outcome, str(scan.ticket)) == (Outcome.ADMITTED, "A001")
    assert (site.panel.state("in").lamp, site.panel.announcements[-1].ticket) == (Lamp.GREEN, "A001")
    left = site.show(CARD, "out", "08:30")
    assert left.decision.reason is Reason.GOODBYE
    assert sound(site)


def test_the_entry_says_that_staff_did_it_and_who(site: Site) -> None:
    (scan,) = come(site, number=NUMBER, by="Lan").scans
    body = body_of(site, scan)
    assert (body["staff"], body["by"]) == (True, "Lan")
    assert "overrule" not in body


def test_a_name_without_a_document_gets_a_slip_that_lets_them_out_and_in_again(site: Site) -> None:
    (scan,) = come(site, **HOA).scans
    assert scan.credential.kind == Kind.NAMED
    slip = slip_of(site, scan)
    assert site.show(slip, "out", "08:30").decision.reason is Reason.GOODBYE
    assert site.show(slip, "both", "09:00").decision.outcome is Outcome.ADMITTED
    assert sound(site)


def test_a_slip_is_printed_also_where_the_site_gives_no_numbers(open_site: OpenSite) -> None:
    site = open_site(tickets={"service": ""})
    (scan,) = come(site, **HOA).scans
    assert scan.ticket is None
    assert not scan.unnumbered
    assert site.show(slip_of(site, scan), "out", "08:30").decision.reason is Reason.GOODBYE


def test_names_and_numbers_stand_nowhere_in_the_data_directory(site: Site) -> None:
    come(site, number=NUMBER, **HOA, insist=True)
    come(site, "08:05", name="Lý Văn Không Giấy", phone="0987654321")
    files = [path.read_bytes() for path in site.house.data.rglob("*") if path.is_file()]
    assert any(DATABASE in str(path) for path in site.house.data.rglob("*"))
    secrets = (HOA["name"], "Lý Văn Không Giấy", NUMBER, "0912345678", "0987654321")
    assert not any(secret.encode() in content for content in files for secret in secrets)


def test_nothing_is_recorded_of_what_is_told_first(site: Site) -> None:
    before = site.reader.last_sequence()
    answer = come(site, number="12345")
    assert answer.doubts
    assert not answer.scans
    assert come(site, number="905085012345").doubts
    assert site.reader.last_sequence() == before
    assert come(site, number="905085012345", insist=True).scans
    assert not come(site, number="12345", insist=True).scans


def test_namesakes_are_told_and_let_in_as_two_people(site: Site) -> None:
    (first,) = come(site, name=HOA["name"], birth="1961").scans
    again = come(site, "08:20", name="TRAN THI HOA", birth="12/5/1961")
    assert again.alike == (first.sequence,)
    assert not again.scans
    (second,) = come(site, "08:21", name=HOA["name"], birth="1961", another=True).scans
    assert second.decision.outcome is Outcome.ADMITTED
    assert len(site.reader.inside()) == 2
    assert site.show(slip_of(site, first), "out", "08:30").decision.closes == first.sequence
    assert site.show(slip_of(site, second), "out", "08:31").decision.closes == second.sequence


def test_staff_say_the_direction_also_at_a_gate_that_decides_by_itself(site: Site) -> None:
    come(site, gate="both", number=NUMBER)
    (again,) = come(site, "09:00", gate="both", number=NUMBER).scans
    assert again.decision.reason is Reason.WELCOME_AGAIN
    assert site.reader.occupancy().inside == 1


def test_a_group_is_as_many_visits_each_with_a_slip_and_leaves_one_by_one(site: Site) -> None:
    scans = come(site, way=Way.GROUP, count=5).scans
    assert [str(scan.ticket) for scan in scans] == ["A001", "A002", "A003", "A004", "A005"]
    assert site.reader.occupancy().inside == 5
    for number, scan in enumerate(scans[:3], 1):
        assert site.show(slip_of(site, scan), "out", f"08:3{number}").decision.reason is Reason.GOODBYE
    assert site.reader.occupancy().inside == 2
    assert sound(site)


def test_a_group_goes_in_as_far_as_there_is_room_and_nobody_of_it_holds_a_place(open_site: OpenSite) -> None:
    site = open_site(site={"capacity": 3})
    scans = come(site, way=Way.GROUP, count=5).scans
    assert [scan.decision.outcome for scan in scans] == [Outcome.ADMITTED] * 3 + [Outcome.WAITING]
    occupancy = site.reader.occupancy()
    assert (occupancy.inside, occupancy.waiting) == (3, 0)


def test_capacity_counts_until_staff_overrule_it_with_a_reason(open_site: OpenSite) -> None:
    site = open_site(site={"capacity": 1})
    come(site, number=NUMBER)
    (waits,) = come(site, "08:05", **HOA).scans
    assert (waits.decision.outcome, waits.decision.place) == (Outcome.WAITING, 1)
    (goes,) = come(site, "08:06", **HOA, overrule=Overrule.CANNOT_WAIT).scans
    assert goes.decision.outcome is Outcome.ADMITTED
    assert body_of(site, goes)["overrule"] == "cannot_wait"
    assert site.reader.occupancy().waiting == 0


def test_consent_is_asked_and_said_by_staff(open_site: OpenSite) -> None:
    site = open_site(site={"consent": Consent.ASK})
    (asked,) = come(site, **HOA).scans
    assert asked.decision.outcome is Outcome.ASK_CONSENT
    (again,) = come(site, "08:01", **HOA).scans
    assert again.decision.outcome is Outcome.ASK_CONSENT, "a form sent again is no consent"
    (agreed,) = come(site, "08:02", **HOA, agreed=True).scans
    assert agreed.decision.outcome is Outcome.ADMITTED
    assert body_of(site, agreed)["agreed"] is True


def test_who_lacks_an_id_number_goes_in_by_a_reason_or_by_their_line(open_site: OpenSite) -> None:
    site = open_site(site={"require_id": True, "unlisted": Unlisted.ASK_STAFF})
    (asked,) = come(site, **HOA).scans
    assert asked.decision.reason is Reason.NO_ID
    let_in = site.door.let_in(asked.sequence or 0, moment(site, "08:03"), "Lan")
    assert let_in.decision.outcome is Outcome.ADMITTED
    body = body_of(site, let_in)
    assert (body["by"], body["overrule"], body["asked"]) == ("Lan", "sent", asked.sequence)


def test_staff_say_who_goes_first(open_site: OpenSite) -> None:
    site = open_site(counters=(CounterSettings("1", "Quầy 1"),))
    (scan,) = come(site, **HOA, priority=True).scans
    assert body_of(site, scan)["queue"]["priority"] is True


def test_the_same_paper_form_is_not_let_in_twice_and_says_nothing_of_its_person(site: Site) -> None:
    (scan,) = come(site, way=Way.PAPER, number="17").scans
    assert (scan.decision.outcome, scan.credential.kind) == (Outcome.ADMITTED, Kind.PAPER)
    (again,) = come(site, "08:00:30", way=Way.PAPER, number="17").scans
    assert again.decision.outcome is Outcome.ALREADY_IN
    ticket = site.house.store.db.execute("SELECT ticket FROM spool").fetchone()[0]
    assert '"17"' not in ticket


def test_a_site_without_paper_forms_takes_none(open_site: OpenSite) -> None:
    site = open_site(site={"paper_form": False})
    with pytest.raises(NobodyWaits, match="no paper forms"):
        come(site, way=Way.PAPER, number="17")


def test_nobody_is_let_in_at_an_exit(site: Site) -> None:
    with pytest.raises(NobodyWaits, match="exit"):
        come(site, gate="out", number=NUMBER)


def test_who_stands_before_staff_is_let_out_by_hand_once(site: Site) -> None:
    scans = come(site, way=Way.GROUP, count=2).scans
    gate = site.house.settings.gate("both")
    left = by_hand.let_out(site.door, scans[0].sequence or 0, gate, moment(site, "08:40"), "Lan")
    assert (left.decision.outcome, left.decision.closes) == (Outcome.LET_OUT, scans[0].sequence)
    assert body_of(site, left)["by"] == "Lan"
    assert site.reader.occupancy().inside == 1
    with pytest.raises(NobodyWaits):
        by_hand.let_out(site.door, scans[0].sequence or 0, gate, moment(site, "08:41"))
    assert sound(site)


def test_a_companion_s_slip_says_with_which_number_they_came(site: Site) -> None:
    (parent,) = come(site, **HOA).scans
    gate = site.house.settings.gate("in")
    child = by_hand.accompany(site.door, parent.sequence or 0, Person("Bé Na"), gate, moment(site, "08:01"), "Lan")
    ticket = site.house.store.db.execute("SELECT ticket FROM spool WHERE visit = ?", (child.sequence,)).fetchone()[0]
    assert "With number A001" in json.loads(ticket)["guidance"][0]
    assert "Na" not in ticket


def test_a_group_passes_and_is_counted_though_nothing_can_be_recorded(site: Site) -> None:
    site.house.store.db.execute("PRAGMA query_only = ON")
    scans = come(site, way=Way.GROUP, count=3).scans
    assert [scan.decision.outcome for scan in scans] == [Outcome.PASSED_UNRECORDED] * 3
    site.house.store.db.execute("PRAGMA query_only = OFF")
    site.door.keep_house(moment(site, "08:03"))
    gap = site.reader.events_after(site.reader.last_sequence() - 1, 1)[0]
    assert (gap.header.kind, (gap.body or {})["count"]) == ("gap", 3)
    assert sound(site)
