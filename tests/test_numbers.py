"""A day in numbers: the same as counted one by one from its log, in whatever parts, and small enough to keep."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules import numbers
from kiosk.rules.arrivals import QUARTER_MS, Flow, Stays
from kiosk.rules.entries import encode
from kiosk.rules.model import Kind
from kiosk.rules.numbers import FEWEST_OF_A_KIND, OTHER, Numbers, Waited, Waits, as_table, from_table

MINUTE_MS = 60_000
HOURS = st.integers(0, 14 * 60).map(lambda minutes: minutes * MINUTE_MS)
STAYS = st.builds(
    lambda came, stayed, inferred, seen, gates, kind, classes, corrected: Stays(
        came if seen else None,
        None if stayed is None and seen else came + (stayed or 0),
        inferred and seen and stayed is not None,
        1,
        gates[0] if seen else "",
        "" if stayed is None or (inferred and seen) else gates[1],
        kind,
        classes,
        corrected,
    ),
    HOURS,
    st.none() | HOURS,
    st.booleans(),
    st.booleans(),
    st.tuples(st.sampled_from(["A", "B"]), st.sampled_from(["A", "C"])),
    st.sampled_from([Kind.ID_CARD, Kind.SLIP, Kind.TYPED, Kind.DCC, Kind.NZCP]),
    st.sampled_from([0, 1, 2, 4, 5, 16, 64, 128]),
    st.booleans(),
)
RANGES = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: (min(pair), max(pair)))
WAITED = st.builds(Waited, st.sampled_from(["screen", "inject"]), HOURS, st.none() | RANGES)


@given(st.lists(STAYS), st.lists(WAITED))
def test_it_says_what_counting_one_by_one_says(stays: list[Stays], waited: list[Waited]) -> None:
    found = numbers.count(stays, waited)
    came = [one for one in stays if one.came_ms is not None]
    assert found.flow == Flow(
        came=len(came),
        went=len([one for one in stays if one.left_ms is not None and not one.inferred]),
        inferred=len([one for one in stays if one.inferred]),
        unmatched=len(stays) - len(came),
    )
    assert found.kinds == Counter(one.kind for one in came)
    assert sum(found.kinds.values()) == sum(gate.came for gate in found.gates.values()) == len(came)
    numbered = [one for one in came if one.classes & 131 or (one.classes == 0 and one.kind in ("cccd", "typed"))]
    assert found.with_id == len(numbered)
    assert found.corrected == len([one for one in stays if one.corrected])
    for service in ("screen", "inject"):
        own = [one for one in waited if one.service == service]
        told = [(one.wait_ms / MINUTE_MS, *one.told_min) for one in own if one.told_min]
        waits = found.waits.get(service, Waits())
        assert (waits.count, waits.told) == (len(own), len(told))
        assert waits.as_told == len([1 for wait, from_min, to_min in told if from_min <= wait <= to_min])
        assert waits.sooner == len([1 for wait, from_min, _ in told if wait < from_min])


@given(st.lists(STAYS))
def test_who_is_inside_is_who_has_come_and_not_left(stays: list[Stays]) -> None:
    for quarter in numbers.count(stays, []).quarters:
        end_ms = quarter.began_ms + QUARTER_MS
        inside = [one for one in stays if one.came_ms is not None and one.came_ms < end_ms]
        assert quarter.inside == len([one for one in inside if one.left_ms is None or one.left_ms >= end_ms])


@given(st.lists(st.tuples(STAYS, st.integers(0, 2))), st.lists(st.tuples(WAITED, st.integers(0, 2))))
def test_the_parts_of_a_day_add_up_in_any_order(
    stays: list[tuple[Stays, int]], waited: list[tuple[Waited, int]]
) -> None:
    parts = [
        numbers.count(
            [one for one, of in stays if of == part], [one for one, of in waited if of == part], capacity=part
        )
        for part in range(3)
    ]
    whole = numbers.count([one for one, _ in stays], [one for one, _ in waited], capacity=2)
    assert sum(parts, Numbers()) == sum(reversed(parts), Numbers()) == whole


@given(st.lists(STAYS), st.lists(WAITED), st.integers(0, 9))
def test_its_table_is_the_same_for_the_same_day_and_loses_nothing(
    stays: list[Stays], waited: list[Waited], unrecorded: int
) -> None:
    found = numbers.count(stays, waited, unrecorded=unrecorded, capacity=300)
    table = encode(as_table(found))
    assert from_table(json.loads(table)) == found
    assert encode(as_table(numbers.count(stays[::-1], waited[::-1], unrecorded=unrecorded, capacity=300))) == table


def test_a_table_of_a_newer_program_is_not_guessed_at() -> None:
    assert from_table(as_table(Numbers()) | {"version": numbers.VERSION + 1}) is None


def a_busy_day() -> Numbers:
    """10,000 people through four gates in fourteen hours, six services with long waits, every kind of code."""
    gates, kinds = [f"gate-{number}" for number in range(4)], list(Kind)
    stays = [
        Stays(5_000 * n, 5_000 * n + 2_400_000, n % 50 == 0, 1, gates[n % 4], gates[n % 3], kinds[n % len(kinds)])
        for n in range(10_000)
    ]
    waited = [Waited(f"service-{n % 6}", (n * 7_919) % (200 * MINUTE_MS), (10, 25)) for n in range(30_000)]
    return numbers.count(stays, waited, capacity=300)


def test_a_busy_day_keeps_four_kilobytes() -> None:
    assert len(encode(as_table(a_busy_day()))) <= 4096


@given(st.dictionaries(st.sampled_from([*Kind]), st.integers(1, 12)))
def test_a_rare_kind_of_code_does_not_stand_alone(kinds: dict[str, int]) -> None:
    kept = numbers.without_rare_kinds(Numbers(kinds=kinds)).kinds
    assert sum(kept.values()) == sum(kinds.values())
    assert all(number >= FEWEST_OF_A_KIND for kind, number in kept.items() if kind != OTHER)
    assert {kind: number for kind, number in kinds.items() if number >= FEWEST_OF_A_KIND}.items() <= kept.items()


@given(st.lists(st.integers(0, 29), min_size=1))
def test_half_of_the_people_were_called_within_the_median(minutes: Sequence[int]) -> None:
    found = numbers.count([], [Waited("", minute * MINUTE_MS) for minute in minutes]).all_waits
    assert found.within(0.5) == statistics.median_low(minutes)
    assert found.within(1) == max(minutes)


@pytest.mark.parametrize(("wait", "told"), [(29, 29), (31, 30), (59, 55), (119, 105), (1441, 1440)])
def test_long_waits_are_kept_in_coarser_steps(wait: int, told: int) -> None:
    assert numbers.count([], [Waited("", wait * MINUTE_MS)]).all_waits.minutes == {told: 1}


def test_the_busiest_quarter_hour_is_the_first_of_equals_and_an_empty_day_has_none() -> None:
    stays = [Stays(QUARTER_MS * 4, None, count=3), Stays(QUARTER_MS * 6, None, count=3)]
    found = numbers.count(stays, [])
    assert found.busiest and found.busiest.began_ms == QUARTER_MS * 4
    assert found.fullest and (found.fullest.began_ms, found.fullest.inside) == (QUARTER_MS * 6, 6)
    assert (Numbers().busiest, Numbers().fullest, Numbers().all_waits.within(0.5)) == (None, None, 0)
