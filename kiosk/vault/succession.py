"""The tracing key that follows another one: named by the old one's holder, or accepted by somebody at the kiosk.

Nobody else can let a kiosk seal to a new key. What a hub brings without the old key's signature only waits, until its
words, which the tracing team reads out, are typed at the kiosk. It is in force from the next day key on.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from kiosk import files
from kiosk.files import FOR_ALL
from kiosk.rules.entries import encode
from kiosk.rules.spoken import as_words, words_of
from kiosk.vault.errors import VaultError
from kiosk.vault.files import replace_whole
from kiosk.vault.tracing import PUBLIC_FILE, TracingPrivate, TracingPublic, public_text, read_public_key

WAITS, NEXT = "tracing-waits.json", "tracing-next.json"

_DOMAIN = b"kiosk tracing succession v1\0"
_WORDS_DOMAIN = b"kiosk tracing words v1\0"
_WORDS_BYTES = 12
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64
_AT_MOST_BYTES = 4096
_LONGEST_NAME, _LONGEST_DATE = 80, 40
_FIELDS = frozenset({"name", "created", "public", "signer", "after", "signature"})


@dataclass(frozen=True, slots=True)
class Successor:
    """The key *public* that follows the key whose fingerprint is *after*, which its holder signed; or nobody did."""

    public: TracingPublic
    after: str
    signature: bytes

    @property
    def words(self) -> str:
        """What people compare."""
        return words_of_key(self.public)

    def is_signed_by(self, current: TracingPublic) -> bool:
        """Whether the holder of *current* has named it."""
        if not (current.signer and self.signature) or self.after != current.fingerprint:
            return False
        key = Ed25519PublicKey.from_public_bytes(_blob(current.signer, _KEY_BYTES))
        try:
            key.verify(self.signature, _DOMAIN + _said(self.public, self.after))
        except InvalidSignature:
            return False
        return True


def words_of_key(public: TracingPublic) -> str:
    """The words by which people know the tracing key *public*, and whom it lets name the next."""
    content = public.key.public_bytes_raw() + _blob(public.signer, _KEY_BYTES)
    return words_of(hashlib.sha256(_WORDS_DOMAIN + content).digest()[:_WORDS_BYTES])


def succession(new: TracingPublic, old: TracingPrivate | None) -> bytes:
    """What tells a kiosk that *new* follows *old*; None where that is lost: then people at the kiosk accept it."""
    after = old.fingerprint if old else ""
    signature = old.signs.sign(_DOMAIN + _said(new, after)) if old else b""
    return encode(_table(new, after) | {"signature": base64.b64encode(signature).decode()})


def read_succession(content: bytes) -> Successor:
    """What ``succession`` made. Raises VaultError."""
    try:
        table = json.loads(content[: _AT_MOST_BYTES + 1])
        if (
            not isinstance(table, dict)
            or table.keys() != _FIELDS
            or not all(isinstance(it, str) for it in table.values())
        ):
            raise ValueError("other fields")
        key = X25519PublicKey.from_public_bytes(_blob(table["public"], _KEY_BYTES))
        _blob(table["signer"], _KEY_BYTES)
        signature = _blob(table["signature"], _SIGNATURE_BYTES) if table["signature"] else b""
    except (ValueError, RecursionError) as error:
        raise VaultError("this names no tracing key that follows another one") from error
    name, created = table["name"], table["created"]
    if len(name) > _LONGEST_NAME or len(created) > _LONGEST_DATE or not (name + created).isprintable():
        raise VaultError("this tracing key has a name that cannot be printed")
    return Successor(TracingPublic(key, name, created, demo=False, signer=table["signer"]), table["after"], signature)


def keep_waiting(data: Path, content: bytes) -> Successor:
    """Let the key that *content* names wait for somebody at the kiosk. Raises VaultError."""
    return _keep(data / WAITS, content)


def keep_next(data: Path, content: bytes) -> Successor:
    """Let the key that *content* names be in force from the next day key on. Raises VaultError."""
    successor = _keep(data / NEXT, content)
    _remove(data / WAITS)
    return successor


def waiting(data: Path) -> Successor | None:
    """The key that waits for somebody to accept it. Raises VaultError."""
    content = _content(data / WAITS)
    return read_succession(content) if content else None


def accept(data: Path, words: str) -> Successor:
    """Let the key that waits be the next, whose words somebody typed. Raises VaultError where none has them."""
    content = _content(data / WAITS)
    if content is None:
        raise VaultError("no new tracing key waits here")
    if as_words(words) != read_succession(content).words:
        raise VaultError("the tracing key that waits has other words: it is not the one that you were told of")
    return keep_next(data, content)


def install_next(data: Path) -> None:
    """Put the next key in force, where there is one. Raises VaultError."""
    try:
        content = files.read_vouched(data / NEXT)
    except FileNotFoundError:
        return
    except OSError as error:
        raise VaultError(f"{data / NEXT}: cannot be believed: {error.strerror}") from error
    if read_public_key(data).demo:
        return
    replace_whole(data / PUBLIC_FILE, public_text(read_succession(content).public), mode=FOR_ALL)
    _remove(data / NEXT)


def _keep(path: Path, content: bytes) -> Successor:
    successor = read_succession(content)
    replace_whole(path, content)
    return successor


def _content(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(_AT_MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise VaultError(f"{path}: cannot be read: {error.strerror}") from error


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
        files.flush(path.parent)
    except OSError as error:
        raise VaultError(f"{path}: cannot be removed: {error.strerror}") from error


def _table(new: TracingPublic, after: str) -> dict[str, str]:
    public = base64.b64encode(new.key.public_bytes_raw()).decode()
    return {"name": new.name, "created": new.created, "public": public, "signer": new.signer, "after": after}


def _said(new: TracingPublic, after: str) -> bytes:
    return encode(_table(new, after))


def _blob(text: str, length: int) -> bytes:
    blob = base64.b64decode(text, validate=True)
    if len(blob) != length:
        raise ValueError("another length")
    return blob
