"""The story of a new card: what a site has in common comes from another gate or a backup, sealed for a code that is
good for that alone; log, day key and slip key are its own.

A bundle has the tracing key's public half, the site CA, staff, settings, trusted keys, the lock of the recovery code
and the lists that are in force. The new kiosk believes slips of the one that it came from.
"""

from __future__ import annotations

import sqlite3
import tomllib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.backup import OF_THE_KIOSK, SETTINGS_NAME, Sources, about, files_of_the_site, pack_rows
from kiosk.backup_folder import whole_file
from kiosk.config.writing import as_toml
from kiosk.packing import Packer
from kiosk.restored import ASIDE
from kiosk.restoring import (
    OUTSIDE,
    RestoreError,
    drop_keys_without_list,
    look_at,
    put_in_place,
    refuse_where_something_is,
    staging_in,
    unpack,
)
from kiosk.rules import clock
from kiosk.rules.backups import name_at
from kiosk.rules.model import Moment
from kiosk.store import schema
from kiosk.store.copying import copied_lists
from kiosk.store.head import read_head
from kiosk.store.log import Store
from kiosk.store.refilling import refill_lists
from kiosk.store.schema import DATABASE
from kiosk.vault import Vault
from kiosk.vault.recovery import Lock, Unlocked
from kiosk.vault.sealed_file import SealedWriter
from kiosk.vault.slips import KioskKey
from kiosk.vault.vault import KIOSK_FILE

WHAT = "kiosk replacement"
SUFFIX = "kiosk-replacement"
FIRST = 1  # the entry with which a log begins


@dataclass(frozen=True, slots=True)
class Place:
    """Which kiosk a new card becomes, and its gate; empty for all that the settings have."""

    kiosk: str
    gate: str = ""


@dataclass(frozen=True, slots=True)
class Replaced:
    """What became of the new card: its slip key, which the site's other kiosks want to know, and what was put aside."""

    about: dict[str, Any]
    slip_key: str
    aside: Path | None


def make_bundle(sources: Sources, folder: Path, lock: Lock, now: Moment) -> Path:
    """A bundle in *folder*, whole and on disk, for the holder of the code of *lock*.

    Raises FolderError, StoreError, VaultError and sqlite3.Error.
    """
    with closing(schema.connect_read_only(sources.data / DATABASE)) as db:
        head = read_head(db)
        at_ms = clock.shown_ms(head.shown, now)
        name = name_at(sources.settings.site.id, head.kiosk, head.epoch, head.sequence, at_ms)
        path = folder / f"{name.site}.{name.kiosk}.{name.at}.{SUFFIX}"
        with whole_file(folder, path.name) as file:
            packer = Packer(SealedWriter(file, about(WHAT, sources, head, name), lock))
            _pack(packer, sources, db)
            packer.finish()
    return path


def _pack(packer: Packer, sources: Sources, db: sqlite3.Connection) -> None:
    for packed in files_of_the_site(sources):
        packer.file(packed)
    for some in copied_lists(db):
        pack_rows(packer, sources.data, some)


def replace_by(file: Path, code: Unlocked, data: Path, place: Place, now: Moment, *, replace: bool) -> Replaced:
    """Make *data* that of the new kiosk *place*, from a bundle or a backup. With *replace*, what is there is put aside.

    Raises RestoreError, FolderError, StoreError and VaultError; *data* is as it was then.
    """
    came = look_at(file, WHAT)
    refuse_where_something_is(data, replace=replace)
    with staging_in(data) as staging:
        own = KioskKey(staging / KIOSK_FILE)
        said = {"why": "replaced", "from": came["kiosk"], "epoch": came["epoch"]}
        with closing(Store(staging / DATABASE, own.head_seal)) as store:
            store.start(place.kiosk, now, said)
        refill_lists(staging / DATABASE, unpack(file, code, staging, without=OF_THE_KIOSK), FIRST)
        drop_keys_without_list(staging)
        _write_settings(staging / OUTSIDE / SETTINGS_NAME, place, came)
        Vault.open(staging, site=str(came["site"]), read_only=True)
        put_in_place(staging, data, FIRST)
    aside = data / f"{ASIDE}{FIRST}"
    return Replaced(came, own.public_text, aside if aside.exists() else None)


def _write_settings(path: Path, place: Place, came: dict[str, Any]) -> None:
    """The settings of the one it came from, with the new one's name, and gate where one is named."""
    table = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    table.setdefault("kiosk", {})["id"] = place.kiosk
    site = table.setdefault("site", {})
    site["id"] = came["site"]
    site["slip_keys"] = sorted({*site.get("slip_keys", []), came["slip_key"]})
    if place.gate:
        _keep_gate(table, place.gate)
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    heading = f"# Of {place.kiosk}, made from what {came['kiosk']} had. kiosk check prints what is in force.\n\n"
    path.write_text(heading + as_toml(table), encoding="utf-8")


def _keep_gate(table: dict[str, Any], gate: str) -> None:
    gates = [row for row in table.get("gates", []) if row.get("id") == gate]
    if not gates:
        known = ", ".join(str(row.get("id")) for row in table.get("gates", [])) or "none"
        raise RestoreError(
            f"the settings have no gate {gate!r}; known: {known}. Leave --gate out and edit the settings"
        )
    table["gates"] = gates
    table["sources"] = [row for row in table.get("sources", []) if row.get("gate") == gate]
