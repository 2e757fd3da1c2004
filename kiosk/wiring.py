"""From settings to devices: the only place that chooses a concrete one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.config import Settings
from kiosk.config.devices import SourceSettings
from kiosk.devices import clock
from kiosk.devices.base import DeviceError, Output, Printer, Source, Voice
from kiosk.devices.camera import Camera
from kiosk.devices.decoding import Decoder
from kiosk.devices.gpio import Button, Buzzer, Lamps, Relay, kind_here
from kiosk.devices.keyboard import KeyboardScanner
from kiosk.devices.printer import NetworkPrinter, SerialPrinter, UsbPrinter
from kiosk.devices.serial_scanner import SerialScanner
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.devices.voice import Loudspeaker, SimulatedVoice

if TYPE_CHECKING:
    from kiosk.door import Door

PRINTERS: dict[str, Callable[[Settings], Printer | None]] = {
    "usb": lambda settings: UsbPrinter(settings.printer.path, settings.printer.deadline_s),
    "network": lambda settings: NetworkPrinter(
        settings.printer.host, settings.printer.port, settings.printer.deadline_s
    ),
    "serial": lambda settings: SerialPrinter(settings.printer.path, settings.printer.baud, settings.printer.deadline_s),
    "simulated": lambda settings: SimulatedPrinter(),
    "none": lambda settings: None,
}
SOURCES: dict[str, Callable[[SourceSettings], Source]] = {
    "camera": lambda source: Camera(source.gate, width=source.width, height=source.height, stall_s=source.stall_s),
    "keyboard": lambda source: KeyboardScanner(source.gate, source.path),
    "serial": lambda source: SerialScanner(source.gate, source.path, baud=source.baud),
}
VOICES: dict[str, Callable[[Settings], Voice | None]] = {
    "espeak": lambda settings: Loudspeaker(
        words_per_minute=settings.voice.words_per_minute,
        clips=Path(settings.voice.clips) if settings.voice.clips else None,
        device=settings.voice.device,
    ),
    "simulated": lambda settings: SimulatedVoice(),
    "none": lambda settings: None,
}


def make_decoder(settings: Settings) -> Decoder:
    """The decoders that the settings name."""
    return Decoder(settings.decoding.decoders, settings.decoding.rescue)


def make_printer(settings: Settings, *, simulate: bool, stand_in: bool = False) -> Printer | None:
    """The printer that the settings name.

    ``auto`` is a USB printer, which may be switched on later; with *stand_in*, where none is plugged in,
    a simulated one.
    """
    kind = settings.printer.kind
    if kind == "auto":
        kind = "simulated" if stand_in and not Path(settings.printer.path).exists() else "usb"
    return PRINTERS["simulated" if simulate else kind](settings)


def make_voice(settings: Settings, *, simulate: bool) -> Voice | None:
    """The voice that the settings name."""
    return VOICES["simulated" if simulate else settings.voice.kind](settings)


def outputs_kind(settings: Settings, *, simulate: bool) -> str:
    """``gpio``, ``simulated`` or ``none``: what stands for lamps, buzzer and button."""
    return "simulated" if simulate else kind_here(settings.outputs.kind)


def gpio_outputs(settings: Settings) -> dict[str, Callable[[], Output]]:
    """What is wired to a Raspberry Pi's pins, by name; a call opens its pins."""
    pins = settings.outputs
    outputs: dict[str, Callable[[], Output]] = {"lamps": partial(Lamps, pins.green_pin, pins.amber_pin, pins.red_pin)}
    if pins.buzzer_pin:
        outputs["buzzer"] = partial(Buzzer, pins.buzzer_pin)
    if pins.relay_pin:
        outputs["relay"] = partial(Relay, pins.relay_pin, pins.relay_s)
    return outputs


def wire_gpio(door: Door) -> list[Callable[[], None]]:
    """Give *door* its lamps and button; what lets go of the pins. A button that fails is a state of the door."""
    door.outputs += [make() for make in gpio_outputs(door.settings).values()]
    button_pin = door.settings.outputs.button_pin
    if not button_pin:
        return []
    gate = door.settings.gate()
    try:
        return [Button(button_pin, lambda: door.call_for_help(gate, clock.now())).close]
    except DeviceError as error:
        door.health.failed("button", str(error))
        return []
