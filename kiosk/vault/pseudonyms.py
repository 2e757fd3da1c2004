"""Pseudonyms: linkable within one day key, invertible only by who holds that key.

A holder id becomes its subject, a 128-bit hash that is the same everywhere and never stored; one AES
block under a subkey of the day key turns the subject into the pseudonym that the log keeps.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from kiosk.rules.identity import name_key
from kiosk.rules.model import Person

PSEUDONYM_BYTES = 16


def subkey(key: bytes, purpose: str, length: int) -> bytes:
    """*length* bytes for one *purpose*, from a uniformly random *key* (HKDF-Expand with SHA-256, RFC 5869 2.3)."""
    return HKDFExpand(algorithm=hashes.SHA256(), length=length, info=f"kiosk {purpose} v1".encode()).derive(key)


def subject(holder_id: str) -> bytes:
    """The 16 bytes that stand for a holder at every site and on every day."""
    return hashlib.sha256(b"kiosk holder v1|" + text_bytes(holder_id)).digest()[:PSEUDONYM_BYTES]


def text_bytes(text: str) -> bytes:
    """*text* in UTF-8; a lone surrogate, which only hostile input holds, is kept rather than refused."""
    return text.encode("utf-8", "surrogatepass")


class Pseudonyms:
    """Pseudonyms and likenesses under one day key."""

    def __init__(self, day_key: bytes) -> None:
        # One block of 128 random-looking bits, never two blocks of one message: the case for which ECB is right.
        self._cipher = Cipher(algorithms.AES(subkey(day_key, "pseudonyms", 16)), modes.ECB())  # noqa: S305
        self._likeness_key = subkey(day_key, "likeness", 32)

    def of(self, holder_id: str) -> bytes:
        """The pseudonym of *holder_id*, 16 bytes."""
        return self._cipher.encryptor().update(subject(holder_id))

    def subject_of(self, pseudonym: bytes) -> bytes:
        """The subject behind a pseudonym of this key: how the tracing side ties days and sites together.

        Raises ValueError when *pseudonym* has not 16 bytes.
        """
        if len(pseudonym) != PSEUDONYM_BYTES:
            raise ValueError(f"a pseudonym has {PSEUDONYM_BYTES} bytes, not {len(pseudonym)}")
        return self._cipher.decryptor().update(pseudonym)

    def likeness(self, person: Person) -> bytes | None:
        """16 bytes equal for people of the same name and birth year; None when either is not known.

        Upper and lower case, diacritics and spacing of the name make no difference.
        """
        name, year = name_key(person), person.birth[:4]
        if not name or not year:
            return None
        message = text_bytes(f"{year}|{name}")
        return hmac.digest(self._likeness_key, message, "sha256")[:PSEUDONYM_BYTES]
