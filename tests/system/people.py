"""People of the tests at the door of a container."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kiosk.door_socket import DoorAway
from kiosk.rules import invented
from kiosk.rules.model import Kind, Outcome
from system.containers import Container


def card(person: int) -> bytes:
    """The ID card of the invented *person*."""
    return invented.codes(invented.person(person))[Kind.ID_CARD]


class Crowd:
    """Ever new people; remembers what the door announced to them."""

    def __init__(self) -> None:
        self.announced: list[dict[str, Any]] = []
        self._next = 0

    def somebody(self, machine: Container) -> dict[str, Any]:
        """Somebody new shows their card; what the door says. Raises DoorAway as the door does."""
        self._next += 1
        said = machine.door.present_text(card(self._next))
        self.announced.append(said)
        return said

    @contextmanager
    def coming(self, machine: Container) -> Iterator[None]:
        """One after another comes, twice a second; whom no door answers goes away."""
        enough = threading.Event()

        def come() -> None:
            while not enough.wait(0.5):
                with suppress(DoorAway, OSError):
                    self.somebody(machine)

        coming = threading.Thread(target=come)
        coming.start()
        try:
            yield
        finally:
            enough.set()
            coming.join()

    def recorded(self) -> list[int]:
        """The entries that the door named to those whom it let in."""
        return [said["seq"] for said in self.announced if said["outcome"] == Outcome.ADMITTED]

    def lost(self, machine: Container) -> list[int]:
        """Which of them are not in the log."""
        kept = {entry["seq"] for entry in machine.entries()}
        return [sequence for sequence in self.recorded() if sequence not in kept]
