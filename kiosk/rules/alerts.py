"""Which trouble of the house staff must see first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

# From what loses records or shuts the door's eyes, to what can wait until the evening.
GRAVEST_FIRST = (
    *("log", "disk", "keys", "power", "camera", "keyboard", "serial", "lamps", "panel", "temperature", "printer"),
    *(
        "requests",
        "space",
        "spool",
        "voice",
        "queue",
        "https",
        "clock",
        "lists",
        "buzzer",
        "relay",
        "button",
        "trust",
        "backups",
        "sync",
        "orders",
        "purge",
        "paper",
    ),
)

Thing = TypeVar("Thing")


def kind_of(device: str) -> str:
    """What a device is that tells of itself by this name; of ``serial /dev/ttyACM0`` it is ``serial``."""
    return device.partition(" ")[0]


def by_gravity(troubles: Iterable[Thing], name_of: Callable[[Thing], str]) -> list[Thing]:
    """*troubles* with the gravest first; what nobody here knows comes last."""
    ranks = {name: rank for rank, name in enumerate(GRAVEST_FIRST)}
    return sorted(troubles, key=lambda trouble: ranks.get(kind_of(name_of(trouble)), len(ranks)))
