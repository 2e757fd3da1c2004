"""Staggered invitations: organisations come together, in order, and no quarter hour is asked for more than it takes."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.invitations import MINUTES, Group, Invitations, stagger

names = st.integers(1, 30).map(lambda number: f"Đơn vị {number:02d}")
organisations = st.dictionaries(names, st.integers(1, 90)).map(lambda each: [Group(*one) for one in each.items()])
crowds = st.tuples(organisations, st.integers(0, 200)).map(
    lambda both: [*both[0], Group("", both[1])] if both[1] else both[0]
)
rates = st.integers(1, 40)
START, END = "07:30", "11:20"
QUARTERS = 15  # whole quarter hours from START to END


def minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def quarters(group: Group) -> range:
    """The quarter hours of *group*, counted from START."""
    since, until = (minute(at) - minute(START) for at in (group.since, group.until))
    assert since % MINUTES == until % MINUTES == 0
    return range(since // MINUTES, until // MINUTES)


@given(crowds, rates)
def test_everybody_has_a_time_or_is_told_that_there_is_none(groups: list[Group], rate: int) -> None:
    found = stagger(groups, START, END, rate)
    counted: Counter[str] = Counter()
    for group in (*found.invited, *found.beyond):
        counted[group.unit] += group.people
    assert counted == Counter({group.unit: group.people for group in groups})


@given(crowds, rates)
def test_no_quarter_hour_is_asked_for_more_than_it_takes(groups: list[Group], rate: int) -> None:
    invited = stagger(groups, START, END, rate).invited
    assert all(0 <= quarter < QUARTERS for group in invited for quarter in quarters(group))
    for first in range(QUARTERS):
        for last in range(first, QUARTERS):
            within = [group for group in invited if first <= quarters(group)[0] and quarters(group)[-1] <= last]
            assert sum(group.people for group in within) <= rate * (last - first + 1)


@given(organisations, rates)
def test_organisations_come_together_and_in_their_order(groups: list[Group], rate: int) -> None:
    invited = stagger(groups, START, END, rate).invited
    order = [group.unit for group in groups]
    assert [group.unit for group in invited] == sorted((group.unit for group in invited), key=order.index)
    assert all(len(quarters(group)) == -(-group.people // rate) for group in invited)


@given(st.integers(0, 2_000), rates)
def test_of_people_without_an_organisation_as_many_are_invited_as_there_is_room(people: int, rate: int) -> None:
    found = stagger([Group("", people)] if people else [], START, END, rate)
    assert found.people_beyond == max(0, people - rate * QUARTERS)


def test_a_small_organisation_does_not_begin_in_what_is_left_of_a_quarter_hour_unless_it_fits() -> None:
    groups = [Group("A", 15), Group("B", 10), Group("C", 10), Group("D", 45)]
    assert stagger(groups, "08:00", "", 20).invited == (
        Group("A", 15, "08:00", "08:15"),
        Group("B", 10, "08:15", "08:30"),
        Group("C", 10, "08:15", "08:30"),
        Group("D", 45, "08:30", "09:15"),
    )


def test_who_does_not_fit_in_before_the_end_makes_room_for_who_does() -> None:
    found = stagger([Group("A", 100), Group("B", 20)], "08:00", "08:30", 20)
    assert found == Invitations((Group("B", 20, "08:00", "08:15"),), (Group("A", 100),))


def test_a_time_that_the_list_gives_is_kept() -> None:
    listed = Group("A", 30, "07:00", "08:00")
    assert stagger([Group("B", 5), listed], "08:00", "09:00", 10).invited == (listed, Group("B", 5, "08:00", "08:15"))


@pytest.mark.parametrize(("start", "rate"), [("", 20), ("08:00", 0)])
def test_without_a_start_or_a_rate_people_are_invited_without_times(start: str, rate: int) -> None:
    assert stagger([Group("B", 5), Group("A", 5)], start, "", rate) == Invitations((Group("B", 5), Group("A", 5)))
