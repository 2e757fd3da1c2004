"""Whoever rewrites the log without the kiosk's key is told of for ever."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from conftest import Site

from kiosk.rules import entries, invented
from kiosk.rules.model import Kind
from kiosk.store.checking import verify_log
from kiosk.store.head import read_head
from kiosk.store.stored import stored_entries

CARDS = [invented.codes(invented.person(i))[Kind.ID_CARD] for i in range(4)]


def forge(db: sqlite3.Connection) -> None:
    """Change the gate of entry 3 and make all chain values after it anew, as anybody could who knows the format."""
    db.execute("UPDATE entry SET gate = 'moon' WHERE sequence = 3")
    chain = entries.START
    for stored in list(stored_entries(db, read_head(db))):
        chain = entries.link(chain, stored.entry.header.encode(), stored.commitment)
        db.execute("UPDATE entry SET chain = ? WHERE sequence = ?", (chain, stored.entry.sequence))
    db.execute("UPDATE head SET chain = ?", (chain,))


def verdict(site: Site) -> str:
    return verify_log(site.house.store.db, site.house.vault.head_seal).fault


def test_a_forged_log_is_not_made_good_by_the_next_scan(site: Site) -> None:
    for i, card in enumerate(CARDS[:3]):
        site.show(card, "in", f"08:0{i}")
    assert verdict(site) == ""
    with closing(sqlite3.connect(site.house.database, isolation_level=None)) as db:
        forge(db)
    assert "was not written by this kiosk" in verdict(site)
    site.show(CARDS[3], "in", "08:30")
    assert "another hand" in verdict(site)


@pytest.mark.parametrize(
    "change",
    [
        "at_ms = at_ms + 315360000000",
        "monotonic_ms = 0",
        "boot_id = 'x'",
        "key_id = x'00'",
        "key_day = '2099-01-01'",
        "key_ran_ms = 0 - 1",
        "sequence = sequence - 1",
        "epoch = 'x'",
    ],
)
def test_every_column_of_the_head_is_sealed(site: Site, change: str) -> None:
    site.show(CARDS[0], "in", "08:00")
    with closing(sqlite3.connect(site.house.database, isolation_level=None)) as db:
        db.execute(f"UPDATE head SET {change}")
    assert verdict(site) != ""
