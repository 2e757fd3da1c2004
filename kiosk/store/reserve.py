"""Space and memory for the hour when the disk is full: a reserve to free, and a counter of passages."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import TypeVar

from kiosk.store.schema import StoreError

Written = TypeVar("Written")

RESERVE_BYTES = 4 * 1024 * 1024
_FORM = struct.Struct("<QqqQI")


@dataclass(frozen=True, slots=True)
class Gap:
    """Passages that could not be recorded: how many, when the first and the last, and the entry they become."""

    count: int = 0
    first_ms: int = 0
    last_ms: int = 0
    entry: int = 0


class Reserve:
    """A preallocated file that is given back to the disk when writing fails."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "reserve"

    def fill(self) -> bool:
        """Preallocate the reserve where it is not there; False when the disk has no room for it."""
        try:
            with self._path.open("ab") as file:
                if file.tell() < RESERVE_BYTES:
                    os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        except OSError:
            self.free()
            return False
        return True

    def free(self) -> bool:
        """Give the reserve back; True when there was one."""
        try:
            freed = self._path.stat().st_size > 0
            os.truncate(self._path, 0)
        except OSError:
            return False
        return freed


def given_room(write: Callable[[], Written], make_room: Callable[[], bool]) -> Written:
    """What *write* returns; where the disk is full and *make_room* gave it some, it is tried once more.

    Raises StoreError as *write* does.
    """
    try:
        return write()
    except StoreError as error:
        if not (error.disk_full and make_room()):
            raise
        return write()


class GapCounter:
    """Counts unrecorded passages in a preallocated file, in place, so that a full disk cannot stop it.

    On a disk that cannot even do that, the count lives in memory until it can be recorded.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / "gap"
        self._gap = self._read()
        if not self._path.exists():
            self._write()

    def gap(self) -> Gap:
        """The passages counted since the last ``clear``."""
        return self._gap

    def add(self, at_ms: int) -> None:
        """Count one passage at *at_ms*."""
        first_ms = self._gap.first_ms if self._gap.count else at_ms
        self._gap = Gap(self._gap.count + 1, first_ms, at_ms)
        self._write()

    def becomes(self, entry: int) -> None:
        """The passages are about to be entry *entry* of the log: a restart looks there before it tells them again."""
        self._gap = replace(self._gap, entry=entry)
        self._write()

    def clear(self) -> None:
        """Start anew, once the passages stand in the log."""
        self._gap = Gap()
        self._write()

    def _read(self) -> Gap:
        try:
            *fields, checksum = _FORM.unpack(self._path.read_bytes())
        except (OSError, struct.error):
            return Gap()
        return Gap(*fields) if zlib.crc32(_FORM.pack(*fields, 0)) == checksum else Gap()

    def _write(self) -> None:
        fields = astuple(self._gap)
        with contextlib.suppress(OSError):
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o640)
            try:
                os.pwrite(fd, _FORM.pack(*fields, zlib.crc32(_FORM.pack(*fields, 0))), 0)
                os.fdatasync(fd)
            finally:
                os.close(fd)
