"""Printers are asked before and after, never waited for without a limit, and never believed blindly.

The printers here are small programs behind real sockets and terminals.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from fake_printers import ASK_CAUSE, ASK_PAPER, FINE, SILENT, FakePrinter
from patience import PATIENCE_S, eventually

from kiosk.devices.base import Printer, PrinterFault, PrinterStatus
from kiosk.devices.printer import ANSWER_S, NetworkPrinter, SerialPrinter, UsbPrinter

TICKET = b"\x1b@" + bytes(range(32, 127)) * 340 + b"\x1dV\x00"  # about as long as a true one: 32 kB
BRIEF_S = 5.0  # waited for in vain, and long enough for an answer on a busy machine


@pytest.fixture(autouse=True)
def awaited_s(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A printer here has all the time to answer that a busy machine needs; a test that waits in vain says how long."""

    def set_to(seconds: float) -> None:
        monkeypatch.setattr("kiosk.devices.printer.ANSWER_S", seconds)

    set_to(PATIENCE_S)
    return set_to


@pytest.fixture
def fake() -> FakePrinter:
    return FakePrinter()


@pytest.fixture
def port(fake: FakePrinter) -> Iterator[int]:
    """The fake in the network, with buffers as small as a printer's. Yields its port."""
    stop = threading.Event()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    listener.bind(("127.0.0.1", 0))
    listener.listen()

    def run() -> None:
        while not stop.is_set():
            connection, _ = listener.accept()
            fake.connections += 1
            with closing(connection), suppress(ConnectionError):
                fake.serve(connection.recv, connection.sendall, stop)

    thread = threading.Thread(target=run)
    thread.start()
    yield listener.getsockname()[1]
    stop.set()
    with suppress(OSError), socket.create_connection(listener.getsockname(), timeout=1):
        pass
    thread.join(PATIENCE_S)
    listener.close()


@pytest.fixture
def terminal(fake: FakePrinter) -> Iterator[str]:
    """The fake behind a pseudo terminal, which stands for a serial line and for /dev/usb/lp0. Yields its path."""
    stop = threading.Event()
    near, far = os.openpty()
    tty.setraw(far)

    def run() -> None:
        with suppress(OSError):
            fake.serve(lambda count: os.read(near, count), lambda data: os.write(near, data), stop)

    thread = threading.Thread(target=run)
    thread.start()
    yield os.ttyname(far)
    stop.set()
    os.write(far, b"end")
    thread.join(PATIENCE_S)
    os.close(far)
    os.close(near)


def fault_of(printer: Printer, data: bytes = TICKET) -> PrinterFault:
    with pytest.raises(PrinterFault) as caught:
        printer.send(data)
    return caught.value


def test_a_ticket_reaches_the_network_printer_whole(fake: FakePrinter, port: int) -> None:
    NetworkPrinter("127.0.0.1", port, deadline_s=PATIENCE_S).send(TICKET)
    assert fake.ticket == TICKET


@pytest.mark.parametrize("kind", [UsbPrinter, SerialPrinter])
def test_a_ticket_reaches_a_printer_on_a_cable_whole(fake: FakePrinter, terminal: str, kind: type) -> None:
    printer: Printer = kind(terminal, deadline_s=PATIENCE_S)
    assert printer.status() is PrinterStatus.OK
    printer.send(TICKET)
    assert fake.ticket == TICKET


