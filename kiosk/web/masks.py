"""As much of a person as a page shows: masked for everybody; in full for who gave a reason, and not for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.rules import identity
from kiosk.vault import Shown
from kiosk.web.said_times import GONE
from kiosk.web.words import SEXES, Words, joined

UNMASKED_S = 120.0


@dataclass(frozen=True, slots=True)
class Holder:
    """A person behind the mask: *name* is initials; *about* birth year, sex, last digits and unit.

    *known* where they gave a name, a number or a birth date: where there is something to unmask.
    """

    name: str = ""
    about: Words = field(default_factory=lambda: Words("", ""))
    known: bool = False


@dataclass(frozen=True, slots=True)
class Unmasked:
    """A person as their card has them, and for how many seconds more they are shown so."""

    name: str
    birth: str
    number: str
    left_s: int


def holder_of(shown: Shown | None) -> Holder:
    """What pages show of a person without a reason given; a dash once the day key is gone."""
    if shown is None:
        return Holder(GONE)
    digits = identity.masked(shown.number).lstrip("*")
    sex = SEXES.get(shown.sex, "")
    about = joined(shown.birth[:4], sex, f"•••{digits}" if digits else "", shown.unit)
    return Holder(identity.initials(shown.name) or GONE, about, bool(shown.name or shown.number or shown.birth))


class Masks:
    """Which session sees whom in full until when; in memory only. Threads may share it."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._until_s: dict[tuple[str, int], float] = {}

    def lift(self, session: str, visit: int) -> None:
        """Let *session* see the holder of *visit* for UNMASKED_S. What it gave as a reason is recorded already."""
        now_s = self._now_s()
        with self._lock:
            self._until_s = {key: until_s for key, until_s in self._until_s.items() if until_s > now_s}
            self._until_s[session, visit] = now_s + UNMASKED_S

    def left_s(self, session: str, visit: int) -> float:
        """For how many seconds more *session* sees the holder of *visit*; 0 where it does not."""
        with self._lock:
            return max(0.0, self._until_s.get((session, visit), 0.0) - self._now_s())

    def unmasked(self, session: str, visit: int, shown: Shown | None) -> Unmasked | None:
        """The holder of *visit* in full, where *session* may see that now and the day key is there still."""
        left_s = self.left_s(session, visit)
        return Unmasked(shown.name, shown.birth, shown.number, round(left_s)) if shown and left_s else None
