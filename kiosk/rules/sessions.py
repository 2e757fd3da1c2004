"""How long a person stays signed in, and how long the code is good that pairs a tablet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kiosk.rules.lasting import Since
from kiosk.rules.model import Moment

PAIRING_MS = 10 * 60_000


class Use(StrEnum):
    """What a paired device is for: staff sign in at a tablet, nobody at a screen."""

    TABLET = "tablet"
    BOARD = "board"
    DISPLAY = "display"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session may last without a touch, and in all."""

    idle_ms: int
    shift_ms: int


def is_over(began: Since, used: Since, limits: Limits, now: Moment) -> bool:
    """Whether who signed in when it *began*, and last touched a page when it was *used*, is signed out by *now*.

    A restart of the machine ends every session.
    """
    runs = began.same_run(now) and used.same_run(now)
    return not runs or used.lasted_ms(now) >= limits.idle_ms or began.lasted_ms(now) >= limits.shift_ms


def may_pair(made: Since, now: Moment) -> bool:
    """Whether a pairing code that was *made* then is still good: for ten minutes, and not after a restart."""
    return made.same_run(now) and made.lasted_ms(now) < PAIRING_MS
