"""What staff put right is one entry, on disk; and the door answers by it whoever comes next."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import Any

import pytest
from conftest import OpenSite, Site
from running import card_of
from terminal import Terminal
from test_companions import attach
from test_unrecorded import fill_database, make_room

from kiosk.config.queueing import CounterSettings
from kiosk.correcting import correct
from kiosk.correction_desk import LONGEST_WHY, CorrectionDesk
from kiosk.devices import clock
from kiosk.door_socket import RequestError
from kiosk.rules import invented
from kiosk.rules.corrections import Act, Refusal, Wish
from kiosk.rules.entries import Entry, EntryKind
from kiosk.rules.model import Kind, Outcome, Reason
from kiosk.store.checking import project_again
from kiosk.store.queue import QueueTables


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    return open_site(counters=(CounterSettings("1", "Quầy 1"),))


def put_right(site: Site, act: Act, time: str, *visits: int, at: str = "", undoes: int = 0) -> Entry | Refusal:
    """Staff put it right at *time*."""
    visit, other = (*visits, 0, 0)[:2]
    at_ms = site.ms(at) if at else None
    wish = Wish(act, visit, other, at_ms, undoes, by="Lan", why="Quét nhầm")
    return correct(site.house.store, site.house.settings, wish, clock.stated(site.ms(time)))


def desk(site: Site) -> Any:
    """The door's answer to a request for a correction."""
    house = site.house
    asked = CorrectionDesk(house.settings, lambda: nullcontext(house.store), site.door.make_room).handlers()["correct"]
    return lambda **message: asked(message, b"")[0]


def comes(site: Site, person: int, time: str, gate: str = "in") -> int:
    sequence = site.show(card_of(person), gate, time).sequence
    assert sequence
    return sequence


def test_the_entry_says_who_when_and_why(site: Site) -> None:
    visit = comes(site, 1, "08:00")
    entry = put_right(site, Act.EXIT, "10:00", visit, at="09:30")
    assert isinstance(entry, Entry)
    (stored,) = site.reader.events_after(visit, 10)
    assert stored.header.kind == EntryKind.CORRECTION
    assert stored.header.at_ms == site.ms("10:00")
    assert {name: (stored.body or {})[name] for name in ("act", "visit", "by", "why")} == {
        "act": "exit",
        "visit": visit,
        "by": "Lan",
        "why": "Quét nhầm",
    }


def test_the_command_line_marks_it_and_says_who_and_why(site: Site) -> None:
    visit = comes(site, 1, "08:00")
    put_right(site, Act.EXIT, "10:00", visit, at="09:30")
    kiosk = Terminal(site.house.data)
    assert "(corrected)" in kiosk("visits").stdout
    assert [line["corrected"] for line in kiosk.lines("visits", "--json")] == [True]
    assert "exit Lan Quét nhầm" in kiosk("log").stdout


def test_who_was_let_go_by_staff_comes_in_anew_at_a_two_way_gate(site: Site) -> None:
    visit = comes(site, 1, "08:00", "both")
    put_right(site, Act.EXIT, "10:00", visit, at="09:00")
    scan = site.show(card_of(1), "both", "10:01")
    assert (scan.decision.outcome, scan.decision.reason) == (Outcome.ADMITTED, Reason.WELCOME)
    assert site.reader.occupancy().inside == 1


def test_who_is_still_here_leaves_by_their_next_scan(site: Site) -> None:
    visit = comes(site, 1, "08:00", "both")
    comes(site, 1, "09:00", "both")
    put_right(site, Act.STILL_HERE, "09:05", visit)
    scan = site.show(card_of(1), "both", "10:00")
    assert (scan.decision.reason, scan.decision.closes) == (Reason.GOODBYE, visit)


def test_who_was_never_here_is_welcome_as_somebody_new(site: Site) -> None:
    visit = comes(site, 1, "08:00", "both")
    put_right(site, Act.NEVER_HERE, "08:00:30", visit)
    scan = site.show(card_of(1), "both", "08:01")
    assert scan.decision.reason is Reason.WELCOME
    assert [row.id for row in site.reader.inside()] == [scan.sequence]


def test_two_visits_that_were_joined_are_left_by_either_code(site: Site) -> None:
    codes = invented.codes(invented.person(1))
    by_card = site.show(codes[Kind.ID_CARD], "in", "08:00").sequence or 0
    by_insurance = site.show(codes[Kind.INSURANCE], "in", "08:05").sequence or 0
    put_right(site, Act.LINK, "08:10", by_card, by_insurance)
    assert site.reader.occupancy().inside == 1
    scan = site.show(codes[Kind.INSURANCE], "out", "09:00")
    assert (scan.decision.reason, scan.decision.closes) == (Reason.GOODBYE, by_card)
    assert site.show(codes[Kind.ID_CARD], "out", "09:30").decision.reason is not Reason.GOODBYE


