"""The camera's newest frame reaches the decoder without a copy, and a camera that stalls is noticed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import pytest
from patience import PATIENCE_S, eventually
from pictures_of_codes import NAME, code_picture, on_canvas
from PIL import Image

from kiosk.devices.base import DeviceError
from kiosk.devices.camera import Camera, Mailbox, open_picamera2
from kiosk.devices.decoding import Decoder
from kiosk.devices.frames import Frame

SIZE = (640, 480)
YELLOW = on_canvas(code_picture(NAME.encode(), dark="#ffff00"))


def yuv420(picture: Image.Image, stride: int, *, interleaved: bool = False) -> bytearray:
    """*picture* as a camera lays it out: rows of *stride* bytes, the chroma at half size after the luma."""
    luma, cb, cr = (plane.tobytes() for plane in _planes(picture))
    width, height = picture.size
    rows = [luma[at : at + width].ljust(stride, b"\xaa") for at in range(0, width * height, width)]
    half = range(0, width * height // 4, width // 2)
    if interleaved:
        pairs = bytes(value for pair in zip(cb, cr, strict=True) for value in pair)
        rows += [pairs[2 * at : 2 * at + width].ljust(stride, b"\xaa") for at in half]
    else:
        rows += [plane[at : at + width // 2].ljust(stride // 2, b"\xaa") for plane in (cb, cr) for at in half]
    return bytearray(b"".join(rows))


def _planes(picture: Image.Image) -> Iterator[Image.Image]:
    luma, *chroma = picture.convert("YCbCr").split()
    yield luma
    yield from (plane.reduce(2) for plane in chroma)


class Request:
    """Stands in for picamera2's CompletedRequest: counts who holds it."""

    def __init__(self, camera: CameraDouble) -> None:
        self.buffer = camera.buffer
        self.holders = 1
        self.mapped = 0

    def acquire(self) -> None:
        assert self.holders > 0
        self.holders += 1

    def release(self) -> None:
        self.holders -= 1
        assert self.holders >= 0


class MappedArray:
    """Stands in for picamera2's MappedArray: the buffer's own memory between enter and exit."""

    def __init__(self, request: Request, name: str, reshape: bool = True, write: bool = True) -> None:
        assert name == "lores"
        assert not reshape, "picamera2 raises for NV12"
        self._request = request

    def __enter__(self) -> MappedArray:
        self._request.mapped += 1
        self.array = memoryview(self._request.buffer)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._request.mapped -= 1


