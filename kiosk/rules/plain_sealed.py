"""What kiosks sealed, in memory: of one kiosk's own log, and what every store of sealed copies is held to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from kiosk.rules.linked import was_used
from kiosk.rules.tracing import Asked, Scope, Sealed, SealedKey, SealedPerson


class PlainSealed(Sealed):
    """*keys*, *people*, and *aliases*: (key id, another name, the pseudonym under which the visit stands)."""

    def __init__(
        self,
        keys: Iterable[SealedKey],
        people: Iterable[SealedPerson],
        aliases: Iterable[tuple[bytes, bytes, bytes]] = (),
    ) -> None:
        self._keys = list(keys)
        self._people = list(people)
        self._same: defaultdict[tuple[bytes, bytes], set[bytes]] = defaultdict(set)
        for key_id, alias, who in aliases:
            self._same[key_id, alias].add(who)
            self._same[key_id, who].add(alias)

    def keys(self, scope: Scope) -> list[SealedKey]:
        """As ``Sealed.keys``."""
        return [key for key in self._keys if was_used(key, scope)]

    def people(self, asked: Asked) -> list[SealedPerson]:
        """As ``Sealed.people``."""
        return [person for person in self._people if person.who in asked.get(person.key_id, ())]

    def same_as(self, asked: Asked) -> dict[bytes, frozenset[bytes]]:
        """As ``Sealed.same_as``."""
        return {key_id: frozenset(self._names(key_id, whos)) for key_id, whos in asked.items()}

    def _names(self, key_id: bytes, whos: Iterable[bytes]) -> set[bytes]:
        found, ahead = set[bytes](), list(whos)
        while ahead:
            who = ahead.pop()
            if who not in found:
                found.add(who)
                ahead += self._same.get((key_id, who), ())
        return found
