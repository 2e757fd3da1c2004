"""Settings of the day: what is in force after any changes and undos, and what is not taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.day_settings import (
    GATE,
    LONGEST_TEXT,
    NAMES,
    SENTENCES,
    TEXTS,
    DayChange,
    DayRefusal,
    DaySettings,
    Value,
    as_typed,
    asked_for,
    before_of,
    body_of,
    change_of,
    in_force,
    to_undo,
    values_after,
)
from kiosk.rules.model import Direction

FILE: dict[str, Value] = {
    "capacity": 50,
    "closes": "17:00",
    "closed": False,
    **dict.fromkeys(TEXTS, ""),
    "gate:main": "in",
    "gate:back": "out",
}
NOON, TURN = "12:00", "03:00"

typed = st.fixed_dictionaries(
    {},
    optional={
        "capacity": st.integers(0, 100_000).map(str),
        "closes": st.sampled_from(["", "12:01", "17:00", "23:59", "00:30", "02:59"]),
        "closed": st.sampled_from(["yes", "no"]),
        "gate:main": st.sampled_from(list(Direction)).map(str),
        "gate:back": st.sampled_from(list(Direction)).map(str),
        **dict.fromkeys(TEXTS, st.text("aăâ ", max_size=LONGEST_TEXT)),
    },
)


class Day:
    """The changes of a day, as the story appends them."""

    def __init__(self) -> None:
        self.changes: list[DayChange] = []

    def ask(self, asked: dict[str, str]) -> DayRefusal | None:
        after = asked_for(asked, FILE, self.changes, NOON, TURN)
        if isinstance(after, DayRefusal):
            return after
        self._append(before_of(self.changes, after), after)
        return None

    def undo(self) -> bool:
        last = to_undo(self.changes)
        if last:
            self._append(last.after, last.before, last.sequence)
        return last is not None

    def _append(self, before: object, after: object, undoes: int | None = None) -> None:
        sequence = 10 + len(self.changes)
        body = body_of("Lan", before, after, undoes)  # type: ignore[arg-type]  # through the body, as the log keeps it
        self.changes.append(change_of(sequence, 0, body))


def taken(*asked: dict[str, str]) -> DaySettings:
    day = Day()
    assert [day.ask(each) for each in asked] == [None] * len(asked)
    return in_force(day.changes)


def refused(asked: dict[str, str], now: str = NOON) -> object:
    return asked_for(asked, FILE, [], now, TURN)


def test_a_day_without_changes_is_the_file_s() -> None:
    assert in_force([]) == DaySettings()
    assert to_undo([]) is None


def test_each_field_is_in_force_once_it_is_typed() -> None:
    day = taken(
        {"capacity": "80", "gate:main": "out"}, {"closed": "yes", "closed_vi": "Hết vắc xin."}, {"closes": "19:30"}
    )
    assert day == DaySettings(80, "19:30", closed=True, closed_vi="Hết vắc xin.", directions={"main": Direction.OUT})


def test_what_equals_the_file_is_the_file_s_again() -> None:
    assert taken({"capacity": "80"}, {"capacity": "50"}) == DaySettings()


def test_no_limit_and_no_closing_time_are_settings_too() -> None:
    assert taken({"capacity": "0", "closes": ""}) == DaySettings(capacity=0, closes="")


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"capacity": "-1"}, DayRefusal.CAPACITY),
        ({"capacity": ""}, DayRefusal.CAPACITY),
        ({"capacity": "100001"}, DayRefusal.CAPACITY),
        ({"capacity": "٣"}, DayRefusal.CAPACITY),
        ({"closes": "25:00"}, DayRefusal.CLOSES),
        ({"closes": "7:30"}, DayRefusal.CLOSES),
        ({"closes": "11:59"}, DayRefusal.CLOSES_PAST),
        ({"closes": "12:00"}, DayRefusal.CLOSES_PAST),
        ({"closes": "03:00"}, DayRefusal.CLOSES_PAST),
        ({"gate:main": "up"}, DayRefusal.DIRECTION),
        ({"message_vi": "a" * (LONGEST_TEXT + 1)}, DayRefusal.TOO_LONG),
        ({"capacity": "50", "closes": "17:00", "closed": "no"}, DayRefusal.NOTHING),
        ({}, DayRefusal.NOTHING),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(asked: dict[str, str], refusal: DayRefusal) -> None:
    assert refused(asked) is refusal
    assert all(SENTENCES[refusal])


def test_after_closing_a_form_that_still_has_the_closing_time_is_taken() -> None:
    assert refused({"closes": "17:00", "message_vi": "Mai mở cửa."}, now="18:00") == {"message_vi": "Mai mở cửa."}


def test_after_midnight_the_day_goes_on_until_its_key_turns() -> None:
    assert refused({"closes": "02:30"}, now="23:00") == {"closes": "02:30"}
    assert refused({"closes": "23:30"}, now="00:10") is DayRefusal.CLOSES_PAST


def test_a_sentence_is_one_harmless_line() -> None:
    assert taken({"message_vi": "Xin  chờ\n\u202eở sân"}).message_vi == "Xin chờ ở sân"


def test_every_refusal_has_its_sentences() -> None:
    assert set(SENTENCES) == set(DayRefusal)


@given(st.lists(typed | st.none(), max_size=30))
def test_undo_goes_back_step_by_step_whatever_was_done(steps: list[dict[str, str] | None]) -> None:
    day, states = Day(), [dict(FILE)]
    for asked in steps:
        if asked is None:
            assert day.undo() == (len(states) > 1)
            states = states[:-1] or states
        elif day.ask(asked) is None:
            states.append({**FILE, **values_after(day.changes)})
            assert all(as_typed(states[-1][name]) == " ".join(text.split()) for name, text in asked.items())
        assert {**FILE, **values_after(day.changes)} == states[-1]


@given(st.lists(typed, max_size=10))
def test_undone_as_often_as_changed_the_day_is_the_file_s(steps: list[dict[str, str]]) -> None:
    day = Day()
    changed = sum(day.ask(asked) is None for asked in steps)
    assert [day.undo() for _ in range(changed + 1)] == [True] * changed + [False]
    assert in_force(day.changes) == DaySettings()


@given(st.dictionaries(st.sampled_from([*NAMES, GATE + "main"]), st.text(max_size=150)))
def test_whatever_is_typed_is_taken_or_refused(asked: dict[str, str]) -> None:
    after = asked_for(asked, FILE, [], NOON, TURN)
    assert isinstance(after, DayRefusal) or in_force([change_of(1, 0, body_of("Lan", before_of([], after), after))])
