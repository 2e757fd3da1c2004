"""Where backups lie: a stick that may be full, broken or pulled out, or any other folder.

A backup appears whole or not at all, its SHA-256 beside it as ``sha256sum`` writes it, and is read back before it
counts. Whatever fails is told in one sentence, and what lay there before still does.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kiosk.failures import Failure
from kiosk.files import DRAFT, FOR_ALL, flush, replace_whole
from kiosk.rules.backups import BackupName, parse_name, to_thin_out

_SUM = ".sha256"
_PULLED_OUT = (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOENT, errno.ENOTCONN, errno.ESTALE, errno.ENOTDIR)


class FolderError(Failure):
    """The folder cannot take it; one sentence says why and what to do."""


def check_folder(folder: Path, *, mounted: bool) -> None:
    """Raises FolderError where *folder* is not there, or where it should be *mounted* and nothing is."""
    if mounted and not os.path.ismount(folder):
        raise FolderError(f"{folder}: no stick or disk is mounted there; plug it in")
    if not folder.is_dir():
        raise FolderError(f"{folder}: there is no such folder")


def known(folder: Path) -> list[BackupName]:
    """The backups that lie in *folder*. Raises FolderError."""
    with _told(folder):
        return [name for path in folder.iterdir() if (name := parse_name(path.name))]


@contextmanager
def whole_file(folder: Path, name: str) -> Iterator[Summing]:
    """A new file to write; it is called *name* in *folder*, on disk and read back once the block has ended.

    Raises FolderError, and what the block raises; nothing of it is left then.
    """
    draft = folder / f".{name}{DRAFT}"
    with _told(folder):
        _clear_away(folder)
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            summing = Summing(file, folder)
            yield summing
            with _told(folder):
                _be_sure(file, summing.sha256.digest(), folder)
        with _told(folder):
            _sum_of(folder / name).unlink(missing_ok=True)  # of one made in the same second
            flush(folder)
            draft.replace(folder / name)
            _write_sum(folder / name, summing.sha256.hexdigest())
            flush(folder)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _clear_away(folder: Path) -> None:
    """Remove what was left by one that was killed."""
    for old in folder.glob(f".*.kiosk-*{DRAFT}"):
        old.unlink()


class Summing:
    """A file that knows the SHA-256 of what was written into it."""

    def __init__(self, file: io.FileIO, folder: Path) -> None:
        self._file = file
        self._folder = folder
        self.sha256 = hashlib.sha256()

    def write(self, content: bytes) -> None:
        """Write all of *content*. Raises FolderError."""
        self.sha256.update(content)
        with _told(self._folder):
            written = 0
            while written < len(content):
                written += self._file.write(content[written:])


def _be_sure(file: io.FileIO, expected: bytes, folder: Path) -> None:
    """Flush *file*, and read from the medium itself what it now has."""
    os.fsync(file.fileno())
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    file.seek(0)
    if hashlib.file_digest(file, "sha256").digest() != expected:
        raise FolderError(f"{folder}: gives back something else than what was written; use another stick")


def _sum_of(path: Path) -> Path:
    return path.with_name(f"{path.name}{_SUM}")


def _write_sum(path: Path, digest: str) -> None:
    replace_whole(_sum_of(path), f"{digest}  {path.name}\n".encode(), FOR_ALL)


def check_sum(path: Path) -> None:
    """Compare *path* with the SHA-256 beside it, where there is one. Raises FolderError."""
    with _told(path.parent):
        try:
            stated = _sum_of(path).read_text(encoding="ascii").split()[0]
        except (FileNotFoundError, UnicodeDecodeError, IndexError):
            return
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != stated:
                raise FolderError(f"{path}: is not what the SHA-256 beside it says; it is damaged")


def thin_out(folder: Path, newest: BackupName, keep: int) -> list[str]:
    """Remove what goes once *newest* is there; returns the names. Raises FolderError."""
    gone = [str(name) for name in to_thin_out(known(folder), newest, keep)]
    with _told(folder):
        for name in gone:
            (folder / name).unlink()
            _sum_of(folder / name).unlink(missing_ok=True)
        flush(folder)
    return gone


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FolderError(f"{folder}: {_why(error, folder)}") from error


def _why(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "is full; use a larger stick, or delete what is not a backup. The backups there are as they were"
    if error.errno == errno.EROFS:
        return "cannot be written: its lock is on, or it is damaged; use another stick"
    if error.errno in _PULLED_OUT:
        return f"the stick was pulled out or is broken ({error.strerror}); plug it in and make the backup again"
    return f"{error.strerror or error}"
