"""PINs as they are kept: by Argon2id (RFC 9106), slow enough that a copied card does not tell them at once."""

from __future__ import annotations

import os
import threading

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

MEMORY_KIB = 19456  # with two passes: OWASP Password Storage Cheat Sheet
PASSES = 2
_SALT_BYTES, _HASH_BYTES = 16, 32

# One at a time: each takes its memory, and a small machine has little.
_alone = threading.Lock()


def hash_pin(pin: str) -> str:
    """What is kept of *pin*: a PHC string with its own salt and costs."""
    kept = Argon2id(
        salt=os.urandom(_SALT_BYTES), length=_HASH_BYTES, iterations=PASSES, lanes=1, memory_cost=MEMORY_KIB
    )
    with _alone:
        return kept.derive_phc_encoded(pin.encode())


def is_pin(pin: str, kept: str) -> bool:
    """Whether *kept* was made of *pin*; it takes as long for a wrong one."""
    with _alone:
        try:
            Argon2id.verify_phc_encoded(pin.encode(), kept)
        except InvalidKey:
            return False
    return True
