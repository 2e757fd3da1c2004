"""A USB scanner as the kernel sees one: uinput."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from typing import Any

_NAMES = {
    # What a scanner set to a US keyboard presses: the key, and whether with Shift.
    **{letter: (f"KEY_{letter.upper()}", False) for letter in "abcdefghijklmnopqrstuvwxyz"},
    **{letter: (f"KEY_{letter}", True) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    **{digit: (f"KEY_{digit}", False) for digit in "0123456789"},
    " ": ("KEY_SPACE", False),
    ",": ("KEY_COMMA", False),
    ".": ("KEY_DOT", False),
    "/": ("KEY_SLASH", False),
    "-": ("KEY_MINUS", False),
    ":": ("KEY_SEMICOLON", True),
    "|": ("KEY_BACKSLASH", True),
    "$": ("KEY_4", True),
}
KEY_S = 0.002
SHIFT, ENTER = "KEY_LEFTSHIFT", "KEY_ENTER"


def as_typed(text: str) -> str:
    """A scanner that types has no keys for Vietnamese letters; common ones drop their marks."""
    plain = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


class VirtualScanner:
    """Types codes. *path* is its input device."""

    def __init__(self) -> None:
        from evdev import UInput, ecodes

        self._codes = ecodes.ecodes
        self._key_event = ecodes.EV_KEY
        keys = [code for name, code in self._codes.items() if name.startswith("KEY_") and code < 0x100]
        self._device: Any = UInput({ecodes.EV_KEY: keys}, name="Virtual Scanner", vendor=0x0C2E, product=0x0B61)
        self.path: str = self._device.device.path

    def types(self, text: str, *, key_s: float = KEY_S) -> float:
        """Type *text* and Enter. Returns the longest time between two keys, in seconds.

        An emulated machine stands still at times, and a scanner that does so has typed two texts.
        """
        longest_s, last_s = 0.0, time.monotonic()
        for name, shifted in [*(_NAMES[letter] for letter in text), (ENTER, False)]:
            for key, value in _stroke(name, shifted=shifted):
                self._device.write(self._key_event, self._codes[key], value)
                self._device.syn()
            longest_s, last_s = max(longest_s, time.monotonic() - last_s), time.monotonic()
            if key_s:
                time.sleep(key_s)
        return longest_s

    def is_grabbed(self) -> bool:
        """Whether somebody has it for themselves."""
        from evdev import InputDevice

        with closing(InputDevice(self.path)) as device:
            try:
                device.grab()
            except OSError:
                return True
        return False

    def unplug(self) -> None:
        """Be gone. May be called twice."""
        self._device.close()


def _stroke(name: str, *, shifted: bool) -> Iterator[tuple[str, int]]:
    if shifted:
        yield SHIFT, 1
    yield name, 1
    yield name, 0
    if shifted:
        yield SHIFT, 0
