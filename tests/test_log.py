"""The log proves itself: whoever changes, inserts, drops or exchanges an entry is found, and the entry is named.

Whoever has the disk can compute every chain anew, but not seal the end of the log: that takes the kiosk's own key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from conftest import Site

from kiosk import retention
from kiosk.devices import clock
from kiosk.rules import entries, invented
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Kind
from kiosk.store.checking import Verdict, project_again, verify_log
from kiosk.store.head import read_head
from kiosk.store.stored import stored_entries

PEOPLE = 10
END = PEOPLE + 2  # entries: the start, the day key, and a scan of each
COLUMNS = "sequence, kind, key_id, gate, at_ms, wall_ms, monotonic_ms, boot_id, clock, commitment, chain, salt, body"


@pytest.fixture
def day(site: Site) -> Site:
    """A site into which ten people came, of whom the fifth is entry 7."""
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


def verdict(site: Site) -> Verdict:
    return verify_log(site.house.store.db, site.house.vault.head_seal)


def test_an_untouched_log_is_whole(day: Site) -> None:
    assert verdict(day) == Verdict(END)


HEADER_FIELDS = {
    "kind": "desk",
    "key_id": b"another!",
    "gate": "out",
    "at_ms": 1,
    "wall_ms": 1,
    "monotonic_ms": 1,
    "boot_id": "another",
    "clock": "set",
}
PROOF_FIELDS = {"commitment": bytes(32), "chain": bytes(32), "salt": bytes(16), "body": b"{}"}


@pytest.mark.parametrize(("column", "value"), (HEADER_FIELDS | PROOF_FIELDS).items())
def test_a_changed_field_names_its_entry(
    day: Site, db: sqlite3.Connection, column: str, value: bytes | int | str
) -> None:
    db.execute(f"UPDATE entry SET {column} = ? WHERE sequence = 7", (value,))
    assert verdict(day).sequence == 7


@pytest.mark.parametrize("body", [b"\xff", b"{", b'"', b"[" * 100_000, b"null"])
def test_a_body_that_cannot_be_read_names_its_entry(day: Site, db: sqlite3.Connection, body: bytes) -> None:
    db.execute("UPDATE entry SET body = ? WHERE sequence = 7", (body,))
    assert verdict(day).sequence == 7


def remove_in_the_middle(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM entry WHERE sequence = 7")


def remove_in_the_middle_and_close_the_gap(db: sqlite3.Connection) -> None:
    remove_in_the_middle(db)
    db.execute("UPDATE entry SET sequence = sequence - 1 WHERE sequence > 7")


def remove_the_last(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM entry WHERE sequence >= 7")


def remove_everything(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM entry")


def insert(db: sqlite3.Connection) -> None:
    db.execute("UPDATE entry SET sequence = -sequence WHERE sequence >= 7")
    db.execute("UPDATE entry SET sequence = 1 - sequence WHERE sequence < 0")
    db.execute(
        f"INSERT INTO entry ({COLUMNS}) SELECT {COLUMNS.replace('sequence', '7', 1)} FROM entry WHERE sequence = 6"
    )


def exchange(db: sqlite3.Connection) -> None:
    for old, new in ((7, -7), (8, 7), (-7, 8)):
        db.execute("UPDATE entry SET sequence = ? WHERE sequence = ?", (new, old))


def exchange_bodies(db: sqlite3.Connection) -> None:
    (seventh, eighth) = db.execute("SELECT salt, body FROM entry WHERE sequence IN (7, 8)").fetchall()
    for sequence, row in ((7, eighth), (8, seventh)):
        db.execute("UPDATE entry SET salt = ?, body = ? WHERE sequence = ?", (*row, sequence))


def erase_without_purge(db: sqlite3.Connection) -> None:
    db.execute("UPDATE entry SET salt = NULL, body = NULL WHERE sequence = 7")


TAMPERINGS = [
    (remove_in_the_middle, "entry 7 is missing; the next one is 8"),
    (remove_in_the_middle_and_close_the_gap, "entry 7 does not follow"),
    (remove_the_last, "entries after 6 are missing: the log ends at 12"),
    (insert, "entry 7 does not follow"),
    (exchange, "entry 7 does not follow"),
    (exchange_bodies, "the body of entry 7 was changed"),
    (erase_without_purge, "the body of entry 7 is gone although no purge covers it"),
]


@pytest.mark.parametrize(("tamper", "fault"), TAMPERINGS)
def test_the_first_bad_entry_is_named(
    day: Site, db: sqlite3.Connection, tamper: Callable[[sqlite3.Connection], None], fault: str
) -> None:
    tamper(db)
    found = verdict(day)
    assert (found.fault[: len(fault)], found.sequence) == (fault, 7)


def test_a_log_without_its_entries_is_not_an_empty_log(day: Site, db: sqlite3.Connection) -> None:
    remove_everything(db)
    assert verdict(day).sequence == 1


def chain_anew(db: sqlite3.Connection, *, with_head: bool) -> None:
    """What somebody does who knows how the chain is made, but has not the kiosk's key."""
    head, chain = read_head(db), entries.START
    for stored in list(stored_entries(db, head)):
        commitment = entries.commitment(stored.salt or b"", stored.encoded or b"")
        chain = entries.link(chain, stored.entry.header.encode(), commitment)
        values = (commitment, chain, stored.entry.sequence)
        db.execute("UPDATE entry SET commitment = ?, chain = ? WHERE sequence = ?", values)
    if with_head:
        db.execute("UPDATE head SET chain = ?, sequence = (SELECT max(sequence) FROM entry)", (chain,))


