"""What the machine measures of itself -> what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum

from kiosk.rules.model import ClockState

# A value that wavers at its limit is one trouble, not many.
COOLER_C = 5.0
MORE_ROOM = 1.1


class Part(StrEnum):
    """What is measured, by its name among the devices."""

    SPACE = "space"
    TEMPERATURE = "temperature"
    POWER = "power"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Measured:
    """The machine at one moment; None is what this machine does not measure.

    *undervoltage*: the supply voltage is too low (a Raspberry Pi tells it below 4.63 V). *hardware_clock*: it has one
    that goes on without power.
    """

    clock: ClockState
    free_mb: int | None = None
    temperature_c: float | None = None
    undervoltage: bool | None = None
    hardware_clock: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on something is wrong; low voltage is over after *calm_ms* without."""

    least_free_mb: int
    hottest_c: float
    calm_ms: int


@dataclass(frozen=True, slots=True)
class Watch:
    """What was wrong at the last look; None are parts that this machine does not measure."""

    limits: Limits
    faults: dict[Part, str | None] = field(default_factory=dict)
    low_until_ms: int = 0  # of monotonic time

    def look(self, measured: Measured, monotonic_ms: int) -> Watch:
        """The watch after another look, *monotonic_ms* being when; each fault is one English sentence, or empty."""
        until_ms = monotonic_ms + self.limits.calm_ms if measured.undervoltage else self.low_until_ms
        low = measured.undervoltage or (Part.POWER in self.standing and monotonic_ms < until_ms)
        faults = {
            Part.SPACE: self._space(measured.free_mb),
            Part.TEMPERATURE: self._heat(measured.temperature_c),
            Part.POWER: None if measured.undervoltage is None else "the supply voltage is too low" if low else "",
            Part.CLOCK: "" if measured.clock is not ClockState.UNKNOWN else "nothing has set the clock since the start",
        }
        return replace(self, faults=faults, low_until_ms=until_ms)

    @property
    def standing(self) -> Collection[Part]:
        """The parts that are in trouble."""
        return [part for part, fault in self.faults.items() if fault]

    def _space(self, free_mb: int | None) -> str | None:
        if free_mb is None:
            return None
        least_mb = self.limits.least_free_mb * (MORE_ROOM if Part.SPACE in self.standing else 1)
        too_full = f"only {free_mb} MB are free; at least {self.limits.least_free_mb} MB should be"
        return too_full if free_mb < least_mb else ""

    def _heat(self, temperature_c: float | None) -> str | None:
        if temperature_c is None:
            return None
        hottest_c = self.limits.hottest_c - COOLER_C * (Part.TEMPERATURE in self.standing)
        too_hot = f"{temperature_c:.0f} °C; {self.limits.hottest_c:.0f} °C is too hot"
        return too_hot if temperature_c >= hottest_c else ""
