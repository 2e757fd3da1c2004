"""Files that appear whole or not at all, and are on the disk once that is said. What goes wrong is an OSError."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

DRAFT = ".part"
FOR_ALL = 0o644  # the mode of what nobody has to hide; the observer is nobody
LARGEST_VOUCHED_BYTES = 1 << 18


def draft_of(path: Path) -> Path:
    """A new name beside *path*, hidden, for what is to become it; who is killed leaves it behind."""
    return path.with_name(f".{path.name}.{os.urandom(8).hex()}{DRAFT}")


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write and flush *path*, which must not exist, not even as a link; a half-written one is removed."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _give_to_owner_of(path.parent, descriptor)
            with suppress(OSError):  # a stick's file system may know no modes
                os.fchmod(descriptor, mode)  # whatever the process masks
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        flush(path.parent)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise


def replace_whole(path: Path, content: bytes, mode: int) -> None:
    """Put *content* in place of *path*, or make it: a power cut leaves the old file or the new."""
    draft = draft_of(path)
    write_new(draft, content, mode)
    try:
        draft.replace(path)
    except OSError:
        draft.unlink()
        raise
    flush(path.parent)


def read_vouched(path: Path) -> bytes:
    """The content of *path*, which only this user, the folder's owner or the administrator can have written.

    On an appliance several services make files in one folder: what one of them has to believe, the others must not be
    able to write. Raises PermissionError where they are, or OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        owners = (0, os.geteuid(), path.parent.stat().st_uid)
        if status.st_uid not in owners or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(errno.EACCES, "somebody else can have written it", str(path))
        return file.read(LARGEST_VOUCHED_BYTES)


def flush(path: Path) -> None:
    """Make a file's content, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # file systems by FUSE know no such thing for folders
            raise
    finally:
        os.close(descriptor)


def _give_to_owner_of(folder: Path, descriptor: int) -> None:
    """What the administrator makes where door and pages work is the door's: it has to turn the day's key."""
    owner = folder.stat()
    if os.geteuid() == 0 and owner.st_uid and owner.st_mode & stat.S_ISGID:
        os.fchown(descriptor, owner.st_uid, -1)
