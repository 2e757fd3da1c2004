"""A registration list's own key: it lives in a file of its own, and with it the list can be read no more.

The file is a block of 4096 random bytes, of which the key is a hash: whatever part of it is overwritten, the
key is gone. A flash card may keep worn copies of the block, as with the day key's file (``keyfile.py``).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from kiosk import files
from kiosk.vault.errors import VaultError
from kiosk.vault.files import create_whole, opened_secret, read_secret
from kiosk.vault.keyfile import BLOCK_BYTES
from kiosk.vault.pseudonyms import subkey, text_bytes
from kiosk.vault.staff_view import PADDING_BYTES

BLIND_BYTES = 16
_NONCE_BYTES = 12
_PREFIX, _SUFFIX = "list-", ".key"


class ListKey:
    """Makes texts of one list comparable and its rows unreadable, for as long as the key lives."""

    def __init__(self, key: bytes) -> None:
        self._blind_key = subkey(key, "list traits", 32)
        self._cipher = ChaCha20Poly1305(subkey(key, "list rows", 32))

    def blind(self, text: str) -> bytes:
        """16 bytes that are the same for the same *text* of this list, and tell nothing without its key."""
        return hmac.digest(self._blind_key, text_bytes(text), "sha256")[:BLIND_BYTES]

    def conceal(self, content: bytes) -> bytes:
        """*content* as bytes that only this key opens; spaces behind it hide its length, so it must not end in one."""
        nonce = os.urandom(_NONCE_BYTES)
        padded = content.ljust(-(-len(content) // PADDING_BYTES) * PADDING_BYTES)
        return nonce + self._cipher.encrypt(nonce, padded, None)

    def reveal(self, blob: bytes) -> bytes | None:
        """What ``conceal`` was given; None when it is of another key or damaged."""
        try:
            return self._cipher.decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], None).rstrip(b" ")
        except (InvalidTag, ValueError):  # also: too short for a nonce
            return None


def make_list_key(data: Path, list_id: int) -> ListKey:
    """A new key, on disk when this returns. Raises VaultError when it cannot be written or is there already."""
    path = _path(data, list_id)
    if not create_whole(path, os.urandom(BLOCK_BYTES)):
        raise VaultError(f"{path}: is there already")
    return read_list_key(data, list_id)


def read_list_key(data: Path, list_id: int) -> ListKey:
    """The key of a list. Raises VaultError when it is missing, damaged or exposed."""
    path = _path(data, list_id)
    try:
        block = read_secret(path, at_most=BLOCK_BYTES)
    except FileNotFoundError as error:
        raise VaultError(f"{path}: is missing; import the list again") from error
    if len(block) != BLOCK_BYTES:
        raise VaultError(f"{path}: has {len(block)} bytes where a list's key has {BLOCK_BYTES}; import the list again")
    return ListKey(hashlib.sha256(block).digest())


def destroy_list_key(data: Path, list_id: int) -> None:
    """Overwrite the key of a list, flush, and remove its file; one that is gone already is no error.

    Raises VaultError when it cannot be overwritten.
    """
    path = _path(data, list_id)
    try:
        with suppress(FileNotFoundError), opened_secret(path, write=True) as descriptor:
            os.pwrite(descriptor, os.urandom(BLOCK_BYTES), 0)
            os.fdatasync(descriptor)
        path.unlink(missing_ok=True)
        files.flush(data)
    except OSError as error:
        raise VaultError(f"{path}: cannot be destroyed: {error.strerror}") from error


def ids_of_list_keys(data: Path) -> Iterable[int]:
    """The lists whose keys lie in *data*."""
    for path in data.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(ValueError):
            yield int(path.name.removeprefix(_PREFIX).removesuffix(_SUFFIX), 16)


def name_of_list_key(list_id: int) -> str:
    """What the key file of a list is called."""
    return f"{_PREFIX}{list_id:08x}{_SUFFIX}"


def _path(data: Path, list_id: int) -> Path:
    return data / name_of_list_key(list_id)
