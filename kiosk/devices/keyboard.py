"""A hand scanner that types like a keyboard, read through evdev."""

from __future__ import annotations

import fcntl
import select
import struct
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeAlias

from kiosk.devices.base import Deliver, DeviceError
from kiosk.devices.handover import Handover

GAP_S = 0.05  # scanners type a key every few milliseconds; a longer pause ends the code
POLL_S = 0.5  # how soon a set stop is noticed
MAX_CHARACTERS = 8192  # the largest QR code holds 7089 digits

OpenDevice: TypeAlias = Callable[[str], Any]

# From linux/input.h and linux/input-event-codes.h, which will not change.
EVIOCSCLOCKID = 0x400445A0
EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3
RELEASED, PRESSED = 0, 1
ENTERS = frozenset({28, 96})
SHIFTS = frozenset({42, 54})
OTHER_MODIFIERS = frozenset({29, 97, 56, 100, 125, 126})  # Ctrl, Alt and Meta, left and right

_ROWS = (
    # key code of the first key, the keys' characters, the same with Shift: a US keyboard's
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (15, "\t", "\t"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
    (55, "*", "*"),
    (71, "789-456+1230.", "789-456+1230."),
    (98, "/", "/"),
)
PLAIN = {first + place: character for first, row, _ in _ROWS for place, character in enumerate(row)}
SHIFTED = {first + place: character for first, _, row in _ROWS for place, character in enumerate(row)}


class KeyAssembler:
    """Key presses in, texts out: pure, with time handed in.

    A text ends on Enter or on a pause of GAP_S. The layout is a US keyboard's whatever the machine's is;
    CapsLock is ignored, since scanners press Shift for each capital letter. Keys pressed with Ctrl, Alt or
    Meta are commands and no part of a text. A text longer than MAX_CHARACTERS is dropped whole.
    """

    def __init__(self) -> None:
        self._text: list[str] = []
        self._held: set[int] = set()
        self._last_s = 0.0
        self._spoiled = False

    @property
    def pending(self) -> bool:
        """Whether a text has begun and not ended."""
        return bool(self._text) or self._spoiled

    def key(self, code: int, value: int, at_s: float) -> list[bytes]:
        """Take in one key event and return the texts that it ends: none, one, or two after a pause."""
        ended = self.end() if self.pending and at_s - self._last_s > GAP_S else []
        self._last_s = at_s
        if code in SHIFTS or code in OTHER_MODIFIERS:
            (self._held.discard if value == RELEASED else self._held.add)(code)
        elif value == PRESSED and code in ENTERS:
            ended += self.end()
        elif value == PRESSED and not self._held & OTHER_MODIFIERS:
            self._type(code)
        return ended

    def end(self) -> list[bytes]:
        """End the text begun, if any: a pause, or Enter."""
        text = [] if self._spoiled or not self._text else ["".join(self._text).encode("ascii")]
        self._text, self._spoiled = [], False
        return text

    def spoil(self, at_s: float) -> None:
        """Keys before *at_s* were lost: drop the text begun, up to its end. Half a number may be another's number.

        However long they took, the keys that follow at once are the rest of that text.
        """
        self._text, self._spoiled, self._last_s = [], True, at_s
        self._held.clear()

    def _type(self, code: int) -> None:
        character = (SHIFTED if self._held & SHIFTS else PLAIN).get(code)
        if character is None or self._spoiled:
            return
        self._text.append(character)
        if len(self._text) > MAX_CHARACTERS:
            self.spoil(self._last_s)


def open_evdev(path: str) -> Any:
    """The input device at *path*, taken away from the console. Raises DeviceError."""
    try:
        import evdev
    except ImportError as error:
        raise DeviceError(f"a scanner as keyboard needs the Debian package python3-evdev: {error}") from error
    try:
        # By its path, never by list_devices(): that finds nothing where writing is not allowed.
        device = evdev.InputDevice(path)
        device.grab()
        # Else keys bear wall time, and a clock set between two of them would look like a pause.
        fcntl.ioctl(device.fd, EVIOCSCLOCKID, struct.pack("i", time.CLOCK_MONOTONIC))
    except OSError as error:
        raise DeviceError(f"the scanner {path} cannot be opened: {error.strerror or error}") from error
    return device


class KeyboardScanner:
    """Delivers the bytes of each code that the scanner at *path* types."""

    def __init__(self, gate: str, path: str, *, open_device: OpenDevice = open_evdev) -> None:
        self.name = f"keyboard {path}"
        self.gate = gate
        self._path = path
        self._open_device = open_device

    def run(self, deliver: Deliver, stop: threading.Event) -> None:
        """Hand each text to *deliver* until *stop* is set. Raises DeviceError when the scanner is unplugged.

        Keys are taken while *deliver* is busy, too: the kernel keeps 64 events of a device, fewer than a code has.
        """
        assembler = KeyAssembler()
        with closing(self._open_device(self._path)) as device, Handover(self.name, deliver, stop) as handover:
            while handover.works and not stop.is_set():
                for text in self._texts(device, assembler):
                    handover.put(text)

    def _texts(self, device: Any, assembler: KeyAssembler) -> list[bytes]:
        try:
            readable, _, _ = select.select([device.fd], [], [], GAP_S if assembler.pending else POLL_S)
            events = list(device.read()) if readable else []
        except OSError as error:
            raise DeviceError(f"the scanner {self._path} was unplugged: {error.strerror or error}") from error
        if not events:
            return assembler.end()
        return [text for event in events for text in _texts_ended_by(event, assembler)]


def _texts_ended_by(event: Any, assembler: KeyAssembler) -> list[bytes]:
    if event.type == EV_SYN and event.code == SYN_DROPPED:
        assembler.spoil(event.timestamp())
    if event.type != EV_KEY:
        return []
    return assembler.key(event.code, event.value, event.timestamp())
