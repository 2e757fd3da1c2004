"""What comes down from a hub is in force at the door as if staff had done it, once, and stands in the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest
from listed import line, list_of
from ordering import Pen, done, entries, taken, today, until
from running import Kiosk, card_of, running_kiosk
from signing import make_issuer, write_certificates
from signing_cose import make_dcc

from kiosk.hub_day import OVER
from kiosk.rules.down import MOST_ANSWERED, DayOrder
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Check, Kind, Lamp, Outcome, Reason
from kiosk.store.checking import verify_log
from kiosk.store.day_settings import day_settings_in_force
from kiosk.taken_down import keep_taken, taken_down

MINISTRY = make_issuer("ministry")


@pytest.fixture
def pen(tmp_path: Path) -> Pen:
    return Pen(tmp_path / "data", tmp_path)


@pytest.fixture
def kiosk(pen: Pen, tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data") as running:
        yield running


def slip_from(kiosk: Kiosk, person: int) -> tuple[bytes, str]:
    """The code of the slip that somebody got who came in, and its holder id."""
    kiosk.show(card_of(person))
    slip = kiosk.house.vault.issue_slip(kiosk.house.store.head().shown.at_ms)
    return slip.code.encode(), slip.holder_id


def test_settings_of_today_are_in_force_at_once_and_staff_may_take_them_back(kiosk: Kiosk, pen: Pen) -> None:
    said = pen.say("day", "", day=today(kiosk), fields={"closed": "yes", "closed_vi": "Hết vắc xin."})
    assert done(kiosk, said) == ("taken", "")
    assert kiosk.show(card_of(1))["reason"] == Reason.CLOSED
    (entry,) = entries(kiosk, EntryKind.DAY_SETTINGS)
    assert "hub" in entry["by"]
    latest = kiosk.reader.head().sequence - 2
    seen = next(number for number in range(latest + 2, 0, -1) if kiosk.house.store.kind_of(number) == "day_settings")
    kiosk.client.look_after("undo_day", seen=seen)
    assert kiosk.show(card_of(1))["outcome"] == Outcome.ADMITTED
    assert taken(kiosk, said)["done"] == "known"
    assert kiosk.show(card_of(2))["outcome"] == Outcome.ADMITTED


def test_settings_of_another_day_wait_for_it_or_are_over(kiosk: Kiosk, pen: Pen) -> None:
    for day, became in (("2999-01-01", ("waits", "")), ("2026-01-01", ("refused", OVER))):
        assert done(kiosk, pen.say("day", day, day=day, fields={"capacity": "1"})) == became
    assert kiosk.reader.ask(day_settings_in_force).capacity is None
    waiting = taken_down(kiosk.house.data, pen.signer.verifier).days
    assert [one.day for one in waiting] == ["2999-01-01"]


def test_orders_for_one_day_add_up(kiosk: Kiosk, pen: Pen) -> None:
    for fields in ({"capacity": "1"}, {"closed": "yes"}, {"capacity": "2"}):
        taken(kiosk, pen.say("day", "", day="2999-01-01", fields=fields))
    (waits,) = taken_down(kiosk.house.data, pen.signer.verifier).days
    assert waits.fields == {"capacity": "2", "closed": "yes"}
    assert waits.numbers == (1, 2, 3)


def test_however_many_there_are_for_one_day_few_are_answered_on_it() -> None:
    sent = [DayOrder("2999-01-01", {"capacity": str(number)}, (number,)) for number in range(1, 301)]
    last = reduce(lambda earlier, one: one.after(earlier), sent)
    assert (last.fields, last.numbers) == ({"capacity": "300"}, tuple(range(301 - MOST_ANSWERED, 301)))


def test_each_order_that_waited_for_its_day_says_what_became_of_it_then(kiosk: Kiosk, pen: Pen) -> None:
    for capacity in ("9", "8", "1"):
        taken(kiosk, pen.say("day", "", day="2999-01-01", fields={"capacity": capacity}))
    known = taken_down(kiosk.house.data, pen.signer.verifier)
    due = [DayOrder("2026-01-01", {"capacity": "9"}, (1,)), DayOrder(today(kiosk), {"closed": "yes"}, (2,))]
    later = DayOrder("2999-01-01", {"capacity": "1"}, (3,))
    keep_taken(kiosk.house.data, replace(known, days=(*due, later)))  # as if the days had come meanwhile
    assert done(kiosk, pen.say("day", "", day="2999-01-01", fields={"capacity": "2"}))[0] == "waits"
    said = [(entry["number"], entry["done"], entry.get("why", "")) for entry in entries(kiosk, EntryKind.HUB)]
    assert said[3:] == [(1, "refused", OVER), (2, "taken", ""), (4, "waits", "")]
    assert kiosk.show(card_of(1))["reason"] == Reason.CLOSED
    after = taken_down(kiosk.house.data, pen.signer.verifier)
    assert [one.done for one in after.told] == ["refused", "taken", "waits", "waits"]
    assert [(one.fields, one.numbers) for one in after.days] == [({"capacity": "2"}, (3, 4))]


def test_what_the_settings_of_this_site_do_not_have_is_refused_whole(kiosk: Kiosk, pen: Pen) -> None:
    said = pen.say("day", "", day=today(kiosk), fields={"capacity": "3", "gate:nowhere": "in"})
    assert done(kiosk, said)[0] == "refused"
    assert kiosk.reader.ask(day_settings_in_force).capacity is None
    assert done(kiosk, pen.say("day", "", day=today(kiosk), fields={"capacity": "-3"}))[0] == "refused"


@pytest.mark.usefixtures("lamps_stay")
def test_a_blocked_slip_lets_nobody_in_and_everybody_out(kiosk: Kiosk, pen: Pen) -> None:
    slip, holder = slip_from(kiosk, 1)
    assert done(kiosk, pen.say("blocked", "all", slips=[holder])) == ("taken", "")
    sent = kiosk.show(slip, "in")
    assert (sent["outcome"], sent["reason"]) == (Outcome.ASK_STAFF, Reason.SLIP_BLOCKED)
    assert kiosk.client.panel(gate="in")["lamp"] == Lamp.AMBER
    assert kiosk.show(slip, "out")["outcome"] == Outcome.LET_OUT
    assert kiosk.client.let_in(sent["seq"])["outcome"] == Outcome.ADMITTED


def test_it_is_still_blocked_after_a_restart_and_free_when_the_hub_says_so(kiosk: Kiosk, pen: Pen) -> None:
    slip, holder = slip_from(kiosk, 1)
    taken(kiosk, pen.say("blocked", "all", slips=[holder]))
    kiosk.close_door()
    kiosk.open_door()
    until(kiosk.client.answers)
    assert kiosk.show(slip, "in")["reason"] == Reason.SLIP_BLOCKED
    taken(kiosk, pen.say("blocked", "all", slips=[]))
    assert kiosk.show(slip, "in")["outcome"] == Outcome.ADMITTED


def test_an_issuer_of_certificates_is_believed_at_once_and_until_it_is_taken_away(
    kiosk: Kiosk, pen: Pen, tmp_path: Path
) -> None:
    code = make_dcc(MINISTRY).encode()
    assert kiosk.show(code)["check"] == Check.NO_KEY
    certificates = write_certificates(tmp_path / "ministry.pem", MINISTRY).read_bytes()
    assert done(kiosk, pen.order("trust", "ministry.pem", certificates)) == ("taken", "")
    assert kiosk.show(code)["check"] == Check.VALID
    assert done(kiosk, pen.order("trust", "ministry.pem")) == ("taken", "")
    assert kiosk.show(code)["check"] == Check.NO_KEY


def test_a_list_is_a_draft_that_staff_must_approve(kiosk: Kiosk, pen: Pen) -> None:
    assert done(kiosk, pen.order("list", f"Khu phố 3|{today(kiosk)}", list_of(line(1), line(2)))) == ("taken", "")
    lists = kiosk.client.lists("overview")[0]
    assert (len(lists["lists"]), [draft["name"] for draft in lists["drafts"]]) == (0, ["Khu phố 3"])
    assert kiosk.show(card_of(3))["outcome"] == Outcome.ADMITTED
    assert "Khu phố" not in str(entries(kiosk, EntryKind.HUB))


def test_what_is_no_list_is_refused_with_its_reason(kiosk: Kiosk, pen: Pen) -> None:
    became, why = done(kiosk, pen.order("list", "x", b"\x00\x01"))
    assert became == "refused"
    assert why
    assert kiosk.client.lists("overview")[0]["drafts"] == []


def test_an_opening_stands_in_the_log_of_the_kiosk(kiosk: Kiosk, pen: Pen) -> None:
    opening = {"id": "42", "case": "CA-7", "reason": "Ca bệnh 7", "by": ["Hoa", "Minh"]}
    span = {"since": "2026-11-18", "until": "2026-11-20"}
    assert done(kiosk, pen.say("opening", "42", **opening, **span)) == ("taken", "")
    (entry,) = entries(kiosk, EntryKind.HUB)
    assert entry["opening"] == opening | span
    (kept,) = taken_down(kiosk.house.data, pen.signer.verifier).openings
    assert (kept.case, kept.by) == ("CA-7", ("Hoa", "Minh"))


def test_each_order_is_an_entry_and_the_log_is_whole(kiosk: Kiosk, pen: Pen) -> None:
    taken(kiosk, pen.say("blocked", "all", slips=[]))
    taken(kiosk, pen.say("day", "", day=today(kiosk), fields={"capacity": "9"}))
    taken(kiosk, pen.order("roles", "", b"{}"))
    said = [(entry["number"], entry["part"], entry["done"]) for entry in entries(kiosk, EntryKind.HUB)]
    assert said == [(1, "blocked", "taken"), (2, "day", "taken"), (3, "roles", "refused")]
    assert verify_log(kiosk.house.store.db, kiosk.house.vault.head_seal).fault == ""


def test_a_kiosk_that_joined_no_hub_takes_nothing(pen: Pen, tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "alone") as alone:
        assert done(alone, pen.say("blocked", "all", slips=[])) == ("refused", "this kiosk has joined no hub")
        assert entries(alone, EntryKind.HUB) == []


def test_cards_of_people_are_never_blocked_with_their_slip(kiosk: Kiosk, pen: Pen) -> None:
    _, holder = slip_from(kiosk, 1)
    taken(kiosk, pen.say("blocked", "all", slips=[holder]))
    kiosk.show(card_of(1), "out")
    assert kiosk.show(card_of(1, Kind.ID_CARD))["outcome"] == Outcome.ADMITTED


def test_staff_see_what_was_sent_which_days_are_opened_and_that_a_key_waits(kiosk: Kiosk, pen: Pen) -> None:
    opening = {"id": "42", "case": "CA-7", "reason": "Ca bệnh 7", "by": ["Hoa"]}
    taken(kiosk, pen.say("opening", "42", **opening, since="2026-11-18", until="2026-11-20"))
    taken(kiosk, pen.say("blocked", "all", slips=["slip:" + "0a" * 16]))
    taken(kiosk, pen.order("<b>roles</b>", "<script>", b""))
    page = kiosk.get("/orders").read().decode()
    for said in ("CA-7", "18/11/2026 – 20/11/2026", "Hoa", "Ca bệnh 7", "Phiếu bị khóa", "không nhận"):
        assert said in page
    assert "<script>" not in page.partition("</head>")[2].replace("<script src", "")
    assert "/orders" in kiosk.get("/").read().decode()


def test_a_kiosk_without_a_hub_does_not_speak_of_one(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "alone") as alone:
        assert "/orders" not in alone.get("/").read().decode()
        assert alone.get("/orders").status == 200
