"""A hand scanner on a serial line (USB-COM or RS-232), read through pyserial."""

from __future__ import annotations

import select
import threading
from contextlib import closing
from typing import Any

from kiosk.devices.base import Deliver, DeviceError

GAP_S = 0.05  # a pause that ends a code without a line end
POLL_S = 0.5  # how soon a set stop is noticed
MAX_BYTES = 8192  # the largest QR code holds 7089 digits


class LineAssembler:
    """Pieces of a byte stream in, whole codes out: pure. A line longer than MAX_BYTES is dropped whole."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._spoiled = False

    @property
    def pending(self) -> bool:
        """Whether a line has begun and not ended."""
        return bool(self._line) or self._spoiled

    def feed(self, piece: bytes) -> list[bytes]:
        """Take in *piece* and return the codes that it ends with CR or LF."""
        *ended, rest = piece.replace(b"\r", b"\n").split(b"\n")
        codes = [code for line in ended for code in self._ended_with(line)]
        self._take(rest)
        return codes

    def end(self) -> list[bytes]:
        """End the line begun, if any: a pause."""
        line = [] if self._spoiled or not self._line else [bytes(self._line)]
        self._line.clear()
        self._spoiled = False
        return line

    def _ended_with(self, line: bytes) -> list[bytes]:
        self._take(line)
        return self.end()

    def _take(self, piece: bytes) -> None:
        self._line += piece
        if self._spoiled or len(self._line) > MAX_BYTES:
            self._line.clear()
            self._spoiled = True


class SerialScanner:
    """Delivers the bytes of each code that the scanner at *path* sends: raw, names in UTF-8 whole."""

    def __init__(self, gate: str, path: str, *, baud: int = 9600) -> None:
        self.name = f"serial {path}"
        self.gate = gate
        self._path = path
        self._baud = baud

    def run(self, deliver: Deliver, stop: threading.Event) -> None:
        """Hand each code to *deliver* until *stop* is set. Raises DeviceError when the line breaks.

        What arrives while *deliver* is busy waits in the kernel, which keeps some kilobytes of a line: several codes.
        """
        assembler = LineAssembler()
        with closing(_open(self._path, self._baud)) as line:
            while not stop.is_set():
                piece = self._read(line, GAP_S if assembler.pending else POLL_S)
                for code in assembler.feed(piece) if piece else assembler.end():
                    deliver(code)

    def _read(self, line: Any, wait_s: float) -> bytes:
        try:
            readable, _, _ = select.select([line], [], [], wait_s)
            return bytes(line.read(line.in_waiting or 1)) if readable else b""
        except OSError as error:  # pyserial's own error is one of these
            raise DeviceError(f"the scanner {self._path} was unplugged: {error}") from error


def _open(path: str, baud: int) -> Any:
    try:
        import serial
    except ImportError as error:
        raise DeviceError(f"a serial scanner needs the Python package pyserial: {error}") from error
    try:
        return serial.Serial(path, baudrate=baud, timeout=0, exclusive=True)
    except (OSError, ValueError) as error:
        raise DeviceError(f"the scanner {path} cannot be opened: {error}") from error
