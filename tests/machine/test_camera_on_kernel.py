"""The camera: through picamera2 and libcamera, as the Raspberry Pi's own."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pictures_of_codes import NAME, code_picture, on_canvas

from kiosk.devices.base import DeviceError
from kiosk.devices.camera import Camera
from kiosk.devices.decoding import Decoder
from kiosk.devices.frames import Frame
from machine import virtual_camera

pytest.importorskip("libcamera", reason="only the Debian 13 machine has a camera")

pytestmark = pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning")  # picamera2 calls it

CODES = ["079085012345", NAME, "KSK1:ABCDEF"]
SIZE = (640, 480)
CODE_S = 300.0
STALL_S = 8.0


class Seeing:
    """Our camera at work in a thread: what was decoded, the frames' shapes, and how it ended."""

    def __init__(self, *, stall_s: float = 30.0, stalled: bool = False) -> None:
        self.codes: queue.Queue[str] = queue.Queue()
        self.shapes: set[tuple[int, int, int]] = set()
        self.opened: list[Any] = []
        self._stalled = stalled
        self.fault: DeviceError | None = None
        self.stop = threading.Event()
        self._decoder = Decoder(("zxing", "pyzbar"), ())
        self._camera = Camera("main", width=SIZE[0], height=SIZE[1], stall_s=stall_s, open_camera=self._open)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def close(self) -> None:
        """End, and wait for that."""
        self.stop.set()
        self.thread.join(CODE_S)
        assert not self.thread.is_alive()

    def _open(self) -> tuple[Any, Any]:
        opened = virtual_camera.open_virtual_camera()
        opened[0].stalled = self._stalled
        self.opened.append(opened[0])
        return opened

    def _run(self) -> None:
        try:
            self._camera.run(self._look, self.stop)
        except DeviceError as error:
            self.fault = error

    def next_code(self) -> str:
        """The next code read. Fails with the camera's own sentence where it ended."""
        until = time.monotonic() + CODE_S
        while self.codes.empty():
            assert self.thread.is_alive(), self.fault
            assert time.monotonic() < until
            time.sleep(0.05)
        return self.codes.get()

    def _look(self, frame: Frame) -> None:
        self.shapes.add((frame.width, frame.height, frame.stride))
        for code in self._decoder.decode_live(frame, lambda data: True):
            self.codes.put(code.data.decode())


@pytest.fixture
def see() -> Iterator[Callable[..., Seeing]]:
    """Opens our camera before a few codes: ``see(stall_s=3)``."""
    virtual_camera.show([on_canvas(code_picture(code.encode()), SIZE) for code in CODES])
    with ExitStack() as ends:

        def start(**how: Any) -> Seeing:
            seeing = Seeing(**how)
            ends.callback(seeing.close)
            return seeing

        yield start


def test_the_codes_in_the_frames_are_read(see: Callable[..., Seeing]) -> None:
    seeing = see()
    seen: set[str] = set()
    while seen != set(CODES):
        seen.add(seeing.next_code())


def test_what_libcamera_gives_in_place_of_what_was_asked_is_read_back(see: Callable[..., Seeing]) -> None:
    seeing = see()
    seeing.next_code()
    stream = seeing.opened[0].camera_configuration()["lores"]
    assert stream["format"] == "NV12"  # YUV420 was asked for
    assert seeing.shapes == {(*SIZE, stream["stride"])}


def test_a_camera_that_stalls_is_opened_anew(see: Callable[..., Seeing]) -> None:
    seeing = see(stall_s=STALL_S)
    seeing.next_code()
    seeing.opened[0].stalled = True
    eventually(lambda: len(seeing.opened) == 2)
    seeing.codes.queue.clear()
    assert seeing.next_code() in CODES


def test_a_camera_that_stalls_again_is_given_up(see: Callable[..., Seeing]) -> None:
    seeing = see(stall_s=STALL_S, stalled=True)
    eventually(lambda: seeing.fault is not None)
    assert "gave no frame for 8 s, nor after a restart" in str(seeing.fault)


def eventually(truth: Callable[[], bool]) -> None:
    until = time.monotonic() + CODE_S
    while not truth():
        assert time.monotonic() < until
        time.sleep(0.05)
