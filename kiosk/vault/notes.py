"""Signing and checking notes: C2SP signed-note with Ed25519."""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kiosk.rules.checkpoints import NoteRefused, signature_in, signed_note, verifier_of, verifier_text
from kiosk.vault.files import secret_made_once

_SEED_BYTES = 32


class Signer:
    """The key of *name* in the file *path*, made on first use. Raises VaultError where the file cannot be used."""

    def __init__(self, path: Path, name: str) -> None:
        self._name = name
        self._private = Ed25519PrivateKey.from_private_bytes(secret_made_once(path, _SEED_BYTES))
        self._public = self._private.public_key().public_bytes_raw()
        self.verifier = verifier_text(name, self._public)

    def sign(self, text: str) -> str:
        """*text*, whose lines all end, as a note."""
        return signed_note(text, self._name, self._public, self._private.sign(text.encode()))


def opened_note(note: str, verifier: str) -> str:
    """The text of *note*, which the key *verifier* must have signed. Raises NoteRefused."""
    name, public = verifier_of(verifier)
    text, signature = signature_in(note, name, public)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text.encode())
    except InvalidSignature as error:
        raise NoteRefused(f"{name} has not signed this: it was changed") from error
    return text
