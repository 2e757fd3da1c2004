"""What a kiosk tells its hub of itself, beside its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

LONGEST_TEXT, MOST_FAULTS = 300, 50


@dataclass(frozen=True, slots=True)
class KioskHealth:
    """*version* of the program, *clock* as it is kept, entries *behind* what the hub has, *faults* in sentences."""

    version: str
    clock: str
    behind: int
    faults: tuple[str, ...]

    def as_said(self) -> dict[str, Any]:
        """What is sent, which ``health_of`` reads."""
        return asdict(self)


def health_of(said: Mapping[str, Any]) -> KioskHealth:
    """What *said* tells; fields that it has beside are passed over. Raises ValueError for what makes no sense."""
    try:
        version, clock, behind, faults = (said[one.name] for one in fields(KioskHealth))
        texts = [version, clock, *faults]
    except (KeyError, TypeError) as error:
        raise ValueError("this tells nothing of a kiosk") from error
    short = all(isinstance(text, str) and len(text) <= LONGEST_TEXT for text in texts)
    if not short or type(behind) is not int or not 0 <= behind < 2**53 or len(texts) > MOST_FAULTS + 2:
        raise ValueError("this tells nothing of a kiosk")
    return KioskHealth(version, clock, behind, tuple(faults))
