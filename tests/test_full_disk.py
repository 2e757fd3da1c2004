"""A disk that was full before the pages began takes them from nobody: they come up, say so, and staff sign in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from conftest import settings_with
from running import PIN, Kiosk, card_of, running_kiosk
from small_disks import MountDisk, fill_disk, mounting_in
from tablets import NAME, TABLETS, answer_to_tablet

from kiosk.devices import clock
from kiosk.rules.access import Role
from kiosk.rules.pins import PERSON_TRIES
from kiosk.signing_in import Locked, SignIns, Wrong
from kiosk.store import staff
from kiosk.store.schema import StoreError
from kiosk.store.staff import FILE, StaffBook
from kiosk.store.staff_tables import Account
from kiosk.vault.pins import hash_pin
from kiosk.web import haproxy
from kiosk.web.advice import ADVICE
from kiosk.web.guard import DISK_FULL

KINDS = pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
FORM = "application/x-www-form-urlencoded"
HIDDEN = hash_pin(PIN)


@pytest.fixture
def mount_disk(tmp_path: Path) -> Iterator[MountDisk]:
    with mounting_in(tmp_path) as mount:
        yield mount


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks for room does so each time."""
    monkeypatch.setattr(staff, "LOOK_S", 0.0)


@contextmanager
def sign_ins_in(disk: Path) -> Iterator[SignIns]:
    with closing(StaffBook(disk / FILE)) as book:
        yield SignIns(book, settings_with(), clock.now)


def add(disk: Path, *names: str) -> None:
    with closing(StaffBook(disk / FILE)) as book, book.writing() as tables:
        for name in names:
            tables.save(Account(name, Role.STAFF, HIDDEN))


def make_room(disk: Path) -> None:
    for file in disk.glob("photos*"):
        file.unlink()


def signed_in(sign_ins: SignIns, name: str = "Sen", instead_of: str = "") -> str:
    token = sign_ins.sign_in(name, PIN, instead_of=instead_of)
    assert isinstance(token, str), token
    return token


@KINDS
def test_staff_sign_in_and_out_on_a_disk_that_was_full_before(mount_disk: MountDisk, kind: str) -> None:
    disk = mount_disk(kind)
    add(disk, "Sen", "Hải")
    fill_disk(disk, "photos")
    with sign_ins_in(disk) as sign_ins:
        assert {one.name for one in sign_ins.book.accounts()} == {"Sen", "Hải"}
        first = signed_in(sign_ins)
        second = signed_in(sign_ins, "Hải", instead_of=first)
        session = sign_ins.who(second)
        assert session
        assert (session.account.name, sign_ins.who(first)) == ("Hải", None)
        sign_ins.sign_out(session.id)
        assert sign_ins.who(second) is None


@KINDS
def test_what_was_written_last_before_a_power_cut_is_read_on_a_full_disk(mount_disk: MountDisk, kind: str) -> None:
    disk = mount_disk(kind)
    add(disk, "Sen")
    with closing(StaffBook(disk / FILE)) as book:
        with book.writing() as tables:
            tables.save(Account("Hải", Role.STAFF, HIDDEN))
        assert (disk / f"{FILE}-wal").stat().st_size
        shutil.copytree(disk, disk / "cut", ignore=shutil.ignore_patterns("*-shm", "cut", "lost+found"))
    fill_disk(disk, "photos")
    with sign_ins_in(disk / "cut") as sign_ins:
        assert {one.name for one in sign_ins.book.accounts()} == {"Sen", "Hải"}
        assert sign_ins.who(signed_in(sign_ins, "Hải"))


@KINDS
def test_who_signed_in_meanwhile_stays_so_once_there_is_room_and_over_a_restart(
    mount_disk: MountDisk, kind: str
) -> None:
    disk = mount_disk(kind)
    add(disk, "Sen", "Hải")
    fill_disk(disk, "photos")
    with sign_ins_in(disk) as sign_ins:
        token = signed_in(sign_ins)
        left = signed_in(sign_ins, "Hải")
        found = sign_ins.who(left)
        assert found
        sign_ins.sign_out(found.id)
        make_room(disk)
        assert sign_ins.who(token)
    with sign_ins_in(disk) as sign_ins:
        assert (bool(sign_ins.who(token)), sign_ins.who(left)) == (True, None)


@KINDS
def test_a_disk_that_becomes_full_keeps_nobody_from_signing_in(mount_disk: MountDisk, kind: str) -> None:
    disk = mount_disk(kind)
    add(disk, "Sen")
    with sign_ins_in(disk) as sign_ins:
        before = signed_in(sign_ins)
        fill_disk(disk, "photos")
        for _ in range(20):  # what was preallocated is used up
            last = signed_in(sign_ins)
            fill_disk(disk, "photos more")
        assert sign_ins.who(before)
        make_room(disk)
        assert sign_ins.who(last)
    with sign_ins_in(disk) as sign_ins:
        assert sign_ins.who(last)


