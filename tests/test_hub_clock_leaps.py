"""A hub whose clock leaps ahead deletes nothing for a day, says so, and forgets it once the clock is right again."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Site
from hub_staff import signed_in
from hubs import hub_settings, running_hub
from hypothesis import given
from hypothesis import strategies as st
from lakes import show
from test_hub_intake import sent

from kiosk.devices import clock
from kiosk.hub.chores import keep_lake
from kiosk.hub.house import HubHouse
from kiosk.lake.tables import STAYS, days
from kiosk.rules.hub_users import HubRole
from kiosk.rules.leaps import DAY_MS, LEAP_MS, Standing
from kiosk.rules.model import Moment
from kiosk.store.catalogue import Enrolled
from kiosk.vault.segments import mark_of_text
from kiosk.web import haproxy

pytest.importorskip("duckdb", reason="DuckDB is not here: it comes with kiosk[hub]")

HOUR_MS = 3_600_000
FAR_AHEAD_MS = 70 * 365 * DAY_MS
A_BOOT, ANOTHER = "boot", "another boot"


def moment(wall_ms: int, monotonic_ms: int, boot_id: str = A_BOOT) -> Moment:
    return replace(clock.stated(wall_ms), monotonic_ms=monotonic_ms, boot_id=boot_id)


@pytest.fixture
def hub(tmp_path: Path, site: Site) -> Path:
    """The directory of a hub that has heard of a visit."""
    show(site, 1, "in", "08:00")
    with closing(HubHouse.open(tmp_path / "hub", hub_settings())) as house:
        kiosk, public = site.house.store.head().kiosk, site.house.vault.slip_key
        house.catalogue.enrol(Enrolled(kiosk, "site", public, mark_of_text(public), 0), {"what": "enrolled"})
        for blob in sent(site):
            house.intake.take(blob, site.ms("23:00"))
        keep_lake(house, moment(site.ms("23:00"), 0))
    return tmp_path / "hub"


def days_after(hub: Path, now: Moment) -> int:
    """How many days a hub has that starts and does its chores."""
    with closing(HubHouse.open(hub, hub_settings())) as house:
        keep_lake(house, now)
    return len(days(hub / "lake", STAYS))


def test_a_clock_that_leaps_deletes_only_what_a_day_of_running_leaves_it_wrong_for(hub: Path, site: Site) -> None:
    leapt_ms = site.ms("23:00") + FAR_AHEAD_MS
    assert days_after(hub, moment(leapt_ms, HOUR_MS)) == 1
    assert days_after(hub, moment(leapt_ms + DAY_MS - HOUR_MS, DAY_MS)) == 1
    assert days_after(hub, moment(leapt_ms + DAY_MS, HOUR_MS, ANOTHER)) == 1, "a restart of the machine begins anew"
    assert days_after(hub, moment(leapt_ms + 2 * DAY_MS, DAY_MS + HOUR_MS, ANOTHER)) == 0


def test_a_clock_that_is_set_right_in_that_day_has_deleted_nothing(hub: Path, site: Site) -> None:
    assert days_after(hub, moment(site.ms("23:00") + FAR_AHEAD_MS, HOUR_MS)) == 1
    assert days_after(hub, moment(site.ms("23:00") + HOUR_MS, 2 * HOUR_MS)) == 1
    assert days_after(hub, moment(site.ms("23:00") + 2 * DAY_MS, 2 * DAY_MS)) == 1


@pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)
def test_the_page_of_what_is_kept_says_until_when_the_clock_can_be_set_right(tmp_path: Path) -> None:
    with running_hub(tmp_path) as fresh:
        now = clock.now()
        fresh.house.deletion_clock.at(replace(now, wall_ms=now.wall_ms - FAR_AHEAD_MS))
        page = signed_in(fresh, HubRole.AUDITOR).page("/kept").text
        assert "nhảy vọt" in page
        assert "24 giờ" in page


@given(st.lists(st.tuples(st.integers(0, 3 * DAY_MS), st.integers(-FAR_AHEAD_MS, FAR_AHEAD_MS)), min_size=1))
def test_it_never_deletes_by_a_time_that_was_not_near_the_one_before_or_shown_for_a_day(
    steps: list[tuple[int, int]],
) -> None:
    stands, ran_ms, leapt_at_ms = Standing(0), 0, None
    for passed_ms, wall_ms in steps:
        ran_ms += passed_ms
        before, stands = stands, stands.at(moment(wall_ms, ran_ms))
        if stands.by_ms > before.by_ms + LEAP_MS:
            assert leapt_at_ms is not None
            assert ran_ms - leapt_at_ms >= DAY_MS
        leapt_at_ms = None if stands.leap is None else ran_ms if before.leap is None else leapt_at_ms
