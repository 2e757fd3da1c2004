"""What ties a person's pseudonyms of many sites and days together: the day keys, opened by who holds the tracing key.

Nothing of it is ever written down; the caller has recorded the opening before.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from kiosk.rules.contact_list import Missing, Unnamed
from kiosk.rules.linked import was_used
from kiosk.rules.tracing import Scope, SealedKey, SealedPerson
from kiosk.vault.errors import VaultError
from kiosk.vault.opening import SealedIdentity, open_sealed_day_key, open_sealed_identity
from kiosk.vault.pseudonyms import PSEUDONYM_BYTES, subject, subkey, text_bytes
from kiosk.vault.sealing import mark_in, mark_of
from kiosk.vault.tracing import TracingPrivate


class KeyRing:
    """Day keys opened with *privates*: a tracing team's key, and after it those that it had before."""

    def __init__(self, privates: Sequence[TracingPrivate]) -> None:
        self._by_mark = {mark_of(private.key.public_key()): private for private in privates}
        self._marks_key = subkey(hashlib.sha256(privates[0].key.private_bytes_raw()).digest(), "case marks", 32)
        self.fingerprint = privates[0].fingerprint
        self._ciphers: dict[bytes, Cipher[modes.ECB]] = {}
        self._used: dict[bytes, SealedKey] = {}

    def unlock(self, keys: Iterable[SealedKey]) -> list[tuple[SealedKey, Missing]]:
        """Open *keys*, those of one and the same key as one; which do not open, and why."""
        missing = []
        for sealed in keys:
            why = None if sealed.key_id in self._ciphers else self._unlock(sealed)
            if why:
                missing.append((sealed, why))
            known = self._used.get(sealed.key_id, sealed)
            from_ms, until_ms = min(known.from_ms, sealed.from_ms), max(known.until_ms, sealed.until_ms)
            self._used[sealed.key_id] = replace(sealed, from_ms=from_ms, until_ms=until_ms)
        return missing

    def _unlock(self, sealed: SealedKey) -> Missing | None:
        private = self._by_mark.get(mark_in(sealed.sealed))
        if private is None:
            return Missing.OTHER_KEY
        try:
            key = open_sealed_day_key(private, sealed.sealed, site=sealed.site, key_id=sealed.key_id)
        except VaultError:
            return Missing.DAMAGED
        # One block of 128 random-looking bits at a time, each a message of its own: as vault.pseudonyms.
        self._ciphers[sealed.key_id] = Cipher(algorithms.AES(subkey(key, "pseudonyms", 16)), modes.ECB())  # noqa: S305
        return None

    def subject(self, holder_id: str) -> bytes:
        """What stands for a holder everywhere and always."""
        return subject(holder_id)

    def mark(self, case_number: str, subject: bytes) -> str:
        """What stands for somebody within a case (16 hexadecimal digits): nobody without the key can guess whom."""
        return hmac.digest(self._marks_key, text_bytes(case_number) + b"|" + subject, "sha256")[:8].hex()

    def pseudonyms(self, subjects: Collection[bytes], within: Scope | None = None) -> dict[bytes, list[bytes]]:
        """By day key, the pseudonyms of *subjects*, in their order. Where given, of keys that were in use *within*."""
        joined = b"".join(subjects)
        return {
            key_id: _blocks(cipher.encryptor().update(joined))
            for key_id, cipher in self._ciphers.items()
            if within is None or was_used(self._used[key_id], within)
        }

    def subjects(self, asked: Mapping[bytes, Collection[bytes]]) -> dict[tuple[bytes, bytes], bytes]:
        """The subject behind each pseudonym of *asked* (by key id); those under keys that did not open are left out."""
        found = {}
        for key_id, whos in asked.items():
            if cipher := self._ciphers.get(key_id):
                ordered = list(whos)
                for who, one in zip(ordered, _blocks(cipher.decryptor().update(b"".join(ordered))), strict=True):
                    found[key_id, who] = one
        return found

    def identity(self, person: SealedPerson) -> SealedIdentity | Unnamed:
        """Who *person* is, or why that cannot be told."""
        private = self._by_mark.get(mark_in(person.sealed))
        if private is None:
            return Unnamed.OTHER_KEY
        try:
            return open_sealed_identity(private, person.sealed, site=person.site, key_id=person.key_id)
        except VaultError:
            return Unnamed.NOTHING_KEPT


def _blocks(joined: bytes) -> list[bytes]:
    return [joined[at : at + PSEUDONYM_BYTES] for at in range(0, len(joined), PSEUDONYM_BYTES)]
