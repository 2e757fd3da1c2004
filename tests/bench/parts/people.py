"""Invented people who come to a site one after another, ready to be recorded."""

from __future__ import annotations

from kiosk.checkin import record
from kiosk.devices import clock
from kiosk.house import House
from kiosk.preparing import Consents, Prepared, Recorder, prepare
from kiosk.rules import credentials, invented
from kiosk.rules.model import Credential, Direction, Gate, Kind, Reading
from kiosk.scan import Scan
from kiosk.store.queue import QueueTables

BETWEEN_MS = 5_000

Shown = tuple[Reading, Gate, Credential]


def card(person: int) -> bytes:
    """The ID card of an invented person."""
    return invented.codes(invented.person(person))[Kind.ID_CARD]


class People:
    """People at the gates of *house*, five seconds apart."""

    def __init__(self, house: House) -> None:
        self._settings = house.settings
        self._recorder = Recorder(house.settings, house.vault, house.store, Consents(0))
        self._trust = credentials.Trust(house.vault.verify_slip, house.settings.vault.slip_valid_s)
        self._at_ms = house.store.head().shown.at_ms

    def reading(self, code: bytes) -> Reading:
        """*code*, read from the next person."""
        self._at_ms += BETWEEN_MS
        return Reading(code, "camera", clock.stated(self._at_ms))

    def show(self, person: int, way: Direction) -> Shown:
        """The *person* shows the ID card at the gate that leads that *way*; it is recognised."""
        reading = self.reading(card(person))
        credential = credentials.read_credential(reading.data, trust=self._trust, at_ms=self._at_ms)
        return reading, self._settings.gate(way), credential

    def prepare(self, shown: Shown) -> Prepared:
        """All that comes before the lock."""
        return prepare(self._recorder, *shown)

    def learn(self) -> None:
        """What the door does every few seconds beside all else: see how fast the counters work."""
        self._recorder.tempos.learn(QueueTables(self._recorder.store.db), self._at_ms)

    def record(self, shown: Shown, prepared: Prepared) -> Scan:
        """The transaction."""
        return record(self._recorder, *shown, prepared)
