"""SQLite's write-ahead log is written back beside the door; nobody's passage waits for it."""

from __future__ import annotations

import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Site
from faults import faults_of
from patience import PATIENCE_S
from running import card_of

from kiosk.devices import clock
from kiosk.retention import purge
from kiosk.rules import invented
from kiosk.rules.model import Kind, Outcome
from kiosk.store import purging, schema, writeback
from kiosk.store.log import Store
from kiosk.store.purging import forget


def come(site: Site, people: int) -> None:
    for person in range(people):
        site.show(invented.codes(invented.person(person))[Kind.ID_CARD], "in", "08:00")


@pytest.mark.parametrize(
    ("people", "grows"), [(writeback.ENTRIES - 1, False), (writeback.ENTRIES, True)], ids=["few", "many"]
)
def test_house_work_writes_back_what_many_people_left(site: Site, people: int, grows: bool) -> None:
    before = site.house.database.stat().st_size
    come(site, people)
    assert site.house.database.stat().st_size == before
    site.door.keep_house(clock.stated(site.ms("08:01")))
    assert (site.house.database.stat().st_size > before) is grows


def log_of(site: Site) -> Path:
    return site.house.database.with_name("kiosk.db-wal")


def test_the_log_has_its_length_before_it_is_needed_and_keeps_it(site: Site) -> None:
    come(site, writeback.BEGUN)
    site.door.keep_house(clock.stated(site.ms("08:01")))
    assert log_of(site).stat().st_size >= writeback.LOG_BYTES
    site.show(card_of(1), "out", "08:30")
    site.door.keep_house(clock.stated(site.ms("08:31")))
    assert log_of(site).stat().st_size < writeback.LOG_BYTES + writeback.STEP_BYTES


@pytest.mark.parametrize("used", [True, False], ids=["after people", "empty"])
def test_what_follows_the_last_frame_is_nothing_to_a_kiosk_that_starts_after_a_power_cut(
    site: Site, tmp_path: Path, used: bool
) -> None:
    site.show(card_of(1), "in", "08:00")
    if not used:
        site.house.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    writeback.lay_out(site.house.database)
    site.show(card_of(2), "in", "08:01")
    cut = tmp_path / "cut"
    cut.mkdir()
    for name in ("kiosk.db", "kiosk.db-wal"):
        shutil.copy(site.house.data / name, cut / name)
    db = schema.connect(cut / "kiosk.db")
    inside = db.execute("SELECT count(*) FROM visit WHERE left_ms IS NULL").fetchone()
    whole = db.execute("PRAGMA integrity_check").fetchone()
    db.close()
    assert (inside, whole) == ((2,), ("ok",))


def test_a_kiosk_whose_log_is_laid_out_while_many_write_loses_nothing(site: Site) -> None:
    site.show(card_of(0), "in", "08:00")
    with ThreadPoolExecutor() as beside:
        laid_out = beside.submit(writeback.lay_out, site.house.database)
        for person in range(1, 40):
            assert site.show(card_of(person), "in", "08:00").sequence
        laid_out.result(60)
    assert log_of(site).stat().st_size >= writeback.LOG_BYTES
    assert faults_of(site.house) == []


def test_the_log_is_emptied_once_after_an_erasure_and_not_every_hour(site: Site) -> None:
    now = clock.stated(site.ms("08:00"))
    erasing = Store(site.house.database, site.house.vault.head_seal)
    purge(erasing, now, 21)  # what a process before may have left
    site.show(card_of(1), "in", "08:00")
    site.house.health.close()  # it, too, writes into the log, when it comes to it
    before = log_of(site).stat().st_size
    purge(erasing, now, 21)
    after = log_of(site).stat().st_size
    assert before == after > 0
    forget(erasing)
    assert log_of(site).stat().st_size == 0
    erasing.close()


def test_an_erasure_that_could_not_empty_the_log_is_made_up_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "FORGET_TRIES", 1)
    site.show(card_of(1), "in", "08:00")
    erasing = Store(site.house.database, site.house.vault.head_seal)
    with closing(sqlite3.connect(site.house.database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM visit").fetchone()
        site.show(card_of(2), "in", "08:01")
        forget(erasing)
        assert log_of(site).stat().st_size > 0
    purge(erasing, clock.stated(site.ms("09:00")), 21)
    assert log_of(site).stat().st_size == 0
    erasing.close()


def test_nobody_at_the_door_waits_for_an_erasure_that_waits_for_a_reader(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "FORGET_TRIES", 100_000)
    site.show(card_of(1), "in", "08:00")
    reader = sqlite3.connect(site.house.database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM visit").fetchone()
    site.show(card_of(2), "in", "08:01")
    erasing = Store(site.house.database, site.house.vault.head_seal)  # as the hourly purge opens it
    with ThreadPoolExecutor() as beside:
        forgotten = beside.submit(forget, erasing)
        time.sleep(0.3)
        assert site.show(card_of(3), "in", "08:02").decision.outcome is Outcome.ADMITTED
        assert not forgotten.done(), "it waits for the reader; the door did not wait for it"
        reader.close()
        forgotten.result(2 * PATIENCE_S)
    erasing.close()
