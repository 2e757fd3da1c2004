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
        if not CONFIG.exists():
            _make_pins()
        device, chip = (file.read_text().strip() for file in (CONFIG / "dev_name", CONFIG / "bank0/chip_name"))
        assert chip == "gpiochip0", f"gpiozero takes a Pi 4's pins from gpiochip0; the simulated ones are {chip}"
        self._chip = Path("/sys/devices/platform") / device / chip

    def line(self, pin: int) -> Path:
        """Where the kernel shows *pin*."""
        return self._chip / f"sim_gpio{pin}"

    def value(self, pin: int) -> int:
        """What *pin* carries: 0 or 1."""
        return int((self.line(pin) / "value").read_text())

    def press(self, pin: int) -> None:
        """Close a button to ground."""
        (self.line(pin) / "pull").write_text("pull-down")

    def let_go(self, pin: int) -> None:
        """Open it again."""
        (self.line(pin) / "pull").write_text("pull-up")


def _make_pins() -> None:
    subprocess.run(["modprobe", "gpio-simulated"], check=True)
    (CONFIG / "bank0").mkdir(parents=True)
    (CONFIG / "bank0/num_lines").write_text(str(LINES))
    (CONFIG / "bank0/label").write_text("pinctrl-bcm2711")
    (CONFIG / "live").write_text("1")
    _become_a_pi()


def _become_a_pi() -> None:
    disguise = Path("/run/cpuinfo")
    disguise.write_text(CPUINFO.read_text() + REVISION)
    subprocess.run(["mount", "--bind", disguise, CPUINFO], check=True)
