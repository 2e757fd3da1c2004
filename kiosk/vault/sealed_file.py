"""A large file for the holder of a recovery code: a line that says what it is, a sealed key, sealed segments.

The key is sealed by HPKE as identities are. Segments of 64 KiB go by ChaCha20-Poly1305 with a counter and a mark on
the last one (STREAM, as age and Tink have it), so that none can be changed, exchanged, left out or cut off. The mark
of the lock goes into the key: without it nobody makes a file that opens.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import IO, Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from kiosk.vault.errors import VaultError
from kiosk.vault.recovery import Lock, Unlocked, random_secret

SEGMENT_BYTES = 64 << 10
LONGEST_LINE_BYTES = 4096

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_SEALED_KEY_BYTES = 32 + 32 + 16
_TAG_BYTES = 16
DAMAGED = "the file is damaged, was changed, or is not whole"


class Written(Protocol):
    """What a sealed file is written into."""

    def write(self, content: bytes, /) -> object:
        """Write all of *content*."""


class SealedWriter:
    """Writes what only the holder of the code of *lock* reads into *file*; nothing is whole before ``finish``.

    *about* is the line: anybody can read it, nobody can change it. Raises what *file* raises.
    """

    def __init__(self, file: Written, about: dict[str, Any], lock: Lock) -> None:
        line = json.dumps({**about, "lock": lock.name}, ensure_ascii=False).encode() + b"\n"
        assert len(line) <= LONGEST_LINE_BYTES
        secret = random_secret()
        self._file = file
        self._cipher = _cipher(secret, lock, line)
        self._waiting = bytearray()
        self._count = 0
        file.write(line + _SUITE.encrypt(secret, lock.public, _info(line)))

    def write(self, content: bytes) -> None:
        """Seal more."""
        self._waiting += content
        while len(self._waiting) > SEGMENT_BYTES:
            self._seal(bytes(self._waiting[:SEGMENT_BYTES]), last=False)
            del self._waiting[:SEGMENT_BYTES]

    def finish(self) -> None:
        """Seal the rest, and that this is all."""
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, segment: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._count, last=last), segment, None))
        self._count += 1


def read_line(file: IO[bytes]) -> dict[str, Any]:
    """What the line of a sealed file says, believed by nobody yet. Raises VaultError for anything else."""
    return _about(file.readline(LONGEST_LINE_BYTES))


def read_sealed(file: IO[bytes], code: Unlocked) -> Iterator[bytes]:
    """What was sealed, piece by piece from the beginning of *file*; it was whole once the last piece is read.

    Raises VaultError for another code, and where anything was changed or is missing.
    """
    line = file.readline(LONGEST_LINE_BYTES)
    if (lock := _about(line).get("lock")) != code.lock.name:
        raise VaultError(f"this code does not open it: it was sealed for the recovery code {lock}")
    try:
        secret = _SUITE.decrypt(file.read(_SEALED_KEY_BYTES), code.private, _info(line))
        yield from _segments(file, _cipher(secret, code.lock, line))
    except (InvalidTag, ValueError) as error:
        raise VaultError(DAMAGED) from error


def _segments(file: IO[bytes], cipher: ChaCha20Poly1305) -> Iterator[bytes]:
    count, segment = 0, file.read(SEGMENT_BYTES + _TAG_BYTES)
    while True:
        following = file.read(SEGMENT_BYTES + _TAG_BYTES)
        yield cipher.decrypt(_nonce(count, last=not following), segment, None)
        if not following:
            return
        count, segment = count + 1, following


def _about(line: bytes) -> dict[str, Any]:
    try:
        table = json.loads(line)
        if line.endswith(b"\n") and isinstance(table, dict):
            return table
    except (ValueError, RecursionError):
        pass
    raise VaultError("this is not a file that a kiosk sealed")


def _cipher(secret: bytes, lock: Lock, line: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(hmac.digest(lock.mark, b"kiosk sealed file v1|" + secret + _hash(line), "sha256"))


def _info(line: bytes) -> bytes:
    return b"kiosk v1|sealed file|" + _hash(line)


def _hash(line: bytes) -> bytes:
    return hashlib.sha256(line).digest()


def _nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(11, "big") + bytes([last])
