"""The day key's file: two slots, so that a new key is on disk before the old one is destroyed.

Each slot fills a block of 4096 bytes of its own and ends in a checksum over all of it. A block is a
key, empty (random bytes that say so), or torn by a power cut. Every change writes exactly one block
and flushes it, so that whatever part of a write reached the disk, the other block is untouched.

Overwriting reaches the file's own blocks. A flash card may keep worn copies of them that only its
controller can read; against somebody who reads the bare chips this file alone is no protection.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.vault.errors import VaultError
from kiosk.vault.files import create_whole, opened_secret

BLOCK_BYTES = 4096
KEY_BYTES = 32
KEY_ID_BYTES = 8

_MAGIC = b"kiosk day keys\n"
_VERSION = 1
_HEAD = struct.Struct(f">{len(_MAGIC)}sBQ{KEY_ID_BYTES}s{KEY_BYTES}s")
_CHECKSUM_BYTES = 32
_FILLER_BYTES = BLOCK_BYTES - _HEAD.size - _CHECKSUM_BYTES
_NO_KEY = bytes(KEY_ID_BYTES)


@dataclass(frozen=True, slots=True)
class SlotKey:
    """A key as a slot holds it; of two, the one with the higher *generation* was made later."""

    key_id: bytes
    key: bytes
    generation: int

    def __repr__(self) -> str:
        return f"SlotKey({self.key_id.hex()}, generation {self.generation})"  # never the key, not even in a traceback


@dataclass(frozen=True, slots=True)
class _Empty:
    pass


@dataclass(frozen=True, slots=True)
class _Torn:
    foreign: bool


_Slot = SlotKey | _Empty | _Torn
_Slots = tuple[_Slot, _Slot]


class KeyFile:
    """The two-slot file at *path*; several processes and threads may use it at once.

    *flush* makes a written descriptor durable; a test hands in one that remembers.
    """

    def __init__(self, path: Path, flush: Callable[[int], None] = os.fdatasync) -> None:
        self.path = path
        self._flush = flush

    def prepare(self) -> None:
        """Create the file with two empty slots, or check the one that is there.

        Raises VaultError when it is a link, readable by others, of another size, or not ours at all.
        """
        create_whole(self.path, _empty_block() + _empty_block())
        with self._opened():
            pass

    def add(self, key_id: bytes, key: bytes, *, keep: bytes) -> None:
        """Flush a new key into the slot that does not hold the key *keep*; nothing is destroyed but a spare.

        *keep* is the id of the key in use, empty when none is. Raises VaultError when the file no
        longer holds *keep* (another process has turned it), and as ``prepare`` does.
        """
        with self._opened() as (descriptor, slots):
            ids = [slot.key_id if isinstance(slot, SlotKey) else b"" for slot in slots]
            if keep and keep not in ids:
                raise VaultError(f"{self.path}: the key in use is not in it; another process has turned the day key")
            place = 1 - ids.index(keep) if keep else _least_needed(slots)
            generation = 1 + max(slot.generation if isinstance(slot, SlotKey) else 0 for slot in slots)
            self._write(descriptor, place, _key_block(SlotKey(key_id, key, generation)))

    def take(self, key_id: bytes) -> SlotKey | None:
        """The key *key_id*, once every older key in the file is overwritten; None when the file has it not.

        A key made later than *key_id* stays: another process may be about to put it into use.
        Raises as ``prepare`` does.
        """
        with self._opened() as (descriptor, slots):
            for place, slot in enumerate(slots):
                if isinstance(slot, SlotKey) and slot.key_id == key_id:
                    self._destroy_before(slot, descriptor, 1 - place, slots[1 - place])
                    return slot
        return None

    def look(self, key_id: bytes) -> SlotKey | None:
        """The key *key_id*; None when the file has it not, or is not there. Nothing is written.

        Raises VaultError as ``prepare`` does.
        """
        if not os.path.lexists(self.path):
            return None
        with self._opened(write=False) as (_, slots):
            return next((slot for slot in slots if isinstance(slot, SlotKey) and slot.key_id == key_id), None)

    def _destroy_before(self, taken: SlotKey, descriptor: int, place: int, other: _Slot) -> None:
        later = isinstance(other, SlotKey) and other.generation > taken.generation
        if not later and not isinstance(other, _Empty):
            self._write(descriptor, place, _empty_block())

    @contextmanager
    def _opened(self, *, write: bool = True) -> Iterator[tuple[int, _Slots]]:
        try:
            with opened_secret(self.path, write=write) as descriptor:
                # Without the lock, a slow process could overwrite a slot that another has just filled.
                fcntl.flock(descriptor, fcntl.LOCK_EX if write else fcntl.LOCK_SH)
                yield descriptor, self._read(descriptor)
        except OSError as error:
            raise VaultError(f"{self.path}: {error.strerror}") from error

    def _read(self, descriptor: int) -> _Slots:
        size = os.fstat(descriptor).st_size
        if size != 2 * BLOCK_BYTES:
            raise VaultError(f"{self.path}: has {size} bytes where a key file has {2 * BLOCK_BYTES}; move it away")
        first, second = (self._parse(os.pread(descriptor, BLOCK_BYTES, place * BLOCK_BYTES)) for place in (0, 1))
        if isinstance(first, _Torn) and isinstance(second, _Torn) and first.foreign and second.foreign:
            raise VaultError(f"{self.path}: is not a key file of this program; move it away")
        return first, second

    def _parse(self, block: bytes) -> _Slot:
        magic, version, generation, key_id, key = _HEAD.unpack_from(block)
        if hashlib.sha256(block[:-_CHECKSUM_BYTES]).digest() != block[-_CHECKSUM_BYTES:] or magic != _MAGIC:
            return _Torn(foreign=magic != _MAGIC)
        if version != _VERSION:
            raise VaultError(f"{self.path}: was written by another version of this program (format {version})")
        return _Empty() if key_id == _NO_KEY else SlotKey(key_id, key, generation)

    def _write(self, descriptor: int, place: int, block: bytes) -> None:
        if os.pwrite(descriptor, block, place * BLOCK_BYTES) != BLOCK_BYTES:
            raise VaultError(f"{self.path}: a slot could not be written whole")
        self._flush(descriptor)


def _least_needed(slots: _Slots) -> int:
    """Where a key goes when none is in use: a slot without a key, else the older key's."""
    first, second = (slot.generation if isinstance(slot, SlotKey) else 0 for slot in slots)
    return 0 if first <= second else 1


def _key_block(slot: SlotKey) -> bytes:
    return _sealed_block(_HEAD.pack(_MAGIC, _VERSION, slot.generation, slot.key_id, slot.key))


def _empty_block() -> bytes:
    return _sealed_block(_HEAD.pack(_MAGIC, _VERSION, 0, _NO_KEY, os.urandom(KEY_BYTES)))


def _sealed_block(head: bytes) -> bytes:
    body = head + os.urandom(_FILLER_BYTES)
    return body + hashlib.sha256(body).digest()
