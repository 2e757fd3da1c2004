"""The projections follow from the log: whatever happens to them, they are made anew from it, while doors record."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from conftest import Site

from kiosk import retention
from kiosk.devices import clock
from kiosk.rules import invented
from kiosk.rules.model import Kind
from kiosk.store.checking import project_again, repair
from kiosk.store.projections import VISIT_COLUMNS

PEOPLE = 10


@pytest.fixture
def day(site: Site) -> Site:
    """A site into which ten people came, of whom the fifth is visit 7."""
    for person in range(PEOPLE):
        come(site, person)
    return site


def come(site: Site, person: int, gate: str = "in", at: str = "08:00") -> None:
    site.show(invented.codes(invented.person(person))[Kind.ID_CARD], gate, at)


@pytest.fixture
def db(day: Site) -> Iterator[sqlite3.Connection]:
    """A connection of somebody who has the disk."""
    connection = sqlite3.connect(day.house.database, isolation_level=None)
    yield connection
    connection.close()


SPOILINGS = {
    "changed": "UPDATE visit SET gate_in = 'out' WHERE id = 7",
    "dropped": "DELETE FROM visit WHERE id = 7",
    "invented": f"INSERT INTO visit SELECT 99, key_id, x'00', {', '.join(VISIT_COLUMNS[3:])} FROM visit WHERE id = 7",
    "numbers exchanged": "UPDATE visit SET number = 9 - number WHERE id IN (6, 7)",
    "nobody known": "DELETE FROM name",
    "somebody waiting": "INSERT INTO waiting VALUES (x'00', 3, 4)",
    "one fewer inside": "UPDATE occupancy SET inside = inside - 1",
    "nobody inside": "DELETE FROM occupancy",
}


@pytest.mark.parametrize("spoiling", SPOILINGS.values(), ids=SPOILINGS)
def test_rebuild_puts_spoilt_projections_right(day: Site, db: sqlite3.Connection, spoiling: str) -> None:
    db.execute(spoiling)
    assert sum(project_again(db).values())
    assert repair(db)
    assert not any(project_again(db).values())


def test_rebuild_takes_in_what_the_door_records_meanwhile(day: Site, db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM visit WHERE id = 7")
    project_again(db)
    come(day, PEOPLE)
    come(day, 1, "out", "08:30")
    assert repair(db) == 1
    assert not any(project_again(db).values())


def test_rebuild_brings_back_nothing_that_was_erased_meanwhile(day: Site, db: sqlite3.Connection) -> None:
    project_again(db)
    day.door.keep_house(clock.stated(day.ms("2026-11-21T07:00")))
    retention.purge(day.house.store, clock.stated(day.ms("2026-11-21T09:00")), 0)
    repair(db)
    assert day.reader.arrivals() == []
