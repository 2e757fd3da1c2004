"""Numbers: without gaps from 1, per service, day and series; which the door gives, and what people type."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from queue_story import MINUTE_MS, MORNING_MS, Story, one_stage

from kiosk.rules.queueing import (
    Act,
    Plan,
    Refusal,
    Reset,
    Service,
    Stage,
    entrance,
    has_priority_by_age,
    read_number,
)


def test_the_morning_and_the_afternoon_have_numbers_of_their_own_where_the_site_says_so() -> None:
    plan = one_stage()
    plan = replace(plan, services=(replace(plan.services[0], reset=Reset.NOON),))
    story = Story(plan)
    story.people(2)
    story.at_ms += 5 * 60 * MINUTE_MS
    story.people(1)
    assert [str(ticket) for ticket in story.queue.tickets.values()] == ["A001", "A002", "A001"]
    assert [ticket.id for ticket in story.queue.numbered("A", 1)] == [3, 1]


def test_numbers_begin_at_one_with_a_new_day_and_only_then() -> None:
    story = Story(one_stage())
    story.people(2)
    story.close()
    story.people(1)
    story.turn_key()
    story.people(1)
    assert [str(ticket) for ticket in story.queue.tickets.values()] == ["A001", "A002", "A003", "A001"]


def test_the_door_gives_the_shortest_open_line_below_its_limit() -> None:
    services = (
        Service("a", "A", "first", "A", opens="07:00", closes="08:00"),
        Service("b", "B", "first", "B", waiting_limit=2),
    )
    story = Story(Plan((Stage("first", "Đón tiếp"),), services, (), one_stage().zone))
    story.people(4)
    assert [ticket.service for ticket in story.queue.tickets.values()] == ["a", "b", "a", "b"]
    assert [story.arrive(), story.ticket(5).service] == [5, "a"]
    story.at_ms += 30 * MINUTE_MS
    assert story.arrive() is Refusal.FULL


def test_a_site_without_services_or_out_of_hours_gives_no_numbers() -> None:
    plan = one_stage()
    closed = replace(plan, services=(replace(plan.services[0], opens="13:00"),))
    assert {entrance(each, Story(each).queue, MORNING_MS) for each in (Plan(), closed)} == {Refusal.CLOSED}


def test_a_number_from_a_roll_takes_the_place_of_the_printed_one() -> None:
    story = Story(one_stage())
    story.people(2)
    story.act(Act.NUMBER, "", 1, number="r 17")
    assert str(story.ticket(1)) == "R017"
    assert story.act(Act.NUMBER, "", 2, number="R017") is Refusal.NUMBER_TAKEN
    assert story.act(Act.NUMBER, "", 2, number="A050") is Refusal.NUMBER_TAKEN  # the kiosk's own series


TYPED = {"A001": ("A", 1), " a 1 ": ("A", 1), "đ-12": ("Đ", 12), "17": ("", 17), "A": None, "1A": None, "": None}


@pytest.mark.parametrize(("text", "number"), TYPED.items())
def test_a_number_is_read_as_people_type_it(text: str, number: tuple[str, int] | None) -> None:
    assert read_number(text) == number


AGES = {
    "1951-11-21": True,
    "1951-11-22": False,
    "1951": True,
    "1952": False,
    "2020-11-22": True,
    "2020-11-21": False,
    "2020": True,
    "2019": False,
    "1985-03-02": False,
    "": False,
    "****-03-02": False,
    "2027": False,
}


@pytest.mark.parametrize(("birth", "priority"), AGES.items())
def test_the_very_young_and_the_old_have_priority_by_law(birth: str, *, priority: bool) -> None:
    assert has_priority_by_age(birth, date(2026, 11, 21)) is priority
