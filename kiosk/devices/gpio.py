"""Lamps, buzzer, door relay and button on a Raspberry Pi's pins, by gpiozero. Pin numbers are BCM; 0 is not wired.

Lamps and buzzer go to active-high drivers (a transistor or an optocoupler), never to the pin itself;
the button closes its pin to ground.
"""

from __future__ import annotations

import importlib
import tempfile
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import chdir, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from kiosk.devices.base import DeviceError
from kiosk.rules.messages import SOUNDS
from kiosk.rules.model import Announcement, Lamp, Outcome

Step: TypeAlias = tuple[Collection[str], float]  # pins that are on, and for how many seconds

PINS_OF_LAMP: dict[Lamp, Collection[str]] = {
    Lamp.OFF: (),
    Lamp.GREEN: ("green",),
    Lamp.AMBER: ("amber",),
    Lamp.RED: ("red",),
    Lamp.GREEN_AMBER: ("green", "amber"),
}
# A passage that could not be recorded opens too: a full disk must not hold anybody back.
PASSED = (Outcome.ADMITTED, Outcome.LET_OUT, Outcome.PASSED_UNRECORDED)


def on_a_pi() -> bool:
    """Tell whether this machine is a Raspberry Pi."""
    try:
        return "Raspberry Pi" in Path("/proc/device-tree/model").read_text(encoding="utf-8")
    except OSError:
        return False


def kind_here(kind: str) -> str:
    """What ``auto`` comes to on this machine: ``gpio`` or ``simulated``. Any other *kind* is what it is."""
    if kind == "auto":
        return "gpio" if on_a_pi() else "simulated"
    return kind


@cache
def _gpiozero() -> Any:
    """The library. lgpio, by which it speaks to a Pi's pins, is imported first, in a directory of its own.

    For lgpio then makes a named pipe in the working directory. A service's is /, where it may not.
    """
    with suppress(ImportError, OSError), tempfile.TemporaryDirectory() as own, chdir(own):
        importlib.import_module("lgpio")
    return importlib.import_module("gpiozero")


class _Pins:
    """Output pins by name. A pin that breaks is opened anew the next time; the others go on."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = {name: number for name, number in numbers.items() if number}
        self._open: dict[str, Any] = {}
        with suppress(DeviceError):  # dark from the start; what is broken is said when it is needed
            self.set(())

    def set(self, on: Collection[str]) -> None:
        """Put the pins named in *on* high and the others low. Raises DeviceError once all were tried."""
        self._try_each(lambda name: setattr(self._pin(name), "value", name in on))

    def open(self) -> None:
        """Make sure that the pins can be used, without a change to any. Raises DeviceError once all were tried."""
        self._try_each(self._pin)

    def close(self) -> None:
        """Put all low and let them go."""
        for name in list(self._open):
            self._drop(name)

    def _try_each(self, use: Callable[[str], object]) -> None:
        broken = []
        for name, number in self._numbers.items():
            try:
                use(name)
            except Exception as error:  # noqa: BLE001 - each pin library has its own, lgpio's derive from this alone
                self._drop(name)
                broken.append(f"{name} on GPIO {number}: {error or type(error).__name__}")
        if broken:
            raise DeviceError("; ".join(broken))

    def _pin(self, name: str) -> Any:
        if name not in self._open:
            self._open[name] = _gpiozero().DigitalOutputDevice(self._numbers[name], initial_value=False)
        return self._open[name]

    def _drop(self, name: str) -> None:
        with suppress(Exception):  # a broken pin may not even close
            pin = self._open.pop(name)
            pin.off()
            pin.close()


class _Player:
    """Plays steps on pins, then leaves them low. A newer play replaces the older, and its end with it."""

    def __init__(self, pins: _Pins) -> None:
        self._pins = pins
        self._lock = threading.Lock()
        self._turn = 0

    def play(self, steps: Sequence[Step]) -> None:
        """Take the first step now, the others in time. Raises DeviceError when a pin did not obey."""
        with self._lock:
            self._turn += 1
            self._take(steps)

    def be_ready(self) -> None:
        """Make sure that the pins can be used, whatever plays. Raises DeviceError when one cannot."""
        with self._lock:
            self._pins.open()

    def close(self) -> None:
        """End at once."""
        with self._lock:
            self._turn += 1
            self._pins.close()

    def _take(self, steps: Sequence[Step]) -> None:
        on, seconds = steps[0] if steps else ((), 0.0)
        try:
            self._pins.set(on)
        finally:
            if steps:  # also after a fault: the pins that obeyed must go off again
                timer = threading.Timer(seconds, self._go_on, (self._turn, steps[1:]))
                timer.daemon = True
                timer.start()

    def _go_on(self, turn: int, steps: Sequence[Step]) -> None:
        with self._lock, suppress(DeviceError):  # said already, when the announcement began
            if turn == self._turn:
                self._take(steps)


class Lamps:
    """The green, amber and red lamp. Each announcement's lamp stays for its whole ``hold_s``."""

    def __init__(self, green_pin: int, amber_pin: int, red_pin: int, name: str = "lamps") -> None:
        self.name = name
        self._player = _Player(_Pins({"green": green_pin, "amber": amber_pin, "red": red_pin}))

    def show(self, announcement: Announcement) -> None:
        """Light the announcement's lamp. Raises DeviceError naming the lamp that does not obey."""
        self._player.play([(PINS_OF_LAMP[announcement.lamp], announcement.hold_s)])

    def close(self) -> None:
        """Go dark."""
        self._player.close()


class Buzzer:
    """An active buzzer (it sounds while its pin is high)."""

    def __init__(self, pin: int, name: str = "buzzer") -> None:
        self.name = name
        self._player = _Player(_Pins({"buzzer": pin}))

    def show(self, announcement: Announcement) -> None:
        """Begin the announcement's sound. Raises DeviceError."""
        steps: list[Step] = []
        for on_s, off_s in SOUNDS[announcement.sound]:
            steps += [(("buzzer",), on_s), ((), off_s)]
        self._player.play(steps)

    def close(self) -> None:
        """Go silent."""
        self._player.close()


class Relay:
    """A door relay: one pulse of *pulse_s* for each passage, recorded or not, and for nothing else."""

    def __init__(self, pin: int, pulse_s: float, name: str = "relay") -> None:
        self.name = name
        self._pulse_s = pulse_s
        self._player = _Player(_Pins({"relay": pin}))

    def show(self, announcement: Announcement) -> None:
        """Pulse if a person may pass. Raises DeviceError, also while nobody may: better known before somebody does."""
        if announcement.outcome in PASSED:
            self._player.play([(("relay",), self._pulse_s)])
        else:
            self._player.be_ready()

    def close(self) -> None:
        """Let the relay fall."""
        self._player.close()


class Button:
    """The assistance button: calls *pressed*, in a thread of its own, at each press."""

    def __init__(self, pin: int, pressed: Callable[[], None], name: str = "button") -> None:
        """Raises DeviceError when the pin cannot be used."""
        self.name = name
        try:
            self._button = _gpiozero().Button(pin, bounce_time=0.05)
        except Exception as error:
            raise DeviceError(f"button on GPIO {pin}: {error or type(error).__name__}") from error
        self._button.when_pressed = pressed

    def is_held(self) -> bool:
        """Whether somebody holds it down now."""
        return bool(self._button.is_pressed)

    def close(self) -> None:
        """Let the pin go."""
        self._button.close()


def is_held(pin: int) -> bool:
    """Whether the button on *pin* is held down now. Raises DeviceError when the pin cannot be used."""
    button = Button(pin, lambda: None)
    try:
        return button.is_held()
    finally:
        button.close()
