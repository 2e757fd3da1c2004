"""When the log cannot be written, nobody is shut in or out: people pass, visibly unrecorded, and are counted."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from patience import eventually
from small_disks import MountDisk, fill_disk, mounting_in

from kiosk import by_hand
from kiosk.devices import clock
from kiosk.house import HouseError
from kiosk.rules import invented
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Kind, Lamp, Outcome, Person
from kiosk.scan import Scan
from kiosk.store import schema
from kiosk.store.checking import verify_log
from kiosk.store.reserve import RESERVE_BYTES, GapCounter

UNRECORDED = Outcome.PASSED_UNRECORDED
CROWDED = Path(__file__).with_name("crowded.py")
LINK = b"https://example.org/promotion"


def card(person: int) -> bytes:
    return invented.codes(invented.person(person))[Kind.ID_CARD]


def come_until(site: Site, outcome: Outcome, people: Iterator[int]) -> Scan:
    """One after another comes in, until the first with *outcome*."""
    return next(
        scan
        for person in itertools.islice(people, 1000)
        if (scan := site.show(card(person), "in", "08:00")).decision.outcome is outcome
    )


def fill_database(site: Site) -> None:
    """From now on the database may not grow by a page, as on a full disk."""
    (pages,) = site.house.store.db.execute("PRAGMA page_count").fetchone()
    site.house.store.db.execute(f"PRAGMA max_page_count = {pages}")


def make_read_only(site: Site) -> None:
    site.house.store.db.execute("PRAGMA query_only = ON")


def make_room(site: Site) -> None:
    site.house.store.db.execute("PRAGMA max_page_count = 1000000")


def gaps(site: Site) -> list[dict[str, int]]:
    """What the log says of passages that it does not have."""
    entries = site.reader.events_after(0, 10_000)
    return [entry.body for entry in entries if entry.header.kind == EntryKind.GAP and entry.body]


def test_on_a_full_disk_people_pass_with_a_lamp_of_its_own_and_without_a_ticket(site: Site) -> None:
    fill_database(site)
    scan = come_until(site, UNRECORDED, itertools.count())
    announced = site.panel.announcements[-1]
    assert (scan.sequence, scan.ticket) == (None, None)
    assert (announced.outcome, announced.lamp, announced.ticket) == (UNRECORDED, Lamp.GREEN_AMBER, "")


def test_an_exit_is_let_go_whatever_fails(site: Site) -> None:
    site.show(card(1), "in", "08:00")
    make_read_only(site)
    assert site.show(card(1), "out", "08:30").decision.outcome is UNRECORDED
    assert site.show(LINK, "out", "08:31").decision.outcome is UNRECORDED


def test_a_refusal_stays_a_refusal(site: Site) -> None:
    make_read_only(site)
    assert site.show(LINK, "in", "08:30").decision.outcome is Outcome.REFUSED


def test_unrecorded_passages_become_one_entry_once_there_is_room(site: Site) -> None:
    fill_database(site)
    come_until(site, UNRECORDED, itertools.count())
    site.show(card(1001), "in", "08:10")
    site.show(card(1002), "in", "08:20")
    make_room(site)
    site.show(card(1003), "in", "08:30")
    site.show(card(1004), "in", "08:40")
    (gap,) = gaps(site)
    assert (gap["count"], gap["first_ms"], gap["last_ms"]) == (3, site.ms("08:00"), site.ms("08:20"))


def test_no_ticket_number_is_lost_to_a_passage_that_was_not_recorded(site: Site) -> None:
    fill_database(site)
    come_until(site, UNRECORDED, itertools.count())
    make_room(site)
    before = len(site.reader.arrivals(1000))
    assert str(site.show(card(1001), "in", "08:30").ticket) == f"A{before + 1:03}"


def test_a_kill_keeps_the_count_of_unrecorded_passages(open_site: OpenSite, tmp_path: Path) -> None:
    door = subprocess.Popen(
        [sys.executable, str(CROWDED), str(tmp_path / "data")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with door:
        assert door.stdout is not None and door.stderr is not None
        told = Counter(itertools.islice(door.stdout, 20))
        door.kill()
        assert door.stderr.read().splitlines() == ["log: kiosk.db cannot be written: disk I/O error"], "said once"
    unrecorded = told["passed_unrecorded green_amber\n"]
    assert 0 < unrecorded < 20
    site = open_site(at="09:00")
    site.show(card(1001), "in", "09:00")
    assert [gap["count"] for gap in gaps(site)] == [unrecorded]
    assert len(site.reader.inside()) == 20 - unrecorded + 1


def test_a_kill_between_the_gap_s_commit_and_its_counter_does_not_tell_it_twice(open_site: OpenSite) -> None:
    site = open_site()
    counter = GapCounter(site.house.data)
    counter.add(site.ms("08:00"))
    with site.house.store.writing(None) as writing:
        counter.becomes(writing.head.sequence + 1)
        writing.append(EntryKind.GAP, "", clock.stated(site.ms("08:01")), {"count": 1})
    again = open_site()
    again.show(card(1), "in", "08:30")
    assert len(gaps(again)) == 1


def test_a_kill_before_the_gap_s_commit_does_not_lose_it(open_site: OpenSite) -> None:
    site = open_site()
    counter = GapCounter(site.house.data)
    counter.add(site.ms("08:00"))
    counter.becomes(site.house.store.head().sequence + 1)
    again = open_site()
    again.show(card(1), "in", "08:30")
    assert [gap["count"] for gap in gaps(again)] == [1]


@pytest.fixture
def mount_disk(tmp_path: Path) -> Iterator[MountDisk]:
    with mounting_in(tmp_path) as mount:
        yield mount


@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_a_disk_that_is_full_gives_its_reserve_first(open_site: OpenSite, mount_disk: MountDisk, kind: str) -> None:
    disk = mount_disk(kind)
    site = open_site(data=disk / "data")
    assert (site.house.data / "reserve").stat().st_size == RESERVE_BYTES

    fill_disk(disk, "photos")
    people = itertools.count()
    come_until(site, Outcome.ADMITTED, people)
    while (site.house.data / "reserve").stat().st_size:
        assert come_until(site, Outcome.ADMITTED, people).sequence, "people are recorded to the last byte"

    fill_disk(disk, "more photos")
    come_until(site, UNRECORDED, people)
    (disk / "photos").unlink()
    come_until(site, Outcome.ADMITTED, people)
    site.door.keep_house(clock.stated(site.ms("08:00")))
    assert [gap["count"] for gap in gaps(site)] == [1]
    assert (site.house.data / "reserve").stat().st_size == RESERVE_BYTES
    assert verify_log(site.house.store.db, site.house.vault.head_seal).fault == ""


def note_about(site: Site, device: str) -> str:
    """What staff read of a *device* that failed, once the pages were told."""
    site.house.health.close()

    def notes() -> list[str]:
        return [state.note for state in site.reader.devices() if state.name == device and not state.ok]

    assert eventually(notes)
    return notes()[0]


def test_a_database_that_became_read_only_is_a_sentence_for_staff(site: Site) -> None:
    make_read_only(site)
    assert site.show(card(1), "in", "08:00").decision.outcome is UNRECORDED
    site.door.keep_house(clock.stated(site.ms("08:01")))
    assert "kiosk.db cannot be written: attempt to write a readonly database" in note_about(site, "log")


def test_a_database_locked_by_others_keeps_nobody_waiting(open_site: OpenSite) -> None:
    site = open_site(door={"answer_s": 0.5})
    other = schema.connect(site.house.database)
    other.execute("BEGIN IMMEDIATE")
    scan = site.show(card(1), "in", "08:00")
    other.execute("ROLLBACK")
    other.close()
    assert scan.decision.outcome is UNRECORDED
    assert (site.house.data / "reserve").stat().st_size == RESERVE_BYTES, "the reserve is for a full disk"


def test_a_lost_key_file_stops_nobody_and_the_next_day_has_a_new_one(open_site: OpenSite) -> None:
    site = open_site()
    (site.house.data / "day.key").unlink()
    assert site.show(card(1), "in", "08:00").decision.outcome is Outcome.ADMITTED
    site.door.keep_house(clock.stated(site.ms("2026-11-21T07:00")))
    assert site.show(card(1), "in", "2026-11-21T08:00").decision.outcome is Outcome.ADMITTED
    keys = [key_id for _, key_id, _ in site.reader.day_keys()]
    assert (len(keys), site.house.vault.key_id) == (2, keys[-1])


def test_a_key_file_that_cannot_be_used_is_a_sentence_for_staff(site: Site) -> None:
    (site.house.data / "day.key").write_bytes(b"not a key file")
    site.door.keep_house(clock.stated(site.ms("2026-11-21T07:00")))
    assert "day.key: has 14 bytes" in note_about(site, "keys")


def damage(site: Site, intact_bytes: int) -> None:
    """Garbage in the database from *intact_bytes* on, as a dying card leaves it."""
    site.house.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with site.house.database.open("r+b") as file:
        file.seek(intact_bytes)
        file.write(os.urandom(site.house.database.stat().st_size - intact_bytes))
    site.house.store.db.execute("PRAGMA shrink_memory")


def test_a_database_whose_pages_are_garbage_is_a_sentence_and_people_pass(site: Site) -> None:
    damage(site, 0)
    assert site.show(card(1), "in", "08:00").decision.outcome is UNRECORDED
    site.door.keep_house(clock.stated(site.ms("08:01")))
    site.door.call_for_help(site.house.settings.gate("in"), clock.stated(site.ms("08:02")))


@pytest.mark.parametrize("intact_bytes", [0, schema.PAGE_BYTES])
def test_a_house_with_a_damaged_database_is_not_opened_and_says_why(open_site: OpenSite, intact_bytes: int) -> None:
    damage(open_site(), intact_bytes)
    with pytest.raises(HouseError, match=r"kiosk\.db.*(not a database|malformed)"):
        open_site()


def test_whom_staff_let_in_passes_and_is_counted_though_nothing_can_be_recorded(open_site: OpenSite) -> None:
    site = open_site(site={"require_id": True})
    parent = site.show(card(2), "in", "08:00").sequence
    asked = site.show(invented.codes(invented.person(1))[Kind.INSURANCE], "in", "08:01").sequence
    make_read_only(site)
    now = clock.stated(site.ms("08:02"))
    let_in = site.door.let_in(asked or 0, now)
    beside = by_hand.accompany(site.door, parent or 0, Person(), site.house.settings.gate("in"), now)
    assert (let_in.decision.outcome, beside.decision.outcome) == (UNRECORDED, UNRECORDED)
    site.house.store.db.execute("PRAGMA query_only = OFF")
    site.door.keep_house(clock.stated(site.ms("08:03")))
    assert [gap["count"] for gap in gaps(site)] == [2]
    assert verify_log(site.house.store.db, site.house.vault.head_seal).fault == ""
