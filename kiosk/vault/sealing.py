"""Sealing to the tracing team: HPKE (RFC 9180, base mode) with X25519, HKDF-SHA256 and ChaCha20-Poly1305.

A sealed blob is a version byte, the first 8 bytes of the tracing key's fingerprint, and HPKE's output.
Site, day key and purpose are bound into it as ``info``, so that a blob moved elsewhere does not open.
Anybody who knows the public half can seal: who sealed something is what the log's chain proves.
"""

from __future__ import annotations

import hashlib
from enum import Enum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from kiosk.vault.errors import VaultError

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_VERSION = b"\x01"
_MARK_BYTES = 8


class Purpose(Enum):
    """What a sealed blob holds; one cannot be passed off as the other."""

    IDENTITY = b"identity"
    DAY_KEY = b"day key"
    TODAY = b"what staff see today"
    REQUEST = b"request"


def fingerprint_bytes(public: X25519PublicKey) -> bytes:
    """The 16 bytes that name a tracing key."""
    return hashlib.sha256(public.public_bytes_raw()).digest()[:16]


def seal(content: bytes, public: X25519PublicKey, *, site: str, key_id: bytes, purpose: Purpose) -> bytes:
    """*content* so that only the private half of *public* opens it, for this site, day key and purpose."""
    sealed = _SUITE.encrypt(content, public, _info(site, key_id, purpose))
    return _VERSION + fingerprint_bytes(public)[:_MARK_BYTES] + sealed


def open_sealed(blob: bytes, private: X25519PrivateKey, *, site: str, key_id: bytes, purpose: Purpose) -> bytes:
    """What ``seal`` was given. Raises VaultError when *blob* is for another key or context, or damaged."""
    mark, sealed = blob[1 : 1 + _MARK_BYTES], blob[1 + _MARK_BYTES :]
    if blob[:1] != _VERSION:
        raise VaultError("this was not sealed by this version of the program")
    if mark != fingerprint_bytes(private.public_key())[:_MARK_BYTES]:
        raise VaultError(f"this was sealed to another tracing key, whose fingerprint begins with {mark.hex()}")
    try:
        return _SUITE.decrypt(sealed, private, _info(site, key_id, purpose))
    except (InvalidTag, ValueError) as error:
        raise VaultError("this was sealed for another site, day or purpose, or it is damaged") from error


def mark_of(public: X25519PublicKey) -> bytes:
    """The 8 bytes by which a sealed blob names its tracing key."""
    return fingerprint_bytes(public)[:_MARK_BYTES]


def mark_in(blob: bytes) -> bytes:
    """To which tracing key *blob* says that it is sealed."""
    return blob[1 : 1 + _MARK_BYTES]


def _info(site: str, key_id: bytes, purpose: Purpose) -> bytes:
    # Unambiguous: purposes hold no "|", the key id is last and always 8 bytes long.
    return b"kiosk v1|" + purpose.value + b"|" + site.encode() + b"|" + key_id