@pytest.mark.parametrize(
    ("paper", "cause", "status"),
    [
        (b"\x12", b"\x12", PrinterStatus.OK),
        (b"\x72", b"\x12", PrinterStatus.PAPER_OUT),
        (b"\x32", b"\x12", PrinterStatus.PAPER_OUT),  # one paper-end bit alone
        (b"\x52", b"\x12", PrinterStatus.PAPER_OUT),
        (b"\x12", b"\x32", PrinterStatus.PAPER_OUT),  # printing stopped by paper end
        (b"\x72", b"\x36", PrinterStatus.COVER_OPEN),
        (b"\x12", b"\x16", PrinterStatus.COVER_OPEN),
        (b"\x12", b"\x52", PrinterStatus.OFFLINE),
        (b"\x1e", b"\x12", PrinterStatus.NEAR_END),
        (b"\x16", b"\x12", PrinterStatus.NEAR_END),
        (b"\x1a", b"\x12", PrinterStatus.NEAR_END),
        (b"\x00", b"\x00", PrinterStatus.UNKNOWN),  # bytes that are no answer
        (b"\xff", b"\xff", PrinterStatus.UNKNOWN),
        (b"", b"", PrinterStatus.UNKNOWN),
        (b"\x12", b"", PrinterStatus.OK),
    ],
)
def test_what_a_printer_says_of_itself(
    fake: FakePrinter,
    port: int,
    awaited_s: Callable[[float], None],
    paper: bytes,
    cause: bytes,
    status: PrinterStatus,
) -> None:
    if not cause:
        awaited_s(BRIEF_S)
    if status is PrinterStatus.UNKNOWN:
        awaited_s(ANSWER_S)
    fake.answers = {ASK_PAPER: paper, ASK_CAUSE: cause}
    assert NetworkPrinter("127.0.0.1", port).status() is status


def test_a_byte_that_queued_up_does_not_pass_for_the_answer(fake: FakePrinter, terminal: str) -> None:
    fake.answers = {ASK_PAPER: b"\x12\x12\x12", ASK_CAUSE: b"\x12"}
    printer = UsbPrinter(terminal)
    assert printer.status() is PrinterStatus.OK
    fake.answers = {ASK_PAPER: b"\x72", ASK_CAUSE: b"\x12"}
    assert printer.status() is PrinterStatus.PAPER_OUT


@pytest.mark.parametrize("status_byte", [b"\x72", b"\x32"])
def test_without_paper_nothing_is_sent_and_that_is_known(fake: FakePrinter, port: int, status_byte: bytes) -> None:
    fake.answers[ASK_PAPER] = status_byte
    fault = fault_of(NetworkPrinter("127.0.0.1", port))
    assert (fault.status, fault.sent, fake.ticket) == (PrinterStatus.PAPER_OUT, False, b"")


def test_with_an_open_cover_nothing_is_sent(fake: FakePrinter, terminal: str) -> None:
    fake.answers[ASK_CAUSE] = b"\x16"
    fault = fault_of(UsbPrinter(terminal))
    assert (fault.status, fault.sent, fake.ticket) == (PrinterStatus.COVER_OPEN, False, b"")


def test_paper_that_ends_within_a_ticket_is_noticed_after_it(fake: FakePrinter, port: int) -> None:
    fake.answers_after_ticket = {ASK_PAPER: b"\x72", ASK_CAUSE: b"\x12"}
    fault = fault_of(NetworkPrinter("127.0.0.1", port, deadline_s=PATIENCE_S))
    assert (fault.status, fault.sent) == (PrinterStatus.PAPER_OUT, True)


def test_a_printer_that_never_says_a_word_is_printed_to_all_the_same(
    fake: FakePrinter, port: int, awaited_s: Callable[[float], None]
) -> None:
    awaited_s(ANSWER_S)
    fake.answers = SILENT
    printer = NetworkPrinter("127.0.0.1", port, deadline_s=PATIENCE_S)
    assert printer.status() is PrinterStatus.UNKNOWN
    printer.send(TICKET)
    assert eventually(lambda: fake.ticket == TICKET)


@pytest.mark.parametrize("answers", [FINE, SILENT])
def test_a_network_printer_that_stops_reading_has_not_printed(
    fake: FakePrinter, port: int, awaited_s: Callable[[float], None], answers: dict[bytes, bytes]
) -> None:
    """The kernel's buffers take a whole ticket for a dead printer: taking is no proof of printing."""
    awaited_s(ANSWER_S if answers is SILENT else BRIEF_S)
    fake.answers, fake.stops_after_bytes = answers, 2048
    fault = fault_of(NetworkPrinter("127.0.0.1", port, deadline_s=BRIEF_S))
    assert (fault.status, fault.sent) == (PrinterStatus.OFFLINE, True)


@pytest.mark.parametrize("kind", [UsbPrinter, SerialPrinter])
def test_a_printer_on_a_cable_that_stops_reading_has_not_printed(
    fake: FakePrinter, terminal: str, awaited_s: Callable[[float], None], kind: type
) -> None:
    awaited_s(BRIEF_S)
    fake.stops_after_bytes = 2048
    fault = fault_of(kind(terminal, deadline_s=BRIEF_S))
    assert (fault.status, fault.sent) == (PrinterStatus.OFFLINE, True)


