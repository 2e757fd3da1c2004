"""The site's registration lists, as the door asks them, and their end.

The door asks ``Roster.find(holders, person, at_ms) -> Listing`` before it takes the database's lock. It raises
StoreError or VaultError where the lists cannot be read, and nothing else.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from kiosk.config import Settings
from kiosk.retention import key_day, local_time
from kiosk.rules import identity, registration
from kiosk.rules.model import ClockState, Listed, Listing, Moment, Person
from kiosk.rules.registration import Registered, Slot
from kiosk.store import roster
from kiosk.store.log import Store
from kiosk.store.roster import StoredList
from kiosk.store.schema import StoreError
from kiosk.vault import VaultError
from kiosk.vault.list_key import ListKey, destroy_list_key, ids_of_list_keys, read_list_key

LOCK_FILE = "import.lock"


class Roster:
    """The lists in *data*, read with *store*; one thread at a time."""

    def __init__(self, settings: Settings, store: Store, data: Path) -> None:
        self._settings = settings
        self._store = store
        self._data = data
        self._keys: dict[int, ListKey] = {}
        self.here = names_of_site(settings)

    def find(self, holders: Sequence[str], person: Person, at_ms: int) -> Listing:
        """Where somebody whose code carries *holders* and says *person* stands on the lists at *at_ms*.

        NO_LIST where no list of this site is for today, and they stand on none. Raises StoreError and VaultError.
        """
        lists = self._lists()
        if not lists:
            return Listing()
        texts = registration.traits(holders, person)
        found = [
            registered
            for listed in lists
            for registered in self._rows(listed, texts)
            if registration.is_same_person(registered, holders, person)
        ]
        site = self._settings.site
        at = local_time(at_ms, self._settings.zone)
        best = registration.best_listing(found, at=at, site=self.here, early_s=site.early_s, late_s=site.late_s)
        return best or Listing(Listed.UNLISTED if self._covers(lists, at_ms) else Listed.NO_LIST)

    def _lists(self) -> list[StoredList]:
        lists = roster.stored_lists(self._store.db)
        self._keys = {listed.id: key for listed in lists if (key := self._keys.get(listed.id))}
        return lists

    def _rows(self, listed: StoredList, texts: Sequence[str]) -> Iterator[Registered]:
        key = self._keys.get(listed.id)
        if key is None:
            key = self._keys[listed.id] = read_list_key(self._data, listed.id)
        concealed = roster.concealed_rows(self._store.db, listed.id, [key.blind(text) for text in texts])
        for content in filter(None, map(key.reveal, concealed)):
            yield unpacked(content)

    def _covers(self, lists: Sequence[StoredList], at_ms: int) -> bool:
        today = key_day(at_ms, self._settings.zone, self._settings.vault.turn_at)
        return any(listed.here and listed.first_day <= today <= listed.last_day for listed in lists)

    def forget_over(self, now: Moment) -> int:
        """Destroy the key of every list whose last session day has ended; returns how many. Takes milliseconds.

        A day ends when the day key would turn (``[vault] turn_at``) by a clock that is sure, or when as many
        days have closed. What nobody can read any more is removed by ``clear_away``.
        Raises StoreError and VaultError.
        """
        waiting = roster.draft_lists(self._store.db)
        over = [listed.id for listed in [*self._lists(), *waiting] if self._is_over(listed, now)]
        for list_id in over:
            self.forget(list_id)
        return len(over)

    def forget(self, list_id: int) -> None:
        """Destroy the key of one list, over or not. Raises StoreError and VaultError."""
        self._keys.pop(list_id, None)
        roster.hide_list(self._store, list_id)
        destroy_list_key(self._data, list_id)

    def _is_over(self, listed: StoredList, now: Moment) -> bool:
        zone, turn_at = self._settings.zone, self._settings.vault.turn_at
        if now.clock is not ClockState.UNKNOWN:
            return key_day(now.wall_ms, zone, turn_at) > listed.last_day
        days = _days_between(key_day(listed.imported_ms, zone, turn_at), listed.last_day) + 1
        return roster.days_closed_since(self._store.db, listed.sequence) >= max(1, days)


def names_of_site(settings: Settings) -> frozenset[str]:
    """How lists may call this site: the match keys of its short name and its name."""
    return frozenset(map(identity.match_key, (settings.site.id, settings.site.name)))


def clear_away(store: Store, data: Path) -> None:
    """Remove lists that are over or whose import was interrupted, with their keys, in short transactions.

    Nothing is done while a list is being imported. Raises StoreError and VaultError.
    """
    with alone(data) as undisturbed:
        if undisturbed:
            clear_away_alone(store, data)


def clear_away_alone(store: Store, data: Path) -> None:
    """The same for who is ``alone`` already."""
    for list_id in roster.unfinished_lists(store.db):
        destroy_list_key(data, list_id)
        roster.drop_list(store, list_id)
    living = {listed.id for listed in (*roster.stored_lists(store.db), *roster.draft_lists(store.db))}
    for list_id in set(ids_of_list_keys(data)) - living:
        destroy_list_key(data, list_id)


@contextlib.contextmanager
def alone(data: Path) -> Iterator[bool]:
    """Whether nobody else imports or removes lists; nobody begins to until the block has ended. Raises StoreError."""
    try:
        descriptor = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreError(f"{data / LOCK_FILE}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def packed(registered: Registered) -> bytes:
    """What is kept of somebody on a list: no more than finds them again and tells the door what to do."""
    person, slot = registered.person, registered.slot
    told = (registered.unit, slot.day, slot.since, slot.until, registered.site)
    fields = (identity.name_key(person), person.birth, person.phone, *told, *registered.holders)
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def unpacked(content: bytes) -> Registered:
    """What ``packed`` was given, but for the name as written. Raises VaultError for rows of another version."""
    try:
        key, birth, phone, unit, day, since, until, site, *holders = json.loads(content)
    except ValueError as error:
        raise VaultError("a registration list was kept by another version; import it again") from error
    person = Person(name_key=key, birth=birth, phone=phone)
    return Registered(person, tuple(holders), unit, Slot(day, since, until), site)


def _days_between(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days
