"""Whatever the clocks of a kiosk did, its records keep their order, and the truth lies where it is said to."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from clock_histories import WALLS_MS
from clock_story import Machine, Story
from conftest import settings_with
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.house import House, open_house
from kiosk.rules.model import ClockState, Moment
from kiosk.times import Times

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.floats(0, 30)),
        st.tuples(st.just("jump"), st.sampled_from(WALLS_MS)),
        st.tuples(st.just("set"), st.just(0)),
        st.tuples(st.just("restart"), st.floats(0, 30)),
        st.tuples(st.sampled_from(["in", "out"]), st.integers(0, 3)),
    ),
    max_size=16,
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.sampled_from(WALLS_MS), STEPS)
def test_whatever_the_clocks_did_the_truth_lies_within_what_is_said(
    wall_ms: int, steps: list[tuple[str, float]]
) -> None:
    with tempfile.TemporaryDirectory() as data, ExitStack() as houses:
        tables = settings_with(site={"closes": "17:00"}, door={"quiet_s": 0.0})

        def house(moment: Moment) -> House:
            houses.close()
            return houses.enter_context(open_house(tables, Path(data), demo=True, now=moment))

        story, truth = Story(Machine(wall_ms), house), dict[int, int]()
        for what, value in steps:
            if what in ("in", "out"):
                sequence = story.show(int(value), what).sequence
                truth |= {sequence: story.machine.now_ms} if sequence else {}
            else:
                _happen(story, what, value)
            story.look()
        entries = story.reader.events_after(0, 9999)
        times = Times(story.reader, believed=False).of(entries)
        for entry, time in zip(entries, times, strict=True):
            true_ms = truth.get(entry.sequence, time.at_ms)
            assert time.earliest_ms is None or time.earliest_ms <= true_ms
            assert time.latest_ms is None or true_ms <= time.latest_ms
        assert [time.at_ms for time in times] == sorted(time.at_ms for time in times)
        assert story.is_whole()


def _happen(story: Story, what: str, value: float) -> None:
    machine = story.machine
    if what == "run":
        machine.run(value)
    elif what == "set":
        machine.set()
    elif what == "jump" and machine.state is ClockState.UNKNOWN:
        machine.jump(round(value))
    elif what == "restart":
        machine.restart(value, machine.now_ms + machine.ahead_ms)
        story.begin()
