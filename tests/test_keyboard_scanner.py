"""A scanner that types is read as it meant, whatever the console's layout."""

from __future__ import annotations

import errno
import os
import queue
import select
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S, eventually

from kiosk.devices.base import Deliver
from kiosk.devices.handover import MOST_WAITING
from kiosk.devices.keyboard import (
    EV_KEY,
    EV_SYN,
    GAP_S,
    MAX_CHARACTERS,
    PLAIN,
    SHIFTED,
    SYN_DROPPED,
    KeyAssembler,
    KeyboardScanner,
)

ENTER, SHIFT, RIGHT_SHIFT, CAPS_LOCK, ALT = 28, 42, 54, 58, 56
KEY_OF = {character: (code, False) for code, character in reversed(PLAIN.items())}
KEY_OF = {character: (code, True) for code, character in reversed(SHIFTED.items())} | KEY_OF
CARD = '079085012345||Nguyen Van An|02031985|Nam|12, Ba Trieu; "Ha Noi"|25/12/2021'
typeable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.just("\t"), min_size=1)

Key = tuple[int, int]  # code; 1 pressed, 0 released, 2 repeated


def keys_of(text: str, shift: int = SHIFT) -> Iterator[Key]:
    """The keys that a scanner presses to type *text*."""
    for character in text:
        code, shifted = KEY_OF[character]
        stroke = [(code, 1), (code, 0)]
        yield from [(shift, 1), *stroke, (shift, 0)] if shifted else stroke


def typed(assembler: KeyAssembler, keys: Iterator[Key] | list[Key], from_s: float = 0.0) -> list[bytes]:
    """What *assembler* makes of *keys*, pressed two milliseconds apart."""
    return [text for place, key in enumerate(keys) for text in assembler.key(*key, from_s + place * 0.002)]


def test_every_character_of_a_us_keyboard_can_be_typed() -> None:
    assert set(KEY_OF) >= {chr(code) for code in range(0x20, 0x7F)}


@given(typeable, st.sampled_from([SHIFT, RIGHT_SHIFT]))
def test_a_text_typed_is_the_text_read(text: str, shift: int) -> None:
    assert typed(KeyAssembler(), [*keys_of(text, shift), (ENTER, 1), (ENTER, 0)]) == [text.encode()]


@given(st.lists(st.tuples(typeable, st.booleans())))
def test_texts_ended_by_enter_or_by_a_pause_stay_apart(texts: list[tuple[str, bool]]) -> None:
    assembler, read, at_s = KeyAssembler(), [], 0.0
    for text, with_enter in texts:
        keys = [*keys_of(text), *([(ENTER, 1)] if with_enter else [])]
        read += typed(assembler, keys, at_s)
        at_s += len(keys) * 0.002 + GAP_S
    assert read + assembler.end() == [text.encode() for text, _ in texts]


@given(st.lists(st.tuples(st.integers(0, 0x2FF), st.integers(0, 2), st.floats(0, 1e9))))
def test_no_sequence_of_keys_breaks_it(keys: list[tuple[int, int, float]]) -> None:
    assembler = KeyAssembler()
    for key in keys:
        for text in assembler.key(*key):
            assert text.isascii()


@pytest.mark.parametrize(
    ("noise", "why"),
    [
        ([(CAPS_LOCK, 1), (CAPS_LOCK, 0)], "CapsLock"),
        ([(KEY_OF["x"][0], 2)] * 3, "repeat"),
        ([(ALT, 1), (KEY_OF["x"][0], 1), (KEY_OF["x"][0], 0), (ALT, 0)], "a command"),
        ([(88, 1), (88, 0)], "a function key"),
        ([(ENTER, 1)], "an empty line"),
    ],
)
def test_keys_that_are_no_text_change_nothing(noise: list[Key], why: str) -> None:
    assert typed(KeyAssembler(), [*noise, *keys_of(CARD), (ENTER, 1)]) == [CARD.encode()]


def test_a_text_without_end_is_dropped_and_the_next_one_read() -> None:
    assembler = KeyAssembler()
    assert typed(assembler, [*keys_of("1" * (MAX_CHARACTERS + 9)), (ENTER, 1)]) == []
    assert typed(assembler, [*keys_of("12"), (ENTER, 1)], 99) == [b"12"]


