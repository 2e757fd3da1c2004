"""A kiosk asks about today without the tracing key: it knows whom it let in, as long as the day key lives."""

from __future__ import annotations

import hmac
import os
from collections.abc import Collection, Iterable, Mapping, Sequence

from kiosk.rules.contact_list import Missing, Unnamed
from kiosk.rules.linked import was_used
from kiosk.rules.model import Person
from kiosk.rules.tracing import Scope, SealedKey, SealedPerson
from kiosk.tracing.people import Who
from kiosk.vault import SealedIdentity, Vault


class TodayOpener:
    """Who people are under the key that *vault* has in use; what is sealed to it is what staff see today."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._key: SealedKey | None = None
        self._marks = os.urandom(16)  # a case that only today's key answers has marks of its own each time

    def unlock(self, keys: Iterable[SealedKey]) -> Sequence[tuple[SealedKey, Missing]]:
        """Only today's opens."""
        shut = []
        for key in keys:
            if key.key_id == self._vault.key_id:
                self._key = key
            else:
                shut.append((key, Missing.OTHER_KEY))
        return shut

    def subject(self, holder_id: str) -> bytes:
        """Today's pseudonym stands for them."""
        return self._vault.pseudonym(holder_id)

    def mark(self, case_number: str, subject: bytes) -> str:
        """What stands for somebody within this answer."""
        return hmac.digest(self._marks, case_number.encode() + subject, "sha256")[:8].hex()

    def pseudonyms(self, subjects: Collection[bytes], within: Scope | None = None) -> Mapping[bytes, Sequence[bytes]]:
        """As ``KeyRing.pseudonyms``, under one key."""
        there = self._key is not None and (within is None or was_used(self._key, within))
        return {self._vault.key_id: list(subjects)} if there else {}

    def subjects(self, asked: Mapping[bytes, Collection[bytes]]) -> Mapping[Who, bytes]:
        """Each pseudonym of today stands for itself."""
        return {(key_id, who): who for key_id, whos in asked.items() if key_id == self._vault.key_id for who in whos}

    def identity(self, person: SealedPerson) -> SealedIdentity | Unnamed:
        """What staff see of them today: no phone, no address."""
        shown = self._vault.reveal(person.sealed)
        if shown is None:
            return Unnamed.NOTHING_KEPT
        return SealedIdentity(Person(shown.name, shown.birth, shown.sex, shown.number), "")
