"""Sites with a past of any length, made by the product's own code and kept under build/ between runs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kiosk.checkin import record
from kiosk.config import GateSettings, Settings
from kiosk.devices import clock
from kiosk.house import House, open_house
from kiosk.preparing import Consents, Prepared, Recorder, prepare
from kiosk.retention import turn_if_due
from kiosk.rules import credentials, entries
from kiosk.rules.model import Credential, Direction, Reading
from kiosk.store import schema, spool
from kiosk.store.log import Store
from kiosk.store.schema import DATABASE
from kiosk.vault import Vault, new_tracing_keys
from parts.people import card

SETTINGS = Settings(gates=tuple(GateSettings(way.value, f"Cổng {way.value}", way) for way in Direction))
DAY_MS = 86_400_000
PASSAGES_A_DAY = 10_000  # half of them entries: a large vaccination site
BETWEEN_MS = 3_000
INSIDE = 150
AT_ONCE = 2_000
PEOPLE = 64  # whose sealed identities the past repeats; it is their number and size that count


class Bulk(Store):
    """A log whose check-ins may share a transaction, for a past that need not survive a power cut while it is made."""

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """All that is recorded meanwhile is one transaction."""
        with super()._locked():
            yield

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with contextlib.nullcontext() if self.db.in_transaction else super()._locked():
            yield


@contextlib.contextmanager
def site(entries_before: int, build: Path) -> Iterator[House]:
    """A site whose log holds *entries_before* entries, at the beginning of its next day."""
    data = made(entries_before, build)
    with open_house(SETTINGS, data, demo=False, now=clock.stated(_last_ms(data) + DAY_MS)) as house:
        yield house


def _last_ms(data: Path) -> int:
    db = schema.connect_read_only(data / DATABASE)
    last_ms: int = db.execute("SELECT at_ms FROM head").fetchone()[0]
    db.close()
    return last_ms


def made(entries_before: int, build: Path) -> Path:
    """The data directory of the site with *entries_before* entries, made where it is not there yet."""
    tables = f"{schema.LOG}{schema.PROJECTIONS}{schema.PAGE_BYTES}{entries.BODY_VERSION}{Path(__file__).read_text()}"
    home = build / f"sites-{hashlib.sha256(tables.encode()).hexdigest()[:12]}"
    for old in set(build.glob("sites-*")) - {home}:
        shutil.rmtree(old)
    data = home / str(entries_before)
    if not data.exists():
        draft = home / f"{entries_before}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        new_tracing_keys(draft, home / f"{os.urandom(4).hex()}.key")
        fill(draft, entries_before)
        draft.rename(data)
    return data


def fill(data: Path, wanted: int) -> None:
    """Make *wanted* entries in the data directory *data*, which has tracing keys and no log yet.

    The days lie so far back that the last one is over by now.
    """
    began = time.monotonic()
    vault = Vault.open(data, site=SETTINGS.site.id)
    store = Bulk(data / DATABASE, vault.head_seal)
    store.db.execute("PRAGMA synchronous = OFF")
    past = _Past(vault, store)
    at_ms = int(time.time() * 1000) // DAY_MS * DAY_MS - (wanted // PASSAGES_A_DAY + 2) * DAY_MS
    store.start(SETTINGS.kiosk.id, clock.stated(at_ms))
    while store.head().sequence < wanted:
        past.add_day(at_ms, min(PASSAGES_A_DAY, wanted - store.head().sequence))
        at_ms += DAY_MS
    store.close()
    if wanted >= PASSAGES_A_DAY:
        print(f"(made a site with {wanted:,} entries in {time.monotonic() - began:.0f} s)", flush=True)


class _Past:
    """Days of invented people who come and go, with pseudonyms as random as real ones look."""

    def __init__(self, vault: Vault, store: Bulk) -> None:
        self._vault = vault
        self._store = store
        self._recorder = Recorder(SETTINGS, vault, store, Consents(0))
        self._inside: deque[tuple[Credential, Prepared]] = deque()

    def add_day(self, at_ms: int, passages: int) -> None:
        """Turn the day key, then record *passages* people coming and going."""
        turn_if_due(self._store, self._vault, SETTINGS, clock.stated(at_ms))
        self._inside.clear()
        people = [self._prepared(card(number), at_ms) for number in range(PEOPLE)]
        for first in range(0, passages, AT_ONCE):
            with self._store.together():
                for number in range(first, min(first + AT_ONCE, passages)):
                    self._pass_one(number, at_ms + number * BETWEEN_MS, people)
                spool.forget_all(self._store.db)

    def _pass_one(self, number: int, at_ms: int, people: list[tuple[Credential, Prepared]]) -> None:
        if len(self._inside) >= INSIDE and number % 2:
            self._pass(Direction.OUT, at_ms, *self._inside.popleft())
        else:
            credential, prepared = random.choice(people)
            somebody = _somebody(prepared)
            self._inside.append((credential, somebody))
            self._pass(Direction.IN, at_ms, credential, somebody)

    def _prepared(self, code: bytes, at_ms: int) -> tuple[Credential, Prepared]:
        trust = credentials.Trust(self._vault.verify_slip, SETTINGS.vault.slip_valid_s)
        credential = credentials.read_credential(code, trust=trust, at_ms=at_ms)
        reading = Reading(code, "camera", clock.stated(at_ms))
        return credential, prepare(self._recorder, reading, SETTINGS.gate(Direction.IN), credential)

    def _pass(self, way: Direction, at_ms: int, credential: Credential, prepared: Prepared) -> None:
        reading = Reading(b"", "camera", clock.stated(at_ms))
        record(self._recorder, reading, SETTINGS.gate(way), credential, prepared)


def _somebody(prepared: Prepared) -> Prepared:
    return replace(prepared, whos=(os.urandom(16),), like=os.urandom(16), slip_who=os.urandom(16))
