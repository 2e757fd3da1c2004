"""Number, place in line and wait come with the check-in; a ticket goes through all stages and ends with its visit."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest
from conftest import OpenSite, Site
from faults import faults_of

from kiosk.cli import main
from kiosk.config import GateSettings
from kiosk.config.queueing import CounterSettings, ServiceSettings, StageSettings
from kiosk.devices import clock
from kiosk.queue import Counters
from kiosk.rules import invented
from kiosk.rules.entries import Entry
from kiosk.rules.invented import InventedPerson
from kiosk.rules.model import Direction, Kind, Outcome, Reason
from kiosk.rules.queueing import Act, QueueTicket, Refusal, State, Wish
from kiosk.store import schema, spool
from kiosk.store.queue import QueueTables

STAGES = (
    StageSettings("reception", "Đón tiếp"),
    StageSettings("inject", "Tiêm"),
    StageSettings("observe", "Theo dõi", observe_s=1800),
)
COUNTERS = (
    CounterSettings("r1", "Quầy 1", ("reception",)),
    CounterSettings("i1", "Bàn tiêm 1", ("inject",)),
    CounterSettings("i2", "Bàn tiêm 2", ("inject",)),
)
LINES = (ServiceSettings("new", "Tiêm mới", "reception", "A"), ServiceSettings("again", "Tiêm nhắc", "reception", "B"))


class Day:
    """A site with counters, at which people come, are called and leave."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.counters = Counters(site.house.settings.plan())

    def come(self, number: int, time: str, gate: str = "in") -> Any:
        """Invented person *number* shows the ID card."""
        return self.site.show(card(number), gate, time)

    def act(self, act: Act, counter: str, time: str, **wish: Any) -> Entry | Refusal:
        """Somebody at *counter* does it."""
        return self.counters.act(self.site.house.store, Wish(act, counter, **wish), clock.stated(self.site.ms(time)))

    def called(self, counter: str, time: str) -> str:
        """The number that is called next."""
        entry = self.act(Act.CALL, counter, time)
        assert isinstance(entry, Entry)
        return str(self.ticket(entry.body["ticket"])) if entry.body else ""

    def ticket(self, visit: int | None) -> QueueTicket:
        """The ticket of that visit."""
        ticket = QueueTables(self.site.house.store.db).ticket(visit or 0)
        assert ticket is not None
        return ticket


def card(number: int) -> bytes:
    return invented.codes(invented.person(number))[Kind.ID_CARD]


def adults() -> list[int]:
    """Invented people who are of no age that gives priority, on a day of 2026."""
    return [number for number in range(60) if 1955 < born(invented.person(number)) < 2015]


def born(somebody: InventedPerson) -> int:
    return int(somebody.person.birth[:4])


ANH, BINH, CHI, DUNG, *OTHERS = adults()


@pytest.fixture
def day(open_site: OpenSite) -> Day:
    return Day(open_site(stages=STAGES, counters=COUNTERS))


def test_a_number_comes_with_its_service_the_people_in_front_and_a_place_in_line(day: Day) -> None:
    first, second = day.come(ANH, "08:00"), day.come(BINH, "08:01")
    assert (str(first.ticket), first.queued.service, first.queued.ahead) == ("A001", "Đón tiếp", 0)
    assert (str(second.ticket), second.queued.ahead) == ("A002", 1)
    assert day.ticket(second.sequence).state is State.WAITING
    assert faults_of(day.site.house) == []


def test_the_ticket_says_who_is_served_and_how_many_are_in_front(day: Day) -> None:
    day.come(ANH, "08:00")
    day.called("r1", "08:01")
    day.come(BINH, "08:02")
    with closing(schema.connect(day.site.house.database)) as db:
        spool.mark_printed(db, 1)
        job = spool.next_job(db)
    assert job is not None
    assert (job.ticket.number, job.ticket.service, job.ticket.people_ahead) == ("A002", "Đón tiếp", 0)
    assert (job.ticket.serving, job.ticket.wait_min) == ("A001", None)


def test_of_two_lines_the_shorter_one_is_given_each_with_numbers_of_its_own(open_site: OpenSite) -> None:
    counters = (CounterSettings("1", "Quầy 1", ("new",)), CounterSettings("2", "Quầy 2", ("again",)))
    day = Day(open_site(stages=STAGES[:1], services=LINES, counters=counters))
    assert [str(day.come(who, "08:00").ticket) for who in (ANH, BINH, CHI)] == ["A001", "B001", "A002"]
    assert day.called("2", "08:01") == "B001"
    assert str(day.come(DUNG, "08:02").ticket) == "B002"
    assert faults_of(day.site.house) == []


