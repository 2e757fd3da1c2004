"""A backup is a consistent, sealed copy of a kiosk at work; it names nobody of a day that is over."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

import pytest
from backed_up import PIN, STAFF_NAME, back_up, bring_back, card, contents, everything_below, hire, locked, rows
from conftest import OpenSite, Site
from faults import faults_of

from kiosk import retention
from kiosk.devices import clock
from kiosk.list_import import Keeper, Listener, Source, import_list
from kiosk.packing import PackedFile
from kiosk.roster import Roster
from kiosk.rules import invented
from kiosk.rules.entries import EntryKind
from kiosk.rules.list_rows import Defaults
from kiosk.rules.model import Listed, Person
from kiosk.store.copying import LOOK_ROWS, Erased, copied
from kiosk.store.purging import erase
from kiosk.store.roster import stored_lists
from kiosk.store.schema import connect, connect_read_only
from kiosk.store.staff import FILE, StaffBook
from kiosk.vault import VaultError
from kiosk.vault.keyfile import KeyFile
from kiosk.vault.pins import is_pin
from kiosk.vault.recovery import new_code, unlock


def test_what_was_recorded_is_back_proven_and_every_table_follows(site: Site, tmp_path: Path) -> None:
    for number in range(5):
        site.show(card(number), "in", f"08:0{number}")
    site.show(card(0), "out", "08:30")
    hire(site)
    code = locked(site)
    made = back_up(site, tmp_path / "stick")
    came = bring_back(site, made.path, code, tmp_path / "new")
    assert (came.verdict.fault, came.verdict.entries) == ("", made.sequence)
    old, new = site.house.database, tmp_path / "new" / "kiosk.db"
    every = f"SELECT * FROM entry WHERE sequence <= {made.sequence} ORDER BY sequence"
    assert rows(old, every) == rows(new, every)
    assert rows(old, "SELECT * FROM visit ORDER BY id") == rows(new, "SELECT * FROM visit ORDER BY id")
    book = StaffBook(tmp_path / "new" / FILE)
    (account,) = book.accounts()
    book.close()
    assert (account.name, is_pin(PIN, account.pin)) == (STAFF_NAME, True)


def test_the_day_key_stays_behind_and_the_restored_kiosk_begins_a_new_one(
    open_site: OpenSite, site: Site, tmp_path: Path
) -> None:
    site.show(card(1), "in", "08:00")
    key_id = site.house.vault.key_id
    slot = KeyFile(site.house.data / "day.key").look(key_id)
    assert slot
    code = locked(site)
    made = back_up(site, tmp_path / "stick")
    inside = b"".join(part.content for part in contents(made.path, code) if isinstance(part, PackedFile))
    assert slot.key not in inside
    bring_back(site, made.path, code, tmp_path / "new")
    assert not (tmp_path / "new" / "day.key").exists()
    again = open_site(data=tmp_path / "new", at="10:05")
    assert again.house.vault.key_id not in (b"", key_id)
    assert again.reader.inside() == []  # closed as inferred: under the new key nobody could be matched with them
    again.show(card(1), "in", "10:10")
    assert [again.house.vault.reveal(visit.shown or b"") is not None for visit in again.reader.arrivals()] == [
        True,
        False,
    ]
    assert faults_of(again.house) == []


def test_a_clone_shows_by_its_epoch(open_site: OpenSite, site: Site, tmp_path: Path) -> None:
    site.show(card(1), "in", "08:00")
    code = locked(site)
    made = back_up(site, tmp_path / "stick")
    epochs = {site.house.store.head().epoch}
    for name in ("one", "two"):
        came = bring_back(site, made.path, code, tmp_path / name)
        again = open_site(data=tmp_path / name, at="10:05")
        entries = again.reader.events_after(0, 1000)
        assert {entry.header.epoch for entry in entries[: made.sequence]} == {site.house.store.head().epoch}
        began = entries[made.sequence]
        assert (began.sequence, began.header.kind) == (came.sequence, EntryKind.START)
        assert began.body
        assert began.body["follows"] == [site.house.store.head().epoch, made.sequence]
        epochs.add(again.house.store.head().epoch)
        assert faults_of(again.house) == []
    assert len(epochs) == 3


def test_a_backup_of_a_restored_kiosk_has_all_its_epochs(open_site: OpenSite, site: Site, tmp_path: Path) -> None:
    code = locked(site)
    bring_back(site, back_up(site, tmp_path / "stick").path, code, tmp_path / "second")
    second = open_site(data=tmp_path / "second", at="10:05")
    made = back_up(second, tmp_path / "stick", at="10:10")
    bring_back(second, made.path, code, tmp_path / "third")
    third = open_site(data=tmp_path / "third", at="10:20")
    assert len({entry.header.epoch for entry in third.reader.events_after(0, 1000)}) == 3
    assert faults_of(third.house) == []


def test_the_door_is_looked_at_in_short_looks_with_nothing_open_in_between(site: Site) -> None:
    for number in range(3 * LOOK_ROWS // 2):
        site.show(card(number), "in", "08:00")
    with closing(connect_read_only(site.house.database)) as db:
        for table, found in copied(db):
            assert (db.in_transaction, len(found) <= LOOK_ROWS) == (False, True), table
            # Proof that no reader is left: the write-ahead log could be emptied to its last page.
            busy, *_ = site.house.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            assert busy == 0


def test_people_who_come_meanwhile_are_in_it_or_not_but_never_half(
    open_site: OpenSite, site: Site, tmp_path: Path
) -> None:
    for number in range(LOOK_ROWS):
        site.show(card(number), "in", "08:00")
    with closing(connect_read_only(site.house.database)) as db:
        taken = []
        for part in copied(db):
            taken.append(part)
            if part.table == "entry" and len(part.rows) == LOOK_ROWS:
                site.show(card(1000 + len(taken)), "in", "08:30")
    entries = [row for part in taken if part.table == "entry" for row in part.rows]
    (head,) = next(part.rows for part in taken if part.table == "head")
    assert [row[0] for row in entries] == list(range(1, len(entries) + 1))
    assert head[2] == len(entries)


def test_what_is_erased_meanwhile_does_not_travel(site: Site) -> None:
    for number in range(LOOK_ROWS):
        site.show(card(number), "in", "08:00")
    with closing(connect_read_only(site.house.database)) as db, pytest.raises(Erased):
        for part in copied(db):
            if part.table == "entry" and part.rows:
                with site.house.store.writing(None) as log:
                    log.append(EntryKind.PURGE, "", clock.stated(site.ms("09:00")), {"through": 5, "keep_days": 1})


def test_what_a_purge_has_named_does_not_travel_though_its_body_is_still_there(
    open_site: OpenSite, tmp_path: Path
) -> None:
    site = open_site()
    site.show(card(1), "in", "08:00")
    vault, store = site.house.vault, site.house.store
    day_after = clock.stated(site.ms("2026-11-21T08:00"))
    retention.turn_if_due(store, vault, site.house.settings, day_after)
    through = max(sequence for sequence, _ in store.db.execute("SELECT sequence, kind FROM entry") if sequence) - 1
    with store.writing(None) as log:
        log.append(EntryKind.PURGE, "", day_after, {"through": through, "keep_days": 1})
    with closing(connect_read_only(site.house.database)) as db:
        entries = [row for part in copied(db) if part.table == "entry" for row in part.rows]
    assert {row[1] for row in entries if row[0] <= through and row[-1] is not None} <= {"day_close"}
    code = locked(site)
    came = bring_back(site, back_up(site, tmp_path / "stick").path, code, tmp_path / "new")
    assert came.verdict.fault == ""
    erase(store, 1, through)


def test_nothing_of_people_can_be_read_without_the_code(site: Site, tmp_path: Path) -> None:
    hire(site)
    code = locked(site)
    file = tmp_path / "kiosk.toml"
    file.write_text('[site]\nname = "Trạm Y tế Phường Mẫu"\n', encoding="utf-8")
    made = back_up(site, tmp_path / "stick", file)
    sealed = everything_below(tmp_path / "stick")
    for text in (STAFF_NAME, "Trạm Y tế Phường Mẫu", "argon2id"):
        assert text.encode() not in sealed
    opened = b"".join(part.content for part in contents(made.path, code) if isinstance(part, PackedFile))
    assert STAFF_NAME.encode() in opened
    with pytest.raises(VaultError, match="does not open it"):
        contents(made.path, unlock(new_code()))


def test_nobody_is_signed_in_where_a_backup_comes_back(site: Site, tmp_path: Path) -> None:
    hire(site)
    with closing(connect(site.house.data / FILE)) as db:
        db.execute(
            "INSERT INTO session (token, account, device, boot_id, began_ms, used_ms, wall_ms)"
            " SELECT x'00', key, 0, '', 0, 0, 0 FROM account"
        )
    code = locked(site)
    bring_back(site, back_up(site, tmp_path / "stick").path, code, tmp_path / "new")
    assert rows(tmp_path / "new" / FILE, "SELECT count(*) FROM session") == [(0,)]


def test_the_sha256_beside_it_is_as_sha256sum_writes_it(site: Site, tmp_path: Path) -> None:
    locked(site)
    made = back_up(site, tmp_path / "stick")
    digest = hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert made.path.with_name(f"{made.path.name}.sha256").read_text() == f"{digest}  {made.path.name}\n"


def test_the_newest_are_kept_and_another_kiosk_s_are_left_alone(open_site: OpenSite, tmp_path: Path) -> None:
    site = open_site(backup={"keep": 2})
    locked(site)
    other = tmp_path / "stick" / "site.kiosk-2.20200101T000000Z.aa.0000000001.kiosk-backup"
    made = [back_up(site, tmp_path / "stick", at="09:00").path]
    other.write_bytes(b"")
    for number, at in enumerate(("09:10", "09:20", "09:30")):
        site.show(card(number), "in", at)
        made.append(back_up(site, tmp_path / "stick", at=at).path)
    left = {path for path in (tmp_path / "stick").iterdir() if path.suffix == ".kiosk-backup"}
    assert left == {*made[-2:], other}
    assert not made[0].with_name(f"{made[0].name}.sha256").exists()


def test_of_a_log_that_is_not_whole_no_older_backup_goes(open_site: OpenSite, tmp_path: Path) -> None:
    site = open_site(backup={"keep": 1})
    site.show(card(1), "in", "08:00")
    locked(site)
    whole = back_up(site, tmp_path / "stick")
    with closing(connect(site.house.database)) as db:
        db.execute("UPDATE entry SET gate = 'elsewhere' WHERE sequence = 3")
    made = back_up(site, tmp_path / "stick", at="09:10")
    assert "entry 3" in made.fault
    assert whole.fault == ""
    assert whole.path.exists()


def test_without_a_recovery_code_no_backup_is_made(site: Site, tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="kiosk backup --new-code"):
        back_up(site, tmp_path / "stick")
    assert list((tmp_path / "stick").iterdir()) == []


def test_a_list_comes_back_with_its_key_as_long_as_it_is_in_force(
    open_site: OpenSite, site: Site, tmp_path: Path
) -> None:
    keep_list(site, tmp_path, *range(LOOK_ROWS + 5))
    code = locked(site)
    made = back_up(site, tmp_path / "stick")
    bring_back(site, made.path, code, tmp_path / "new")
    again = open_site(data=tmp_path / "new", at="10:05")
    somebody = invented.person(LOOK_ROWS + 1).person
    assert (listed(site, somebody), listed(again, somebody)) == (Listed.ON_TIME, Listed.ON_TIME)
    Roster(site.house.settings, site.house.store, site.house.data).forget(stored_lists(site.house.store.db)[0].id)
    made = back_up(site, tmp_path / "stick", at="09:10")
    bring_back(site, made.path, code, tmp_path / "later")
    assert (list((tmp_path / "later").glob("list-*")), list((tmp_path / "new").glob("list-*")) != []) == ([], True)


def keep_list(site: Site, tmp_path: Path, *people: int) -> None:
    """A list of the site's day is imported, with *people* on it."""
    source = tmp_path / "list.csv"
    rows = "\n".join(f"{each.name};{each.number}" for each in (invented.person(number).person for number in people))
    source.write_text(f"Họ và tên;Số CCCD\n{rows}\n", encoding="utf-8")
    with Keeper(site.house.store, site.house.data) as keeper:
        defaults = Defaults(site.day, site.day)
        report = import_list(
            Source(source), source.with_suffix(".xlsx"), site.house.settings, defaults, Listener(), keeper
        )
        keeper.finish(report, clock.stated(site.ms("07:00")))


def listed(site: Site, person: Person) -> Listed:
    """What the lists say of *person*."""
    roster = Roster(site.house.settings, site.house.store, site.house.data)
    return roster.find([f"id:{person.number}"], person, site.ms("08:00")).listed