@pytest.mark.parametrize("junk", [b"\x00", b"\x12"])
def test_a_printer_that_never_stops_talking_holds_nobody(awaited_s: Callable[[float], None], junk: bytes) -> None:
    awaited_s(ANSWER_S)
    near, far = os.openpty()
    tty.setraw(far)
    os.set_blocking(near, False)
    stop = threading.Event()

    def talk() -> None:
        while not stop.is_set():
            with suppress(BlockingIOError):
                os.write(near, junk * 512)
            with suppress(BlockingIOError):
                os.read(near, 4096)

    thread = threading.Thread(target=talk)
    thread.start()
    UsbPrinter(os.ttyname(far), deadline_s=PATIENCE_S).send(TICKET)
    stop.set()
    thread.join(PATIENCE_S)
    os.close(far)
    os.close(near)


def test_a_printer_that_falls_silent_after_the_ticket_has_not_surely_printed(
    fake: FakePrinter, port: int, awaited_s: Callable[[float], None]
) -> None:
    awaited_s(BRIEF_S)
    fake.answers_after_ticket = SILENT
    fault = fault_of(NetworkPrinter("127.0.0.1", port, deadline_s=BRIEF_S))
    assert fault.sent
    assert "fell silent" in str(fault)


def test_a_printer_that_dies_within_a_ticket_is_tried_anew_the_next_time(fake: FakePrinter, port: int) -> None:
    fake.dies_after_bytes = 2048
    printer = NetworkPrinter("127.0.0.1", port, deadline_s=PATIENCE_S)
    fault = fault_of(printer)
    fake.dies_after_bytes, fake.ticket = 1 << 30, b""
    printer.send(TICKET)
    assert fault.sent
    assert fake.ticket == TICKET


def test_what_was_given_up_is_not_delivered_later(
    fake: FakePrinter, port: int, awaited_s: Callable[[float], None]
) -> None:
    """Else the kernel would send the rest of an unmarked ticket while its copy is printed."""
    awaited_s(BRIEF_S)
    fake.stops_after_bytes = 2048
    fault_of(NetworkPrinter("127.0.0.1", port, deadline_s=BRIEF_S))
    taken = len(fake.ticket)
    fake.stops_after_bytes = 1 << 30
    time.sleep(0.3)
    assert len(fake.ticket) - taken <= 8192  # what was in the printer's own buffer


@pytest.mark.parametrize("kind", [UsbPrinter, SerialPrinter])
def test_a_printer_that_is_not_plugged_in_is_offline_and_got_nothing(tmp_path: Path, kind: type) -> None:
    printer: Printer = kind(str(tmp_path / "lp0"))
    fault = fault_of(printer)
    assert printer.status() is PrinterStatus.OFFLINE
    assert (fault.status, fault.sent) == (PrinterStatus.OFFLINE, False)
    assert "No such file" in str(fault)


def test_a_network_printer_that_is_switched_off_is_offline_and_got_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        printer = NetworkPrinter("127.0.0.1", unused.getsockname()[1])
        fault = fault_of(printer)
        assert printer.status() is PrinterStatus.OFFLINE
    assert (fault.status, fault.sent) == (PrinterStatus.OFFLINE, False)


def test_what_is_no_serial_line_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "ttyUSB0"
    path.touch()
    assert "is not a serial line" in str(fault_of(SerialPrinter(str(path))))


def test_a_speed_that_no_serial_line_has_is_said_so(terminal: str) -> None:
    assert "12345 is not a speed" in str(fault_of(SerialPrinter(terminal, baud=12345)))


def test_a_pipe_that_nobody_reads_does_not_block(tmp_path: Path, awaited_s: Callable[[float], None]) -> None:
    """A printer of a program: the pipe takes 64 kB, then no more."""
    awaited_s(ANSWER_S)
    path = tmp_path / "lp0"
    os.mkfifo(path)
    fault = fault_of(UsbPrinter(str(path), deadline_s=BRIEF_S), TICKET * 4)
    assert fault.sent
