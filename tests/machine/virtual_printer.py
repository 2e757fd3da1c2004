"""A USB receipt printer as the kernel sees one: the gadget side of a dummy host controller."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

HOST_PATH = Path("/dev/usb/lp0")
PRINTER_PATH = Path("/dev/g_printer0")
GADGETS = Path("/sys/kernel/config/usb_gadget")
PORT = Path("/sys/bus/usb/devices/1-0:1.0/usb1-port1")
SET_STATUS = 0xC0016722  # linux/usb/g_printer.h: GADGET_SET_PRINTER_STATUS
FINE, PAPER_OUT = 0x18, 0x38
QUESTIONS = ASK_CAUSE, ASK_PAPER = b"\x10\x04\x02", b"\x10\x04\x04"
SILENT: Mapping[bytes, bytes] = {}
PLUG_S = 120.0
PACKET_BYTES = 512


def make_printer() -> None:
    """Both sides' modules and the printer itself, its cable pulled. Once for each boot.

    It is never taken apart again: kernel 6.1 frees what is still in use when a printer leaves amid a ticket.
    """
    subprocess.run(["modprobe", "-a", "dummy_hcd", "usblp", "libcomposite", "usb_f_printer"], check=True)
    gadget = GADGETS / "printer"
    if gadget.exists():
        return
    function, configuration = gadget / "functions/printer.0", gadget / "configs/c.1"
    for directory in (gadget / "strings/0x409", function, configuration / "strings/0x409"):
        directory.mkdir(parents=True)
    for name, value in {"idVendor": "0x04b8", "idProduct": "0x0e15", "bcdUSB": "0x0200"}.items():
        (gadget / name).write_text(value)
    (function / "pnp_string").write_text("MFG:EPSON;CMD:ESC/POS;MDL:VIRTUAL;CLS:PRINTER;")
    (function / "q_len").write_text("1")  # 8 kB of buffer, about as much as a receipt printer has
    (configuration / "printer.0").symlink_to(function)
    (gadget / "UDC").write_text("dummy_udc.0")
    _await(HOST_PATH.exists)
    _connect(plugged=False)


class VirtualPrinter:
    """Takes all that is sent, unless told to be slow, silent, without paper or away.

    *answers* are what it says to the real-time status questions. *stops_after_bytes*: reads no more
    then; *unplugs_after_bytes*: its cable is pulled then.
    """

    def __init__(self, *, stops_after_bytes: int | None = None) -> None:
        self.answers = SILENT
        self.stops_after_bytes = stops_after_bytes
        self.unplugs_after_bytes: int | None = None
        self.received = b""
        self._ended = threading.Event()
        self.plug()
        self._fd = os.open(PRINTER_PATH, os.O_RDWR | os.O_NONBLOCK)
        self.has_paper()
        self._reader = threading.Thread(target=self._read_all)
        self._reader.start()

    def plug(self) -> None:
        """Connect it, and wait until the kernel has found it."""
        _connect(plugged=True)

    def unplug(self) -> None:
        """Pull the cable."""
        _connect(plugged=False)

    def has_paper(self, *, paper: bool = True) -> None:
        """Set the port's status register, as cheap printers do that answer no question."""
        fcntl.ioctl(self._fd, SET_STATUS, FINE if paper else PAPER_OUT)

    def await_bytes(self, count: int, limit_s: float = 120.0) -> bytes:
        """All that was received, once that is *count* bytes or *limit_s* have passed."""
        until = time.monotonic() + limit_s
        while len(self.received) < count and time.monotonic() < until:
            time.sleep(0.02)
        return self.received

    def close(self) -> None:
        """Unplug it and let it go."""
        self._ended.set()
        self._reader.join(10)
        self.unplug()
        self._forget()
        os.close(self._fd)

    def _read_all(self) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        while not self._ended.is_set():
            if self._full(self.stops_after_bytes):
                self._ended.wait(0.02)
            elif poll.poll(50):
                self._read()
            if self._full(self.unplugs_after_bytes):
                self.unplug()
                self.unplugs_after_bytes = None  # said only then: whoever waits for it may plug it in again

    def _forget(self) -> None:
        with suppress(OSError):
            while os.read(self._fd, PACKET_BYTES):
                pass

    def _full(self, limit_bytes: int | None) -> bool:
        return limit_bytes is not None and len(self.received) >= limit_bytes

    def _read(self) -> None:
        try:
            self.received += os.read(self._fd, PACKET_BYTES)
        except OSError as error:
            # The host lets the interface go, or resets it, or the cable is out.
            if error.errno not in (errno.EAGAIN, errno.ENODEV, errno.ESHUTDOWN, errno.EIO):
                raise
            self._ended.wait(0.02)
            return
        answer = self.answers.get(self.received[-3:], b"")
        if answer:
            os.write(self._fd, answer)


def _connect(*, plugged: bool) -> None:
    (PORT / "disable").write_text("0" if plugged else "1")
    _await(lambda: HOST_PATH.exists() is plugged)


def _await(truth: Callable[[], bool]) -> None:
    until = time.monotonic() + PLUG_S
    while not truth():
        assert time.monotonic() < until, "the kernel did not notice the printer's cable"
        time.sleep(0.02)
