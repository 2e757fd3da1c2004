"""SQLite's write-ahead log is written back beside the door; nobody's passage waits for it."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import Site
from running import card_of

from kiosk.devices import clock
from kiosk.rules import invented
from kiosk.rules.model import Kind
from kiosk.store import writeback
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


def test_nobody_at_the_door_waits_for_an_erasure_that_waits_for_a_reader(site: Site) -> None:
    site.show(card_of(1), "in", "08:00")
    reader = sqlite3.connect(site.house.database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM visit").fetchone()
    site.show(card_of(2), "in", "08:01")
    erasing = Store(site.house.database, site.house.vault.head_seal)  # as the hourly purge opens it
    with ThreadPoolExecutor() as beside:
        forgotten = beside.submit(forget, erasing)
        time.sleep(0.3)
        begun_s = time.monotonic()
        site.show(card_of(3), "in", "08:02")
        took_s = time.monotonic() - begun_s
        reader.close()
        forgotten.result(20)
    erasing.close()
    assert took_s < 0.5
