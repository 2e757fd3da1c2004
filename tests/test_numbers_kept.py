"""A day's numbers survive the turn of the key, the erasing of its records, a rebuild, and a key that was lost."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import OpenSite, Site
from hypothesis import given, settings
from running import card_of
from test_presence import HISTORIES, SITES, Step, opened

from kiosk.config.queueing import CounterSettings
from kiosk.devices import clock
from kiosk.numbers import DayBook
from kiosk.queue import Counters
from kiosk.retention import purge, turn, turn_if_due
from kiosk.rules import numbers
from kiosk.rules.arrivals import QUARTER_MS, Flow, Stays
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Kind
from kiosk.rules.numbers import OTHER, Numbers, without_rare_kinds
from kiosk.rules.presence import Visit, presence_of
from kiosk.rules.queueing import Act, Wish
from kiosk.store import spool
from kiosk.store.checking import project_again, repair, verify_log
from kiosk.store.days import present_span, true_quarters
from kiosk.store.numbers import counted
from kiosk.store.queue import QueueTables
from kiosk.store.reading import Reader
from kiosk.store.schema import waiting

DAY, NEXT_DAY = "2026-11-20", "2026-11-21"


def book(site: Site) -> DayBook:
    return DayBook(site.reader, site.house.settings)


def numbers_of(site: Site, day: str = DAY) -> Numbers:
    found = book(site).day(day)
    assert found and found.numbers
    return found.numbers


def end_of_day(site: Site, at: str = f"{NEXT_DAY}T07:00") -> None:
    assert turn_if_due(site.house.store, site.house.vault, site.house.settings, clock.stated(site.ms(at)))


def a_morning(site: Site) -> None:
    """Seven come by ID card and one by insurance card; three are seen to leave."""
    for person in range(7):
        site.show(card_of(person), "in", f"08:{5 * person:02}")
    site.show(card_of(8, Kind.INSURANCE), "both", "09:01")
    for person in range(3):
        site.show(card_of(person), "out", "09:20")


def test_the_day_that_has_ended_has_the_numbers_that_it_had_with_its_exits_inferred(site: Site) -> None:
    a_morning(site)
    assert numbers_of(site).flow == Flow(came=8, went=3)
    end_of_day(site)
    assert numbers_of(site).flow == Flow(came=8, went=3, inferred=5)
    assert numbers_of(site).gates == {"both": Flow(1, 0), "in": Flow(7, 0), "out": Flow(0, 3)}
    assert (numbers_of(site).kinds, numbers_of(site).with_id) == ({Kind.ID_CARD: 7, OTHER: 1}, 8)


def test_a_record_that_somebody_has_spoilt_keeps_no_key_from_turning(open_site: OpenSite) -> None:
    site = open_site(counters=(CounterSettings(),))
    site.show(card_of(1), "in", "08:00")
    Counters(site.house.settings.plan()).act(site.house.store, Wish(Act.CALL, "1"), clock.stated(site.ms("08:05")))
    with waiting(site.house.store.db):
        site.house.store.db.execute("UPDATE entry SET body = x'7b' WHERE kind = ?", (EntryKind.SCAN,))
    end_of_day(site)
    found = book(site).day(DAY)
    assert found and (found.counts.entered, found.numbers) == (1, None)


def test_what_is_recorded_while_the_day_is_counted_is_in_its_numbers(site: Site) -> None:
    for gate, at in (("in", "08:00"), ("out", "09:00")):
        site.show(card_of(1), gate, at)
    with waiting(site.house.store.db):
        site.house.store.db.execute("UPDATE head SET seal = x'00'")  # of which the turn itself tells with an entry
    end_of_day(site)
    assert numbers_of(site).flow == Flow(came=1, went=1)


def test_who_comes_again_with_a_slip_has_the_number_that_they_came_with(open_site: OpenSite) -> None:
    site = open_site(door={"min_stay_s": 0.0})
    site.show(card_of(1), "in", "08:00")
    job = spool.next_job(site.house.store.db)
    assert job
    site.show(card_of(1), "out", "09:00")
    site.show(job.ticket.slip_code.encode(), "in", "10:00")
    site.show(card_of(2, Kind.TYPED), "in", "11:00", typed=True)
    assert (numbers_of(site).flow.came, numbers_of(site).with_id) == (3, 3)


def test_they_stay_when_the_records_are_erased_and_the_tables_made_anew(site: Site) -> None:
    a_morning(site)
    end_of_day(site)
    before = book(site).newest(9)
    purge(site.house.store, clock.stated(site.ms("2026-11-22T08:00")), 0)
    assert site.reader.arrivals() == []
    site.house.store.db.execute("DELETE FROM occupancy")
    project_again(site.house.store.db)
    repair(site.house.store.db)
    assert book(site).newest(9) == before
    assert verify_log(site.house.store.db, site.house.vault.head_seal).fault == ""


def test_the_parts_of_a_day_whose_key_was_lost_are_one_day(site: Site) -> None:
    a_morning(site)
    now = clock.stated(site.ms("10:00"))
    turn(site.house.store, site.house.vault, site.house.settings, now, site.house.store.head().key_id)
    site.show(card_of(20), "in", "10:30")
    assert book(site).days() == [DAY]
    assert numbers_of(site).flow == Flow(came=9, went=3, inferred=5)
    end_of_day(site)
    assert numbers_of(site).flow == Flow(came=9, went=3, inferred=6)
    assert book(site).days() == [NEXT_DAY, DAY]


def test_of_a_day_that_ended_before_numbers_were_kept_only_the_counts_are_known(site: Site) -> None:
    a_morning(site)
    with site.house.store.writing(None) as log:
        new = site.house.vault.new_day_key()
        now = clock.stated(site.ms(f"{NEXT_DAY}T07:00"))
        log.append(EntryKind.DAY_CLOSE, "", now, {"counts": log.counts().as_table()})
        log.append(EntryKind.DAY_KEY, "", now, {"sealed": new.sealed.hex()}, key=(new.key_id, NEXT_DAY))
    found = book(site).day(DAY)
    assert found and (found.counts.entered, found.counts.left, found.numbers) == (8, 3, None)


def test_a_passage_that_was_not_recorded_and_what_the_paper_said_are_in_them(open_site: OpenSite) -> None:
    site = open_site(counters=(CounterSettings(),))
    for person in range(9):
        site.show(card_of(person), "in", "08:00")
    counters = Counters(site.house.settings.plan())
    for minute in range(5, 30, 5):
        counters.act(site.house.store, Wish(Act.CALL, "1"), clock.stated(site.ms(f"08:{minute:02}")))
    site.door.tempos.learn(QueueTables(site.house.store.db), site.ms("08:29"))
    site.show(card_of(9), "in", "08:30")
    for minute in range(31, 36):
        counters.act(site.house.store, Wish(Act.CALL, "1"), clock.stated(site.ms(f"08:{minute}")))
    with site.house.store.writing(None) as log:
        log.append(EntryKind.GAP, "", clock.stated(site.ms("09:00")), {"count": 3, "first_ms": 1, "last_ms": 2})
    ((service, waits),) = numbers_of(site).waits.items()
    assert (waits.count, waits.within(0), waits.within(0.5), waits.told, waits.sooner) == (10, 5, 20, 1, 1)
    assert numbers_of(site).unrecorded == 3
    end_of_day(site)
    assert numbers_of(site).waits == {service: waits}


def test_today_is_counted_once_for_all_who_ask_within_a_moment(site: Site) -> None:
    a_morning(site)
    shared = book(site)
    asked = [shared.day(DAY), site.show(card_of(9), "in", "10:00") and shared.day(DAY), book(site).day(DAY)]
    assert [day.numbers.flow.came for day in asked if day and day.numbers] == [8, 8, 9]


def test_an_empty_book_has_no_day(site: Site) -> None:
    assert book(site).day("2020-01-01") is None
    assert [each.day for each in book(site).newest(3)] == [DAY]


def true_quarter(reader: Reader, at_ms: int | None) -> int | None:
    """The quarter hour in which a time that was shown truly lay."""
    if at_ms is None:
        return None
    quarter = at_ms // QUARTER_MS
    return reader.ask(partial(true_quarters, shown={quarter}))[quarter]


def from_scratch(visits: Iterable[Visit], reader: Reader) -> Numbers:
    """The same from the reference in memory, visit by visit."""
    quarter = partial(true_quarter, reader)
    stays = [
        Stays(
            quarter(one.entered_ms),
            quarter(one.left_ms),
            one.exit_inferred,
            1,
            one.gate_in,
            one.gate_out,
            one.kind,
            one.classes,
        )
        for one in visits
    ]
    return without_rare_kinds(numbers.count(stays, []))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(HISTORIES, SITES)
def test_whatever_happened_today_is_counted_from_the_log_and_days_that_are_over_agree_with_their_counts(
    steps: list[Step], site: dict[str, Any]
) -> None:
    with tempfile.TemporaryDirectory() as data, opened(Path(data), site) as history:
        for step in steps:
            history.live(step)
        head, reader = history.house.store.head(), history.site.reader
        visits = presence_of(reader.events_after(0, 10_000)).visits.values()
        span = reader.ask(present_span)
        assert span
        found = without_rare_kinds(reader.ask(partial(counted, span=span, capacity=0)))
        assert found == from_scratch((visit for visit in visits if visit.key_id == head.key_id), reader)
        for day in book(history.site).newest(99):
            assert day.numbers
            flow, counts = day.numbers.flow, day.counts
            assert (flow.came, flow.went) == (counts.entered, counts.left + counts.unmatched)
            assert (flow.inferred, flow.more_inside) == (counts.inferred, counts.inside)
