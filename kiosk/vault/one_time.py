"""One-time codes of the second factor: TOTP (RFC 6238) of 6 digits, 30 seconds and SHA-1, as every telephone's app has.

A secret is kept sealed under a key of its own file, so that a copy of the database alone makes no codes.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from kiosk.vault.errors import VaultError
from kiosk.vault.files import secret_made_once

DIGITS, STEP_S = 6, 30
_SECRET_BYTES = 20  # RFC 4226, 4
_KEY_BYTES, _NONCE_BYTES = 32, 12
_LATE_STEPS = (-1, 0, 1)  # RFC 6238, 5.2: a telephone's clock, and the time it takes to type


class OneTimeCodes:
    """Makes and checks secrets, sealed under the key in the file *path*, which is made on first use. Raises VaultError.

    *whose* is part of each seal: nobody's secret stands in for another's.
    """

    def __init__(self, path: Path) -> None:
        self._box = ChaCha20Poly1305(secret_made_once(path, _KEY_BYTES))
        self._path = path

    def new(self, whose: str) -> bytes:
        """A fresh secret, sealed."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._box.encrypt(nonce, os.urandom(_SECRET_BYTES), whose.encode())

    def address(self, sealed: bytes, whose: str, issuer: str) -> str:
        """What a telephone's app scans: ``otpauth://totp/...``."""
        return self._totp(sealed, whose).get_provisioning_uri(whose, issuer)

    def step(self, sealed: bytes, whose: str, code: str, at_ms: int) -> int | None:
        """Which step of time *code* belongs to, if it is good at *at_ms*; who keeps it takes none twice."""
        totp, now, asked = self._totp(sealed, whose), at_ms // (1000 * STEP_S), code.encode("utf-8", "replace")
        good = [now + late for late in _LATE_STEPS if bytes_eq(totp.generate((now + late) * STEP_S), asked)]
        return good[0] if good else None

    def code(self, sealed: bytes, whose: str, at_ms: int) -> str:
        """The code that is good at *at_ms*."""
        return self._totp(sealed, whose).generate(at_ms // 1000).decode()

    def _totp(self, sealed: bytes, whose: str) -> TOTP:
        try:
            secret = self._box.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], whose.encode())
        except InvalidTag as error:
            raise VaultError(f"{self._path}: does not open the second factor of {whose}; give them another") from error
        return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303  # what the apps do