def test_lost_keys_drop_the_text_they_belong_to() -> None:
    """0790850..12345 with keys missing would be another person's number."""
    assembler = KeyAssembler()
    typed(assembler, keys_of("0790850"))
    assembler.spoil(0.02)
    assert typed(assembler, [*keys_of("12345"), (ENTER, 1)], 0.02) == []
    assert typed(assembler, [*keys_of("079"), (ENTER, 1)], 0.06) == [b"079"]


@given(st.data(), typeable, st.integers(1, 5))
def test_whatever_the_kernel_drops_no_part_of_a_code_is_read_as_one(data: st.DataObject, text: str, times: int) -> None:
    """Of what was not read the kernel keeps the newest key, and says at its time that others are lost."""
    keys = [*keys_of(text * 20), (ENTER, 1)] * times
    first = data.draw(st.integers(0, len(keys) - 1))
    newest = data.draw(st.integers(first, len(keys) - 1))
    assembler = KeyAssembler()
    read = typed(assembler, keys[:first])
    assembler.spoil(newest * 0.002)
    read += typed(assembler, keys[newest:], newest * 0.002) + assembler.end()
    assert set(read) <= {(text * 20).encode()}
    assert len(read) < times or first == newest


@dataclass
class Event:
    """As evdev's InputEvent."""

    type: int
    code: int
    value: int
    at_s: float = 0.0

    def timestamp(self) -> float:
        return self.at_s


class PipedKeyboard:
    """Stands in for evdev's InputDevice: readable through a descriptor while it holds events."""

    def __init__(self) -> None:
        self.fd, self._wake = os.pipe()
        self._events: queue.SimpleQueue[list[Event]] = queue.SimpleQueue()
        self.plugged = True

    def put(self, events: list[Event]) -> None:
        self._events.put(events)
        os.write(self._wake, b"x")

    def unplug(self) -> None:
        self.plugged = False
        os.write(self._wake, b"x")

    def read(self) -> Iterator[Event]:
        os.read(self.fd, 1)
        if not self.plugged:
            raise OSError(errno.ENODEV, "No such device")
        return iter(self._events.get())

    def close(self) -> None:
        os.close(self.fd)
        os.close(self._wake)


class Reading:
    """A KeyboardScanner at work on *device*; *deliver* may be slower than the list that it usually is."""

    def __init__(self, device: Any, deliver: Deliver | None = None) -> None:
        self._deliver = deliver or self._take
        self.texts: queue.Queue[bytes] = queue.Queue()
        self.fault: queue.Queue[Exception] = queue.Queue()
        self._stop = threading.Event()
        self._scanner = KeyboardScanner("main", "/dev/kiosk/scanner", open_device=lambda path: device)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._scanner.run(self._deliver, self._stop)
        except Exception as error:  # noqa: BLE001 - whatever ends the reading is what a test asks for
            self.fault.put(error)

    def _take(self, text: bytes) -> None:
        self.texts.put(text)

    def stop(self) -> None:
        self._stop.set()

    def close(self) -> None:
        self.stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


def key_events(keys: list[Key]) -> list[Event]:
    return [event for key in keys for event in (Event(EV_KEY, *key), Event(EV_SYN, 0, 0))]


def test_a_scanner_delivers_at_enter_or_after_a_pause_until_it_is_unplugged() -> None:
    device = PipedKeyboard()
    reading = Reading(device)
    device.put(key_events([*keys_of(CARD), (ENTER, 1)]))
    assert reading.texts.get(timeout=PATIENCE_S) == CARD.encode()
    device.put(key_events(list(keys_of("079085012345"))))
    assert reading.texts.get(timeout=PATIENCE_S) == b"079085012345"
    device.unplug()
    assert "/dev/kiosk/scanner was unplugged" in str(reading.fault.get(timeout=PATIENCE_S))
    reading.close()


def test_a_reading_from_which_the_kernel_dropped_keys_is_not_delivered() -> None:
    device = PipedKeyboard()
    reading = Reading(device)
    rest = [Event(EV_SYN, SYN_DROPPED, 0), *key_events([*keys_of("45"), (ENTER, 1), *keys_of("whole"), (ENTER, 1)])]
    device.put([*key_events(list(keys_of("0790"))), *(replace(event, at_s=9.0) for event in rest)])
    assert reading.texts.get(timeout=PATIENCE_S) == b"whole"
    reading.close()


