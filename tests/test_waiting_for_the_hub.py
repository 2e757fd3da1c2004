"""What the hub has not acknowledged waits for it as long as people were told, and no longer; the log says so."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from hubs import RunningHub, running_hub
from syncing import join_hub, round_of
from test_hub_logs import come

from kiosk.devices import clock
from kiosk.joined import told_days, waiting_hub
from kiosk.retention import purge, turn_if_due
from kiosk.rules.entries import Body, EntryKind

KEEP_DAYS, LONGEST_DAYS = 21, 40
NEXT = itertools.count(1)
LONGER = {"sync": {"longest_days": LONGEST_DAYS}}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    with running_hub(tmp_path / "hub") as running:
        yield running


def with_a_day(site: Site) -> Site:
    come(site, 1, "08:00")
    house = site.house
    turn_if_due(house.store, house.vault, house.settings, clock.stated(site.ms("2026-11-21T08:00")))
    return site


def purged(site: Site, days: int) -> list[Body]:
    """What the log says of deleting, *days* after the day."""
    house = site.house
    hub = waiting_hub(house.data, house.settings, house.store.db)
    now = clock.stated(site.ms("2026-11-20T12:00") + days * 86_400_000)
    purge(house.store, now, KEEP_DAYS, waiting=hub)
    return [entry.body for entry in site.reader.events_after(0) if entry.header.kind == EntryKind.PURGE and entry.body]


def test_a_day_that_the_hub_has_goes_when_its_time_is_over(open_site: OpenSite, hub: RunningHub) -> None:
    site = with_a_day(open_site(**LONGER))
    join_hub(site, hub)
    round_of(site).go()
    assert purged(site, KEEP_DAYS - 1) == []
    (said,) = purged(site, KEEP_DAYS + 1)
    assert (said["keep_days"], "unacknowledged" in said) == (KEEP_DAYS, False)


def test_a_day_that_is_only_here_waits_for_the_hub_and_goes_when_the_longest_time_is_over(
    open_site: OpenSite, hub: RunningHub
) -> None:
    site = with_a_day(open_site(**LONGER))
    join_hub(site, hub)
    assert purged(site, LONGEST_DAYS - 1) == []
    (said,) = purged(site, LONGEST_DAYS + 1)
    assert (said["keep_days"], said["unacknowledged"]) == (LONGEST_DAYS, True)


def test_where_people_were_told_no_longer_time_nothing_waits_but_the_log_says_so(
    open_site: OpenSite, hub: RunningHub
) -> None:
    site = with_a_day(open_site(sync={"longest_days": 0}))
    join_hub(site, hub)
    (said,) = purged(site, KEEP_DAYS + 1)
    assert (said["keep_days"], said["unacknowledged"]) == (KEEP_DAYS, True)
    assert told_days(site.house.settings, site.house.data) == KEEP_DAYS


def test_a_kiosk_without_a_hub_waits_for_nobody(open_site: OpenSite) -> None:
    site = with_a_day(open_site(**LONGER))
    (said,) = purged(site, KEEP_DAYS + 1)
    assert (said["keep_days"], "unacknowledged" in said) == (KEEP_DAYS, False)


def test_people_are_told_the_longest_time_once_there_is_a_hub_to_wait_for(site: Site, hub: RunningHub) -> None:
    assert told(site) == KEEP_DAYS
    join_hub(site, hub)
    assert told(site) == site.house.settings.sync.longest_days > KEEP_DAYS


def told(site: Site) -> int:
    """How many days the ticket of the next one who comes says, in its English notice."""
    come(site, next(NEXT), "09:00")
    (form,) = site.house.store.db.execute("SELECT ticket FROM form ORDER BY id DESC LIMIT 1").fetchone()
    (found,) = re.findall(r"([0-9]+) days", form)
    return int(found)
