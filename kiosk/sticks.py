"""The log on a stick: what the hub has not acknowledged, sealed for it; and the hub's receipts, on the way back."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from kiosk.backup_folder import FolderError, check_folder, whole_file
from kiosk.hub_word import with_acknowledged
from kiosk.joined import Acknowledged, Joined, acknowledged_through, keep_state, state_of
from kiosk.rules.checkpoints import NoteRefused, checkpoint_of
from kiosk.rules.segments import Segment, content_of
from kiosk.rules.sticks import MOST_FILE_BYTES, RECEIPT_SUFFIX, SEGMENTS_SUFFIX, StickReceipt, bundle, receipt_of
from kiosk.store.reading import Reader
from kiosk.store.segments import chain_after, segment_after
from kiosk.vault.age import encrypted
from kiosk.vault.notes import opened_note

LARGEST_FILE_BYTES = 2 * MOST_FILE_BYTES  # what we write and its encryption are less
LARGEST_RECEIPT_BYTES = 8192
_MOST_FILES = 10_000


@dataclass(frozen=True, slots=True)
class Exported:
    """The files that were written, and the entries in them, *first* to *last*; none where there was nothing new."""

    files: tuple[Path, ...]
    first: int
    last: int


def export_log(
    data: Path, hub: Joined, reader: Reader, pack: Callable[[bytes], bytes], folder: Path, *, everything: bool
) -> Exported:
    """Write what *hub* has not acknowledged into *folder*, or all of the log with *everything*, for the hub alone.

    Raises FolderError, VaultError and StoreError; files that were finished stay.
    """
    check_folder(folder, mounted=False)
    begun = after = 0 if everything else reader.ask(lambda db: acknowledged_through(data, db))
    files: list[Path] = []
    while segments := list(_some(reader, after)):
        name = f"{segments[0].name}{SEGMENTS_SUFFIX}"
        sealed = encrypted(bundle(pack(content_of(segment)) for segment in segments), [hub.recipient])
        with whole_file(folder, name) as file:
            file.write(sealed)
        files.append(folder / name)
        after = segments[-1].last
    return Exported(tuple(files), begun + 1, after)


def _some(reader: Reader, after: int) -> Iterator[Segment]:
    """Segments after entry *after* of one epoch, as many as go into one file."""
    room, epoch = MOST_FILE_BYTES, ""
    while segment := reader.ask(partial(segment_after, sequence=after)):
        room -= len(content_of(segment))
        if epoch and (room < 0 or segment.epoch != epoch):
            return
        yield segment
        after, epoch = segment.last, segment.epoch


def take_receipts(data: Path, hub: Joined, reader: Reader, folder: Path, now_ms: int) -> int:
    """Believe the receipts for this log in *folder*, which *hub* has signed; the last entry that it has by them.

    A receipt for anything else is passed over. Raises FolderError and OSError.
    """
    before = state = state_of(data)
    through = reader.ask(lambda db: acknowledged_through(data, db))
    for path in files_in(folder, RECEIPT_SUFFIX):
        receipt = _receipt(read_file(path, LARGEST_RECEIPT_BYTES), hub, reader)
        if receipt and receipt.through > through:
            got = Acknowledged(receipt.epoch, receipt.through, receipt.chain, now_ms, receipt.checkpoint)
            # By what was kept of another log nobody knows which of the two was signed first.
            state = with_acknowledged(state, got, hub.verifier, later=through > 0)
            state = replace(state, forked_ms=now_ms) if receipt.forked else state
            through = receipt.through
    if state != before:
        keep_state(data, state)
    return through


def _receipt(content: bytes, hub: Joined, reader: Reader) -> StickReceipt | None:
    """The receipt for this log that *hub* has signed, if it is one."""
    try:
        receipt = receipt_of(opened_note(content.decode(), hub.verifier))
        checkpoint_of(opened_note(receipt.checkpoint, hub.verifier))
    except (NoteRefused, ValueError):
        return None
    through = receipt.through
    chain = reader.ask(lambda db: chain_after(db, through)) if 0 <= through < 1 << 62 else None
    return receipt if receipt.kiosk == hub.kiosk and chain is not None and chain.hex() == receipt.chain else None


def files_in(folder: Path, suffix: str) -> list[Path]:
    """The files in *folder* whose names end in *suffix*, by name; hidden ones are drafts. Raises FolderError."""
    check_folder(folder, mounted=False)
    try:
        found = sorted(
            path for path in folder.iterdir() if path.name.endswith(suffix) and not path.name.startswith(".")
        )
    except OSError as error:
        raise FolderError(f"{folder}: cannot be read: {error.strerror}") from error
    if len(found) > _MOST_FILES:
        raise FolderError(f"{folder}: has more than {_MOST_FILES} files; import them by parts")
    return found


def read_file(path: Path, at_most: int) -> bytes:
    """What is in *path*, which must be a plain file of *at_most* bytes. Raises FolderError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FolderError(f"{path}: is no file")
            content = file.read(at_most + 1)
    except OSError as error:
        raise FolderError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > at_most:
        raise FolderError(f"{path}: is larger than {at_most >> 20 or 1} MiB, so it is not what belongs there")
    return content
