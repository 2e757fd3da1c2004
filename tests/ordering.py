"""A kiosk that has joined a hub, and the hub's pen: whoever has it can sign whatever they like."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from patience import PATIENCE_S
from running import Kiosk

from kiosk.devices import clock
from kiosk.joined import Joined, keep_joined
from kiosk.rules.down import Order
from kiosk.rules.entries import Body, EntryKind
from kiosk.vault.down import signed_order
from kiosk.vault.notes import Signer

KIOSK = "kiosk-1"


class Pen:
    """Signs orders to the kiosk in *data*, which has joined this hub."""

    def __init__(self, data: Path, home: Path) -> None:
        self.signer = Signer(home / "hub.key", "hub.example")
        self.number = 0
        data.mkdir(mode=0o750, parents=True, exist_ok=True)
        hub = {"url": "https://hub.example", "kiosk": KIOSK, "name": "Trung tâm", "ca": "", "recipient": ""}
        keep_joined(data, Joined(**hub, verifier=self.signer.verifier, at_ms=0))

    def order(self, part: str, name: str = "", payload: bytes = b"", *, number: int = 0, to: str = KIOSK) -> bytes:
        """A new order, of the next number where none is given."""
        self.number = number or self.number + 1
        return signed_order(Order(to, self.number, part, name, payload), self.signer)

    def say(self, part: str, name: str, **said: Any) -> bytes:
        """A new order that says *said*."""
        return self.order(part, name, json.dumps(said).encode())


def taken(kiosk: Kiosk, blob: bytes) -> dict[str, Any]:
    """What the door made of an order, once it has dealt with it."""
    until_s = time.monotonic() + PATIENCE_S
    while (answer := kiosk.client.from_hub("take_order", blob))["done"] == "busy" and time.monotonic() < until_s:
        time.sleep(0.05)
    return answer


def done(kiosk: Kiosk, blob: bytes) -> tuple[str, str]:
    """Only what became of it, and why."""
    answer = taken(kiosk, blob)
    return answer["done"], answer.get("why", "")


def entries(kiosk: Kiosk, kind: EntryKind) -> list[Body]:
    """The bodies of all entries of *kind*."""
    found = kiosk.reader.events_after(0, 10_000)
    return [entry.body for entry in found if entry.header.kind == kind and entry.body is not None]


def until(is_so: Callable[[], bool]) -> None:
    """Wait until it *is_so*, for as long as anybody would."""
    until_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.05)


def today(kiosk: Kiosk) -> str:
    """The day of the key in use."""
    assert clock.now().wall_ms
    return kiosk.reader.head().key_day
