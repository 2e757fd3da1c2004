"""The open, non-blocking way to a printer: write with a deadline, ask, and know what was taken."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import time
from contextlib import suppress

PIECE_BYTES = 4096  # the kernel's USB printer driver takes 8192 from a dead printer before it blocks
MOST_READS = 64
ANSWER_MASK, ANSWER_BITS = 0x93, 0x12  # ESC/POS, DLE EOT: bits that are fixed in every true answer
TIOCOUTQ = 0x5411  # asm-generic/ioctls.h: bytes not yet taken, on serial lines and TCP sockets


class Line:
    """The open, non-blocking way to a printer, as a file descriptor. Raises OSError when it breaks."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.taken_bytes = 0  # of the latest write

    def ask(self, question: bytes, wait_s: float) -> int | None:
        """A real-time status byte, or None from a silent printer."""
        until = time.monotonic() + wait_s
        self.drain()  # else a byte that queued up earlier would pass for the answer
        try:
            self.write(question, until)
        except TimeoutError:
            return None
        while time.monotonic() < until and self._wait(select.POLLIN, until):
            received = self._read()
            answers = [byte for byte in received if byte & ANSWER_MASK == ANSWER_BITS]
            if answers:
                return answers[0]
            if not received:
                time.sleep(0.01)
        return None

    def write(self, data: bytes, until: float) -> None:
        """Write all of *data*. Raises TimeoutError; ``taken_bytes`` then says how much was taken."""
        self.taken_bytes = 0
        while self.taken_bytes < len(data):
            if not self._wait(select.POLLOUT, until) or time.monotonic() >= until:
                raise TimeoutError(f"took {self.taken_bytes} of {len(data)} bytes, then no more")
            try:
                self.taken_bytes += os.write(self.fd, data[self.taken_bytes : self.taken_bytes + PIECE_BYTES])
            except BlockingIOError:
                time.sleep(0.005)

    def settle(self, until: float) -> None:
        """Wait until what was written has left the kernel. Raises TimeoutError.

        Without it a dead printer has "printed" the ticket: buffers take far more than one.
        """
        while self._unsent_bytes() or not self._wait(select.POLLOUT, until):
            if time.monotonic() >= until:
                raise TimeoutError("stopped taking the ticket")
            time.sleep(0.01)

    def drain(self) -> None:
        """Throw away what the printer said unasked."""
        for _ in range(MOST_READS):  # some never stop talking
            if not self._wait(select.POLLIN, 0) or not self._read():
                return

    def _read(self) -> bytes:
        # Nothing read is not the end: cheap USB printers answer with empty packets all the time.
        with suppress(BlockingIOError):
            return os.read(self.fd, 256)
        return b""

    def _wait(self, event: int, until: float) -> bool:
        """Whether *event* came before *until* (monotonic; the past: look once)."""
        poll = select.poll()
        poll.register(self.fd, event)
        ready = poll.poll(max(0.0, until - time.monotonic()) * 1000)
        seen = ready[0][1] if ready else 0
        if seen & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
            raise BrokenPipeError(errno.EPIPE, "the printer went away")
        return bool(seen & event)

    def _unsent_bytes(self) -> int:
        count = bytearray(4)
        try:
            fcntl.ioctl(self.fd, TIOCOUTQ, count)
        except OSError:
            return 0  # the USB printer driver does not count: POLLOUT alone tells
        return int.from_bytes(count, "little")


class Connection(Line):
    """A way through the network, where reading nothing does mean the end."""

    def await_end(self, wait_s: float) -> None:
        """Read until the other side has closed, or for *wait_s*."""
        until = time.monotonic() + wait_s
        with suppress(OSError):
            while time.monotonic() < until and self._wait(select.POLLIN, until):
                self._read()

    def _read(self) -> bytes:
        received = super()._read()
        if not received:
            raise ConnectionResetError(errno.ECONNRESET, "the printer closed the connection")
        return received
