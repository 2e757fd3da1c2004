"""A printer on the screen: takes the very bytes a real one takes, and shows the paper it makes of them."""

from __future__ import annotations

import struct
import threading
from collections import deque
from io import BytesIO
from typing import TYPE_CHECKING

from kiosk.devices.base import PrinterFault, PrinterStatus

if TYPE_CHECKING:
    from PIL.Image import Image

KEPT_PAPERS = 100
LINE_PX = 30  # a printer's line spacing after ESC @, in dots

WHITE = 1
COMMANDS = ESC_INIT, ESC_FEED, GS_RASTER, GS_CUT = b"\x1b@", b"\x1bd", b"\x1dv0", b"\x1dV"
RASTER_HEAD_BYTES = 8  # command, mode, bytes in a row, rows


class SimulatedPrinter:
    """Remembers every paper it made (the latest hundred as pictures), copies and torn halves included.

    Faults are set by hand. Like a real printer it keeps what it got of a ticket that broke off: the
    paper is cut at the next cut, and a strip begun waits for its rest.
    """

    def __init__(self, name: str = "printer") -> None:
        self.name = name
        self.printed = 0
        self.garbage_bytes = 0  # that belong to no command: a real printer prints them as letters
        self.papers: deque[Image] = deque(maxlen=KEPT_PAPERS)
        self._lock = threading.Lock()
        self._status = PrinterStatus.OK
        self._breaks_after_bytes: int | None = None
        self._breaks_with = PrinterStatus.OK
        self._unread = b""
        self._strips: list[Image] = []

    def set_fault(self, status: PrinterStatus = PrinterStatus.OK, *, after_bytes: int | None = None) -> None:
        """Be in *status* from now on; with *after_bytes*, only once so many bytes of a ticket were taken."""
        with self._lock:
            self._breaks_after_bytes = after_bytes
            if after_bytes is None:
                self._status = status
            else:
                self._status, self._breaks_with = PrinterStatus.OK, status

    def status(self) -> PrinterStatus:
        """The fault that was set, or ok."""
        return self._status

    def send(self, data: bytes) -> None:
        """Print *data*. Raises PrinterFault where a fault was set that stops printing."""
        with self._lock:
            if not self._status.prints:
                raise PrinterFault(self._status, sent=False)
            self._print(data[: self._breaks_after_bytes])
            if self._breaks_after_bytes is not None:
                self._status, self._breaks_after_bytes = self._breaks_with, None
                raise PrinterFault(self._status, "it stopped within a ticket")

    def close(self) -> None:
        """Nothing to let go."""

    def png(self) -> bytes:
        """The latest paper as PNG; empty before the first."""
        with self._lock:
            if not self.papers:
                return b""
            page = BytesIO()
            self.papers[-1].save(page, "PNG")
            return page.getvalue()

    def _print(self, data: bytes) -> None:
        data = self._unread + data
        at = 0
        while (after := self._carry_out(data, at)) > at:
            at = after
        self._unread = data[at:]

    def _carry_out(self, data: bytes, at: int) -> int:
        """Do the command at *at*. Returns where the next begins, or *at* if this one's end has not come yet."""
        head = data[at : at + RASTER_HEAD_BYTES]
        if head.startswith(ESC_INIT):
            return at + len(ESC_INIT)
        if head.startswith(GS_RASTER) and len(head) == RASTER_HEAD_BYTES:
            return self._take_strip(data, at, *struct.unpack("<HH", head[4:]))
        if head.startswith(ESC_FEED) and len(head) > 2:
            self._strips.append(_blank(1, head[2] * LINE_PX))
            return at + 3
        if head.startswith(GS_CUT) and len(head) > 2:
            self._cut()
            return at + 3
        if any(command.startswith(head) or head.startswith(command) for command in COMMANDS):
            return at
        self.garbage_bytes += head[0] != 0
        return at + 1

    def _take_strip(self, data: bytes, at: int, width_bytes: int, rows: int) -> int:
        from PIL import Image, ImageOps

        begin = at + RASTER_HEAD_BYTES
        end = begin + width_bytes * rows
        if end > len(data):
            return at
        dots = Image.frombytes("1", (width_bytes * 8, rows), data[begin:end])
        self._strips.append(ImageOps.invert(dots.convert("L")).convert("1"))
        return end

    def _cut(self) -> None:
        width, height = max((strip.width for strip in self._strips), default=0), sum(s.height for s in self._strips)
        paper = _blank(width, height)
        top = 0
        for strip in self._strips:
            paper.paste(strip, (0, top))
            top += strip.height
        self._strips = []
        self.papers.append(paper)
        self.printed += 1


def _blank(width: int, height: int) -> Image:
    from PIL import Image

    return Image.new("1", (width, height), WHITE)
