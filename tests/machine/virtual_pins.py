"""The pins of a Raspberry Pi as the kernel sees them: gpio-sim."""

from __future__ import annotations

import subprocess
from pathlib import Path

CONFIG = Path("/sys/kernel/config/gpio-sim/pi")
LINES = 54  # of a Raspberry Pi 4
CPUINFO = Path("/proc/cpuinfo")
REVISION = "Revision\t: c03114\n"  # a Pi 4B; gpiozero asks before it takes a pin


class VirtualPins:
    """Sees what the lamps' pins carry, and pushes the button's."""

    def __init__(self) -> None:
        subprocess.run(["modprobe", "gpio-simulated"], check=True)
        bank = CONFIG / "bank0"
        bank.mkdir(parents=True)
        (bank / "num_lines").write_text(str(LINES))
        (bank / "label").write_text("pinctrl-bcm2711")
        (CONFIG / "live").write_text("1")
        device, chip = (
            (place / name).read_text().strip() for place, name in ((CONFIG, "dev_name"), (bank, "chip_name"))
        )
        assert chip == "gpiochip0", f"gpiozero takes a Pi 4's pins from gpiochip0; the simulated ones are {chip}"
        self._chip = Path("/sys/devices/platform") / device / chip
        _become_a_pi()

    def value(self, pin: int) -> int:
        """What *pin* carries: 0 or 1."""
        return int((self._chip / f"sim_gpio{pin}/value").read_text())

    def press(self, pin: int) -> None:
        """Close a button to ground."""
        (self._chip / f"sim_gpio{pin}/pull").write_text("pull-down")

    def let_go(self, pin: int) -> None:
        """Open it again."""
        (self._chip / f"sim_gpio{pin}/pull").write_text("pull-up")


def _become_a_pi() -> None:
    disguise = Path("/run/cpuinfo")
    disguise.write_text(CPUINFO.read_text() + REVISION)
    subprocess.run(["mount", "--bind", disguise, CPUINFO], check=True)
