"""A hub says what time it is to a kiosk whose clock nothing keeps; no hub can end a day, or keep or delete, by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from ordering import KIOSK, Pen
from running import Kiosk, card_of, running_kiosk

from kiosk.clock_watch import take_from_hub, take_told
from kiosk.devices import clock
from kiosk.retention import purge, turn
from kiosk.rules.clock import NotSet
from kiosk.rules.model import ClockState, Moment
from kiosk.vault.down import signed_time

HOUR_MS = 3_600_000
RUNNING_MS = 50 * HOUR_MS


@pytest.fixture(autouse=True)
def a_clock_of_its_own() -> Iterator[None]:
    """What a hub tells one test is not for the next."""
    yield
    clock.follow("", None)


@pytest.fixture
def pen(tmp_path: Path) -> Pen:
    return Pen(tmp_path / "data", tmp_path)


@pytest.fixture
def kiosk(pen: Pen, tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data") as running:
        yield running


def moment(kiosk: Kiosk, after_ms: int = 0, state: ClockState = ClockState.UNKNOWN) -> Moment:
    """A machine whose clock nothing has set, in a boot of its own, *after_ms* after its log ends."""
    shown_ms = kiosk.house.store.shown_ms(clock.now())
    return Moment(shown_ms + after_ms, RUNNING_MS + after_ms, "another boot", state)


def told(kiosk: Kiosk, wall_ms: int, after_ms: int = 0) -> int | NotSet:
    now = moment(kiosk, after_ms)
    return take_from_hub(kiosk.house.store, wall_ms, replace(now, monotonic_ms=now.monotonic_ms - 200), now)


@pytest.mark.parametrize("days", [-400, -1, 61, 365, 3650, 300_000])
def test_the_time_is_moved_neither_far_nor_back(kiosk: Kiosk, days: int) -> None:
    assert isinstance(told(kiosk, moment(kiosk).wall_ms + days * 24 * HOUR_MS), NotSet)


def test_the_time_is_moved_once_in_a_boot(kiosk: Kiosk) -> None:
    first = moment(kiosk).wall_ms + 24 * HOUR_MS
    assert not isinstance(told(kiosk, first), NotSet)
    for days in (1, 2, -1, 20):
        assert told(kiosk, first + HOUR_MS + days * 24 * HOUR_MS, HOUR_MS) is NotSet.MOVED


def test_a_clock_that_something_else_keeps_is_not_the_hubs(kiosk: Kiosk) -> None:
    now = moment(kiosk, state=ClockState.SET)
    assert take_from_hub(kiosk.house.store, now.wall_ms, now, now) is NotSet.KEPT


def day_ended(open_site: OpenSite) -> tuple[Site, Moment, int]:
    """A site after a day with people, a boot in which nothing has set the clock, and the time 59 days later."""
    site = open_site()
    site.show(card_of(1), "in", "08:00")
    now = Moment(site.ms("20:00"), RUNNING_MS, "another boot", ClockState.UNKNOWN)
    house = site.house
    assert turn(house.store, house.vault, house.settings, now, house.store.head().key_id)
    return site, now, now.wall_ms + 59 * 24 * HOUR_MS


def test_nothing_is_deleted_because_a_hub_says_that_it_is_later(open_site: OpenSite) -> None:
    site, now, later_ms = day_ended(open_site)
    assert not isinstance(take_from_hub(site.house.store, later_ms, now, now), NotSet)
    later = replace(now, wall_ms=later_ms, clock=ClockState.TOLD)
    assert purge(site.house.store, later, 14) == 0
    assert purge(site.house.store, replace(later, clock=ClockState.SET), 14) > 0


def test_staff_who_say_what_time_it_is_end_the_time_of_keeping(open_site: OpenSite) -> None:
    site, now, later_ms = day_ended(open_site)
    assert not isinstance(take_told(site.house.store, later_ms, now, by="Lan"), NotSet)
    assert purge(site.house.store, replace(now, wall_ms=later_ms, clock=ClockState.TOLD), 14) > 0


def test_a_time_that_nobody_asked_for_is_no_time(kiosk: Kiosk, pen: Pen) -> None:
    note = signed_time(KIOSK, "5e" * 16, clock.now().wall_ms, pen.signer)
    for said in (note.encode(), b"", b"\xff"):
        assert kiosk.client.from_hub("take_hub_time", said)["done"] == "refused"
