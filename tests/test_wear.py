"""A check-in writes few bytes to the card: so many pages into SQLite's log, and no file that grows."""

from __future__ import annotations

import os
import random
from contextlib import closing
from pathlib import Path

import pytest
import wal
from conftest import Site
from running import card_of

from kiosk.devices import clock
from kiosk.retention import purge
from kiosk.rules.model import Reason
from kiosk.store import schema, spool, writeback

BEFORE = range(300)  # people who are inside already: indexes have the depth that they have on any day
PEOPLE = range(300, 360)
MOST_PAGES = {"entry": 22.0, "ticket": 1.0, "exit": 11.0}  # for one person
FRAME_BYTES = schema.PAGE_BYTES + wal.FRAME.size


@pytest.fixture(autouse=True)
def same_pseudonyms(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in every run: by them it is decided which page is full, and one day key costs a page more or less."""
    monkeypatch.setattr(os, "urandom", random.Random(20261120).randbytes)


@pytest.fixture
def busy(site: Site) -> Site:
    """A site at which people are inside; nobody writes SQLite's log back."""
    site.door.prints_with(lambda: "test")
    site.house.store.db.execute("PRAGMA wal_autocheckpoint = 0")
    with schema.unhurried(site.house.store.db):
        for person in BEFORE:
            come(site, person)
    with closing(schema.connect(site.house.database)) as db:
        spool.forget_all(db)
    site.house.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return site


def come(site: Site, person: int) -> None:
    assert site.show(card_of(person), "in", "08:00").ticket


def leave(site: Site, person: int) -> None:
    assert site.show(card_of(person), "out", "09:00").sequence


def print_ticket(site: Site) -> None:
    with closing(schema.connect(site.house.database)) as printer:
        printer.execute("PRAGMA wal_autocheckpoint = 0")
        job = spool.next_job(printer, "test")
        assert job
        assert job.begun
        spool.mark_printed(printer, job.id)


def pages_of(site: Site) -> dict[str, list[int]]:
    """The pages that ``PEOPLE`` write into SQLite's log, by what they do."""
    pages: dict[str, list[int]] = {"entry": [], "ticket": [], "exit": []}

    def note(step: str) -> None:
        pages[step] += wal.pages_in(site.house.database, sum(map(len, pages.values())))

    for person in PEOPLE:
        come(site, person)
        note("entry")
        print_ticket(site)
        note("ticket")
        leave(site, person)
        note("exit")
    return pages


def test_each_step_of_a_check_in_writes_few_pages(busy: Site) -> None:
    pages = pages_of(busy)
    written = {step: len(own) / len(PEOPLE) for step, own in pages.items()}
    assert all(written[step] <= most for step, most in MOST_PAGES.items()), written
    # Of the 16 KiB that a check-in may take at the card this leaves 4 for file system and writing back.
    assert (written["entry"] + written["ticket"]) * FRAME_BYTES <= 12 * 1024


def test_no_table_or_index_takes_a_page_that_it_need_not(busy: Site) -> None:
    """Whatever is written at every check-in is known here by name: one more index is one more page for each person."""
    pages = pages_of(busy)
    owners = {step: wal.owners(busy.house.store.db, own) for step, own in pages.items()}
    always = {step: {name for name, count in found.items() if count >= len(PEOPLE)} for step, found in owners.items()}
    both = {"entry", "visit", "queue_ticket", "queue_open", "visit_like", "occupancy", "head", "sqlite_schema"}
    assert always["entry"] <= both | {"name", "queue_number", "spool"}
    assert always["exit"] <= both
    assert always["ticket"] == {"spool"}


def test_a_repeat_writes_no_more_than_it_must(busy: Site) -> None:
    before = sum(1 for _ in wal.pages_in(busy.house.database))
    assert busy.show(card_of(0), "in", "08:00:30").decision.reason is Reason.ALREADY_IN
    found = wal.owners(busy.house.store.db, wal.pages_in(busy.house.database, before))
    assert set(found) - {"-"} <= {"entry", "head", "sqlite_schema"}


def test_sqlites_log_does_not_grow_while_people_come(busy: Site) -> None:
    log = Path(f"{busy.house.database}-wal")
    writeback.lay_out(busy.house.database)
    before = log.stat()
    pages_of(busy)
    purge(busy.house.store, clock.stated(busy.ms("09:00")), 21)
    after = log.stat()
    assert (after.st_size, after.st_blocks) == (before.st_size, before.st_blocks)
