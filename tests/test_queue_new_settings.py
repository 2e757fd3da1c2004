"""Settings change while people stand in line: counters, services, stages and series go; nobody is lost by it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import OpenSite
from queue_story import Story, one_stage, six_stages

from kiosk.config.queueing import CounterSettings, ServiceSettings
from kiosk.devices import clock
from kiosk.queue import Counters
from kiosk.rules import invented
from kiosk.rules.announcing import Call
from kiosk.rules.model import Kind
from kiosk.rules.queueing import Act, Counter, Plan, Refusal, Service, Stage, State, Wish
from kiosk.web.counter_lines import CounterLines
from kiosk.web.lines import Lines
from kiosk.web.queue_lines import QueueLines


def without_counter(plan: Plan, counter: str) -> Plan:
    return replace(plan, counters=tuple(each for each in plan.counters if each.id != counter))


def renamed(plan: Plan, old: str, new: str) -> Plan:
    """The plan with another id for a service."""
    services = tuple(replace(each, id=new) if each.id == old else each for each in plan.services)
    counters = tuple(
        replace(each, services=tuple(new if service == old else service for service in each.services))
        for each in plan.counters
    )
    return replace(plan, services=services, counters=counters)


@pytest.mark.parametrize("act", [Act.CALL, Act.TRANSFER, Act.FINISH, Act.PRIORITY])
def test_who_stood_at_a_counter_that_is_no_more_can_be_taken_by_another(act: Act) -> None:
    story = Story(six_stages())
    story.people(1)
    story.call("q00")
    story.plan = without_counter(story.plan, "q00")
    assert not isinstance(story.act(act, "q01", 1, service="v1"), Refusal)


def test_who_was_called_to_a_counter_that_is_no_more_is_called_to_another() -> None:
    story = Story(one_stage())
    story.people(2)
    story.call("q1")
    story.plan = without_counter(story.plan, "q1")
    story.act(Act.CALL, "q2", 1)
    assert (story.ticket(1).state, story.ticket(1).counter) == (State.CALLED, "q2")
    assert story.queue.at_counter("q1") is None
    story.call("q2")
    assert [ticket.state for ticket in story.queue.tickets.values()] == [State.DONE, State.CALLED]


@pytest.mark.parametrize("act", [Act.CALL, Act.FINISH])
def test_who_waits_for_a_service_that_is_no_more_does_not_leave_without_the_next_stage(act: Act) -> None:
    story = Story(six_stages())
    story.people(2)
    story.plan = renamed(story.plan, "v0", "welcome")
    story.act(Act.CALL, "q00", 1)
    assert story.act(act, "q00") is Refusal.SERVICE_GONE
    story.act(Act.FINISH, "q00", service="v1")
    assert (story.ticket(1).state, story.ticket(1).service) == (State.WAITING, "v1")


def test_nobody_goes_on_to_a_line_for_which_no_counter_calls() -> None:
    plan = six_stages()
    unmanned = Service("v1-closed", "Khai báo 2", "s1")
    story = Story(replace(plan, services=(*plan.services, unmanned)))
    story.people(3)
    story.calls("q00", 4)
    assert [ticket.service for ticket in story.queue.tickets.values()] == ["v1"] * 3


def test_nobody_gets_a_number_of_a_line_for_which_no_counter_calls() -> None:
    services = (Service("a", "Tiêm mới", ""), Service("b", "Tiêm nhắc", "", "B"))
    story = Story(Plan((Stage("", "Tiêm"),), services, (Counter("q", "Quầy", ("b",)),)))
    story.people(3)
    assert [str(ticket) for ticket in story.queue.tickets.values()] == ["B001", "B002", "B003"]


def test_a_number_of_a_roll_is_not_taken_back_from_two() -> None:
    story = Story(one_stage())
    story.people(2)
    story.call("q1")
    story.call("q2")
    story.act(Act.NUMBER, "q1", number="R 5")
    story.act(Act.NUMBER, "q1", number="R 6")
    story.act(Act.NUMBER, "q2", number="R 5")
    assert story.act(Act.UNDO, "q1") is Refusal.NUMBER_TAKEN


def test_services_that_exchange_their_series_give_no_number_twice() -> None:
    services = (Service("a", "Tiêm mới", "", "A"), Service("b", "Tiêm nhắc", "", "B"))
    story = Story(Plan((Stage("", "Tiêm"),), services))
    story.people(4)
    exchanged = (replace(services[0], series="B"), replace(services[1], series="A"))
    story.plan = replace(story.plan, services=exchanged)
    story.people(4)
    numbers = [str(ticket) for ticket in story.queue.tickets.values()]
    assert sorted(numbers) == [f"{series}{number:03d}" for series in "AB" for number in (1, 2, 3, 4)]


def test_a_roll_has_not_the_series_of_a_gate() -> None:
    story = Story(one_stage(gate_series=("G",)))
    story.people(1)
    story.call("q1")
    assert story.act(Act.NUMBER, "q1", number="g 5") is Refusal.NUMBER_TAKEN


def test_where_the_first_stage_has_no_counter_numbers_are_for_the_first_that_has() -> None:
    story = Story(six_stages((0, 2, 3, 4, 0, 1)))
    story.people(1)
    assert (story.ticket(1).service, story.call("q10")) == ("v1", 1)


def test_whom_no_counter_would_call_any_more_every_counter_sees(open_site: OpenSite) -> None:
    counters = (CounterSettings("1", "Quầy 1"), CounterSettings("2", "Quầy 2"))
    before = open_site(services=(ServiceSettings("old", "Cũ"),), counters=counters)
    for person in range(3):
        before.show(invented.codes(invented.person(person))[Kind.ID_CARD], "in", "08:00")
    at = clock.stated(before.ms("08:05"))
    Counters(before.house.settings.plan()).act(before.house.store, Wish(Act.CALL, "1"), at)
    after = open_site(services=(ServiceSettings("new", "Mới"),), counters=counters[1:])
    settings = after.house.settings
    lines, queue = Lines(after.reader, after.house.vault, settings), QueueLines(after.reader, settings)
    state = CounterLines(after.reader, lines, queue).counter("2")
    assert state is not None
    assert [(one.ticket, one.state) for one in state.others] == [
        ("A001", "called"),
        ("A002", "waiting"),
        ("A003", "waiting"),
    ]
    called: list[Call] = []
    staff = Counters(settings.plan(), called.append)
    staff.act(after.house.store, Wish(Act.CALL, "2", state.others[0].id), at)
    assert [(str(call.ticket), call.name) for call in called] == [("A001", "Quầy 2")]


def test_a_gate_with_a_series_of_its_own_gives_no_number_twice_to_two_lines(open_site: OpenSite) -> None:
    lines = (ServiceSettings("new", "Tiêm mới"), ServiceSettings("again", "Tiêm nhắc", series="B"))
    site = open_site(services=lines, queue={"owner": "kiosk-main"})
    cards = (invented.codes(invented.person(person))[Kind.ID_CARD] for person in range(4))
    numbers = [site.show(card, "in", "08:00").ticket for card in cards]
    assert [(one.service, str(one)) for one in numbers if one] == [
        ("new", "G001"),
        ("again", "G002"),
        ("new", "G003"),
        ("again", "G004"),
    ]