def test_wrong_pins_lock_on_a_full_disk_as_ever_and_are_not_forgotten_with_it(mount_disk: MountDisk) -> None:
    disk = mount_disk("tmpfs")
    add(disk, "Sen")
    fill_disk(disk, "photos")
    with sign_ins_in(disk) as sign_ins:
        assert all(isinstance(sign_ins.sign_in("Sen", "000000"), Wrong) for _ in range(PERSON_TRIES))
        assert isinstance(sign_ins.sign_in("Sen", PIN), Locked)
        make_room(disk)
        assert isinstance(sign_ins.sign_in("Sen", PIN), Locked)
    with sign_ins_in(disk) as sign_ins:
        assert isinstance(sign_ins.sign_in("Sen", PIN), Locked)


def test_whose_pin_was_changed_elsewhere_meanwhile_is_signed_out(mount_disk: MountDisk) -> None:
    disk = mount_disk("tmpfs")
    add(disk, "Sen", "Hải")
    fill_disk(disk, "photos")
    with sign_ins_in(disk) as sign_ins:
        sen, hai = signed_in(sign_ins), signed_in(sign_ins, "Hải")
        make_room(disk)
        with closing(StaffBook(disk / FILE)) as book, book.writing() as tables:
            tables.save(Account("Hải", Role.STAFF, hash_pin("271828")))
        assert (bool(sign_ins.who(sen)), sign_ins.who(hai)) == (True, None)


def test_what_must_last_is_refused_while_it_would_not(mount_disk: MountDisk) -> None:
    disk = mount_disk("tmpfs")
    add(disk, "Sen")
    fill_disk(disk, "photos")
    with closing(StaffBook(disk / FILE)) as book:
        with pytest.raises(StoreError, match="the disk is full") as refused, book.writing() as tables:
            tables.save(Account("Hải", Role.STAFF, HIDDEN))
        assert refused.value.disk_full
        make_room(disk)
        with book.writing() as tables:
            tables.save(Account("Hải", Role.STAFF, HIDDEN))
        assert len(book.accounts()) == 2


# The pages


def open_web_anew(kiosk: Kiosk) -> None:
    """The process of the pages begins again: nothing is left of what it had open."""
    kiosk.close_web()
    assert kiosk.sign_ins
    kiosk.sign_ins.book.close()
    kiosk.sign_ins = None
    fill_disk(kiosk.house.data.parent, "photos")
    kiosk.open_web()


def sign_in_by_form(kiosk: Kiosk) -> dict[str, str]:
    own = {"Content-Type": FORM, "Origin": kiosk.url}
    answer = kiosk.as_(None).ask("POST", "/sign-in", urlencode({"name": "An admin", "pin": PIN}).encode(), own)
    assert answer.status == 303, answer.read().decode()
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0], "Accept": "text/html"}


@KINDS
def test_the_pages_come_up_on_a_full_disk_and_say_so(mount_disk: MountDisk, kind: str) -> None:
    disk = mount_disk(kind)
    with running_kiosk(disk / "data") as kiosk:
        kiosk.sign_in(Role.ADMIN)
        kiosk.show(card_of(1))
        assert ADVICE["disk"].vi not in kiosk.get("/").read().decode()
        open_web_anew(kiosk)
        cookie = sign_in_by_form(kiosk)
        for path in ("/", "/house", "/accounts", "/help"):
            answer = kiosk.ask("GET", path, headers=cookie)
            assert (path, answer.status, ADVICE["disk"].vi in unescape(answer.read().decode())) == (path, 200, True)
        own = cookie | {"Content-Type": FORM, "Origin": kiosk.url}
        unsaved = kiosk.ask("POST", "/own/language", b"language=en&next=/own", own)
        assert (unsaved.status, json.loads(unsaved.read())["error"]["vi"]) == (507, DISK_FULL.vi)
        make_room(disk)
        assert ADVICE["disk"].vi not in kiosk.ask("GET", "/", headers=cookie).read().decode()


@pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)
def test_a_full_disk_keeps_no_tablet_out(mount_disk: MountDisk) -> None:
    disk = mount_disk("ext4")
    with running_kiosk(disk / "data", web=TABLETS) as kiosk:
        kiosk.sign_in(Role.ADMIN)
        open_web_anew(kiosk)
        assert kiosk.front.state.note == ""
        assert NAME in kiosk.front.names
        assert answer_to_tablet(kiosk, "GET", "/trust").status == 200
