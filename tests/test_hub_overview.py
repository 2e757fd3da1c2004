"""What a hub sees of its kiosks at one glance, and which of them somebody should look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.rules.kiosk_health import KioskHealth
from kiosk.rules.segments import Fault
from kiosk.store.catalogue import FORK_TOLD_MS, Catalogue, Enrolled
from kiosk.store.hub_database import HubDatabase
from kiosk.store.hub_overview import Seen, overview
from kiosk.store.kiosk_health import Told, keep

NOW_MS, HOUR_MS = 1_800_000_000_000, 3_600_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[HubDatabase]:
    opened = HubDatabase(tmp_path / "hub.db")
    yield opened
    opened.close()


def enrol(database: HubDatabase, *names: str) -> Catalogue:
    catalogue = Catalogue(database)
    for name in names:
        catalogue.enrol(Enrolled(name, "site", name, name.encode(), NOW_MS), {"what": "enrolled", "kiosk": name})
    return catalogue


def seen(database: HubDatabase) -> dict[str, Seen]:
    with database.transaction() as db:
        return {one.kiosk.id: one for one in overview(db)}


def test_each_kiosk_has_its_own_entries_refusals_and_words(database: HubDatabase) -> None:
    catalogue = enrol(database, "a", "b", "c")
    catalogue.heard(("a", "one", "one", 10, b"x"), NOW_MS, forked=False)
    catalogue.heard(("a", "two", "two", 12, b"y"), NOW_MS, forked=True)
    catalogue.heard(("b", "one", "one", 3, b"z"), NOW_MS, forked=False)
    for number in range(3):
        catalogue.refuse(bytes([number]), "b", Fault.BROKEN, "found", NOW_MS)
    told = Told(NOW_MS, KioskHealth("1.0", "set", 7, ("the printer has no paper",)))
    with database.transaction() as db:
        keep(db, "c", told)
    found = seen(database)
    assert {name: (one.entries, one.forked, one.refused) for name, one in found.items()} == {
        "a": (12, True, 0),
        "b": (3, False, 3),
        "c": (0, False, 0),
    }
    assert [one.told for one in found.values()] == [None, None, told]
    assert all(one.has_trouble for one in found.values())


def test_a_fork_is_told_to_both_cards_while_both_are_heard(database: HubDatabase) -> None:
    catalogue = enrol(database, "a", "b")

    def told(name: str, sequence: int, at_ms: int, *, forked: bool = False) -> bool:
        return catalogue.heard(("a", name, "one", sequence, b"x"), at_ms, forked=forked)

    assert not told("one", 10, NOW_MS)
    assert told("one-5", 12, NOW_MS, forked=True)
    assert told("one", 11, NOW_MS + HOUR_MS)
    assert told("one-5", 12, NOW_MS + HOUR_MS)
    assert not catalogue.heard(("b", "one", "one", 3, b"z"), NOW_MS + HOUR_MS, forked=False)
    later_ms = NOW_MS + FORK_TOLD_MS + HOUR_MS
    assert not told("one", 13, later_ms)
    assert told("one-5", 14, later_ms)  # it was not put away


def test_a_kiosk_without_anything_wrong_needs_no_look_and_one_that_was_shut_out_neither(database: HubDatabase) -> None:
    catalogue = enrol(database, "a", "b")
    catalogue.refuse(b"x", "b", Fault.BROKEN, "found", NOW_MS)
    catalogue.revoke("b", NOW_MS, {"what": "revoked"})
    assert [one.has_trouble for one in seen(database).values()] == [False, False]


def test_silence_begins_with_the_last_word_or_with_enrolment(database: HubDatabase) -> None:
    catalogue = enrol(database, "never", "once", "gone")
    catalogue.heard(("once", "one", "one", 1, b"x"), NOW_MS + HOUR_MS, forked=False)
    catalogue.revoke("gone", NOW_MS, {"what": "revoked"})

    def silent(at_ms: int) -> set[str]:
        return {name for name, one in seen(database).items() if one.is_silent(at_ms, HOUR_MS)}

    assert silent(NOW_MS + HOUR_MS) == set()
    assert silent(NOW_MS + HOUR_MS + 1) == {"never"}
    assert silent(NOW_MS + 2 * HOUR_MS + 1) == {"never", "once"}
