"""PINs as they are kept: by Argon2id (RFC 9106), slow enough that a copied card does not tell them at once."""

from __future__ import annotations

import os
import threading

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

MEMORY_KIB, PASSES = 19456, 2  # OWASP Password Storage Cheat Sheet
_SALT_BYTES, _HASH_BYTES = 16, 32
# Of no PIN: who is not there takes as long to refuse.
NOBODYS = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${'A' * 22}${'A' * 43}"

# One at a time: each takes its memory, and a small machine has little.
_alone = threading.Lock()


def hash_pin(pin: str) -> str:
    """What is kept of *pin*: a PHC string with its own salt and costs."""
    kept = Argon2id(
        salt=os.urandom(_SALT_BYTES), length=_HASH_BYTES, iterations=PASSES, lanes=1, memory_cost=MEMORY_KIB
    )
    with _alone:
        return kept.derive_phc_encoded(pin.encode())


def is_pin(pin: str, kept: str = NOBODYS) -> bool:
    """Whether *kept* was made of *pin*; it takes as long for a wrong one."""
    with _alone:
        try:
            Argon2id.verify_phc_encoded(pin.encode(errors="replace"), kept)
        except InvalidKey:
            return False
    return True
