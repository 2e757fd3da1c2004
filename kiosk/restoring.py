"""The story of a restore: a backup is opened, proven and made a data directory beside the old one, then put in place.

Nothing of the old directory is touched before all of the new one is on disk and its log is proven. The log goes on
under a new epoch, for the card that it was copied from may still be at work; the door makes a new day key.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.backup import OF_THE_KIOSK, OF_THE_SITE, TRUST_NAME, WHAT
from kiosk.backup_folder import check_sum
from kiosk.failures import Failure
from kiosk.files import FOR_ALL, flush
from kiosk.joined import JOINED_FILE
from kiosk.packing import FORMAT, PackedFile, unpacked
from kiosk.restored import ASIDE, READY, files_of, finish_restore
from kiosk.rules.model import Moment
from kiosk.store import schema
from kiosk.store.checking import Verdict, verify_log
from kiosk.store.copying import Copied
from kiosk.store.log import Store
from kiosk.store.refilling import refill
from kiosk.store.roster import draft_lists, stored_lists
from kiosk.store.schema import DATABASE, database_mode
from kiosk.store.staff import FILE as STAFF_FILE
from kiosk.vault import Vault, VaultError
from kiosk.vault.files import write_new
from kiosk.vault.list_key import ids_of_list_keys, name_of_list_key
from kiosk.vault.recovery import Unlocked
from kiosk.vault.sealed_file import read_line, read_sealed
from kiosk.vault.tracing import PUBLIC_FILE

STAGING = ".restoring"
OUTSIDE, SETTINGS_FOLDER = "restored-settings", "settings/"
_LIST_KEY = re.compile(r"list-[0-9a-f]{8}\.key")
_IN_DATA = (*OF_THE_SITE, *OF_THE_KIOSK, STAFF_FILE)


class RestoreError(Failure):
    """It cannot be restored; one sentence says why. The data directory is as it was."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: the proof of the log, the entry that began the new epoch, and what was put aside, if anything."""

    about: dict[str, Any]
    verdict: Verdict
    sequence: int
    aside: Path | None


def look_at(file: Path, *kinds: str) -> dict[str, Any]:
    """What *file*, a backup or one of *kinds*, says it is, after its SHA-256 was compared.

    Raises RestoreError, FolderError and VaultError.
    """
    try:
        check_sum(file)
        with file.open("rb") as opened:
            about = read_line(opened)
    except OSError as error:
        raise RestoreError(f"{file}: {error.strerror}") from error
    if about.get("what") not in (WHAT, *kinds):
        raise RestoreError(f"{file}: is a {about.get('what', 'file of something else')}, not a {WHAT}")
    if about.get("format") != FORMAT:
        raise RestoreError(f"{file}: was made by version {about.get('version')}; this one cannot read it")
    return about


def refuse_where_something_is(data: Path, *, replace: bool) -> None:
    """Raises RestoreError for a data directory that holds something, unless it is to be replaced."""
    if not replace and data.exists() and any(path.stat().st_size for path in files_of(data)):
        raise RestoreError(f"{data}: is in use already; --replace puts what is there aside")


def restore(file: Path, code: Unlocked, data: Path, now: Moment, *, replace: bool, damaged: bool) -> Restored:
    """Make *data* what the backup *file* was. With *replace*, what is there is put aside; with *damaged*, a log that
    is not whole is taken, too.

    Raises RestoreError, FolderError, StoreError and VaultError; *data* is as it was then.
    """
    about = look_at(file)
    refuse_where_something_is(data, replace=replace)
    with staging_in(data) as staging:
        refill(staging / DATABASE, unpack(file, code, staging))
        vault = Vault.open(staging, site=str(about["site"]), read_only=True)
        verdict = _proven(staging, vault)
        if verdict.fault and not damaged:
            raise RestoreError(f"{file}: its log is not whole: {verdict.fault}; --damaged takes it nevertheless")
        drop_keys_without_list(staging)
        sequence = _begin_epoch(staging, vault, now, about)
        put_in_place(staging, data, sequence)
    aside = data / f"{ASIDE}{sequence}"
    return Restored(about, verdict, sequence, aside if aside.exists() else None)


@contextmanager
def staging_in(data: Path) -> Iterator[Path]:
    """A new folder in *data* in which all is made ready; gone when the block ends, whatever came of it."""
    fresh, staging = not data.exists(), data / STAGING
    data.mkdir(mode=0o750, parents=True, exist_ok=True)
    shutil.rmtree(staging, ignore_errors=True)  # of one that was killed
    staging.mkdir(mode=0o700)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        if fresh:
            with suppress(OSError):
                data.rmdir()  # which is empty only where nothing was restored


def unpack(file: Path, code: Unlocked, staging: Path, *, without: Collection[str] = ()) -> Iterator[Copied]:
    """The rows; the files go into *staging* on the way, but for those named *without*."""
    with file.open("rb") as opened:
        for part in unpacked(read_sealed(opened, code)):
            if isinstance(part, Copied):
                yield part
            elif part.name not in without:
                write_packed(part, staging)


def write_packed(packed: PackedFile, staging: Path) -> None:
    """Write a file where it belongs below *staging*. Raises VaultError for a name that belongs nowhere."""
    name = Path(packed.name)
    if packed.name in _IN_DATA or _LIST_KEY.fullmatch(packed.name):
        write_new(staging / name, packed.content, mode=_mode_of(packed.name, staging))
    elif name.parts and f"{name.parts[0]}/" in (TRUST_NAME, SETTINGS_FOLDER) and ".." not in name.parts:
        (staging / OUTSIDE / name).parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        write_new(staging / OUTSIDE / name, packed.content, mode=FOR_ALL)
    else:
        raise VaultError(f"the backup has a file {packed.name!r}, which belongs nowhere")


def _mode_of(name: str, folder: Path) -> int | None:
    """Who may use the file *name* of a data directory; None for its secrets."""
    if name == STAFF_FILE:
        return database_mode(folder)
    return FOR_ALL if name in (PUBLIC_FILE, JOINED_FILE) else None


def _proven(staging: Path, vault: Vault) -> Verdict:
    with closing(schema.connect_read_only(staging / DATABASE)) as db:
        return verify_log(db, vault.head_seal)


def drop_keys_without_list(staging: Path) -> None:
    """Of a list that ended while it was copied, nothing stays."""
    with closing(schema.connect_read_only(staging / DATABASE)) as db:
        known = {each.id for each in (*stored_lists(db), *draft_lists(db))}
    for list_id in set(ids_of_list_keys(staging)) - known:
        (staging / name_of_list_key(list_id)).unlink()


def _begin_epoch(staging: Path, vault: Vault, now: Moment, about: dict[str, Any]) -> int:
    with closing(Store(staging / DATABASE, vault.head_seal)) as store:
        store.begin_epoch(now, {"why": "restored", "backup": about.get("at", "")})
        return store.head().sequence


def put_in_place(staging: Path, data: Path, sequence: int) -> None:
    """Let *staging*, complete as it is, become what *data* holds; entry *sequence* began its epoch. Raises OSError."""
    (staging / f"{ASIDE}{sequence}").mkdir(mode=0o700)
    owner = data.stat()
    for folder, _, names in os.walk(staging):
        for path in (Path(folder), *(Path(folder, name) for name in names)):
            os.chown(path, owner.st_uid, owner.st_gid)
            flush(path)
    staging.rename(data / READY)
    flush(data)
    finish_restore(data)
