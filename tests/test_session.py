"""The end of a session: what passed the door, what staff entered on the platform, and by when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from hypothesis import given
from hypothesis import strategies as st
from running import Kiosk, card_of, running_kiosk

from kiosk.config.queueing import CounterSettings
from kiosk.devices import clock
from kiosk.door_socket import DoorRefused
from kiosk.queue import Counters
from kiosk.retention import purge, turn_if_due
from kiosk.rules.entries import EntryKind
from kiosk.rules.presence import Counts
from kiosk.rules.queueing import Act, Wish
from kiosk.rules.session import Entered, ServiceCount, Sheet, last_entered
from kiosk.session import NoSession, enter, session_days, sheet
from kiosk.store import days

DAY = "2026-11-20"


def sheet_of(site: Site, day: str = DAY, at: str = "2026-11-20T18:00") -> Sheet:
    return sheet(site.reader, site.house.settings, day, site.ms(at))


def end_of_day(site: Site, at: str) -> None:
    turn_if_due(site.house.store, site.house.vault, site.house.settings, clock.stated(site.ms(at)))


def test_a_day_is_told_by_passages_gates_and_quarter_hours(site: Site) -> None:
    for person, came in enumerate(("08:01", "08:14", "08:31")):
        site.show(card_of(person), "in", came)
    site.show(card_of(0), "out", "08:40")
    found = sheet_of(site)
    assert (found.counts.entered, found.went, found.counts.inside) == (3, 1, 2)
    assert [(gate.gate, gate.came, gate.went) for gate in found.gates] == [("Cổng in", 3, 0), ("Cổng out", 0, 1)]
    assert [(one.came, one.went, one.inside) for one in found.quarters] == [(2, 0, 2), (0, 0, 2), (1, 1, 2)]


def test_without_counters_nobody_says_how_many_were_served(site: Site) -> None:
    site.show(card_of(1), "in", "08:00")
    enter(site.house.store, site.house.settings, DAY, 1, clock.stated(site.ms("18:00")))
    found = sheet_of(site)
    assert found.entered == Entered(1, site.ms("18:00"))
    assert (found.tickets, found.difference) == (None, None)
    assert [(one.service, one.given) for one in found.services] == [("Đón tiếp", 1)]


def test_with_counters_it_is_known_who_was_served_who_did_not_come_and_who_left(open_site: OpenSite) -> None:
    site = open_site(queue={"recalls": 0, "absent_turns": 0}, door={"min_stay_s": 0.0})
    settings = replace(site.house.settings, counters=(CounterSettings(),))
    site = Site(replace(site.house, settings=settings))
    for person in range(5):
        site.show(card_of(person), "in", "08:00")
    counters = Counters(settings.plan())
    for act, at in ((Act.CALL, "08:05"), (Act.FINISH, "08:10"), (Act.CALL, "08:11"), (Act.ABSENT, "08:15")):
        counters.act(site.house.store, Wish(act, "1"), clock.stated(site.ms(at)))
    for person in (1, 2):
        site.show(card_of(person), "out", "08:20")
    enter(site.house.store, settings, DAY, 3, clock.stated(site.ms("18:00")))
    found = sheet_of(site)
    assert found.tickets == ServiceCount("", served=1, missed=1, left=1, present=2)
    assert found.difference == 2


def test_passages_that_could_not_be_recorded_are_told(site: Site) -> None:
    with site.house.store.writing(None) as writing:
        writing.append(EntryKind.GAP, "", clock.stated(site.ms("09:00")), {"count": 3, "first_ms": 1, "last_ms": 2})
    assert sheet_of(site).unrecorded == 3


def test_typing_again_counts_and_what_was_typed_before_stays_in_the_log(site: Site) -> None:
    for at, count in (("17:00", 12), ("17:05", 21)):
        enter(site.house.store, site.house.settings, DAY, count, clock.stated(site.ms(at)))
    assert sheet_of(site).entered == Entered(21, site.ms("17:05"))
    said = site.reader.ask(partial(days.bodies, kind=EntryKind.SESSION))
    assert [body["count"] for *_, body in said] == [12, 21]


def test_yesterdays_number_can_be_typed_today(site: Site) -> None:
    site.show(card_of(1), "in", "08:00")
    end_of_day(site, "2026-11-21T07:00")
    enter(site.house.store, site.house.settings, DAY, 1, clock.stated(site.ms("2026-11-21T08:00")))
    assert sheet_of(site).entered == Entered(1, site.ms("2026-11-21T08:00"))
    assert sheet_of(site, "2026-11-21").entered is None
    assert list(session_days(site.reader, site.house.settings)) == ["2026-11-21", DAY]


def test_a_day_that_the_log_does_not_know_is_refused(site: Site) -> None:
    with pytest.raises(NoSession, match="2026-11-19"):
        sheet_of(site, "2026-11-19")
    with pytest.raises(NoSession, match="2026-11-19"):
        enter(site.house.store, site.house.settings, "2026-11-19", 3, clock.stated(site.ms("09:00")))


def test_of_a_day_that_was_erased_the_counts_are_left(site: Site) -> None:
    site.show(card_of(1), "in", "08:00")
    site.show(card_of(1), "out", "09:00")
    for day in (21, 22, 23):
        end_of_day(site, f"2026-11-{day}T07:00")
    purge(site.house.store, clock.stated(site.ms("2026-11-23T08:00")), 1)
    found = sheet_of(site)
    assert not found.kept
    assert (found.counts.entered, found.went, found.quarters, found.gates) == (1, 1, (), ())


def a_sheet(served: int | None, entered: int | None, today: str) -> Sheet:
    services = () if served is None else (ServiceCount("tiêm", served=served, left=2, present=1),)
    said = None if entered is None else Entered(entered, 0)
    return Sheet(DAY, today, kept=True, calls=served is not None, counts=Counts(), services=services, entered=said)


@pytest.mark.parametrize(
    ("served", "entered", "today", "overdue"),
    [
        (10, None, "2026-11-22", False),
        (10, None, "2026-11-23", True),
        (10, 9, "2026-11-22", False),
        (10, 9, "2026-11-23", True),
        (10, 10, "2026-11-23", False),
        (10, 11, "2026-11-23", False),
        (None, None, "2026-11-23", True),
        (None, 4, "2026-11-23", False),
    ],
)
def test_a_day_is_overdue_once_its_second_day_after_is_over(
    served: int | None, entered: int | None, today: str, *, overdue: bool
) -> None:
    found = a_sheet(served, entered, today)
    assert found.deadline == "2026-11-22"
    assert found.is_overdue is overdue


def test_the_difference_is_what_is_entered_less_what_was_served() -> None:
    assert a_sheet(10, 8, DAY).difference == -2
    assert a_sheet(10, None, DAY).difference is None


acts = st.tuples(st.integers(0, 9), st.sampled_from(["entered", "sung"]), st.sampled_from([DAY, "2026-11-21"]))


@given(st.lists(acts))
def test_only_the_last_number_of_the_day_counts(typed: list[tuple[int, str, str]]) -> None:
    said = [(at_ms, {"act": act, "day": day, "count": count}) for at_ms, (count, act, day) in enumerate(typed)]
    counts = [count for count, act, day in typed if (act, day) == ("entered", DAY)]
    found = last_entered(said, DAY)
    assert (found.count if found else None) == (counts[-1] if counts else None)


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data") as running:
        yield running


def today_of(kiosk: Kiosk) -> str:
    return next(iter(session_days(kiosk.reader, kiosk.house.settings)))


def test_the_door_records_what_staff_typed(kiosk: Kiosk) -> None:
    kiosk.client.session_entered(today_of(kiosk), 0)
    entered = sheet(kiosk.reader, kiosk.house.settings, "", clock.now().wall_ms).entered
    assert entered and entered.count == 0


@pytest.mark.parametrize(("day", "count"), [("", 1), ("2026-11-20x", 1), ("today", -1), ("today", 100_001)])
def test_the_door_refuses_what_makes_no_sense(kiosk: Kiosk, day: str, count: int) -> None:
    before = kiosk.reader.last_sequence()
    with pytest.raises(DoorRefused):
        kiosk.client.session_entered(day.replace("today", today_of(kiosk)), count)
    assert kiosk.reader.last_sequence() == before
