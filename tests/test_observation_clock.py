"""Observation takes its time whatever the clock does: one that is set forward sends nobody home early."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import OpenSite, Site
from faults import faults_of
from running import card_of

from kiosk.config.queueing import CounterSettings, StageSettings
from kiosk.queue import Counters
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.queueing import Act, QueueTicket, Wish
from kiosk.store.queue import QueueTables

MINUTE_MS = 60_000
STAGES = (StageSettings("inject", "Tiêm"), StageSettings("observe", "Theo dõi", observe_s=1800))


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    return open_site(stages=STAGES, counters=(CounterSettings("1", "Bàn tiêm", ("inject",)),))


def moment(site: Site, time: str, running_min: float) -> Moment:
    """The wall clock says *time*, *running_min* after the machine was started."""
    return Moment(site.ms(time), round(running_min * MINUTE_MS), "boot-1", ClockState.SET)


def ticket(site: Site, visit: int | None) -> QueueTicket:
    found = QueueTables(site.house.store.db).ticket(visit or 0)
    assert found is not None
    return found


def inject(site: Site, counters: Counters, person: int, time: str, running_min: float) -> int:
    """Somebody comes, is called, and goes on to be observed."""
    scan = site.show(card_of(person), "in", time)
    for act in (Act.CALL, Act.FINISH):
        counters.act(site.house.store, Wish(act, "1"), moment(site, time, running_min))
    return scan.sequence or 0


def test_what_a_clock_skips_is_no_observation(site: Site) -> None:
    counters, store = Counters(site.house.settings.plan()), site.house.store
    visit = inject(site, counters, 1, "12:17", 1)
    counters.finish_observed(store, moment(site, "12:20", 4))
    set_forward = moment(site, "13:05", 5)
    counters.finish_observed(store, set_forward)
    assert ticket(site, visit).remaining_ms(set_forward.wall_ms) == 26 * MINUTE_MS
    assert faults_of(site.house) == []


def test_who_comes_after_the_clock_was_set_stays_no_longer(site: Site) -> None:
    counters, store = Counters(site.house.settings.plan()), site.house.store
    counters.finish_observed(store, moment(site, "12:20", 4))
    visit = inject(site, counters, 1, "13:05", 4.1)
    before = ticket(site, visit)
    counters.finish_observed(store, moment(site, "13:05", 4.2))
    assert ticket(site, visit) == before


@pytest.mark.parametrize("change", [{"clock": ClockState.STATED}, {"boot_id": "boot-2"}, {"wall_ms": -MINUTE_MS}])
def test_stated_times_other_boots_and_clocks_set_back_put_nothing_off(site: Site, change: dict[str, object]) -> None:
    counters, store = Counters(site.house.settings.plan()), site.house.store
    visit = inject(site, counters, 1, "12:17", 1)
    before = ticket(site, visit)
    counters.finish_observed(store, moment(site, "12:20", 4))
    counters.finish_observed(store, replace(moment(site, "12:40", 5), **change))  # type: ignore[arg-type]
    assert ticket(site, visit) == before
