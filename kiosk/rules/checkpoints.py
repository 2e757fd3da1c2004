"""Checkpoints: what a hub says of its log at one moment, and what signed notes are made of.

C2SP tlog-checkpoint and signed-note: <https://c2sp.org/tlog-checkpoint>, <https://c2sp.org/signed-note>. The text is
origin, size and root, one a line; the hub's signature stands under it, and others may add theirs.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass

from kiosk.rules.merkle import HASH_BYTES

LONGEST_NOTE = 4096
_ED25519 = b"\x01"
_SIGNATURE = "— "
_ID_BYTES, _SIGNATURE_BYTES = 4, 64


class NoteRefused(ValueError):  # noqa: N818  # read as "the note is refused"
    """A text that is no checkpoint, or not signed by whom it should be; one sentence."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log *origin* had *size* leaves, and then the hash *root*."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def checkpoint_of(text: str) -> Checkpoint:
    """The checkpoint that begins *text*; more lines may follow. Raises NoteRefused."""
    lines = text.split("\n")
    try:
        origin, size, root = lines[:3]
        checkpoint = Checkpoint(origin, int(size), b64decode(root, validate=True))
    except ValueError as error:
        raise NoteRefused("this is no checkpoint") from error
    if not origin or checkpoint.text != "\n".join([*lines[:3], ""]) or len(checkpoint.root) != HASH_BYTES:
        raise NoteRefused("this is no checkpoint")
    return checkpoint


def key_id(name: str, public: bytes) -> bytes:
    """The 4 bytes that name the Ed25519 key *public* of *name* under a note."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_ID_BYTES]


def verifier_text(name: str, public: bytes) -> str:
    """What is needed to check the notes of *name*, as one word."""
    return f"{name}+{key_id(name, public).hex()}+{b64encode(_ED25519 + public).decode()}"


def verifier_of(text: str) -> tuple[str, bytes]:
    """Name and public key of what ``verifier_text`` made. Raises NoteRefused."""
    try:
        name, ident, key = text.strip().split("+", 2)
        kind, public = (blob := b64decode(key, validate=True))[:1], blob[1:]
    except ValueError as error:
        raise NoteRefused("this is no key for checking notes") from error
    if kind != _ED25519 or len(public) != HASH_BYTES or key_id(name, public).hex() != ident:
        raise NoteRefused("this key for checking notes is damaged, or of another kind")
    return name, public


def signed_note(text: str, name: str, public: bytes, signature: bytes) -> str:
    """*text* with the *signature* of *name* under it."""
    return f"{text}\n{_SIGNATURE}{name} {b64encode(key_id(name, public) + signature).decode()}\n"


def signature_in(note: str, name: str, public: bytes) -> tuple[str, bytes]:
    """The text of *note* and the first signature under it that says it is by *name*'s key. Raises NoteRefused."""
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or len(note) > LONGEST_NOTE:
        raise NoteRefused("this is no signed note")
    for line in signatures.splitlines():
        signer, _, blob = line.removeprefix(_SIGNATURE).partition(" ")
        if not line.startswith(_SIGNATURE) or not blob:
            raise NoteRefused("this is no signed note")
        if signer == name and (found := _signature(blob))[:_ID_BYTES] == key_id(name, public):
            return text + "\n", found[_ID_BYTES:]
    raise NoteRefused(f"{name} has not signed this")


def _signature(blob: str) -> bytes:
    try:
        return b64decode(blob, validate=True)
    except ValueError as error:
        raise NoteRefused("this is no signed note") from error
