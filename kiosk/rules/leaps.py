"""By which time a hub deletes: after a leap of its clock a day is left in which somebody can set it right."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.rules.model import Moment

DAY_MS = 86_400_000
LEAP_MS = DAY_MS  # more at once, and either the clock is wrong, or the hub was switched off


@dataclass(frozen=True, slots=True)
class Leap:
    """The clock has gone on by more than ``LEAP_MS`` at once; first seen in that boot, by its running time."""

    boot_id: str
    monotonic_ms: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What is kept until *by_ms* (wall clock) may be deleted; *leap* is what has not been believed yet."""

    by_ms: int
    leap: Leap | None = None

    def at(self, now: Moment) -> Standing:
        """What stands *now*. A leap is believed after a day of running with it; a clock set back, at once."""
        if now.wall_ms <= self.by_ms + LEAP_MS or (self.leap and self.waits_ms(now) <= 0):
            return Standing(now.wall_ms)
        return self if self.leap and self.leap.boot_id == now.boot_id else self._leapt(now)

    def waits_ms(self, now: Moment) -> int:
        """For how much longer nothing more is deleted; 0 or less where nothing is waited for."""
        if self.leap is None:
            return 0
        return DAY_MS - (now.monotonic_ms - self.leap.monotonic_ms if self.leap.boot_id == now.boot_id else 0)

    def _leapt(self, now: Moment) -> Standing:
        return Standing(self.by_ms, Leap(now.boot_id, now.monotonic_ms))
