"""[house]: from when on the machine is in trouble."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config.reading import setting
from kiosk.rules.machine import Limits


@dataclass(frozen=True, slots=True)
class HouseSettings:
    """[house]"""

    least_free_mb: int = setting(200, "Staff are told when the disk has less room than this many megabytes.", least=1)
    hottest_c: float = setting(
        80.0, "Staff are told at this many degrees Celsius; a Raspberry Pi slows itself down at 80 to 85.", least=30
    )
    calm_s: float = setting(60.0, "Low voltage is over once there was none for this long.", least=0)

    def limits(self) -> Limits:
        """What the machine is held to."""
        return Limits(self.least_free_mb, self.hottest_c, round(self.calm_s * 1000))
