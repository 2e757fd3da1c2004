"""The queue at its counters: who is called, who waits, who comes back, and what is taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from queue_story import MINUTE_MS, MORNING_MS, Story, one_stage, six_stages

from kiosk.rules.queueing import (
    ENDS,
    SENTENCES,
    Act,
    Refusal,
    Service,
    State,
    queue_of,
)
from kiosk.rules.queueing.plan import Counter, Stage


def states(story: Story) -> list[State]:
    return [ticket.state for ticket in story.queue.tickets.values()]


def test_people_are_called_in_the_order_in_which_they_came() -> None:
    story = Story(one_stage())
    came = story.people(4)
    assert [*story.calls("q1", 2), *story.calls("q2", 2)] == came


def test_the_next_call_finishes_who_is_at_the_counter() -> None:
    story = Story(one_stage())
    story.people(2)
    story.calls("q1", 2)
    assert states(story) == [State.DONE, State.CALLED]


def test_when_nobody_waits_the_button_only_finishes() -> None:
    story = Story(one_stage())
    story.people(1)
    assert story.calls("q1", 3) == [1, 1, Refusal.NOBODY_WAITING]
    assert states(story) == [State.DONE]


def test_a_button_pressed_on_two_tablets_acts_once() -> None:
    story = Story(one_stage())
    story.people(2)
    seen = story.queue.desk("q1").last
    story.act(Act.CALL, "q1", seen=seen)
    assert story.act(Act.CALL, "q1", seen=seen) is Refusal.CHANGED_SINCE


def test_a_given_number_is_called_out_of_turn() -> None:
    story = Story(one_stage())
    came = story.people(3)
    story.act(Act.CALL, "q1", came[2])
    assert story.ticket(came[2]).counter == "q1"


def test_who_is_at_another_counter_cannot_be_called_held_or_transferred() -> None:
    story = Story(one_stage())
    story.people(1)
    story.call("q1")
    refused = [story.act(act, "q2", 1, service="a") for act in (Act.CALL, Act.TRANSFER, Act.FINISH, Act.PRIORITY)]
    assert refused == [Refusal.ELSEWHERE] * 4
    assert story.act(Act.HOLD, "q2", 1) is Refusal.NOT_HERE


def test_who_waits_for_another_service_is_not_called_by_mistake() -> None:
    story = Story(six_stages())
    story.people(1)
    assert story.act(Act.CALL, "q30", 1) is Refusal.OTHER_SERVICE


def test_somebody_held_keeps_their_place() -> None:
    story = Story(one_stage())
    came = story.people(3)
    story.call("q1")
    story.act(Act.HOLD, "q1")
    assert story.call("q1") == came[1]
    story.act(Act.RELEASE, "q1", came[0])
    assert story.call("q1") == came[0]


def test_a_transfer_keeps_the_waiting_time() -> None:
    plan = one_stage()
    plan = replace(plan, services=(*plan.services, Service("b", "Trợ giúp", "first", "B")))
    plan = replace(plan, counters=(*plan.counters, Counter("q3", "Quầy 3", ("b",))))
    story = Story(plan)
    first, later = story.people(2)  # the entrance gives the second the shorter line
    story.people(1)
    assert [story.ticket(first).service, story.ticket(later).service] == ["a", "b"]
    story.at_ms += 20 * MINUTE_MS
    story.call("q1")
    story.act(Act.TRANSFER, "q1", service="b")
    assert (story.call("q3"), story.ticket(first).since_ms) == (first, MORNING_MS)


def test_after_so_many_priority_calls_comes_an_ordinary_one() -> None:
    story = Story(one_stage(ordinary_every=2))
    ordinary, priority = story.people(3), story.people(5, priority=True)
    called = story.calls("q1", 8)
    assert called == [*priority[:2], ordinary[0], *priority[2:4], ordinary[1], priority[4], ordinary[2]]


def test_priority_can_be_given_and_taken_at_a_counter() -> None:
    story = Story(one_stage())
    came = story.people(3)
    story.act(Act.PRIORITY, "q2", came[2])
    assert story.act(Act.PRIORITY, "q2", came[2]) is Refusal.NOTHING_CHANGES
    story.act(Act.PRIORITY, "", came[1])
    story.act(Act.ORDINARY, "", came[1])
    assert story.calls("q1", 2) == [came[2], came[0]]


def test_nobody_is_absent_before_they_were_called_again() -> None:
    story = Story(one_stage(recalls=2))
    story.people(1)
    story.call("q1")
    assert story.act(Act.ABSENT, "q1") is Refusal.RECALL_FIRST
    assert not isinstance(story.mark_absent("q1"), Refusal)


def test_somebody_absent_comes_back_some_places_further_back() -> None:
    story = Story(one_stage(absent_back_by=3))
    came = story.people(6)
    story.call("q1")
    story.mark_absent("q1")
    assert story.calls("q1", 6) == [*came[1:4], came[0], *came[4:]]


def test_absent_again_they_are_out_of_the_line_until_they_show_themselves() -> None:
    story = Story(one_stage(absent_back_by=1, absent_turns=1))
    came = story.people(5)
    story.call("q1")
    story.mark_absent("q1")
    story.calls("q1", 2)
    story.mark_absent("q1")
    assert (story.ticket(came[0]).state, story.call("q1")) == (State.ABSENT, came[2])
    story.act(Act.RELEASE, "", came[0])
    assert story.calls("q1", 2) == [came[3], came[0]]


def test_somebody_absent_with_priority_is_not_called_again_at_once() -> None:
    story = Story(one_stage())
    ordinary, (priority,) = story.people(2), story.people(1, priority=True)
    assert story.call("q1") == priority
    story.mark_absent("q1")
    assert story.calls("q1", 2) == [ordinary[0], priority]


def test_undo_takes_back_one_act_after_another() -> None:
    story = Story(one_stage())
    came = story.people(2)
    story.call("q1")
    story.act(Act.START, "q1")
    story.call("q1")
    story.act(Act.UNDO, "q1")
    assert [story.ticket(visit).state for visit in came] == [State.SERVING, State.WAITING]
    story.act(Act.UNDO, "q1")
    story.act(Act.UNDO, "q1")
    assert states(story) == [State.WAITING, State.WAITING]
    assert story.act(Act.UNDO, "q1") is Refusal.NOTHING_TO_UNDO


def test_undo_is_an_entry_that_names_the_one_undone() -> None:
    story = Story(one_stage())
    story.people(1)
    story.call("q1")
    body = story.act(Act.UNDO, "q1", by="an")
    assert not isinstance(body, Refusal)
    assert (body["undoes"], body["counter"], body["by"], body["ticket"]) == (2, "q1", "an", 1)


def test_what_somebody_else_has_built_upon_is_not_undone() -> None:
    story = Story(six_stages())
    story.people(1)
    story.calls("q00", 2)  # called, finished
    story.call("q10")
    assert story.act(Act.UNDO, "q00") is Refusal.CHANGED_SINCE


def test_nobody_is_brought_back_who_has_gone() -> None:
    story = Story(one_stage())
    story.people(1)
    story.calls("q1", 2)
    story.leave(1)
    assert story.act(Act.UNDO, "q1") is Refusal.CHANGED_SINCE
    assert story.act(Act.CALL, "q1", 1) is Refusal.NO_TICKET


def test_a_finished_person_goes_on_to_the_next_stage() -> None:
    story = Story(six_stages())
    story.people(1)
    went = []
    for counter in ("q00", "q10", "q20", "q30"):
        story.call(counter)
        story.act(Act.FINISH, counter)
        went.append((story.ticket(1).service, story.ticket(1).state))
    waiting = [("v1", State.WAITING), ("v2", State.WAITING), ("v3", State.WAITING)]
    assert went == [*waiting, ("v4", State.OBSERVING)]


def test_a_stage_at_which_nobody_calls_is_passed_over() -> None:
    story = Story(six_stages((1, 0, 0, 1, 0, 0)))
    story.people(1)
    story.calls("q00", 2)
    assert story.ticket(1).service == "v3"


def observed(*, exit_counters: int = 0) -> Story:
    """A story in which person 1 has just been injected."""
    story = Story(six_stages((1, 0, 0, 1, 0, exit_counters)))
    story.people(1)
    story.calls("q00", 2)
    story.calls("q30", 2)
    return story


def test_observation_lasts_as_long_as_the_site_says() -> None:
    story = observed()
    minutes = (0, 10, 30, 31)
    left = [story.ticket(1).remaining_ms(MORNING_MS + minute * MINUTE_MS) for minute in minutes]
    assert left == [30 * MINUTE_MS, 20 * MINUTE_MS, 0, 0]


@pytest.mark.parametrize(("minutes", "end"), [(29, State.LEFT), (30, State.DONE)])
def test_who_leaves_observation_early_is_counted_so_and_never_kept(minutes: int, end: State) -> None:
    story = observed()
    story.at_ms += minutes * MINUTE_MS
    story.leave(1)
    assert story.ticket(1).state is end


def test_after_observation_the_house_sends_people_on() -> None:
    story = observed(exit_counters=1)
    assert not story.ticket(1).final
    story.act(Act.FINISH, "", 1)
    assert (story.call("q50"), story.ticket(1).service) == (1, "v5")


def test_staff_may_end_an_observation_before_its_time() -> None:
    story = observed()
    story.act(Act.FINISH, "q30", 1)
    assert (story.ticket(1).state, story.ticket(1).remaining_ms(story.at_ms)) == (State.DONE, None)


def test_nobody_is_injected_without_a_seat_to_be_observed_on() -> None:
    story = Story(six_stages((1, 0, 0, 2, 0, 0), seats=2))
    story.people(4)
    story.calls("q00", 5)
    assert (story.call("q30"), story.call("q31"), story.call("q30")) == (1, 2, 1)  # the last only finishes
    assert story.call("q30") is Refusal.STAGE_FULL
    story.at_ms += 30 * MINUTE_MS
    story.leave(1)
    assert story.call("q30") == 3


def test_a_full_stage_calls_when_somebody_leaves_it() -> None:
    plan = replace(one_stage(), stages=(Stage("first", "Đón tiếp", capacity=1),))
    story = Story(plan)
    story.people(3)
    assert [story.call("q1"), story.call("q2"), story.call("q1")] == [1, Refusal.STAGE_FULL, 2]


ENDINGS = {
    (): State.LEFT,
    (Act.CALL,): State.DONE,  # at the last stage: who was called and then went out has been there
    (Act.CALL, Act.START): State.DONE,
    (Act.CALL, Act.FINISH): State.DONE,
    (Act.CALL, Act.HOLD): State.LEFT,
    (Act.CALL, Act.ABSENT): State.MISSED,
}


@pytest.mark.parametrize(("acts", "end"), ENDINGS.items(), ids=map(str, ENDINGS))
@pytest.mark.parametrize("by_scan", [True, False], ids=["exit", "closing"])
def test_a_ticket_ends_with_its_visit(acts: tuple[Act, ...], end: State, *, by_scan: bool) -> None:
    story = Story(one_stage(recalls=0, absent_turns=0))
    story.people(1)
    for act in acts:
        story.act(act, "q1")
    story.leave(1) if by_scan else story.close()
    assert (story.ticket(1).state, story.queue.at_counter("q1")) == (end, None)
    assert end in ENDS


def test_a_log_written_under_other_settings_says_the_same() -> None:
    story = Story(six_stages())
    story.people(3)
    story.calls("q00", 3)
    story.plan = one_stage()
    assert queue_of(story.entries) == story.queue


def test_a_ticket_of_a_service_that_is_no_more_can_be_called_by_its_number() -> None:
    story = Story(six_stages())
    story.people(1)
    story.plan = one_stage()
    story.act(Act.CALL, "q1", 1)
    story.act(Act.TRANSFER, "q1", service="a")
    story.calls("q1", 2)
    assert story.ticket(1).state is State.DONE


def test_unknown_counters_services_and_tickets_are_refused() -> None:
    story = Story(one_stage())
    story.people(1)
    story.call("q1")
    refused = [
        story.act(Act.CALL, "q9"),
        story.act(Act.CALL),
        story.act(Act.TRANSFER, "q1", service="z"),
        story.act(Act.FINISH, "q1", service="z"),
        story.act(Act.RELEASE, "q1", 99),
    ]
    counter, service = Refusal.NO_COUNTER, Refusal.NO_SERVICE
    assert refused == [counter, counter, service, service, Refusal.NO_TICKET]


def test_every_refusal_has_a_sentence_in_vietnamese_and_english() -> None:
    assert set(SENTENCES) == set(Refusal)