class SlowDoor:
    """Takes a text and does not return before it is let go."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.busy, self.free = threading.Event(), threading.Event()

    def __call__(self, text: bytes) -> None:
        self.texts.append(text)
        self.busy.set()
        assert self.free.wait(PATIENCE_S)


def scan_numbers(device: PipedKeyboard, numbers: range) -> list[bytes]:
    """Scan a code for each of *numbers*, one after the other as the kernel hands them over."""
    for number in numbers:
        device.put(key_events([*keys_of(f"{number:012}"), (ENTER, 1)]))
    return [b"%012d" % number for number in numbers]


def taken_in(device: PipedKeyboard) -> bool:
    """Whether all keys of *device* were read, and some time for the last of them to be handed on."""
    read = eventually(lambda: not select.select([device.fd], [], [], 0)[0])
    time.sleep(0.5)
    return read


def test_keys_are_read_while_the_door_is_busy_and_every_code_arrives_in_order() -> None:
    device, door = PipedKeyboard(), SlowDoor()
    reading = Reading(device, door)
    numbers = scan_numbers(device, range(1))
    assert door.busy.wait(PATIENCE_S)
    numbers += scan_numbers(device, range(1, 1 + MOST_WAITING))
    assert taken_in(device)
    door.free.set()
    device.unplug()
    assert "was unplugged" in str(reading.fault.get(timeout=PATIENCE_S))
    reading.close()
    assert door.texts == numbers


def test_one_code_too_many_drops_the_oldest_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    device, door = PipedKeyboard(), SlowDoor()
    reading = Reading(device, door)
    numbers = scan_numbers(device, range(1))
    assert door.busy.wait(PATIENCE_S)
    numbers += scan_numbers(device, range(1, 3 + MOST_WAITING))
    assert eventually(lambda: caplog.text.count("the oldest of 8 codes was dropped") == 2)
    door.free.set()
    device.unplug()
    reading.fault.get(timeout=PATIENCE_S)
    reading.close()
    assert door.texts == numbers[:1] + numbers[3:]
    assert caplog.text.count("the oldest of 8 codes was dropped") == 2


def test_a_stop_ends_it_after_the_code_in_hand_and_says_what_was_dropped(caplog: pytest.LogCaptureFixture) -> None:
    device, door = PipedKeyboard(), SlowDoor()
    reading = Reading(device, door)
    numbers = scan_numbers(device, range(1))
    assert door.busy.wait(PATIENCE_S)
    scan_numbers(device, range(1, 4))
    assert taken_in(device)
    reading.stop()
    door.free.set()
    reading.close()
    assert door.texts == numbers
    assert "codes dropped: 3" in caplog.text


def test_a_broken_door_ends_the_reading() -> None:
    def broken(text: bytes) -> None:
        raise ZeroDivisionError(text)

    device = PipedKeyboard()
    reading = Reading(device, broken)
    scan_numbers(device, range(1))
    assert isinstance(reading.fault.get(timeout=PATIENCE_S), ZeroDivisionError)
    reading.close()


def test_a_real_scanner_is_grabbed_and_read() -> None:
    """Through the kernel: needs python3-evdev and leave to write /dev/uinput (module uinput)."""
    evdev = pytest.importorskip("evdev", reason="python3-evdev is not here")
    if not os.access("/dev/uinput", os.W_OK):
        pytest.skip("/dev/uinput is not here or not writable")
    with evdev.UInput(name="kiosk test scanner") as keyboard:
        reading = Reading(_open(keyboard.device.path))
        for code, value in [*keys_of(CARD), (ENTER, 1), (ENTER, 0)]:
            keyboard.write(EV_KEY, code, value)
            keyboard.syn()
        assert reading.texts.get(timeout=PATIENCE_S) == CARD.encode()
        reading.close()


def _open(path: str) -> Any:
    from kiosk.devices.keyboard import open_evdev

    assert Path(path).exists()
    return open_evdev(path)
