"""What is to go goes from the lake, too: with its day, at somebody's wish, when a clock turns out wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from clock_story import EIGHT_MS, HOUR_MS
from conftest import OpenSite, Site
from lakes import KEEP_DAYS, MINUTE_MS, LakeHub, opened_lake, show, whos
from test_replica import hub_seal
from test_wrong_clocks import OpenStory, open_story

from kiosk import retention
from kiosk.devices import clock
from kiosk.erasing import erase_today, kept_today
from kiosk.hub.logs import DATABASE, Logs
from kiosk.lake import tables
from kiosk.lake.tables import DAY_MS, STAYS, day_of
from kiosk.lake.writing import LakeWriter
from kiosk.rules.tracing import Scope

pytest.importorskip("duckdb", reason="DuckDB is not here: it comes with kiosk[hub]")

CLOCK_OF_1970_MS = 0

__all__ = ["open_story"]


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[LakeHub]:
    with opened_lake(tmp_path / "hub") as opened:
        yield opened


def test_what_a_kiosk_has_erased_after_its_days_is_in_the_lake_no_more(lake: LakeHub, site: Site) -> None:
    asked = whos(site, show(site, 1, "in", "08:00"))
    lake.hear(site)
    assert lake.stays(asked)
    later = clock.stated(site.ms("2026-12-20T08:00"))
    house = site.house
    assert retention.turn(house.store, house.vault, house.settings, later, house.vault.key_id)
    assert retention.purge(house.store, later, 0)
    lake.hear(site)
    assert lake.stays(asked) == []
    assert lake.engine.people(asked) == []


def test_days_that_are_over_go_from_lake_and_logs_and_the_tamper_log_says_so(lake: LakeHub, site: Site) -> None:
    asked = whos(site, show(site, 1, "in", "08:00"))
    lake.hear(site)
    last_ms = site.ms("23:00") + KEEP_DAYS * DAY_MS
    lake.keep(last_ms - DAY_MS)
    assert lake.stays(asked)
    lake.keep(last_ms + DAY_MS)
    assert lake.stays(asked) == []
    assert lake.engine.keys(Scope(0, last_ms)) == []
    assert tables.days(lake.hub.home / "lake", STAYS) == []
    (branch,) = Logs(lake.hub.home / "logs", hub_seal).branches(site.house.store.head().kiosk)
    with closing(sqlite3.connect(lake.hub.home / "logs" / branch.kiosk / branch.name / DATABASE)) as db:
        kept = {kind for (kind,) in db.execute("SELECT DISTINCT kind FROM entry WHERE body IS NOT NULL")}
    assert kept.isdisjoint({"scan", "day_key"})
    with lake.hub.database.transaction() as hub_db:
        leaves = [said for (said,) in hub_db.execute("SELECT said FROM leaf")]
    assert any(b'"what":"purge"' in said and day_of(site.ms("08:00")).isoformat().encode() in said for said in leaves)


def test_a_log_on_a_broken_disk_does_not_keep_the_days_of_other_kiosks(
    lake: LakeHub, open_site: OpenSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = open_site(kiosk={"id": "broken"})
    other = open_site(kiosk={"id": "other"}, data=tmp_path / "other")
    asked = [whos(site, show(site, 1, "in", "08:00")) for site in (broken, other)]
    lake.hear(broken, other)
    logs = Logs(lake.hub.home / "logs", hub_seal)
    (branch,) = logs.branches("broken")
    (logs.path(branch) / DATABASE).write_bytes(b"a card that has forgotten" * 1000)
    over_ms = other.ms("23:00") + (KEEP_DAYS + 1) * DAY_MS
    for again in range(2):
        lake.keep(over_ms + again)
    assert [lake.stays(one) for one in asked] == [[], []]
    (whole,) = logs.branches("other")
    with closing(sqlite3.connect(logs.path(whole) / DATABASE)) as db:
        assert db.execute("SELECT count(*) FROM entry WHERE kind = 'scan' AND body IS NOT NULL").fetchone() == (0,)
    assert sum("the log of broken" in line for line in caplog.messages) == 1
    with lake.hub.database.transaction() as hub_db:
        purges = [said for (said,) in hub_db.execute("SELECT said FROM leaf") if b'"what":"purge"' in said]
    assert len(purges) == 1, "the tamper log is not filled by what is tried again"


def test_a_clock_that_is_set_later_moves_the_stays_to_their_true_time(lake: LakeHub, open_story: OpenStory) -> None:
    story = open_story(CLOCK_OF_1970_MS, demo=False)
    visit = story.show(1, "in").sequence
    story.machine.run(1)
    story.show(1, "out")
    site = Site(story.house)
    lake.hear(site)
    asked = whos(site, visit or 0)
    (before,) = lake.stays(asked)
    assert (before.came_ms < EIGHT_MS - DAY_MS, before.sure) == (True, False)
    story.machine.run(1)
    story.machine.set()
    story.look()
    lake.hear(site)
    (after,) = lake.stays(asked)
    assert abs(after.came_ms - EIGHT_MS) < MINUTE_MS
    assert abs(after.went_ms - EIGHT_MS - HOUR_MS) < MINUTE_MS
    assert after.sure
    assert tables.days(lake.hub.home / "lake", STAYS) == [day_of(EIGHT_MS)]


def test_somebody_who_was_forgotten_at_their_wish_is_in_the_lake_no_more(lake: LakeHub, site: Site) -> None:
    first, other = show(site, 1, "in", "08:00"), show(site, 2, "in", "08:10")
    show(site, 1, "out", "09:00")
    theirs, others = whos(site, first), whos(site, other)
    lake.hear(site)
    store = site.house.store
    (gone,) = theirs.values()
    erase_today(store, kept_today(store.db, gone), clock.stated(site.ms("09:10")), "Lan")
    lake.hear(site)
    assert lake.stays(theirs) == []
    assert lake.engine.people(theirs) == []
    assert lake.engine.same_as(theirs) == theirs
    assert len(lake.stays(others)) == len(lake.engine.people(others)) == 1


def test_what_was_made_anew_is_not_left_on_the_disk(lake: LakeHub, site: Site) -> None:
    for person, at in enumerate(("08:00", "08:10", "08:20")):
        show(site, person, "in", at)
        lake.hear(site)
    with closing(LakeWriter(lake.hub.home / "lake", "hub.example")) as writer:
        writer.sweep()
    assert len(list((lake.hub.home / "lake" / STAYS).rglob("*.parquet"))) == 1
