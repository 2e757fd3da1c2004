"""SQLite's write-ahead log is written back beside the door; nobody's passage waits for it."""

from __future__ import annotations

import pytest
from conftest import Site

from kiosk.devices import clock
from kiosk.rules import invented
from kiosk.rules.model import Kind
from kiosk.store import writeback


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
