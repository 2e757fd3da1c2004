"""What staff see of the people of today, readable only while the day key lives."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from kiosk.vault.pseudonyms import subkey, text_bytes

_NONCE_BYTES = 12
PADDING_BYTES = 64


@dataclass(frozen=True, slots=True)
class Shown:
    """Whom a line of today is about: fields as in ``Person``, *unit* from a list. Pages show it masked."""

    name: str = ""
    number: str = ""
    birth: str = ""
    sex: str = ""
    unit: str = ""


def padded_json(fields: dict[str, str]) -> bytes:
    """Canonical JSON of *fields*, spaces behind it to a multiple of 64 bytes so that its length tells little."""
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    content = text_bytes(text)
    return content.ljust(-(-len(content) // PADDING_BYTES) * PADDING_BYTES)


class StaffView:
    """Conceals and reveals under one day key. ChaCha20: no Raspberry Pi before the fifth has AES instructions."""

    def __init__(self, day_key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(subkey(day_key, "staff view", 32))

    def conceal(self, shown: Shown) -> bytes:
        """*shown* as bytes that only this day key opens."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, padded_json(asdict(shown)), None)

    def reveal(self, blob: bytes) -> Shown | None:
        """What *blob* conceals; None when it is of another key or damaged."""
        try:
            return Shown(**json.loads(self._cipher.decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], None)))
        except (InvalidTag, ValueError, TypeError):  # also: too short for a nonce, fields of a newer version
            return None
