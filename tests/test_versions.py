"""An older database is brought forward; a newer one is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import OpenSite, Site
from faults import faults_of
from older import make_version_3, make_version_5
from sqlite_utils import Database

from kiosk.house import HouseError
from kiosk.rules import invented
from kiosk.rules.model import Kind, Reason
from kiosk.store import roster, schema, spool
from kiosk.store.checking import project_again, verify_log
from kiosk.store.migrations import all_steps
from kiosk.store.queue import QUEUE_TABLES
from kiosk.store.schema import DATABASE
from kiosk.vault import make_demo_keys

ANH, BINH, CHI, DUNG = (invented.codes(invented.person(number))[Kind.ID_CARD] for number in range(1, 5))


def faults(site: Site) -> list[object]:
    db = site.house.store.db
    return [fault for fault in (verify_log(db, site.house.vault.head_seal).fault, *project_again(db).values()) if fault]


@pytest.mark.parametrize(("version", "without"), [(1, "projections"), (2, "roster"), (3, "rare"), (4, "more_rare")])
def test_an_older_database_is_brought_forward_and_works(
    open_site: OpenSite, tmp_path: Path, version: int, without: str
) -> None:
    (tmp_path / "data").mkdir()
    make_demo_keys(tmp_path / "data")
    db = schema.connect(tmp_path / "data" / DATABASE)
    all_steps().apply(Database(db), stop_before=without)
    db.execute(f"PRAGMA user_version = {version}")
    db.close()
    site = open_site()
    assert str(site.show(ANH, "in", "08:00").ticket) == "A001"
    assert faults(site) == []
    assert roster.stored_lists(site.house.store.db) == []


def queue_of(site: Site) -> dict[str, list[object]]:
    db = site.house.store.db
    return {table: sorted(db.execute(f"SELECT * FROM {table}").fetchall()) for table in QUEUE_TABLES}


def test_a_day_that_began_before_there_was_a_queue_goes_on_with_its_tickets(open_site: OpenSite) -> None:
    site = open_site()
    for code, gate, time in ((ANH, "in", "08:00"), (BINH, "in", "08:01"), (CHI, "in", "08:02"), (BINH, "out", "08:30")):
        site.show(code, gate, time)
    queue = queue_of(site)
    site.house.health.close()
    make_version_3(site.house.store.db)
    again = open_site(at="08:40")
    assert queue_of(again) == queue
    assert len(queue["queue_ticket"]) == 3
    assert str(again.show(DUNG, "in", "08:41").ticket) == "A004"
    assert faults_of(again.house) == []


def test_a_day_that_began_with_more_indexes_goes_on_with_its_lines_and_prints_what_waits(open_site: OpenSite) -> None:
    site = open_site()
    site.show(ANH, "in", "08:00")
    site.show(BINH, "in", "08:01")
    job, queue = spool.next_job(site.house.store.db), queue_of(site)
    site.house.health.close()
    make_version_5(site.house.store.db)
    again = open_site(at="08:40")
    assert (spool.next_job(again.house.store.db), queue_of(again)) == (job, queue)
    assert str(again.show(CHI, "in", "08:41").ticket) == "A003"
    assert again.show(ANH, "out", "08:42").decision.reason is Reason.GOODBYE
    assert faults_of(again.house) == []
    own = "SELECT name FROM sqlite_schema WHERE name IN ('visit_open', 'queue_line')"
    assert again.house.store.db.execute(own).fetchall() == []


def test_a_newer_database_is_refused_and_untouched(open_site: OpenSite) -> None:
    site = open_site()
    site.show(ANH, "in", "08:00")
    site.house.health.close()
    site.house.store.db.execute("PRAGMA user_version = 99")
    site.house.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = site.house.database.read_bytes()
    with pytest.raises(HouseError, match=r"kiosk\.db: was written by a newer program \(version 99, this one knows"):
        open_site()
    assert site.house.database.read_bytes() == before
