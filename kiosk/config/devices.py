"""What is wired to a kiosk: [decoding], [[sources]], [outputs] and [printer]."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config.reading import setting


@dataclass(frozen=True, slots=True)
class DecodingSettings:
    """[decoding]"""

    decoders: tuple[str, ...] = setting(
        ("zxing", "pyzbar"), "Decoders in use: zxing, pyzbar.", one_of=("zxing", "pyzbar")
    )
    rescue: tuple[str, ...] = setting(
        ("blur", "stretch", "half", "blue", "inverted", "pyzbar"),
        "Rescue passes, one by turns per frame while something is in front of the camera.",
        one_of=("blur", "stretch", "half", "blue", "inverted", "pyzbar"),
    )


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """[[sources]]"""

    kind: str = setting("camera", "camera, keyboard or serial.", one_of=("camera", "keyboard", "serial"))
    gate: str = setting("main", "Gate whose people it reads.", form="id")
    path: str = setting("", "Device of a keyboard or serial scanner, as /dev/kiosk/scanner.")
    baud: int = setting(9600, "Speed of a serial scanner.", least=300)
    width: int = setting(640, "Width of the camera's low-resolution stream in pixels.", least=160)
    height: int = setting(480, "Height of the camera's low-resolution stream in pixels.", least=120)
    stall_s: float = setting(5.0, "A camera without a frame for this long is restarted, then given up.", least=1)

    @property
    def device(self) -> str:
        """The name by which it tells of itself: its kind, and which of them."""
        return f"{self.kind} {self.path}".rstrip()


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """[outputs]: lamps, buzzer, button, relay (GPIO numbers are BCM; 0 means not wired)."""

    kind: str = setting(
        "auto",
        "gpio, simulated, none, or auto (gpio on a Raspberry Pi).",
        one_of=("auto", "gpio", "simulated", "none"),
    )
    green_pin: int = setting(17, "BCM pin of the green lamp.", least=0)
    amber_pin: int = setting(27, "BCM pin of the amber lamp.", least=0)
    red_pin: int = setting(22, "BCM pin of the red lamp.", least=0)
    buzzer_pin: int = setting(18, "BCM pin of the buzzer.", least=0)
    button_pin: int = setting(23, "BCM pin of the assistance button.", least=0)
    relay_pin: int = setting(0, "BCM pin of a door relay; 0 for none.", least=0)
    relay_s: float = setting(1.0, "How long the relay pulses when somebody may pass.", least=0.1)


@dataclass(frozen=True, slots=True)
class PrinterSettings:
    """[printer]"""

    kind: str = setting(
        "auto",
        "usb, network, serial, simulated, none, or auto (usb where a printer is plugged in).",
        one_of=("auto", "usb", "network", "serial", "simulated", "none"),
    )
    path: str = setting("/dev/usb/lp0", "Device of a usb or serial printer.")
    host: str = setting("", "Address of a network printer.")
    port: int = setting(9100, "Port of a network printer.", least=1, most=65535)
    baud: int = setting(115200, "Speed of a serial printer.", least=300)
    paper_mm: int = setting(80, "Width of the paper: 58 or 80.", one_of=("58", "80"))
    deadline_s: float = setting(8.0, "Longest time a printer may take for one ticket.", least=0.5)
    font: str = setting(
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "Font of the ticket; needs Vietnamese letters."
    )
    bold_font: str = setting("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", "Bold font of the ticket.")
