"""A site with people, staff, a list and a stick, as the tests of backups need it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from conftest import Site

from kiosk.backup import Made, Sources, make_backup
from kiosk.devices import clock
from kiosk.packing import PackedFile, unpacked
from kiosk.restoring import Restored, restore
from kiosk.rules import invented
from kiosk.rules.access import Role
from kiosk.rules.model import Kind
from kiosk.store.copying import Copied
from kiosk.store.staff import FILE, StaffBook
from kiosk.store.staff_tables import Account
from kiosk.vault.pins import hash_pin
from kiosk.vault.recovery import Unlocked, keep_lock, new_code, unlock
from kiosk.vault.sealed_file import read_sealed

STAFF_NAME, PIN = "Ngô Thị Bưởi", "704913"


def card(number: int) -> bytes:
    return invented.codes(invented.person(number))[Kind.ID_CARD]


def locked(site: Site) -> Unlocked:
    """A new recovery code for *site*."""
    code = unlock(new_code())
    keep_lock(site.house.data, code.lock)
    return code


def hire(site: Site) -> None:
    """Somebody of the staff."""
    book = StaffBook(site.house.data / FILE)
    with book.writing() as tables:
        tables.save(Account(STAFF_NAME, Role.ADMIN, hash_pin(PIN)))
    book.close()


def back_up(site: Site, folder: Path, settings_file: Path | None = None, at: str = "09:00") -> Made:
    folder.mkdir(exist_ok=True)
    sources = Sources(site.house.data, site.house.settings, settings_file)
    return make_backup(sources, folder, clock.stated(site.ms(at)))


def bring_back(site: Site, made: Path, code: Unlocked, data: Path, *, replace: bool = False) -> Restored:
    return restore(made, code, data, clock.stated(site.ms("10:00")), replace=replace, damaged=False)


def contents(path: Path, code: Unlocked) -> list[PackedFile | Copied]:
    """What lies in a backup."""
    with path.open("rb") as file:
        return list(unpacked(read_sealed(file, code)))


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as db:
        return db.execute(query).fetchall()


def everything_below(folder: Path) -> bytes:
    """Every byte of every file."""
    return b"".join(Path(at, name).read_bytes() for at, _, names in os.walk(folder) for name in names)
