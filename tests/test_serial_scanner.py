"""A scanner on a serial line delivers each code's bytes as they are."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S

from kiosk.devices.base import DeviceError
from kiosk.devices.serial_scanner import MAX_BYTES, LineAssembler, SerialScanner

GREETING = b"hello"
NAME = "079085012345||Nguyễn Thị Ánh Nguyệt|02031985|Nữ".encode()


class Line:
    """A scanner at the far end of a pseudo-terminal, and the texts that our end delivered."""

    def __init__(self) -> None:
        self.scanner, self._ours = os.openpty()
        self.texts: queue.Queue[bytes] = queue.Queue()
        self.fault: queue.Queue[DeviceError] = queue.Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        while self.texts.empty() and self.fault.empty():  # what comes before the line is opened is lost
            self.scan(GREETING + b"\n")
            time.sleep(0.02)

    def _run(self) -> None:
        try:
            SerialScanner("main", os.ttyname(self._ours)).run(self.texts.put, self._stop)
        except DeviceError as error:
            self.fault.put(error)

    def next(self) -> bytes:
        """The next text that is no greeting."""
        while (text := self.texts.get(timeout=PATIENCE_S)) == GREETING:
            pass
        return text

    def scan(self, data: bytes) -> None:
        os.write(self.scanner, data)

    def unplug(self) -> None:
        os.close(self.scanner)
        self.scanner = -1

    def close(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        for end in (self.scanner, self._ours):
            if end >= 0:
                os.close(end)


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


def test_a_line_end_ends_a_code(line: Line) -> None:
    line.scan(NAME + b"\r\n" + b"second\r" + b"third\n")
    assert [line.next() for _ in range(3)] == [NAME, b"second", b"third"]


def test_a_pause_ends_a_code_without_a_line_end(line: Line) -> None:
    line.scan(NAME)
    assert line.next() == NAME


def test_bytes_of_any_value_pass_raw(line: Line) -> None:
    data = bytes(value for value in range(256) if value not in b"\r\n")
    line.scan(data)
    assert line.next() == data


def test_an_unplugged_scanner_is_one_sentence(line: Line) -> None:
    line.scan(b"before")
    line.next()
    line.unplug()
    assert "was unplugged" in str(line.fault.get(timeout=PATIENCE_S))


def test_an_absent_scanner_is_one_sentence() -> None:
    with pytest.raises(DeviceError, match="/dev/kiosk/absent cannot be opened"):
        SerialScanner("main", "/dev/kiosk/absent").run(print, threading.Event())


codes = st.lists(st.binary(min_size=1, max_size=60).filter(lambda code: not set(code) & set(b"\r\n")))


@given(codes, st.sampled_from([b"\r", b"\n", b"\r\n"]), st.lists(st.integers(1, 40)))
def test_codes_are_the_same_however_the_stream_is_cut(sent: list[bytes], ending: bytes, cuts: list[int]) -> None:
    stream = b"".join(code + ending for code in sent)
    assembler, received = LineAssembler(), []
    for cut in [*cuts, len(stream)]:
        received += assembler.feed(stream[:cut])
        stream = stream[cut:]
    assert received + assembler.end() == sent


def test_an_endless_line_is_dropped_and_the_next_one_read() -> None:
    assembler = LineAssembler()
    assert [code for _ in range(5) for code in assembler.feed(b"x" * MAX_BYTES)] == []
    assert assembler.feed(b"end\rnext\r") == [b"next"]
