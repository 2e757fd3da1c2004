"""What the door expects of a device. Each device is one file beside this one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from kiosk.failures import Failure
from kiosk.rules.announcing import Sentence
from kiosk.rules.model import Announcement

# A scanner hands over the bytes of one code; a camera hands over a Frame.
Deliver: TypeAlias = Callable[[Any], None]


class DeviceError(Failure):
    """A device is absent or broken; the text is one sentence for the health line."""


class Output(Protocol):
    """Something that tells a person what was decided: lamps, a buzzer, a relay, a display."""

    name: str

    def show(self, announcement: Announcement) -> None:
        """Begin to show *announcement* in place of the one before, and return at once.

        Raises DeviceError when the device cannot; other outputs are then still told.
        """

    def close(self) -> None:
        """Go dark and silent, and let the device go. May be called twice."""


class Source(Protocol):
    """Something that reads codes at a gate: a camera, a keyboard, a serial scanner."""

    name: str
    gate: str

    def run(self, deliver: Deliver, stop: threading.Event) -> None:
        """Hand each reading to *deliver* until *stop* is set. Raises DeviceError when the device breaks."""


class PrinterStatus(StrEnum):
    """What a printer says of itself. Many say nothing: ``unknown`` is printed to all the same."""

    OK = "ok"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    NEAR_END = "near_end"  # prints still; the roll will end soon
    OFFLINE = "offline"
    UNKNOWN = "unknown"

    @property
    def prints(self) -> bool:
        """Whether a ticket may be sent to a printer in this state."""
        return self in (PrinterStatus.OK, PrinterStatus.NEAR_END, PrinterStatus.UNKNOWN)

    @property
    def sentence(self) -> str:
        """For staff, Vietnamese first."""
        return _PRINTER_SENTENCES[self]


_PRINTER_SENTENCES = {
    PrinterStatus.OK: "Máy in sẵn sàng · The printer is ready",
    PrinterStatus.PAPER_OUT: "Máy in hết giấy · The printer is out of paper",
    PrinterStatus.COVER_OPEN: "Nắp máy in đang mở · The printer's cover is open",
    PrinterStatus.NEAR_END: "Máy in sắp hết giấy · The printer's paper ends soon",
    PrinterStatus.OFFLINE: "Không liên lạc được máy in · The printer is away",
    PrinterStatus.UNKNOWN: "Máy in không báo tình trạng · The printer does not tell its state",
}


class PrinterFault(DeviceError):  # noqa: N818 - the trade says paper fault, cover fault
    """A ticket was not printed, or not surely.

    *status* is the printer's state as far as known, *detail* what is known beyond it. *sent* tells
    whether any byte may have reached the printer: if so, a part of the ticket may be on paper, and
    the next try is a copy.
    """

    def __init__(self, status: PrinterStatus, detail: str = "", *, sent: bool = True) -> None:
        super().__init__(f"{status.sentence}: {detail}" if detail else status.sentence)
        self.status = status
        self.sent = sent


class Printer(Protocol):
    """Something that prints ESC/POS bytes."""

    name: str

    def status(self) -> PrinterStatus:
        """Ask the printer, for at most two seconds. Never raises: a printer that is away is offline."""

    def send(self, data: bytes) -> None:
        """Print *data* as a whole. Raises PrinterFault; the next call opens the device anew."""

    def close(self) -> None:
        """Let the device go. May be called twice."""


class Voice(Protocol):
    """Something that says aloud who is called where."""

    name: str

    def say(self, sentences: Sequence[Sentence]) -> None:
        """Say *sentences* one after the other; returns when all have been heard. Raises DeviceError.

        Who calls it while another is speaking waits.
        """

    def close(self) -> None:
        """Fall silent at once and for good. May be called twice."""