def test_the_wait_is_told_once_the_day_has_taught_it(day: Day) -> None:
    for number in OTHERS[:10]:
        day.come(number, "08:00")
    assert day.come(ANH, "08:00").queued.wait_min is None
    for minute in range(0, 25, 5):
        day.called("r1", f"08:{10 + minute}")
    day.site.door.tempos.learn(QueueTables(day.site.house.store.db), day.site.ms("08:33"))
    scan = day.come(BINH, "08:33")
    shortest, longest = scan.queued.wait_min
    assert scan.queued.ahead == 6
    assert shortest <= 6 * 5 <= longest
    assert f"chờ khoảng {shortest}–{longest} phút" in scan.announcement(paper_form=True).vi


def test_who_comes_by_age_alone_has_priority_and_no_reason_is_kept(day: Day) -> None:
    old = next(number for number in range(500) if born(invented.person(number)) < 1950)
    day.come(ANH, "08:00")
    day.come(BINH, "08:00")
    scan = day.come(old, "08:01")
    assert scan.queued.ahead == 0
    assert day.called("r1", "08:02") == str(scan.ticket)
    (entry,) = day.site.reader.events_after(scan.sequence - 1, 1)
    assert entry.body is not None
    assert entry.body["queue"] == {"ahead": 0, "final": False, "priority": True}


def test_one_ticket_follows_a_person_through_all_stages(day: Day) -> None:
    scan = day.come(ANH, "08:00")
    assert day.called("r1", "08:05") == "A001"
    day.act(Act.FINISH, "r1", "08:08")
    assert (day.ticket(scan.sequence).service, day.ticket(scan.sequence).state) == ("inject", State.WAITING)
    assert day.called("i2", "08:10") == "A001"
    day.act(Act.FINISH, "i2", "08:15")
    ticket = day.ticket(scan.sequence)
    assert (ticket.state, ticket.remaining_ms(day.site.ms("08:25"))) == (State.OBSERVING, 20 * 60_000)
    assert day.come(ANH, "08:50", "out").decision.reason is Reason.GOODBYE
    assert day.ticket(scan.sequence).state is State.DONE
    assert faults_of(day.site.house) == []


def test_leaving_before_observation_is_over_is_reminded_of_and_never_blocked(day: Day) -> None:
    scan = day.come(ANH, "08:00")
    for counter in ("r1", "i1"):
        day.called(counter, "08:05")
        day.act(Act.FINISH, counter, "08:10")
    left = day.come(ANH, "08:30", "out")
    assert (left.decision.outcome, left.decision.reason) == (Outcome.LET_OUT, Reason.GOODBYE_EARLY)
    assert "Theo dõi đến 08:40." in left.announcement(paper_form=True).vi
    assert day.ticket(scan.sequence).state is State.LEFT


def test_after_observation_the_house_sends_people_on_where_a_stage_follows(open_site: OpenSite) -> None:
    stages = (*STAGES, StageSettings("exit", "Ra về"))
    day = Day(open_site(stages=stages, counters=(*COUNTERS, CounterSettings("e1", "Quầy ra", ("exit",)))))
    scan = day.come(ANH, "08:00")
    for counter in ("r1", "i1"):
        day.called(counter, "08:05")
        day.act(Act.FINISH, counter, "08:10")
    finished = [
        day.counters.finish_observed(day.site.house.store, clock.stated(day.site.ms(at))) for at in ("08:39", "08:41")
    ]
    assert finished == [0, 1]
    assert (day.ticket(scan.sequence).service, day.ticket(scan.sequence).state) == ("exit", State.WAITING)
    assert day.called("e1", "08:42") == "A001"


def test_a_restart_loses_no_place_in_line_and_no_call(open_site: OpenSite) -> None:
    day = Day(open_site(stages=STAGES, counters=COUNTERS))
    for number in (ANH, BINH, CHI):
        day.come(number, "08:00")
    assert day.called("r1", "08:01") == "A001"
    again = Day(open_site(at="08:02", stages=STAGES, counters=COUNTERS))
    here = QueueTables(again.site.house.store.db).at_counter("r1")
    assert str(here) == "A001"
    assert again.called("r1", "08:03") == "A002"
    assert str(again.come(DUNG, "08:04").ticket) == "A004"


def test_a_full_line_gives_a_place_outside_and_lets_in_once_somebody_is_called(open_site: OpenSite) -> None:
    lines = (ServiceSettings("reception", "Đón tiếp", "reception", waiting_limit=2),)
    day = Day(open_site(stages=STAGES, services=lines, counters=COUNTERS))
    day.come(ANH, "08:00")
    day.come(BINH, "08:00")
    outside = [day.come(who, "08:01") for who in (CHI, DUNG)]
    assert [(scan.decision.outcome, scan.decision.place) for scan in outside] == [
        (Outcome.WAITING, 1),
        (Outcome.WAITING, 2),
    ]
    day.called("r1", "08:02")
    assert day.come(DUNG, "08:03").decision.outcome is Outcome.WAITING, "CHI waits before DUNG"
    assert str(day.come(CHI, "08:04").ticket) == "A003"


