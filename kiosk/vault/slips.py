"""The kiosk's own Ed25519 key: it signs slips and segments, and what is derived from it seals the log's head."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kiosk.rules.formats import slip as slip_format
from kiosk.vault.errors import VaultError
from kiosk.vault.files import secret_made_once
from kiosk.vault.pseudonyms import subkey
from kiosk.vault.segments import packed

_SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class Slip:
    """A pass: *code* is the text of its QR code, *holder_id* what a scan of it will say."""

    code: str
    holder_id: str


class KioskKey:
    """The key in the file *path*, made on first use, and the public keys of the site's other kiosks.

    Where it is missing and must not be made (*make*), the public keys of the others serve alone.
    Raises VaultError when the file is damaged or exposed, or one of *others* is no base64 Ed25519 key.
    """

    def __init__(self, path: Path, others: Sequence[str] = (), *, make: bool = True) -> None:
        self._path = path
        self._known = {_key_id(key): key for key in map(_public_key, others)}
        self._own = _OwnKey(secret_made_once(path, _SEED_BYTES)) if make or os.path.lexists(path) else None
        self.public_text = self._own.public_text if self._own else ""
        if self._own:
            self._known[self._own.key_id] = self._own.public

    def issue_slip(self, at_ms: int) -> Slip:
        """A new slip with a random id, issued at *at_ms*. Raises VaultError where the kiosk's key is missing."""
        own = self._needed()
        slip_id = os.urandom(slip_format.SLIP_ID_BYTES)
        payload = slip_format.encode_payload(own.key_id, slip_id, at_ms // 1000)
        signature = own.private.sign(slip_format.signed_message(payload))
        return Slip(slip_format.encode(payload, signature), f"slip:{slip_id.hex()}")

    def verify(self, key_id: bytes, message: bytes, signature: bytes) -> bool | None:
        """Whether the key *key_id* signed *message*; None when this site has no such key."""
        key = self._known.get(key_id)
        if key is None:
            return None
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def head_seal(self, message: bytes) -> bytes:
        """32 bytes that only the holder of this key can make for *message*. Raises VaultError where it is missing."""
        return hmac.digest(self._needed().head_key, message, "sha256")

    def pack_segment(self, content: bytes) -> bytes:
        """*content* packed and signed for the hub. Raises VaultError where the kiosk's key is missing."""
        own = self._needed()
        return packed(content, own.public, own.private.sign)

    def _needed(self) -> _OwnKey:
        if self._own is None:
            raise VaultError(f"{self._path}: is missing; without the kiosk's own key nothing can be signed or proven")
        return self._own


class _OwnKey:
    """What is made from the kiosk's seed."""

    def __init__(self, seed: bytes) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.private.public_key()
        self.key_id = _key_id(self.public)
        self.head_key = subkey(seed, "log head", 32)
        self.public_text = base64.b64encode(self.public.public_bytes_raw()).decode()


def _key_id(key: Ed25519PublicKey) -> bytes:
    return hashlib.sha256(key.public_bytes_raw()).digest()[: slip_format.KEY_ID_BYTES]


def _public_key(text: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except ValueError as error:
        raise VaultError(f"slip key {text!r} is not an Ed25519 public key in base64") from error
