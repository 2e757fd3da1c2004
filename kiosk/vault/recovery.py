"""The recovery code: what opens backups, kept on paper; the kiosk itself keeps only what locks them.

A thief of kiosk and stick opens no backup, and who has the stick alone can make none that a kiosk would take:
the lock holds a mark beside the public half. Twenty letters carry 90 random bits and 10 of a check.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from kiosk import files
from kiosk.vault.errors import VaultError
from kiosk.vault.files import create_whole, read_secret, replace_whole
from kiosk.vault.pins import MEMORY_KIB, PASSES
from kiosk.vault.sealing import fingerprint_bytes

LOCK_FILE = "recovery.key"

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is taken for another
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_RANDOM, _CHECK, _GROUP = 18, 2, 4
# No salt is needed against tables of 2^90 codes; Argon2id wants one.
_SALT = b"kiosk recovery 1"
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Lock:
    """What seals for the holder of a code."""

    public: X25519PublicKey
    mark: bytes

    def __repr__(self) -> str:
        return f"Lock({self.name})"

    @property
    def name(self) -> str:
        """Tells locks apart, and nothing else of their code."""
        return fingerprint_bytes(self.public)[:4].hex()


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What the code itself is good for."""

    private: X25519PrivateKey
    lock: Lock

    def __repr__(self) -> str:
        return f"Unlocked({self.lock.name})"


def new_code() -> str:
    """A new code in five groups of four, as it is printed and read aloud."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    letters += _check(letters)
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def unlock(code: str) -> Unlocked:
    """What *code* is good for, however it is grouped and whatever its case. Raises VaultError for a mistyped one."""
    letters = _letters(code)
    if len(letters) != _RANDOM + _CHECK or set(letters) - set(_LETTERS):
        raise VaultError(f"a recovery code has {_RANDOM + _CHECK} letters and digits, in groups of {_GROUP}")
    if letters[_RANDOM:] != _check(letters[:_RANDOM]):
        raise VaultError("this recovery code is mistyped: compare it with the paper")
    costs = Argon2id(salt=_SALT, length=64, iterations=PASSES, lanes=1, memory_cost=MEMORY_KIB)
    derived = costs.derive(letters.encode())
    private = X25519PrivateKey.from_private_bytes(derived[:32])
    return Unlocked(private, Lock(private.public_key(), derived[32:]))


def last_group(code: str) -> str:
    """The last group of *code*, or that group alone, however somebody has typed it off the paper."""
    return _letters(code)[-_GROUP:]


def _letters(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper().translate(_MISREAD)


def _check(letters: str) -> str:
    digest = hashlib.sha256(b"kiosk recovery check|" + letters.encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:_CHECK])


def keep_lock(data: Path, lock: Lock) -> None:
    """Let backups of *data* be for *lock* from now on. Raises VaultError."""
    table = {"public": _text(lock.public.public_bytes_raw()), "mark": _text(lock.mark)}
    content = json.dumps(table).encode()
    if not create_whole(data / LOCK_FILE, content):
        replace_whole(data / LOCK_FILE, content)


def drop_lock(data: Path) -> None:
    """Make no more backups of *data*; those made still open with their code. Raises VaultError."""
    path = data / LOCK_FILE
    try:
        path.unlink(missing_ok=True)
        files.flush(data)
    except OSError as error:
        raise VaultError(f"{path}: cannot be removed: {error.strerror}") from error


def kept_lock(data: Path) -> Lock | None:
    """For whom backups of *data* are; None before the first code. Raises VaultError where it is damaged or exposed."""
    path = data / LOCK_FILE
    try:
        table = json.loads(read_secret(path, at_most=_MOST_BYTES))
        mark = base64.b64decode(table["mark"], validate=True)
        return Lock(X25519PublicKey.from_public_bytes(base64.b64decode(table["public"], validate=True)), mark)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise VaultError(f"{path}: is damaged; make a new recovery code") from error


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def random_secret() -> bytes:
    """32 bytes for one sealed file."""
    return os.urandom(32)