def test_whose_exit_was_another_s_is_still_expected_at_the_exit(site: Site) -> None:
    an, binh = comes(site, 1, "08:00"), comes(site, 2, "08:01")
    comes(site, 1, "09:00", "out")
    put_right(site, Act.EXIT_OF_OTHER, "09:00:20", an, binh)
    assert site.show(card_of(2), "out", "09:00:40").decision.reason is Reason.ALREADY_OUT
    assert site.show(card_of(1), "out", "10:00").decision.closes == an


def test_a_reopened_visit_stands_in_line_again_and_one_that_was_none_does_not(site: Site) -> None:
    first, second = comes(site, 1, "08:00"), comes(site, 2, "08:01")
    comes(site, 1, "08:30", "out")
    put_right(site, Act.STILL_HERE, "08:31", first)
    put_right(site, Act.NEVER_HERE, "08:32", second)
    queue = QueueTables(site.house.store.db)
    assert [ticket.id for ticket in queue.standing(queue.ticket(first).service, 10)] == [first]  # type: ignore[union-attr]
    assert not any(project_again(site.house.store.db).values())


def test_a_companion_who_was_struck_out_does_not_hide_the_next(site: Site) -> None:
    visit = comes(site, 1, "08:00")
    first, second = (attach(site, visit, time).sequence or 0 for time in ("08:01", "08:02"))
    put_right(site, Act.NEVER_HERE, "08:06", first)
    third = attach(site, visit, "08:07").sequence
    comes(site, 1, "09:00", "out")
    assert [row.id for row in site.reader.arrivals() if row.exit_inferred] == [third, second]


def test_undo_gives_the_door_back_what_it_knew(site: Site) -> None:
    visit = comes(site, 1, "08:00", "both")
    entry = put_right(site, Act.NEVER_HERE, "08:10", visit)
    assert isinstance(entry, Entry)
    assert isinstance(put_right(site, Act.UNDO, "08:11", undoes=entry.sequence), Entry)
    assert site.show(card_of(1), "both", "09:00").decision.closes == visit


def test_a_visit_put_back_and_then_erased_leaves_no_row_in_a_rebuild(site: Site) -> None:
    visit = comes(site, 1, "08:00")
    entry = put_right(site, Act.NEVER_HERE, "08:10", visit)
    assert isinstance(entry, Entry)
    put_right(site, Act.UNDO, "08:11", undoes=entry.sequence)
    db = site.house.store.db
    db.execute("UPDATE entry SET salt = NULL, body = NULL WHERE sequence <= ?", (visit,))
    for table in ("visit", "queue_ticket"):
        db.execute(f"DELETE FROM {table} WHERE id <= ?", (visit,))
    differing = project_again(db)
    assert (differing["visit"], differing["queue_ticket"]) == (0, 0)


def test_the_door_answers_a_request_with_the_entry_or_with_a_sentence(site: Site) -> None:
    visit = site.show(card_of(1), "in", "08:00").sequence
    asked = desk(site)
    told = asked(act="exit", visit=visit, by="Lan", why="Quên quét khi ra")
    assert told["visits"] == [visit]
    assert asked(act="exit", visit=visit, by="Lan", why="Quên quét khi ra")["refused"]["reason"] == Refusal.LEFT
    assert "seq" in asked(act="undo", undoes=told["seq"], by="Lan")


def test_a_reason_is_one_short_clean_line(site: Site) -> None:
    visit = site.show(card_of(1), "in", "08:00").sequence
    told = desk(site)(act="exit", visit=visit, why="=A1\n\x00" + "x" * 500)
    (entry,) = site.reader.events_after(told["seq"] - 1, 1)
    assert (entry.body or {})["why"] == ("A1 " + "x" * 500)[:LONGEST_WHY]


@pytest.mark.parametrize(
    "message",
    [
        {"act": "explode"},
        {"act": []},
        {"act": "exit", "visit": "1"},
        {"act": "exit", "at_ms": "noon"},
        {"act": "undo", "undoes": True},
    ],
)
def test_nonsense_is_answered_with_a_sentence(site: Site, message: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        desk(site)(**message)


def test_on_a_full_disk_corrections_are_recorded_with_the_doors_reserve(site: Site) -> None:
    visits = [comes(site, person, "08:00") for person in range(3)]
    fill_database(site)
    freed = threading.Event()

    def free() -> bool:
        make_room(site)
        freed.set()
        return True

    house = site.house
    asked = CorrectionDesk(house.settings, lambda: nullcontext(house.store), free).handlers()["correct"]
    acts = ["exit", "still_here"] * 300
    for act in acts:
        answer = asked({"act": act, "visit": visits[0], "why": "thử"}, b"")[0]
        assert "seq" in answer
        if freed.is_set():
            break
    assert freed.is_set()