class CameraDouble:
    """Stands in for the calls of Picamera2 that are used: a frame every two milliseconds, *frames* in all."""

    camera_controls = ("FrameDurationLimits", "AfMode")

    def __init__(self, buffer: bytearray, form: str, stride: int, *, frames: int = 10_000) -> None:
        self.buffer = buffer
        self.stream = {"format": form, "size": SIZE, "stride": stride}
        self.frames = frames
        self.requests: list[Request] = []
        self.asked: dict[str, Any] = {}
        self.post_callback: Callable[[Request], None] | None = None
        self.may_close = threading.Event()
        self.may_close.set()
        self.closed = False
        self._stop = threading.Event()
        self._loop = threading.Thread(target=self._run, daemon=True)

    def create_preview_configuration(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        return asked

    def configure(self, configuration: dict[str, Any]) -> None:
        assert configuration["lores"] == {"size": SIZE, "format": "YUV420"}

    def camera_configuration(self) -> dict[str, Any]:
        return {"lores": self.stream}

    def start(self) -> None:
        self._loop.start()

    def close(self) -> None:
        self.may_close.wait()
        self._stop.set()
        if self._loop.is_alive():
            self._loop.join()
        self.closed = True

    def _run(self) -> None:
        for _ in range(self.frames):
            if self._stop.wait(0.002):
                return
            request = Request(self)
            self.requests.append(request)
            if self.post_callback is not None:
                self.post_callback(request)
            request.release()


class Watching:
    """A Camera run in a thread over *doubles*, opened one after another; what it delivers goes to *deliver*."""

    def __init__(self, deliver: Callable[[Frame], None], *doubles: CameraDouble, stall_s: float = PATIENCE_S) -> None:
        self._left = list(doubles)
        self._deliver = deliver
        self.fault: DeviceError | None = None
        self.stop = threading.Event()
        self._camera = Camera("main", stall_s=stall_s, open_camera=lambda: (self._left.pop(0), MappedArray))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._camera.run(self._deliver, self.stop)
        except DeviceError as error:
            self.fault = error

    def ended(self) -> DeviceError | None:
        self._thread.join(2 * PATIENCE_S)
        assert not self._thread.is_alive()
        return self.fault


def delivered_by(
    double: CameraDouble, count: int = 1, work_s: float = 0.0, stall_s: float = PATIENCE_S, meanwhile: int = 0
) -> list[bytes]:
    """The codes in *count* frames of *double*; each takes *work_s* to deal with, and *meanwhile* as many more come."""
    decoder, texts, enough = Decoder(["zxing"], ["blue"]), [], threading.Event()

    def deliver(frame: Frame) -> None:
        for code in decoder.decode_still(frame, lambda data: True):
            texts.append(code.data)
        time.sleep(work_s)
        seen = len(double.requests)
        assert eventually(lambda: len(double.requests) >= seen + meanwhile)
        if len(texts) >= count:
            enough.set()

    watching = Watching(deliver, double, stall_s=stall_s)
    assert enough.wait(PATIENCE_S)
    watching.stop.set()
    assert watching.ended() is None
    return texts


@pytest.mark.parametrize("stride", [640, 704])
@pytest.mark.parametrize("form", ["YUV420", "NV12"])
def test_a_code_is_read_in_either_format_and_with_padded_rows(form: str, stride: int) -> None:
    picture = on_canvas(code_picture(NAME.encode()))
    double = CameraDouble(yuv420(picture, stride, interleaved=form == "NV12"), form, stride)
    assert delivered_by(double)[0] == NAME.encode()


@pytest.mark.parametrize("stride", [640, 704])
@pytest.mark.parametrize("interleaved", [False, True])
def test_the_blue_channel_is_made_of_the_chroma(stride: int, interleaved: bool) -> None:
    pixels = memoryview(yuv420(YELLOW, stride, interleaved=interleaved))
    blue = Frame.from_yuv420(pixels, *SIZE, stride, interleaved=interleaved).blue()
    assert blue is not None
    corner = ((SIZE[0] - code_picture(NAME.encode()).width) // 2 + 4 * 5 + 2, SIZE[1] // 2)
    darkest = min(blue.image().crop((corner[0], 0, corner[0] + 8, SIZE[1])).tobytes())
    assert darkest < 10, "a yellow module has no blue"
    assert blue.image().getpixel((5, 5)) == pytest.approx(255, abs=3)


def test_pixels_are_not_copied() -> None:
    buffer = yuv420(YELLOW, 640)
    frame = Frame.from_yuv420(memoryview(buffer), *SIZE, 640)
    buffer[0] = 7
    assert frame.luma[0] == 7
    assert frame.image().getpixel((0, 0)) == 7


def test_a_slow_reader_gets_the_newest_frame_and_every_frame_goes_back_to_the_camera() -> None:
    double = CameraDouble(yuv420(on_canvas(code_picture(b"1")), 640), "YUV420", 640)
    delivered = delivered_by(double, count=5, meanwhile=3)
    assert len(double.requests) > 2 * len(delivered), "most frames were dropped"
    assert {(request.holders, request.mapped) for request in double.requests} == {(0, 0)}
    assert double.closed


def test_what_the_sensor_cannot_do_is_not_asked_of_it() -> None:
    double = CameraDouble(yuv420(on_canvas(code_picture(b"1")), 640), "YUV420", 640)
    delivered_by(double)
    assert set(double.asked["controls"]) == set(CameraDouble.camera_controls)


def test_a_stalled_camera_is_opened_anew() -> None:
    buffer = yuv420(on_canvas(code_picture(b"1")), 640)
    first, second = CameraDouble(buffer, "YUV420", 640, frames=3), CameraDouble(buffer, "YUV420", 640)
    watching = Watching(lambda frame: None, first, second, stall_s=2.0)
    while len(second.requests) < 10 and watching.fault is None:
        time.sleep(0.01)
    watching.stop.set()
    assert watching.ended() is None
    assert first.closed


def test_a_camera_that_stays_stalled_is_given_up() -> None:
    dead = [CameraDouble(bytearray(), "YUV420", 640, frames=0) for _ in range(2)]
    fault = Watching(lambda frame: None, *dead, stall_s=2.0).ended()
    assert str(fault) == "the camera gave no frame for 2 s, nor after a restart"


def test_a_camera_that_cannot_even_be_closed_is_given_up() -> None:
    stuck = CameraDouble(bytearray(), "YUV420", 640, frames=0)
    stuck.may_close.clear()
    fault = Watching(lambda frame: None, stuck, stall_s=0.1).ended()
    stuck.may_close.set()
    assert str(fault) == "closing the camera did not end within 0.1 s"


def test_a_slow_reader_is_not_taken_for_a_stalled_camera() -> None:
    double = CameraDouble(yuv420(on_canvas(code_picture(b"1")), 640), "YUV420", 640)
    assert len(delivered_by(double, count=2, work_s=3.0, stall_s=2.0)) >= 2


def test_frames_in_colours_are_refused_with_their_name() -> None:
    double = CameraDouble(bytearray(), "MJPEG", 640)
    assert str(Watching(lambda frame: None, double).ended()) == "the camera gives MJPEG frames, not YUV420 or NV12"
    assert double.closed


def test_a_fault_while_opening_is_one_sentence() -> None:
    def no_access() -> tuple[Any, Any]:
        raise RuntimeError("Failed to acquire camera: Device or resource busy")

    with pytest.raises(DeviceError, match="opening the camera failed: Failed to acquire camera"):
        Camera("main", open_camera=no_access).run(print, threading.Event())


def test_a_fault_while_starting_is_told_though_closing_fails_after_it() -> None:
    """picamera2 closes badly what never started, and its word for that says nothing."""

    class NeverStarts(CameraDouble):
        def start(self) -> None:
            raise RuntimeError("no memory for frames")

        def close(self) -> None:
            raise RuntimeError("Unable to stop preview.")

    double = NeverStarts(yuv420(YELLOW, 640), "YUV420", 640)
    assert str(Watching(lambda frame: None, double).ended()) == "opening the camera failed: no memory for frames"


def test_a_missing_library_is_one_sentence() -> None:
    try:
        import picamera2  # noqa: F401  present on a Raspberry Pi only
    except ImportError:
        with pytest.raises(DeviceError, match="python3-picamera2"):
            open_picamera2()
    else:
        pytest.skip("picamera2 is here")


def test_a_frame_that_comes_after_the_end_goes_straight_back() -> None:
    returned: list[str] = []
    mailbox = Mailbox()
    mailbox.put(Frame(b"", 1, 1, release=lambda: returned.append("held")))
    mailbox.close()
    mailbox.put(Frame(b"", 1, 1, release=lambda: returned.append("late")))
    assert returned == ["held", "late"]
    assert mailbox.take(0.0) is None
