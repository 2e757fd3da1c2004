"""The machine itself, as Linux tells of it: room on the disk, temperature, supply voltage, hardware clock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kiosk.devices import clock
from kiosk.rules.machine import Measured

_LIVELY_C = range(-40, 200)  # a sensor that tells anything else is none


class Machine:
    """Reads what the kernel shows below *root*, and how full the file system of *disk* is. Never raises.

    The supply voltage is a Raspberry Pi's: its kernel's driver raspberrypi-hwmon (``rpi_volt``) asks the firmware
    every two seconds, and holds the alarm until then. The older file ``get_throttled`` of the firmware node is
    deprecated in favour of it.
    """

    def __init__(self, disk: Path, root: Path = Path("/")) -> None:
        self._disk = disk
        self._sys = root / "sys"

    def measure(self) -> Measured:
        """The machine now."""
        return Measured(
            clock.clock_state(), self.free_mb(), self._temperature_c(), self._undervoltage(), self._hardware_clock()
        )

    def free_mb(self) -> int | None:
        """Whole megabytes of the disk that its users may still take; None where it does not tell."""
        with suppress(OSError):
            disk = os.statvfs(self._disk)
            return disk.f_bavail * disk.f_frsize // 1_000_000
        return None

    def _temperature_c(self) -> float | None:
        """Of the hottest sensor."""
        sensors = _numbers(sorted(self._sys.glob("class/thermal/thermal_zone*/temp")))
        return max((number / 1000 for number in sensors if number // 1000 in _LIVELY_C), default=None)

    def _undervoltage(self) -> bool | None:
        for name in self._sys.glob("class/hwmon/hwmon*/name"):
            with suppress(OSError, ValueError):
                if name.read_text(encoding="ascii").strip() == "rpi_volt":
                    return next(_numbers([name.with_name("in0_lcrit_alarm")])) == 1
        return None

    def _hardware_clock(self) -> bool:
        return any(self._sys.glob("class/rtc/rtc*"))


def _numbers(files: list[Path]) -> Iterator[int]:
    """What those of *files* hold that can be read: a sensor may be asleep."""
    for file in files:
        with suppress(OSError, ValueError):
            yield int(file.read_text(encoding="ascii"))
