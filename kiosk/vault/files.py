"""Small secret files that appear whole or not at all, and that only their owner may read.

On an appliance door and pages are two users. They share a data directory that hands its group on (mode 2770, by
tmpfiles.d): there the group may read, too.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk import files
from kiosk.vault.errors import VaultError

OWNER_ONLY = 0o600
SHARED = 0o640


def secret_mode(directory: Path) -> int:
    """Who may read secrets in *directory*: their owner alone, or the group that it hands on to all that is in it."""
    return SHARED if directory.stat().st_mode & stat.S_ISGID else OWNER_ONLY


def create_whole(path: Path, content: bytes, *, mode: int | None = None) -> bool:
    """Create *path* with *content*, flushed with its directory; False when it is there already.

    A power cut leaves the whole file or none, and of two processes at once exactly one creates it.
    Raises VaultError when it cannot be written.
    """
    if os.path.lexists(path):
        return False
    draft = files.draft_of(path)
    try:
        write_new(draft, content, mode=mode)
        try:
            # A link, not a rename: a rename would replace what another process has just made.
            os.link(draft, path, follow_symlinks=False)
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        files.flush(path.parent)
    except OSError as error:
        raise VaultError(f"{path}: cannot be written: {error.strerror}") from error
    return True


def write_new(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write and flush *path*, which must not exist; without *mode* it is a secret of its directory. Raises OSError."""
    files.write_new(path, content, secret_mode(path.parent) if mode is None else mode)


@contextmanager
def opened_secret(path: Path, *, write: bool = False) -> Iterator[int]:
    """A descriptor of *path*, which must be a plain file that nobody can read but who may read its directory's secrets.

    Raises VaultError for links, devices and exposed files, and FileNotFoundError where there is none.
    """
    flags = (os.O_RDWR if write else os.O_RDONLY) | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise
    except OSError as error:
        why = "is a link, not a file" if path.is_symlink() else f"cannot be opened: {error.strerror}"
        raise VaultError(f"{path}: {why}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise VaultError(f"{path}: is not a plain file")
        mode, allowed = stat.S_IMODE(status.st_mode), secret_mode(path.parent)
        if mode & 0o077 & ~allowed:
            why = f"others may read or write this secret (mode {mode:o}); it must be mode {allowed:o}"
            raise VaultError(f"{path}: {why}")
        yield descriptor
    finally:
        os.close(descriptor)


def read_secret(path: Path, *, at_most: int) -> bytes:
    """The bytes of a small secret file. Raises as ``opened_secret`` does, and VaultError above *at_most* bytes."""
    with opened_secret(path) as descriptor:
        content = os.pread(descriptor, at_most + 1, 0)
    if len(content) > at_most:
        raise VaultError(f"{path}: is larger than {at_most} bytes, so it is not what belongs there")
    return content


def secret_made_once(path: Path, size_bytes: int) -> bytes:
    """The random bytes in the file *path*, made on first use. Raises as ``read_secret`` does."""
    try:
        secret = read_secret(path, at_most=size_bytes)
    except FileNotFoundError:
        create_whole(path, os.urandom(size_bytes))
        secret = read_secret(path, at_most=size_bytes)
    if len(secret) != size_bytes:
        raise VaultError(f"{path}: has {len(secret)} bytes where the key has {size_bytes}; restore it")
    return secret


def replace_whole(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Put *content* in place of *path*, or make it: a power cut leaves the old file or the new. Raises VaultError."""
    try:
        files.replace_whole(path, content, secret_mode(path.parent) if mode is None else mode)
    except OSError as error:
        raise VaultError(f"{path}: cannot be written: {error.strerror}") from error
