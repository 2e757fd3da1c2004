"""A correction is taken back exactly, as long as nothing else has touched what it changed."""

from __future__ import annotations

from correction_story import Day

from kiosk.rules.corrections import Act, Refusal


def test_undo_puts_back_all_that_stood_before_a_call_at_a_counter_too() -> None:
    day = Day()
    visit = day.comes("an", ticket=1)
    day.calls("1", visit)
    before = day.state()
    done = day.at(10).correct(Act.EXIT, visit)
    assert isinstance(done, int)
    assert day.at_counter("1") is None
    day.undo(done)
    assert day.state() == before
    assert day.at_counter("1") == day.ticket(visit)


def test_what_somebody_else_has_touched_since_is_not_undone() -> None:
    day = Day()
    visit = day.comes("an")
    day.at(10).goes("an", visit)
    done = day.at(20).correct(Act.STILL_HERE, visit)
    assert isinstance(done, int)
    day.at(30).goes("an", visit)
    assert day.undo(done) is Refusal.CHANGED_SINCE


def test_a_call_to_a_counter_is_not_put_back_where_another_is_there() -> None:
    day = Day()
    first, second = day.comes("an", ticket=1), day.comes("binh", ticket=2)
    day.calls("1", first)
    done = day.correct(Act.EXIT, first)
    assert isinstance(done, int)
    day.calls("1", second)
    assert day.undo(done) is Refusal.CHANGED_SINCE


def test_corrections_are_undone_from_the_last_to_the_first() -> None:
    day = Day()
    visit = day.comes("an")
    one, before = day.at(10).correct(Act.EXIT, visit), day.state()
    two = day.at(20).correct(Act.STILL_HERE, visit)
    assert isinstance(one, int)
    assert isinstance(two, int)
    assert day.undo(one) is Refusal.CHANGED_SINCE
    day.undo(two)
    assert day.state() == before
    day.undo(one)
    assert day.stay(visit) == (0, None)
