"""Receipt printers that take ESC/POS bytes: on USB, in the network, on a serial line.

A printer is opened for each ticket and let go after it: one that was unplugged is simply there again.
Nothing here waits without a limit, and a printer that never says a word is printed to all the same.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from kiosk.devices.base import PrinterFault, PrinterStatus
from kiosk.devices.printer_line import ANSWER_BITS, Connection, Line

ANSWER_S = 0.4  # a printer that answers does so within milliseconds; one that does not is silent
FAREWELL_S = 0.5

# ESC/POS, DLE EOT n: real-time status, answered even while the printer is offline.
ASK_OFFLINE_CAUSE = b"\x10\x04\x02"
ASK_PAPER = b"\x10\x04\x04"
PAPER_OUT_BITS, NEAR_END_BITS = 0x60, 0x0C
COVER_BIT, STOPPED_BY_PAPER_BIT, ERROR_BIT = 0x04, 0x20, 0x40

LPGETSTATUS = 0x060B  # linux/lp.h; answers the printer port's status register
PORT_PAPER_OUT = 0x20
PORT_BITS = 0x38  # cheap printers answer other bits, and then mean nothing by these


class _LinePrinter:
    """What all ways to a printer have in common. *deadline_s* is the longest time for one ticket."""

    def __init__(self, name: str, deadline_s: float) -> None:
        self.name = name
        self._deadline_s = deadline_s

    def status(self) -> PrinterStatus:
        """Ask the printer, for at most two seconds."""
        try:
            with self._opened(ANSWER_S) as line:
                return self._ask(line, ANSWER_S)
        except OSError as error:
            return _status_of(error)

    def send(self, data: bytes) -> None:
        """Print *data* as a whole, asking before and after. Raises PrinterFault."""
        until = time.monotonic() + self._deadline_s + self._wire_s(len(data))
        sent = False
        try:
            with self._opened(self._deadline_s) as line:
                before = self._ask(line, ANSWER_S)
                if not before.prints:
                    raise PrinterFault(before, sent=False)
                try:
                    line.write(data, until)
                finally:
                    sent = line.taken_bytes > 0
                line.settle(until)
                if before is not PrinterStatus.UNKNOWN:
                    self._check_printed(line, until)
        except OSError as error:
            raise PrinterFault(_status_of(error), str(error), sent=sent) from error

    def close(self) -> None:
        """Nothing stays open between tickets."""

    def _check_printed(self, line: Line, until: float) -> None:
        after = self._ask(line, max(ANSWER_S, until - time.monotonic()))
        if after is PrinterStatus.UNKNOWN:
            raise PrinterFault(PrinterStatus.OFFLINE, "it fell silent during the ticket")
        if not after.prints:
            raise PrinterFault(after)

    def _ask(self, line: Line, wait_s: float) -> PrinterStatus:
        paper = line.ask(ASK_PAPER, wait_s)
        if paper is None:
            return PrinterStatus.UNKNOWN
        return _meaning(paper, line.ask(ASK_OFFLINE_CAUSE, ANSWER_S) or ANSWER_BITS)

    def _wire_s(self, count: int) -> float:
        return 0.0

    def _opened(self, wait_s: float) -> AbstractContextManager[Line]:
        raise NotImplementedError


def _meaning(paper: int, cause: int) -> PrinterStatus:
    """Two answered bytes -> what staff must do first."""
    if cause & COVER_BIT:
        return PrinterStatus.COVER_OPEN
    if paper & PAPER_OUT_BITS or cause & STOPPED_BY_PAPER_BIT:
        return PrinterStatus.PAPER_OUT
    if cause & ERROR_BIT:
        return PrinterStatus.OFFLINE
    return PrinterStatus.NEAR_END if paper & NEAR_END_BITS else PrinterStatus.OK


def _status_of(error: OSError) -> PrinterStatus:
    # The kernel's USB printer driver says "no space left" for a printer without paper.
    return PrinterStatus.PAPER_OUT if error.errno == errno.ENOSPC else PrinterStatus.OFFLINE


class UsbPrinter(_LinePrinter):
    """A printer of the kernel's usblp driver, as ``/dev/usb/lp0``."""

    def __init__(self, path: str, deadline_s: float = 8.0, name: str = "printer") -> None:
        super().__init__(name, deadline_s)
        self._path = path

    @contextmanager
    def _opened(self, wait_s: float) -> Iterator[Line]:
        fd = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            yield Line(fd)
        finally:
            os.close(fd)

    def _ask(self, line: Line, wait_s: float) -> PrinterStatus:
        try:
            answered = super()._ask(line, wait_s)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EIO):
                raise
            answered = PrinterStatus.UNKNOWN  # it cannot talk back at all
        return _port_status(line.fd) if answered is PrinterStatus.UNKNOWN else answered


def _port_status(fd: int) -> PrinterStatus:
    register = bytearray(4)
    try:
        fcntl.ioctl(fd, LPGETSTATUS, register)
    except OSError:
        return PrinterStatus.UNKNOWN
    bits = int.from_bytes(register, "little")
    paper_out = bits & PORT_PAPER_OUT and not bits & ~PORT_BITS
    return PrinterStatus.PAPER_OUT if paper_out else PrinterStatus.UNKNOWN


class NetworkPrinter(_LinePrinter):
    """A printer that takes raw bytes on a TCP port, by custom 9100."""

    def __init__(self, host: str, port: int = 9100, deadline_s: float = 8.0, name: str = "printer") -> None:
        super().__init__(name, deadline_s)
        self._address = (host, port)

    @contextmanager
    def _opened(self, wait_s: float) -> Iterator[Line]:
        with socket.create_connection(self._address, timeout=wait_s) as connection:
            connection.settimeout(0)
            # Broken off means broken off: else the kernel delivers the rest of a given-up ticket later.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line = Connection(connection.fileno())
            yield line
            # Closing while an answer is unread would reset the connection and wipe the printer's buffer.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
                line.await_end(FAREWELL_S)


class SerialPrinter(_LinePrinter):
    """A printer on a serial line, as ``/dev/ttyUSB0``; *baud* is its speed. It may hold us by XOFF."""

    def __init__(self, path: str, baud: int = 115200, deadline_s: float = 8.0, name: str = "printer") -> None:
        super().__init__(name, deadline_s)
        self._path = path
        self._baud = baud

    @contextmanager
    def _opened(self, wait_s: float) -> Iterator[Line]:
        fd = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            _set_raw(fd, self._baud)
            yield Line(fd)
            termios.tcdrain(fd)
        finally:
            with suppress(termios.error):
                termios.tcflush(fd, termios.TCOFLUSH)  # else closing waits half a minute for a held line
            os.close(fd)

    def _wire_s(self, count: int) -> float:
        return count * 10 / self._baud  # eight bits, a start bit and a stop bit


def _set_raw(fd: int, baud: int) -> None:
    """Eight bits, no parity, the printer may hold us by XOFF. Raises OSError."""
    speed = getattr(termios, f"B{baud}", None)
    if speed is None:
        raise OSError(errno.EINVAL, f"{baud} is not a speed of serial lines")
    try:
        tty.setraw(fd)
        mode = termios.tcgetattr(fd)
        mode[0] |= termios.IXON
        mode[2] |= termios.CLOCAL | termios.CREAD
        mode[4] = mode[5] = speed
        termios.tcsetattr(fd, termios.TCSANOW, mode)
    except termios.error as error:
        raise OSError(errno.ENOTTY, "is not a serial line") from error
