"""The story of a backup: what of a kiosk is copied, sealed for the recovery code, and written where it may be lost.

What is copied, and why:

- the log, with its chain and sealed head, and lists that are in force: all that cannot be made again
- kiosk.key, so that the log can be proven and slips stay good; tracing.json; site-ca.pem, which tablets trust
- hub.json and hub-pass.pem, by which kiosk and hub know each other
- the lists' own keys, without which a list would have to be imported again in the midst of a session
- staff.db, the settings, the trust folder, and the lock of the recovery code itself
- never day.key: with it, whoever finds the code could name the people of a day that is over. A restored kiosk begins
  a new day key; the sealed copy in the log is the tracing team's as before
- not: projections (they follow from the log), papers that wait, https.pem (made anew), the reserve, sockets
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kiosk
from kiosk.backup_folder import thin_out, whole_file
from kiosk.config import Settings
from kiosk.files import FOR_ALL
from kiosk.house import look_into_vault
from kiosk.joined import JOINED_FILE
from kiosk.packing import FORMAT, PackedFile, Packer
from kiosk.rules import clock
from kiosk.rules.backups import BackupName, name_at
from kiosk.rules.model import Moment
from kiosk.store import schema
from kiosk.store.copying import Copied, Erased, Proof, copied
from kiosk.store.head import Head, read_head
from kiosk.store.schema import DATABASE
from kiosk.store.staff import FILE as STAFF_FILE
from kiosk.store.staff import image_of
from kiosk.vault import VaultError
from kiosk.vault.files import read_secret, replace_whole
from kiosk.vault.hub_pass import FILE as PASS_FILE
from kiosk.vault.list_key import name_of_list_key
from kiosk.vault.recovery import LOCK_FILE, Lock, kept_lock
from kiosk.vault.sealed_file import SealedWriter
from kiosk.vault.site_ca import CA_FILE
from kiosk.vault.tracing import DEMO_FILE, PUBLIC_FILE
from kiosk.vault.vault import KIOSK_FILE

WHAT = "kiosk backup"
STATE_FILE = "backups.json"
TRIES = 5  # an erasure in the midst of one is rare, two are not seen
SETTINGS_NAME, TRUST_NAME = "settings/kiosk.toml", "trust/"
OF_THE_SITE = (PUBLIC_FILE, DEMO_FILE, CA_FILE, LOCK_FILE)
OF_THE_KIOSK = (KIOSK_FILE, JOINED_FILE, PASS_FILE)
_MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Sources:
    """Of what a backup is made: the data directory, the settings, and the file that they stand in, if any."""

    data: Path
    settings: Settings
    settings_file: Path | None


@dataclass(frozen=True, slots=True)
class Made:
    """A backup: where it lies, to which entry its log goes, its size, and the older ones that went.

    *fault* is what is wrong with the log itself; older backups, of a time when nothing was, are then all kept.
    """

    path: Path
    sequence: int
    size_bytes: int
    thinned_out: tuple[str, ...]
    fault: str = ""


def make_backup(sources: Sources, folder: Path, now: Moment) -> Made:
    """A backup in *folder*, whole and on disk. The door works on meanwhile.

    Raises FolderError, StoreError and VaultError; what lay in *folder* before is as it was then.
    """
    lock = kept_lock(sources.data)
    if lock is None:
        raise VaultError("there is no recovery code yet, so nobody could open a backup: kiosk backup --new-code")
    with closing(schema.connect_read_only(sources.data / DATABASE)) as db:
        for _ in range(TRIES):
            with suppress(Erased):
                return _write(sources, db, lock, folder, now)
    raise Erased("people's records are being erased; make the backup again")


def _write(sources: Sources, db: sqlite3.Connection, lock: Lock, folder: Path, now: Moment) -> Made:
    head = read_head(db)
    site = sources.settings.site.id
    name = name_at(site, head.kiosk, head.epoch, head.sequence, clock.shown_ms(head.shown, now))
    with whole_file(folder, str(name)) as file:
        packer = Packer(SealedWriter(file, about(WHAT, sources, head, name), lock))
        for packed in (*files_of_the_site(sources), *_own_files(sources.data)):
            packer.file(packed)
        fault = _pack_log(packer, sources, db)
        packer.finish()
    gone = [] if fault else thin_out(folder, name, sources.settings.backup.keep)
    path = folder / str(name)
    return Made(path, head.sequence, path.stat().st_size, tuple(gone), fault)


def about(what: str, sources: Sources, head: Head, name: BackupName) -> dict[str, Any]:
    """What the first line of a sealed file says to everybody."""
    log = {"kiosk": head.kiosk, "epoch": head.epoch, "sequence": head.sequence, "at": name.at}
    slip_key = look_into_vault(sources.settings, sources.data).slip_key
    program = {"what": what, "format": FORMAT, "version": kiosk.__version__}
    return {**program, "site": name.site, **log, "slip_key": slip_key}


def _pack_log(packer: Packer, sources: Sources, db: sqlite3.Connection) -> str:
    """What is wrong with the log, once it is packed; empty where all is well."""
    proof = Proof(db)
    for some in copied(db):
        proof.take(some)
        pack_rows(packer, sources.data, some)
    assert some.table == "head"
    head = Head(*some.rows[0])  # type: ignore[arg-type]  # the columns are STRICT
    return proof.fault(head, look_into_vault(sources.settings, sources.data).head_seal)


def pack_rows(packer: Packer, data: Path, some: Copied) -> None:
    """Add *some* rows; with lists come their keys."""
    packer.rows(_with_keys(packer, data, some) if some.table == "roster_list" else some)


def _with_keys(packer: Packer, data: Path, lists: Copied) -> Copied:
    """The *lists* whose keys are still there, once these are packed."""
    rows = []
    for row in lists.rows:
        with suppress(FileNotFoundError):  # its day has just ended
            packer.file(packed_file(data / name_of_list_key(int(row[0] or 0))))
            rows.append(row)
    return Copied(lists.table, rows)


def files_of_the_site(sources: Sources) -> Iterator[PackedFile]:
    """What every kiosk of the site has alike: tracing key, CA, lock, staff, settings, trust folder."""
    yield from (packed_file(path) for name in OF_THE_SITE if (path := sources.data / name).exists())
    if (staff := sources.data / STAFF_FILE).exists():
        yield packed_file(staff, image_of(staff))
    if sources.settings_file:
        # No secret of the vault: the set-up leaves it to its group, in whatever directory it lies.
        yield packed_file(sources.settings_file, sources.settings_file.read_bytes(), name=SETTINGS_NAME)
    folder = Path(sources.settings.trust.folder)
    if sources.settings.trust.folder and folder.is_dir():
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
            yield packed_file(path, name=f"{TRUST_NAME}{path.relative_to(folder)}")


def _own_files(data: Path) -> Iterator[PackedFile]:
    yield packed_file(data / KIOSK_FILE)
    yield from (packed_file(path) for name in OF_THE_KIOSK[1:] if (path := data / name).exists())


def packed_file(path: Path, content: bytes | None = None, *, name: str = "") -> PackedFile:
    """The file *path*, or *content* in its place, called *name*. Raises OSError, and VaultError for exposed secrets."""
    if content is None:
        public = path.stat().st_mode & 0o007
        content = path.read_bytes() if public else read_secret(path, at_most=_MOST_BYTES)
    return PackedFile(name or path.name, content)


def note_made(data: Path, made: Made, at_ms: int) -> None:
    """Let the house know of the last good backup. Raises VaultError where it cannot be written."""
    good = {"at_ms": at_ms, "file": str(made.path), "bytes": made.size_bytes, "sequence": made.sequence}
    _note(data, {"good": good})


def note_failed(data: Path, why: str, at_ms: int) -> None:
    """Let the house know why there is no newer one. Raises VaultError where it cannot be written."""
    _note(data, {**state_of(data), "failed": {"at_ms": at_ms, "why": why}})


def state_of(data: Path) -> dict[str, Any]:
    """``good`` and ``failed``, as far as there were any."""
    try:
        state = json.loads((data / STATE_FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return state if isinstance(state, dict) else {}


def _note(data: Path, state: dict[str, Any]) -> None:
    replace_whole(data / STATE_FILE, json.dumps(state, ensure_ascii=False).encode(), mode=FOR_ALL)
