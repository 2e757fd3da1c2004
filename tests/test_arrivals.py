"""Arrivals per quarter hour: every passage is counted once, and who is inside follows from them."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import pairwise

from conftest import Site
from hypothesis import given
from hypothesis import strategies as st

from kiosk.devices import clock
from kiosk.retention import turn_if_due
from kiosk.rules import invented
from kiosk.rules.arrivals import QUARTER_MS, Quarter, Stays, per_gate, per_quarter_hour
from kiosk.rules.model import Kind
from kiosk.store import days
from kiosk.store.days import KeySpan

times = st.integers(0, 700).map(lambda minutes: minutes * 60_000)
visits = st.builds(
    lambda came, stayed, inferred, seen: Stays(
        came if seen else None, None if stayed is None and seen else came + (stayed or 0), inferred and seen
    ),
    times,
    st.none() | times,
    st.booleans(),
    st.booleans(),
)


def card(person: int) -> bytes:
    return invented.codes(invented.person(person))[Kind.ID_CARD]


@given(st.lists(visits))
def test_every_passage_is_in_one_quarter_hour_and_who_has_not_left_is_inside(stays: list[Stays]) -> None:
    quarters = per_quarter_hour(stays)
    assert sum(quarter.came for quarter in quarters) == sum(some.came_ms is not None for some in stays)
    assert sum(quarter.went for quarter in quarters) == sum(
        some.left_ms is not None and not some.inferred for some in stays
    )
    still = sum(some.left_ms is None for some in stays)
    assert [quarter.inside for quarter in quarters[-1:]] == [still] * bool(stays)
    assert all(quarter.inside >= 0 for quarter in quarters)


@given(st.lists(visits, min_size=1))
def test_quarter_hours_follow_each_other_without_a_gap(stays: list[Stays]) -> None:
    began = [quarter.began_ms for quarter in per_quarter_hour(stays)]
    assert began == list(range(began[0], began[-1] + 1, QUARTER_MS))


@given(st.lists(visits))
def test_visits_counted_together_say_the_same_as_one_by_one(stays: list[Stays]) -> None:
    doubled = [Stays(some.came_ms, some.left_ms, some.inferred, 2) for some in stays]
    assert per_quarter_hour(doubled) == per_quarter_hour([*stays, *stays])


@given(st.lists(visits))
def test_by_gate_there_are_as_many_passages_as_by_quarter_hour(stays: list[Stays]) -> None:
    gates = per_gate([replace(some, gate_in=f"{number % 3}", gate_out="0") for number, some in enumerate(stays)])
    quarters = per_quarter_hour(stays)
    assert sum(came for came, _ in gates.values()) == sum(quarter.came for quarter in quarters)
    assert sum(went for _, went in gates.values()) == sum(quarter.went for quarter in quarters)
    assert all(came or went for came, went in gates.values())


def test_an_exit_that_nobody_saw_is_no_passage_but_ends_the_stay() -> None:
    assert per_quarter_hour([Stays(0, 10 * QUARTER_MS, inferred=True)])[-1] == Quarter(10 * QUARTER_MS, 0, 0, 0, 1)


def test_a_clock_that_was_wrong_by_years_makes_no_long_list() -> None:
    assert len(per_quarter_hour([Stays(0, None), Stays(1_800_000_000_000, None)])) == 2


def spans(site: Site) -> list[KeySpan]:
    return site.reader.ask(days.key_spans)


def test_the_day_of_a_site_is_counted_from_its_log(site: Site) -> None:
    for person, came in enumerate(("08:01", "08:14", "08:15")):
        site.show(card(person), "in", came)
    site.show(card(0), "out", "08:40")
    (span,) = spans(site)
    quarters = per_quarter_hour(site.reader.ask(partial(days.stays, span=span)))
    zone = site.house.settings.zone
    told = [
        (f"{datetime.fromtimestamp(one.began_ms / 1000, zone):%H:%M}", one.came, one.went, one.inside)
        for one in quarters
    ]
    assert told == [("08:00", 2, 0, 2), ("08:15", 1, 0, 3), ("08:30", 0, 1, 2)]


def test_each_day_key_has_its_own_span_and_the_newest_is_first(site: Site) -> None:
    for day in (21, 22, 23):
        for person in range(day - 20):
            site.show(card(person), "in", f"2026-11-{day - 1}T08:00")
        turn_if_due(
            site.house.store, site.house.vault, site.house.settings, clock.stated(site.ms(f"2026-11-{day}T07:00"))
        )
    found = spans(site)
    came = [sum(some.count for some in site.reader.ask(partial(days.stays, span=span))) for span in found]
    assert came == [0, 3, 2, 1]
    assert all(later.first == earlier.last + 1 for later, earlier in pairwise(found))
    assert found[0].last == site.reader.last_sequence()


def test_ten_thousand_visits_are_counted_while_a_page_is_made(site: Site) -> None:
    site.show(card(1), "in", "07:05")
    columns = "key_id, classes, kind, shown, gate_in, entered_ms, gate_out, left_ms, exit_inferred, link"
    marks = "(SELECT key_id FROM head), 1, 'cccd', randomblob(200), 'in', ?, 'out', ?, 0, ''"
    came = [(site.ms("07:05") + 3_000 * number, site.ms("07:45") + 3_000 * number) for number in range(10_000)]
    with site.house.store.writing(None) as writing:
        writing.db.executemany(f"INSERT INTO visit ({columns}) VALUES ({marks})", came)
    span = KeySpan(b"", 1, 20_000, kept=True)
    started = time.process_time()
    quarters = per_quarter_hour(site.reader.ask(partial(days.stays, span=span)))
    assert time.process_time() - started < 0.25
    assert sum(quarter.came for quarter in quarters) == 10_001
