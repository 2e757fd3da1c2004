"""Whatever people and staff did, a hub reads the visits that the log tells of, and times that hold the truth."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lakes import LONGEST_MS
from test_corrections_always import opened
from test_erasing import ALL_STEPS, ErasedHistory

from kiosk.rules.presence import presence_of
from kiosk.rules.tracing import SITE_ZONES
from kiosk.store.clocks import true_times
from kiosk.store.days import key_spans
from kiosk.store.lake_day import Day, Known, project
from kiosk.store.reading import Reader
from kiosk.times import Times


def days_of(reader: Reader) -> list[Day]:
    """Every day that is kept, as a hub reads it."""
    return reader.ask(
        lambda db: [
            project(db, true_times(db, believed=True), span, "site", LONGEST_MS) for span in key_spans(db) if span.kept
        ]
    )


def whole(known: Known) -> bool:
    return known.stay.zone in SITE_ZONES


@settings(max_examples=25, deadline=None)
@given(st.lists(ALL_STEPS, min_size=15, max_size=40), st.sampled_from(["", "17:00"]))
def test_the_stays_are_the_visits_that_the_log_tells_of(steps: list[Any], closes: str) -> None:
    with tempfile.TemporaryDirectory() as data, opened(Path(data), closes) as plain:
        history = ErasedHistory(plain.house)
        for step in steps:
            history.live(step)
        reader = Reader(plain.house.database)
        visits = presence_of(reader.events_after(0, 99_999)).visits
        days = days_of(reader)
        stays = {known.sequence: known.stay for day in days for known in day.stays if whole(known)}
        assert stays.keys() == {visit.id for visit in visits.values() if visit.who}
        true = dict(zip(sorted(visits), Times(reader, believed=True).of_visits(reader.visits()), strict=True))
        for sequence, stay in stays.items():
            visit, known = visits[sequence], true[sequence]
            assert (stay.key_id, stay.who) == (visit.key_id, visit.who)
            assert 0 <= stay.went_ms - stay.came_ms <= LONGEST_MS
            if known.entered:
                assert stay.came_ms <= known.entered.at_ms
            if known.entered and known.left and not stay.inferred:
                assert stay.came_ms <= known.entered.at_ms <= known.left.at_ms <= stay.went_ms
                assert not visit.exit_inferred


@settings(max_examples=25, deadline=None)
@given(st.lists(ALL_STEPS, min_size=15, max_size=40))
def test_parts_lie_within_stays_and_names_lead_to_somebody_who_was_there(steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as data, opened(Path(data), "") as plain:
        history = ErasedHistory(plain.house)
        for step in steps:
            history.live(step)
        for day in days_of(Reader(plain.house.database)):
            stays = {known.sequence: known.stay for known in day.stays if whole(known)}
            for known in day.stays:
                stay = stays[known.sequence]
                assert stay.came_ms <= known.stay.came_ms <= known.stay.went_ms <= stay.went_ms
            there = {stay.who for stay in stays.values()}
            assert {lead.who for lead in day.leads} <= there
            (key,) = day.keys
            assert all(key.from_ms <= stay.came_ms and stay.went_ms <= key.until_ms for stay in stays.values())
