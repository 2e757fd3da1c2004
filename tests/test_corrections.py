"""What staff may put right, what it comes to, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from correction_story import EIGHT_MS, Day, name_of

from kiosk.rules.corrections import SENTENCES, Act, Refusal, possible
from kiosk.rules.entries import EntryKind
from kiosk.rules.presence import Counts
from kiosk.rules.queueing import State


def counts(day: Day) -> Counts:
    return replace(day.presence.counts[day.key_id], number=0)


def test_a_forgotten_exit_gets_the_time_that_staff_state() -> None:
    day = Day()
    visit = day.comes("an")
    day.at(90).correct(Act.EXIT, visit, minute=30)
    assert day.stay(visit) == (0, 30)
    assert counts(day) == Counts(entered=1, left=1)


def test_an_inferred_exit_gets_its_true_time() -> None:
    day = Day()
    visit = day.comes("an")
    day.at(60).infer(visit)
    day.at(90).correct(Act.EXIT, visit, minute=70)
    assert day.stay(visit) == (0, 70)
    assert counts(day) == Counts(entered=1, left=1)


def test_the_minute_of_the_entry_is_a_time_to_leave_though_it_began_before() -> None:
    day = Day()
    day.at_ms += 20_000
    visit = day.comes("an")
    day.at(5)
    assert not isinstance(day.correct(Act.EXIT, visit, minute=0), Refusal)
    assert day.presence.visits[visit].left_ms == EIGHT_MS + 20_000


@pytest.mark.parametrize("minute", [-1, 31])
def test_nobody_left_before_they_came_or_later_than_now(minute: int) -> None:
    day = Day()
    visit = day.comes("an")
    assert day.at(30).correct(Act.EXIT, visit, minute=minute) is Refusal.NOT_IN_TIME


def test_who_is_still_here_is_inside_again_and_stands_in_line_where_they_stood() -> None:
    day = Day()
    first, second = day.comes("an", ticket=1), day.comes("binh", ticket=2)
    day.at(10).goes("an", first)
    assert day.queue.line("a", priority=False) == day.ticket(second)
    day.at(12).correct(Act.STILL_HERE, first)
    assert day.stay(first) == (0, None)
    assert day.queue.line("a", priority=False) == day.ticket(first)
    assert counts(day) == Counts(inside=2, entered=2)


def test_who_came_back_meanwhile_is_not_inside_twice() -> None:
    day = Day()
    first = day.comes("an")
    day.at(10).goes("an", first)
    day.at(20).comes("an")
    assert day.at(30).correct(Act.STILL_HERE, first) is Refusal.OVERLAPS


def test_an_exit_without_an_entry_was_an_entry() -> None:
    day = Day()
    visit = day.goes("an")
    day.at(5).correct(Act.CAME_IN, visit)
    assert (day.stay(visit), day.presence.visits[visit].gate_in) == ((0, None), "out")
    assert counts(day) == Counts(inside=1, entered=1)


def test_an_entry_was_the_exit_of_the_visit_before() -> None:
    day = Day()
    first = day.comes("an")
    day.at(60).infer(first)
    second = day.comes("an", ticket=2)
    day.at(70).correct(Act.WENT_OUT, second, first)
    assert (day.stay(first), day.stay(second)) == ((0, 60), None)
    assert day.leads_to(name_of("an")) == first
    assert counts(day) == Counts(entered=1, left=1)
    assert day.queue.waiting("a") == 0


def test_an_entry_was_an_exit_of_nobody_knows_whom() -> None:
    day = Day()
    visit = day.comes("an")
    day.at(5).correct(Act.WENT_OUT, visit)
    assert day.stay(visit) == (None, 0)
    assert counts(day) == Counts(unmatched=1)


def test_who_was_never_here_is_no_visit_leaves_the_line_and_is_known_by_the_visit_before() -> None:
    day = Day()
    first = day.comes("an")
    day.at(10).goes("an", first)
    wrong = day.at(20).comes("an", ticket=1)
    day.correct(Act.NEVER_HERE, wrong)
    assert day.stay(wrong) is None
    assert day.leads_to(name_of("an")) == first
    assert day.queue.waiting("a") == 0
    assert counts(day) == Counts(entered=1, left=1)


def test_who_was_never_here_at_all_is_not_known() -> None:
    day = Day()
    wrong = day.comes("an", also=[name_of("slip").hex()])
    day.correct(Act.NEVER_HERE, wrong)
    assert [day.leads_to(name_of(code)) for code in ("an", "slip")] == [0, 0]


def test_an_entry_by_one_code_and_an_exit_by_another_become_one_visit() -> None:
    day = Day()
    came, went = day.comes("an"), day.at(40).goes("an too")
    day.at(50).correct(Act.LINK, went, came)
    assert (day.stay(came), day.stay(went)) == ((0, 40), None)
    assert day.leads_to(name_of("an too")) == came
    assert counts(day) == Counts(entered=1, left=1)


def test_of_two_who_are_one_the_ticket_that_is_farther_on_its_way_stays() -> None:
    day = Day()
    first, second = day.comes("an", ticket=1), day.at(5).comes("an too", ticket=2)
    day.calls("1", second)
    day.at(10).correct(Act.LINK, first, second)
    assert (day.stay(first), day.stay(second)) == (None, (0, None))
    assert [ticket.id for ticket in day.queue.tickets.values() if ticket.closed_ms is None] == [second]
    assert counts(day) == Counts(inside=1, entered=1)


def test_two_halves_of_a_stay_become_one_however_the_first_ended() -> None:
    day = Day()
    first = day.comes("an")
    day.at(10).goes("an", first)
    second = day.at(20).comes("an")
    day.at(30).correct(Act.LINK, first, second)
    assert day.stay(first) == (0, None)


def test_an_exit_before_the_entry_is_not_joined_to_it() -> None:
    day = Day()
    went, came = day.goes("an too"), day.at(10).comes("an")
    assert day.at(20).correct(Act.LINK, came, went) is Refusal.NOT_IN_TIME


def test_an_exit_that_was_not_theirs_is_a_visit_of_its_own_with_the_code_that_made_it() -> None:
    day = Day()
    visit = day.comes("an", ticket=1)
    day.at(10).goes("namesake", visit, link="likely")
    made = day.at(20).correct(Act.UNLINK, visit)
    assert isinstance(made, int)
    assert (day.stay(visit), day.stay(made)) == ((0, None), (None, 10))
    assert (day.leads_to(name_of("namesake")), day.leads_to(name_of("an"))) == (made, visit)
    assert day.queue.waiting("a") == 1
    assert counts(day) == Counts(inside=1, entered=1, unmatched=1)


def test_an_exit_was_that_of_another() -> None:
    day = Day()
    an, namesake = day.comes("an"), day.at(2).comes("namesake")
    day.at(10).goes("slip of the other", an, link="likely")
    day.at(20).correct(Act.EXIT_OF_OTHER, an, namesake)
    assert (day.stay(an), day.stay(namesake)) == ((0, None), (2, 10))
    assert day.leads_to(name_of("slip of the other")) == namesake


def test_past_closing_nobody_is_made_inside_but_an_exit_that_was_another_s_leaves_an_inferred_one() -> None:
    day = Day(closed_min=100)
    first, second = day.comes("an"), day.at(5).comes("binh")
    day.at(50).goes("an", first)
    day.at(110).infer(second)
    assert day.correct(Act.STILL_HERE, first) is Refusal.CLOSED
    day.correct(Act.EXIT_OF_OTHER, first, second)
    assert (day.stay(first), day.stay(second)) == ((0, 100), (5, 50))
    assert day.presence.visits[first].exit_inferred


def test_a_reason_is_asked_for() -> None:
    day = Day()
    assert day.correct(Act.EXIT, day.comes("an"), why="") is Refusal.NO_WHY


def test_what_another_day_recorded_is_not_corrected() -> None:
    day = Day()
    visit = day.comes("an")
    day.key_id = bytes([1, *bytes(15)])
    assert day.correct(Act.EXIT, visit) is Refusal.NO_VISIT
    assert possible(day.presence.visits[visit], day, day.now) == []


def open_and_gone(day: Day) -> tuple[int, int]:
    here, gone = day.comes("an", ticket=1), day.at(1).comes("binh", ticket=2)
    day.at(10).goes("binh", gone)
    return here, gone


REFUSED: list[tuple[Callable[[Day], int | Refusal], Refusal]] = [
    (lambda day: day.correct(Act.EXIT, 99), Refusal.NO_VISIT),
    (lambda day: day.correct(Act.EXIT, open_and_gone(day)[1]), Refusal.LEFT),
    (lambda day: day.correct(Act.EXIT, day.goes("an")), Refusal.NO_ENTRY),
    (lambda day: day.correct(Act.STILL_HERE, open_and_gone(day)[0]), Refusal.INSIDE),
    (lambda day: day.correct(Act.STILL_HERE, day.goes("an")), Refusal.NO_ENTRY),
    (lambda day: day.correct(Act.CAME_IN, open_and_gone(day)[0]), Refusal.HAS_ENTRY),
    (lambda day: day.correct(Act.WENT_OUT, open_and_gone(day)[1]), Refusal.LEFT),
    (lambda day: day.correct(Act.WENT_OUT, *open_and_gone(day)), Refusal.OTHER_LEFT),
    (lambda day: day.correct(Act.WENT_OUT, day.goes("an")), Refusal.NO_ENTRY),
    (lambda day: day.correct(Act.LINK, open_and_gone(day)[0]), Refusal.NO_OTHER),
    (lambda day: day.correct(Act.LINK, open_and_gone(day)[0], 1), Refusal.NO_OTHER),
    (lambda day: day.correct(Act.LINK, day.goes("an"), day.goes("binh")), Refusal.NO_ENTRY),
    (lambda day: day.correct(Act.UNLINK, open_and_gone(day)[0]), Refusal.INSIDE),
    (lambda day: day.correct(Act.UNLINK, day.goes("an")), Refusal.NO_ENTRY),
    (lambda day: day.correct(Act.EXIT_OF_OTHER, open_and_gone(day)[1], 99), Refusal.NO_OTHER),
    (lambda day: day.undo(day.comes("an")), Refusal.NOTHING_TO_UNDO),
]


@pytest.mark.parametrize(("ask", "refusal"), REFUSED)
def test_what_makes_no_sense_is_refused_and_recorded_nowhere(
    ask: Callable[[Day], int | Refusal], refusal: Refusal
) -> None:
    day = Day()
    assert ask(day) is refusal
    assert EntryKind.CORRECTION not in [entry.header.kind for entry in day.entries]


def test_every_refusal_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Refusal)


def test_a_ticket_that_was_served_to_the_end_is_done_when_its_holder_is_found_to_have_left() -> None:
    day = Day()
    visit = day.comes("an", ticket=1)
    move = {"ticket": visit, "state": ["waiting", "done"]}
    day.record(EntryKind.CALL, {"act": "finish", "counter": "1", "ticket": visit, "moves": [move], "desk": {}})
    day.at(10).correct(Act.EXIT, visit)
    ticket = day.queue.tickets[visit]
    assert (ticket.state, ticket.closed_ms) == (State.DONE, day.at_ms)