@pytest.mark.parametrize("tamper", [remove_in_the_middle_and_close_the_gap, remove_the_last, insert, exchange])
def test_nobody_without_the_kiosk_s_key_can_put_another_end_to_the_log(
    day: Site, db: sqlite3.Connection, tamper: Callable[[sqlite3.Connection], None]
) -> None:
    tamper(db)
    chain_anew(db, with_head=True)
    assert "was not written by this kiosk" in verdict(day).fault


@pytest.mark.parametrize(
    ("tamper", "sequence", "fault"),
    [
        (exchange, END, "chained anew"),
        (insert, END + 1, "were added"),
        (remove_the_last, 7, "are missing"),
    ],
)
def test_a_chain_made_anew_does_not_fit_the_old_end(
    day: Site, db: sqlite3.Connection, tamper: Callable[[sqlite3.Connection], None], sequence: int, fault: str
) -> None:
    tamper(db)
    chain_anew(db, with_head=False)
    found = verdict(day)
    assert (fault in found.fault, found.sequence) == (True, sequence)


@pytest.mark.parametrize(("column", "value"), [("seal", b"?" * 32), ("epoch", "another"), ("kiosk", "another")])
def test_a_head_written_without_the_kiosk_s_key_is_found(
    day: Site, db: sqlite3.Connection, column: str, value: bytes | str
) -> None:
    db.execute(f"UPDATE head SET {column} = ?", (value,))
    assert verdict(day).fault


def purge_yesterday(site: Site) -> Site:
    """The first day of *site* is over and erased; five people came today."""
    site.door.keep_house(clock.stated(site.ms("2026-11-21T07:00")))
    for person in range(5):
        come(site, person, at="2026-11-21T08:00")
    assert retention.purge(site.house.store, clock.stated(site.ms("2026-11-21T09:00")), 0) > PEOPLE
    return site


def test_an_erased_day_leaves_the_log_whole(day: Site) -> None:
    purge_yesterday(day)
    found = verdict(day)
    assert (found.fault, found.erased) == ("", END + 1)  # and the closing of the visits
    assert not any(project_again(day.house.store.db).values())


def test_the_counts_of_an_erased_day_stay(day: Site) -> None:
    purge_yesterday(day)
    closed = [entry for entry in day.reader.events_after(0) if entry.header.kind == EntryKind.DAY_CLOSE]
    assert [entry.body["counts"]["entered"] for entry in closed if entry.body] == [PEOPLE]


def test_a_second_purge_has_nothing_to_tell(day: Site) -> None:
    purge_yesterday(day)
    last = day.reader.last_sequence()
    retention.purge(day.house.store, clock.stated(day.ms("2026-11-21T10:00")), 0)
    assert day.reader.last_sequence() == last


def test_a_purge_covers_no_entry_of_today(day: Site, db: sqlite3.Connection) -> None:
    purge_yesterday(day)
    today = day.reader.arrivals()[0].id
    db.execute("UPDATE entry SET salt = NULL, body = NULL WHERE sequence = ?", (today,))
    assert verdict(day).sequence == today
