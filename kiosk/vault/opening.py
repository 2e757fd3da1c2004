"""What only the tracing side can do: open what the door sealed, and tie pseudonyms of a day to their holders.

The caller records the opening first; nothing here does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from kiosk.rules.model import Person
from kiosk.vault import day_file
from kiosk.vault.day_file import Day
from kiosk.vault.errors import VaultError
from kiosk.vault.keyfile import KEY_BYTES
from kiosk.vault.pseudonyms import Pseudonyms
from kiosk.vault.sealing import Purpose, open_sealed
from kiosk.vault.tracing import TracingPrivate


@dataclass(frozen=True, slots=True)
class SealedIdentity:
    """What a sealed identity says once it is open."""

    person: Person
    holder_id: str


def open_sealed_identity(private: TracingPrivate, blob: bytes, *, site: str, key_id: bytes) -> SealedIdentity:
    """Who was sealed at *site* under the day key *key_id*. Raises VaultError."""
    content = open_sealed(blob, private.key, site=site, key_id=key_id, purpose=Purpose.IDENTITY)
    try:
        fields = {name: _text(value) for name, value in json.loads(content).items()}
        holder_id = fields.pop("holder_id")
        return SealedIdentity(Person(**fields), holder_id)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise VaultError("what was sealed here is not an identity that this version knows") from error


def open_sealed_request(private: TracingPrivate, blob: bytes, *, site: str, key_id: bytes) -> dict[str, str]:
    """Who asked at *site* under the day key *key_id*, as ``Vault.seal_request`` was told. Raises VaultError."""
    content = open_sealed(blob, private.key, site=site, key_id=key_id, purpose=Purpose.REQUEST)
    try:
        return {name: _text(value) for name, value in json.loads(content).items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise VaultError("what was sealed here is not a request that this version knows") from error


def open_sealed_day_key(private: TracingPrivate, blob: bytes, *, site: str, key_id: bytes) -> bytes:
    """The day key itself, 32 bytes, from its sealed copy in the log. Raises VaultError."""
    key = open_sealed(blob, private.key, site=site, key_id=key_id, purpose=Purpose.DAY_KEY)
    if len(key) != KEY_BYTES:
        raise VaultError(f"the sealed day key has {len(key)} bytes, not {KEY_BYTES}")
    return key


def open_day_file(private: TracingPrivate, file: bytes) -> tuple[Day, bytes]:
    """Of which site and day key *file* is, and what ``Vault.seal_today`` was given. Raises VaultError."""
    day, sealed = day_file.unpack(file)
    return day, open_sealed(sealed, private.key, site=day.site, key_id=day.key_id, purpose=Purpose.TODAY)


def recover(day_key: bytes, pseudonym: bytes) -> bytes:
    """The subject behind a pseudonym made under *day_key*; ``pseudonyms.subject`` gives the same for a holder id.

    Raises ValueError when *pseudonym* has not 16 bytes.
    """
    return Pseudonyms(day_key).subject_of(pseudonym)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a field of a person is a text")
    return value
