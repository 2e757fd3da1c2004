"""Who was present with whom, held against the plainest definition there is: minute by minute."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.contacts import Contact, Question, Stay, Stays, contacts, encounter, of_contacts

LONGEST = 12


@st.composite
def some_stays(draw: st.DrawFn) -> list[Stay]:
    """Few people, places and minutes, so that much meets."""
    made = []
    for _ in range(draw(st.integers(0, 14))):
        came, lasted = draw(st.integers(0, 30)), draw(st.integers(0, LONGEST))
        late, early = draw(st.integers(0, lasted)), draw(st.integers(0, lasted))
        who, place = draw(st.sampled_from("abcdef")), draw(st.sampled_from("XY"))
        made.append(Stay(who, place, came, came + late, came + lasted - early, came + lasted))
    return made


questions = st.builds(Question, least_ms=st.integers(1, 6), tail_ms=st.integers(0, 5), longest_ms=st.just(LONGEST))


def shared(one: range, other: range) -> int:
    return len(set(one) & set(other))


@given(some_stays(), questions)
def test_minute_by_minute_the_same_people_are_found(stays: list[Stay], question: Question) -> None:
    index = [stay for stay in stays if stay.who == "a"]
    expected: dict[object, list[tuple[int, int]]] = {}
    for one in index:
        for other in stays:
            possible = shared(range(one.came_ms, one.went_ms + question.tail_ms), range(other.came_ms, other.went_ms))
            certain = shared(
                range(one.surely_came_ms, one.surely_went_ms + question.tail_ms),
                range(other.surely_came_ms, other.surely_went_ms),
            )
            if other.place == one.place and other.who != "a" and possible >= question.least_ms:
                expected.setdefault(other.who, []).append((possible, certain))
    found = contacts(index, Stays(stays), question)
    assert {who: (c.encounters, c.possible_ms, c.certain_ms) for who, c in found.items()} == {
        who: (len(met), sum(possible for possible, _ in met), sum(certain for _, certain in met))
        for who, met in expected.items()
    }


@given(some_stays(), questions)
def test_the_certain_is_never_more_than_the_possible(stays: list[Stay], question: Question) -> None:
    for contact in contacts([stay for stay in stays if stay.who == "a"], Stays(stays), question).values():
        assert 0 <= contact.certain_ms <= contact.possible_ms
        assert contact.sure_encounters <= contact.encounters
        assert contact.last_ms - contact.first_ms >= question.least_ms


@given(some_stays(), questions)
def test_the_second_order_begins_where_the_first_met(stays: list[Stay], question: Question) -> None:
    index = [stay for stay in stays if stay.who == "a"]
    found = contacts(index, Stays(stays), question)
    theirs = [stay for stay in stays if stay.who in found]
    expected = set()
    for one in theirs:
        begin = max(one.came_ms, found[one.who].first_ms)
        for other in stays:
            minutes = shared(range(begin, one.went_ms + question.tail_ms), range(other.came_ms, other.went_ms))
            if one.went_ms > found[one.who].first_ms and other.place == one.place and minutes >= question.least_ms:
                expected.add(other.who)
    first_ms = {who: met.first_ms for who, met in found.items()}
    assert of_contacts(first_ms, theirs, Stays(stays), question, {"a"}) == expected - set(found) - {"a"}


def test_who_came_into_the_air_that_the_case_left_counts_within_the_tail_only() -> None:
    case, after = Stay("case", "hall", 0, 0, 60, 60), Stay("after", "hall", 70, 70, 130, 130)
    assert encounter(case, after, Question(least_ms=15, tail_ms=30, longest_ms=240)) == Contact(1, 1, 20, 20, 70, 90)
    assert encounter(case, after, Question(least_ms=15, tail_ms=20, longest_ms=240)) is None
    assert encounter(after, case, Question(least_ms=15, tail_ms=30, longest_ms=240)) is None


def test_an_exit_that_nobody_saw_makes_an_encounter_possible_and_not_certain() -> None:
    case = Stay("case", "hall", 0, 0, 60, 60)
    forgot = Stay("forgot", "hall", -30, -30, -30, 210)  # came half an hour before, and was not seen again
    assert encounter(case, forgot, Question(15, 0, 240)) == Contact(1, 0, 60, 0, 0, 60)
