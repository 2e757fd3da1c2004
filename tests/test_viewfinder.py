"""The viewfinder: enough to aim a code, too little to read a card, and no cost while nobody looks."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S
from pictures_of_codes import as_file, code_picture, frame_of, on_canvas
from PIL import Image
from running import Kiosk, card_of, running_kiosk

from kiosk.devices.decoding import Decoder
from kiosk.devices.frames import Frame
from kiosk.devices.viewfinder import ASKED_S, FRESH_S, LONGER_SIDE_PX, NOTHING, PAUSE_S, STILL_PICTURES, Viewfinder
from kiosk.rules.model import Kind

EMPTY = Image.new("RGB", (640, 480), "#707070")
CARD = on_canvas(code_picture(card_of(5), scale=4), ground="#707070")


class Clock:
    """A clock that goes when it is told."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class CountedFrame(Frame):
    """A frame that counts how often it was shrunk."""

    times = 0

    def shrunk(self, factor: int) -> Frame:
        CountedFrame.times += 1
        return super().shrunk(factor)


def film(viewfinder: Viewfinder, clock: Clock, seconds: float, picture: Image.Image = EMPTY, a_second: int = 30) -> int:
    """So long a camera offers frames; how many pictures were made of them."""
    CountedFrame.times, frame = 0, CountedFrame(picture.convert("L").tobytes(), *picture.size)
    for _ in range(round(seconds * a_second)):
        viewfinder.offer(frame)
        clock.now_s += 1 / a_second
    return CountedFrame.times


def test_nothing_is_made_while_nobody_looks() -> None:
    clock = Clock()
    viewfinder = Viewfinder(clock)
    assert film(viewfinder, clock, 60) == 0
    assert viewfinder.look() == NOTHING


def test_who_looks_gets_at_most_four_pictures_a_second_and_none_two_seconds_later() -> None:
    clock = Clock()
    viewfinder = Viewfinder(clock)
    viewfinder.look()
    made = film(viewfinder, clock, 10)
    assert ASKED_S / PAUSE_S - 1 <= made <= ASKED_S / PAUSE_S + 1


@given(st.lists(st.integers(1, 400), min_size=1, max_size=80))
def test_however_many_ask_pictures_are_a_quarter_of_a_second_apart(asked_after_ms: list[int]) -> None:
    clock = Clock()
    viewfinder, numbers, began_s = Viewfinder(clock), set[int](), clock.now_s
    for after_ms in asked_after_ms:
        viewfinder.offer(frame_of(EMPTY))
        numbers |= {viewfinder.look().number for _ in range(5)}
        clock.now_s += after_ms / 1000
    assert len(numbers - {0}) <= (clock.now_s - began_s) / PAUSE_S + 1


def test_a_picture_is_small_and_grey_and_as_wide_as_the_camera_sees() -> None:
    clock = Clock()
    viewfinder = Viewfinder(clock)
    viewfinder.look()
    viewfinder.offer(frame_of(CARD))
    sight = viewfinder.look()
    with Image.open(io.BytesIO(sight.jpeg)) as picture:
        assert (picture.mode, picture.size) == ("L", (LONGER_SIDE_PX, 48))
    print(f"a picture of {len(sight.jpeg)} bytes")
    assert len(sight.jpeg) < 4000


def test_a_card_s_letters_are_too_small_to_be_read() -> None:
    seen_mm, largest_letter_mm, least_legible_px = 130, 3, 5  # 66 degrees, 100 mm before the lens
    assert largest_letter_mm * LONGER_SIDE_PX / seen_mm < least_legible_px / 2


@pytest.mark.parametrize("kind", [Kind.ID_CARD, Kind.INSURANCE, Kind.UNIFIED])
@pytest.mark.parametrize("px", [160, 240, 320, 400, 479])
def test_no_code_can_be_read_out_of_it_however_close_it_is_held(kind: Kind, px: int) -> None:
    code = code_picture(card_of(5, kind), scale=8).resize((px, px), Image.Resampling.LANCZOS)
    clock = Clock()
    viewfinder, decoder = Viewfinder(clock), Decoder(("zxing", "pyzbar"), ("blur", "stretch", "half"))
    viewfinder.look()
    viewfinder.offer(frame_of(on_canvas(code)))
    with Image.open(io.BytesIO(viewfinder.look().jpeg)) as picture:
        for scale in (1, 3, 8):
            larger = picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.BICUBIC)
            assert decoder.decode_still(Frame.from_image(larger), lambda _: True) == []


def test_it_tells_when_something_is_held_before_the_camera() -> None:
    clock = Clock()
    viewfinder = Viewfinder(clock)
    for _ in range(STILL_PICTURES + 2):
        viewfinder.look()
        film(viewfinder, clock, PAUSE_S)
    assert not viewfinder.look().aiming
    film(viewfinder, clock, PAUSE_S, CARD)
    assert viewfinder.look().aiming


def test_a_camera_that_stands_still_shows_nothing_old() -> None:
    clock = Clock()
    viewfinder = Viewfinder(clock)
    viewfinder.look()
    viewfinder.offer(frame_of(CARD))
    assert viewfinder.look().number == 1
    clock.now_s += FRESH_S
    assert viewfinder.look() == NOTHING
    assert viewfinder.look(since=1, wait_s=5) == NOTHING, "at once, for it differs"


def test_who_waits_is_told_of_the_next_picture_at_once() -> None:
    viewfinder = Viewfinder(Clock())
    viewfinder.look()
    threading.Timer(0.1, viewfinder.offer, (frame_of(CARD),)).start()
    with ThreadPoolExecutor() as waiting:
        assert waiting.submit(viewfinder.look, wait_s=10 * PATIENCE_S).result(PATIENCE_S).number == 1


def test_after_it_was_offered_the_camera_s_memory_is_not_needed_any_more() -> None:
    viewfinder = Viewfinder(Clock())
    viewfinder.look()
    memory = bytearray(b"\x60" * (640 * 480))
    with Frame(memoryview(memory), 640, 480) as frame:
        viewfinder.offer(frame)
    memory.clear()  # raises BufferError where anybody still looks at it
    assert viewfinder.look().number == 1


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data") as running:
        yield running


def test_the_simulator_s_camera_is_seen_at_its_gate_and_at_no_other(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for window in ("ASKED_S", "FRESH_S"):
        monkeypatch.setattr(f"kiosk.devices.viewfinder.{window}", 10 * PATIENCE_S)
    assert kiosk.client.viewfinder("in") == ({"number": 0, "aiming": False}, b"")
    kiosk.client.present_picture(as_file(CARD), "in", live=True)
    answer, jpeg = kiosk.client.viewfinder("in")
    assert (answer["number"], jpeg[:2]) == (1, b"\xff\xd8")
    assert kiosk.client.viewfinder("out")[1] == b""
