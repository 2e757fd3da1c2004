"""A scanner that types: through the kernel's input layer, evdev and our key table."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from kiosk.devices.base import DeviceError
from kiosk.devices.keyboard import GAP_S, KeyboardScanner, open_evdev
from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.invented import person
from kiosk.rules.model import Kind
from machine.virtual_scanner import VirtualScanner, as_typed

TRIES = 60  # on a busy host the machine stands still at times, and a text with a pause in it is two
AGAIN_S, PATIENCE_S = 3.0, 120.0
LETTERS = str.maketrans("0123456789", "abcdefghij")
SLIP = "KSK1:" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 5
CODES = {
    Kind.ID_CARD: as_typed(person(0).id_card_text),
    Kind.INSURANCE: as_typed(person(1).insurance_text),
    Kind.SLIP: SLIP,
    Kind.TYPED: person(2).person.number,
}


class Reading:
    """Our scanner at work in a thread: what it delivered, and how it ended."""

    def __init__(self, path: str) -> None:
        self.texts: queue.Queue[bytes] = queue.Queue()
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.fault: DeviceError | None = None
        self.stop = threading.Event()
        self._marks = 0
        self._opened = threading.Event()
        self._scanner = KeyboardScanner("main", path, open_device=self._open)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        assert self._opened.wait(PATIENCE_S)

    def _open(self, path: str) -> Any:
        device = open_evdev(path)
        self._opened.set()
        return device

    def _run(self) -> None:
        try:
            self._scanner.run(self._deliver, self.stop)
        except DeviceError as error:
            self.fault = error

    def _deliver(self, text: bytes) -> None:
        self.texts.put(text)
        self.goes_on.wait(PATIENCE_S)

    def of(self, scanner: VirtualScanner, text: str, amid: Callable[[], None] = lambda: None) -> bytes:
        """What was read of *text*, of which *amid* happens; typed again where the emulated machine stood still.

        It can stand still for the one who types, or for the reader, to whom the kernel then tells that keys are lost.
        """
        for _ in range(TRIES):
            happening = threading.Timer(0.05, amid)
            happening.start()
            without_pause = scanner.types(text) < GAP_S
            happening.join()
            read = self.all(scanner)
            if without_pause and read:
                return read[0]
        pytest.fail("this machine is too slow: it never typed a text without a pause")

    def all(self, scanner: VirtualScanner) -> list[bytes]:
        """All that was read before a mark of small letters, typed now, and again until it comes as it was typed."""
        read: list[bytes] = []
        for _ in range(TRIES):
            self._marks += 1
            mark = f"{self._marks:08}".translate(LETTERS)
            scanner.types(mark)
            with suppress(queue.Empty):
                while (text := self.texts.get(timeout=AGAIN_S)) != mark.encode():
                    read.append(text)
                return [text for text in read if not text.islower()]
        pytest.fail("this machine is too slow: it never typed eight letters without a pause")


@pytest.fixture
def reading(virtual_scanner: VirtualScanner) -> Iterator[Reading]:
    reading = Reading(virtual_scanner.path)
    yield reading
    reading.stop.set()
    reading.thread.join(PATIENCE_S)
    assert not reading.thread.is_alive()


@pytest.mark.parametrize("kind", CODES)
def test_a_code_that_is_typed_is_read_to_the_letter(
    virtual_scanner: VirtualScanner, reading: Reading, kind: Kind
) -> None:
    assert reading.of(virtual_scanner, CODES[kind]) == CODES[kind].encode()


@pytest.mark.parametrize("kind", CODES)
def test_a_code_as_it_is_typed_is_recognised(kind: Kind) -> None:
    assert read_credential(CODES[kind].encode(), trust=Trust(), at_ms=0).kind is kind


def test_nobody_else_hears_a_scanner_that_is_ours(virtual_scanner: VirtualScanner, reading: Reading) -> None:
    """A login prompt on the console would."""
    from evdev import InputDevice

    console = InputDevice(virtual_scanner.path)
    reading.of(virtual_scanner, "079085012345")
    assert console.read_one() is None
    console.close()


def test_a_clock_that_is_set_within_a_code_does_not_cut_it(virtual_scanner: VirtualScanner, reading: Reading) -> None:
    def set_clock(by_s: float) -> None:
        time.clock_settime(time.CLOCK_REALTIME, time.time() + by_s)

    before_s = time.time() - time.monotonic()
    assert reading.of(virtual_scanner, SLIP, amid=lambda: set_clock(3600)) == SLIP.encode()
    set_clock(before_s + time.monotonic() - time.time())


def test_no_code_is_lost_or_cut_while_the_door_is_busy(virtual_scanner: VirtualScanner, reading: Reading) -> None:
    """The kernel keeps 64 events of a device, fewer than a code has; so keys are taken meanwhile."""
    for _ in range(TRIES):
        reading.goes_on.clear()
        without_pause = [virtual_scanner.types(SLIP) < GAP_S for _ in range(3)]
        reading.goes_on.set()
        texts = reading.all(virtual_scanner)
        if all(without_pause):
            assert set(texts) <= {SLIP.encode()}
            if len(texts) == 3:
                return
    pytest.fail("this machine is too slow: three texts were never typed and read without a pause")


def test_a_scanner_that_is_unplugged_is_said_to_be(virtual_scanner: VirtualScanner, reading: Reading) -> None:
    virtual_scanner.unplug()
    reading.thread.join(PATIENCE_S)
    assert "was unplugged" in str(reading.fault)


def test_a_scanner_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceError, match="/dev/input/event99 cannot be opened"):
        KeyboardScanner("main", "/dev/input/event99").run(lambda data: None, threading.Event())
