"""Files for one recipient, which the ``age`` tool opens too (<https://age-encryption.org/v1>)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyrage
from pyrage import x25519

from kiosk.vault.errors import VaultError
from kiosk.vault.files import create_whole, read_secret

_LONGEST_KEY_BYTES = 100


def encrypted(content: bytes, recipients: Sequence[str]) -> bytes:
    """*content* for whoever has one of the keys of *recipients* (age1...). Raises VaultError where one is none."""
    blob: bytes = pyrage.encrypt(content, [_recipient(text) for text in recipients])
    return blob


class AgeKey:
    """The key in the file *path*, made on first use. Raises VaultError where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            create_whole(path, str(x25519.Identity.generate()).encode())
        try:
            self._identity = x25519.Identity.from_str(read_secret(path, at_most=_LONGEST_KEY_BYTES).decode().strip())
        except (ValueError, pyrage.IdentityError) as error:
            raise VaultError(f"{path}: is no age key; restore it") from error

    @property
    def recipient(self) -> str:
        """The public half, as ``age -r`` takes it."""
        return str(self._identity.to_public())

    def decrypted(self, blob: bytes) -> bytes:
        """What *blob* was encrypted from. Raises VaultError where it is damaged, or for somebody else."""
        try:
            content: bytes = pyrage.decrypt(blob, [self._identity])
        except pyrage.DecryptError as error:
            raise VaultError("this was encrypted for somebody else, or is damaged") from error
        return content


def _recipient(text: str) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(text)
    except (ValueError, pyrage.RecipientError) as error:
        raise VaultError(f"{text!r} is no recipient of age, as age1...") from error