def test_outside_opening_hours_people_come_in_with_a_slip_and_without_a_number(open_site: OpenSite) -> None:
    lines = (ServiceSettings("reception", "Đón tiếp", "reception", opens="07:30", closes="11:00"),)
    day = Day(open_site(stages=STAGES, services=lines, counters=COUNTERS))
    scan = day.come(ANH, "11:00")
    assert (scan.decision.outcome, scan.ticket) == (Outcome.ADMITTED, None)
    assert scan.announcement(paper_form=True).vi == "Xin mời vào. Ngoài giờ phát số: xin hỏi nhân viên."
    job = spool.next_job(day.site.house.store.db)
    assert job is not None
    slip = job.ticket.slip_code.encode()
    assert (job.ticket.number, day.site.show(slip, "out", "12:00").decision.reason) == ("", Reason.GOODBYE)


def test_who_came_before_the_opening_gets_a_number_from_staff(open_site: OpenSite) -> None:
    lines = (ServiceSettings("reception", "Đón tiếp", "reception", opens="07:30"),)
    day = Day(open_site(at="06:00", stages=STAGES, services=lines, counters=COUNTERS))
    early = day.come(ANH, "07:00")
    assert day.site.door.reprint(early.sequence, clock.stated(day.site.ms("07:10"))) == ""
    assert str(day.come(BINH, "07:31").ticket) == "A001"
    assert day.site.door.reprint(early.sequence, clock.stated(day.site.ms("07:32"))) == "A002"
    with closing(schema.connect(day.site.house.database)) as db:
        query = "SELECT number, ticket FROM spool WHERE visit = ? ORDER BY id"
        papers = db.execute(query, (early.sequence,)).fetchall()
    told = [(number, "copy" in json.loads(ticket)) for number, ticket in papers]
    assert told == [("", False), ("", True), ("A002", False)]
    ticket = day.ticket(early.sequence)
    assert (str(ticket), ticket.state, ticket.ahead) == ("A002", State.WAITING, 1)
    assert [row.ticket for row in day.site.reader.inside()] == ["A001", "A002"]
    assert [day.called("r1", "07:35"), day.called("r1", "07:36")] == ["A001", "A002"]
    assert faults_of(day.site.house) == []


def test_a_kiosk_cut_off_from_the_queues_owner_gives_its_gates_own_series(open_site: OpenSite) -> None:
    gates = (
        GateSettings("in", "Cổng A", Direction.IN, series="G"),
        GateSettings("side", "Cổng B", Direction.IN, series="H"),
    )
    day = Day(open_site(gates=gates, queue={"owner": "kiosk-main"}, stages=STAGES, counters=COUNTERS))
    numbers = [str(day.come(who, "08:00", gate).ticket) for who, gate in ((ANH, "in"), (BINH, "side"), (CHI, "in"))]
    assert numbers == ["G001", "H001", "G002"]


def test_no_act_of_a_counter_leaves_a_name_in_the_log(day: Day) -> None:
    day.come(ANH, "08:00")
    day.called("r1", "08:05")
    entry = day.act(Act.RECALL, "r1", "08:06", by="N.T.H.")
    assert isinstance(entry, Entry)
    assert entry.body is not None
    assert set(entry.body) == {"v", "act", "counter", "by", "ticket", "moves", "desk"}
    assert entry.body["by"] == "N.T.H."


def test_undo_at_a_counter_puts_everything_back(day: Day) -> None:
    scan = day.come(ANH, "08:00")
    before = day.ticket(scan.sequence)
    day.called("r1", "08:05")
    undone = day.act(Act.UNDO, "r1", "08:06")
    assert isinstance(undone, Entry)
    assert day.ticket(scan.sequence) == before
    assert QueueTables(day.site.house.store.db).turns(0) == []
    assert faults_of(day.site.house) == []


def test_a_ticket_dies_with_its_visit_at_the_turn_of_the_day(day: Day) -> None:
    scan = day.come(ANH, "08:00")
    day.site.door.keep_house(clock.stated(day.site.ms("2026-11-21T04:00")))
    assert day.ticket(scan.sequence).state is State.LEFT
    assert day.act(Act.CALL, "r1", "2026-11-21T08:00") is Refusal.NOBODY_WAITING
    assert str(day.come(BINH, "2026-11-21T08:01").ticket) == "A001"
    assert faults_of(day.site.house) == []


def test_the_command_line_tells_where_each_ticket_stands(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (ANH, BINH):
        day.come(number, "08:00")
    day.called("r1", "08:05")
    assert main(["--data", str(day.site.house.data), "tickets", "--json", "--since", "2026-11-20"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["ticket"], one["state"], one["now_at"], one["counter"]) for one in told] == [
        ("A001", "called", "reception", "r1"),
        ("A002", "waiting", "reception", ""),
    ]
