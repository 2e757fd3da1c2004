"""The story of who is expected today: read from the lists, compared with today's visits, kept in memory alone.

Nothing is stored of who on a list has come: that would let a card that is stolen tell it after the day. It is found
anew from what staff may see today, which nobody can read once the day key has turned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.config import Settings
from kiosk.retention import key_day
from kiosk.roster import names_of_site, unpacked
from kiosk.rules import registration
from kiosk.rules.expected import RowId, holders_of, is_expected, person_shown
from kiosk.rules.registration import Registered
from kiosk.store import roster
from kiosk.store.reading import Reader, VisitRow
from kiosk.store.roster import StoredList
from kiosk.vault import Vault
from kiosk.vault.list_key import ListKey, read_list_key


@dataclass(slots=True)
class Day:
    """What is known of one day under one day key and one set of lists."""

    day: str
    key_id: bytes
    lists: tuple[int, ...]
    expected: dict[RowId, Registered] = field(default_factory=dict)
    arrived: set[RowId] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)  # by number or name, for who comes twice is one person
    seen: int = 0  # the newest visit that was compared
    traits: dict[str, list[RowId]] = field(default_factory=dict)


class Expecting:
    """Compares lists and visits, each visit once; one thread at a time. Raises StoreError and VaultError."""

    def __init__(self, settings: Settings, data: Path, reader: Reader, vault: Vault) -> None:
        self._settings = settings
        self._data = data
        self._reader = reader
        self._vault = vault
        self._here = names_of_site(settings)
        self._known: Day | None = None

    def today(self, now_ms: int) -> Day:
        """The day as it is at *now_ms*."""
        day = key_day(now_ms, self._settings.zone, self._settings.vault.turn_at)
        head = self._reader.head()
        lists = [it for it in self._reader.ask(roster.stored_lists) if it.here and it.first_day <= day <= it.last_day]
        identity = (day, head.key_id, tuple(it.id for it in lists))
        known = self._known
        if known is None or (known.day, known.key_id, known.lists) != identity:
            self._vault.use(head.key_id)
            known = self._known = self._read(Day(*identity), lists)
        for visit in self._new_visits(known):
            self._compare(visit, known)
        return known

    def _read(self, known: Day, lists: list[StoredList]) -> Day:
        """Whom the lists expect; who stands on two of them by the same number counts once."""
        numbers: set[str] = set()
        for listed in lists:
            key = read_list_key(self._data, listed.id)
            rows = self._reader.ask(lambda db, listed=listed: roster.numbered_rows(db, listed.id))  # type: ignore[misc]
            for number, registered in _opened(key, rows):
                if not is_expected(registered, known.day, self._here) or not numbers.isdisjoint(registered.holders):
                    continue
                numbers.update(registered.holders)
                row = (listed.id, number)
                known.expected[row] = registered
                for trait in registration.traits(registered.holders, registered.person):
                    known.traits.setdefault(trait, []).append(row)
        return known

    def _new_visits(self, known: Day) -> list[VisitRow]:
        newer: list[VisitRow] = []
        before: int | None = None
        while some := self._reader.arrivals(1000, before):
            newer += [visit for visit in some if visit.id > known.seen and visit.key_id == known.key_id]
            before = some[-1].id
            if before <= known.seen or some[-1].key_id != known.key_id:
                break
        known.seen = max(known.seen, *(visit.id for visit in newer), 0)
        return newer

    def _compare(self, visit: VisitRow, known: Day) -> None:
        """Whom of the lists a visit is of; who shows no number and no name cannot be told to be unlisted."""
        shown = self._vault.reveal(visit.shown) if visit.shown else None
        if shown is None or not (shown.number or shown.name):
            return
        person, holders = person_shown(shown.name, shown.birth, shown.number), holders_of(shown.number)
        rows = {row for trait in registration.traits(holders, person) for row in known.traits.get(trait, ())}
        found = {row for row in rows if registration.is_same_person(known.expected[row], holders, person)}
        known.arrived |= found
        if not found:
            known.unlisted.add(shown.number or f"{person.name_key}|{shown.birth}")


def _opened(key: ListKey, rows: list[tuple[int, bytes]]) -> Iterator[tuple[int, Registered]]:
    for number, concealed in rows:
        content = key.reveal(concealed)
        if content:
            yield number, unpacked(content)
