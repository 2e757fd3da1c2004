"""The Raspberry Pi's camera, through picamera2: the brightness of its low-resolution stream, without a copy."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from typing import Any, TypeAlias, TypeVar

from kiosk.devices.base import Deliver, DeviceError
from kiosk.devices.frames import Frame

OPENING_S = 90.0  # longest time for loading picamera2 and starting the camera's stream, amid a machine's start
POLL_S = 0.2  # how soon a set stop is noticed while no frames come
FRAME_US = 33_333  # a longer exposure would smear a code that is held in a hand
CONTINUOUS_FOCUS = 2  # libcamera: AfModeEnum.Continuous
SHORT_EXPOSURE = 1  # libcamera: AeExposureModeEnum.Short
INTERLEAVED = {"YUV420": False, "NV12": True}  # formats whose first plane is the luma; and how their chroma lies

T = TypeVar("T")
# The camera, not yet configured, and the class that maps its buffers: picamera2's Picamera2 and MappedArray.
OpenCamera: TypeAlias = Callable[[], tuple[Any, Any]]


def open_picamera2() -> tuple[Any, Any]:
    """The first camera of the machine. Raises DeviceError when the library or the camera is missing."""
    try:
        from picamera2 import MappedArray, Picamera2
    except ImportError as error:
        raise DeviceError(f"the camera needs the Debian package python3-picamera2: {error}") from error
    if not Picamera2.global_camera_info():
        raise DeviceError("no camera is connected")
    camera = Picamera2()
    # picamera2 closes at exit, too: a stuck camera would keep the process from ending.
    atexit.unregister(camera.close)
    return camera, MappedArray


class Camera:
    """Delivers the newest Frame whenever the one before has been dealt with; others are dropped.

    A camera without a frame for *stall_s* seconds is closed and opened anew, once; then run() raises
    DeviceError, so that the process ends and its supervisor starts it afresh. libcamera may block for ever
    in start or close, so these are done in a thread aside; closing may take *stall_s*, too.
    """

    def __init__(
        self,
        gate: str,
        *,
        width: int = 640,
        height: int = 480,
        stall_s: float = 5.0,
        open_camera: OpenCamera = open_picamera2,
    ) -> None:
        self.name = "camera"
        self.gate = gate
        self._size = (width, height)
        self._stall_s = stall_s
        self._open_camera = open_camera
        self._camera: Any = None

    def run(self, deliver: Deliver, stop: threading.Event) -> None:
        """Hand each Frame to *deliver*, for the time of the call only, until *stop* is set."""
        mailbox = Mailbox()
        restarted = False
        try:
            self._start(mailbox)
            while not stop.is_set():
                frame = mailbox.take(POLL_S)
                if frame is not None:
                    restarted = False
                    with frame:
                        deliver(frame)
                elif mailbox.age_s() > self._stall_s:
                    if restarted:
                        raise DeviceError(f"the camera gave no frame for {self._stall_s:g} s, nor after a restart")
                    restarted = True
                    self._close()
                    self._start(mailbox)
        finally:
            mailbox.close()
            with suppress(DeviceError):  # what brought us here says more
                self._close()

    def _start(self, mailbox: Mailbox) -> None:
        self._camera = _aside(lambda: self._opened(mailbox), OPENING_S, "opening")
        mailbox.reset_age()

    def _close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            _aside(lambda: _end(camera), self._stall_s, "closing")

    def _opened(self, mailbox: Mailbox) -> Any:
        with ExitStack() as on_failure:
            camera, mapped_array = self._open_camera()
            on_failure.callback(_give_up, camera)
            stream = self._configured(camera)
            camera.post_callback = lambda request: mailbox.put(_frame_of(request, stream, mapped_array))
            camera.start()
            on_failure.pop_all()
            return camera

    def _configured(self, camera: Any) -> dict[str, Any]:
        width, height = self._size
        camera.configure(
            camera.create_preview_configuration(
                # Twice the size: asked for 640x480, several sensors crop to the middle of what the lens sees.
                main={"size": (2 * width, 2 * height), "format": "YUV420"},
                lores={"size": self._size, "format": "YUV420"},
                buffer_count=6,  # one is being decoded, one waits, the others are being filled
                controls=_controls(camera.camera_controls),
            )
        )
        # What was asked for is adjusted without an error, so it is read back.
        stream: dict[str, Any] = camera.camera_configuration()["lores"]
        if stream["format"] not in INTERLEAVED:
            raise DeviceError(f"the camera gives {stream['format']} frames, not {' or '.join(INTERLEAVED)}")
        return stream


class Mailbox:
    """Holds the newest frame; one that nobody took is given back to the camera when the next comes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._closed = False
        self._last_s = time.monotonic()

    def put(self, frame: Frame) -> None:
        """Leave *frame* in place of the one before. Never blocks."""
        with self._changed:
            unwanted, self._frame = (frame, None) if self._closed else (self._frame, frame)
            self._last_s = time.monotonic()
            self._changed.notify()
        if unwanted is not None:
            unwanted.release()

    def take(self, wait_s: float) -> Frame | None:
        """The newest frame, to be released by the taker; None when none came within *wait_s* seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None, wait_s)
            frame, self._frame = self._frame, None
            return frame

    def age_s(self) -> float:
        """Seconds since the last frame was left here, taken or not."""
        with self._changed:
            return time.monotonic() - self._last_s

    def reset_age(self) -> None:
        """Count the age from now: the camera was just started."""
        with self._changed:
            self._last_s = time.monotonic()

    def close(self) -> None:
        """Give back the frame held and all that still come."""
        with self._changed:
            self._closed = True
            unwanted, self._frame = self._frame, None
        if unwanted is not None:
            unwanted.release()


def _frame_of(request: Any, stream: dict[str, Any], mapped_array: Any) -> Frame:
    """The low-resolution picture of *request*, which is kept from the camera until the frame is released."""
    request.acquire()
    with ExitStack() as until_released:
        until_released.callback(request.release)
        # Not reshaped: picamera2 refuses to give NV12 a shape.
        mapped = until_released.enter_context(mapped_array(request, "lores", reshape=False, write=False))
        width, height = stream["size"]
        return Frame.from_yuv420(
            memoryview(mapped.array),
            width,
            height,
            stream["stride"],
            interleaved=INTERLEAVED[stream["format"]],
            release=until_released.pop_all().close,
        )


def _controls(available: Any) -> dict[str, Any]:
    wanted = {
        "FrameDurationLimits": (FRAME_US, FRAME_US),
        "AeExposureMode": SHORT_EXPOSURE,
        "AfMode": CONTINUOUS_FOCUS,
    }
    return {name: value for name, value in wanted.items() if name in available}


def _give_up(camera: Any) -> None:
    with suppress(Exception):  # what brought us here says more
        camera.close()


def _end(camera: Any) -> None:
    camera.post_callback = None
    camera.close()


def _aside(action: Callable[[], T], limit_s: float, what: str) -> T:
    """The result of *action* done in another thread, which is left behind where it takes longer than *limit_s*."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(action())
        except Exception as error:  # noqa: BLE001  it is raised again below, in the thread that waits
            future.set_exception(error)

    threading.Thread(target=work, name=f"camera {what}", daemon=True).start()
    try:
        return future.result(limit_s)
    except DeviceError:
        raise
    except TimeoutError:
        raise DeviceError(f"{what} the camera did not end within {limit_s:g} s") from None
    except Exception as error:  # libcamera's and picamera2's are of any kind
        raise DeviceError(f"{what} the camera failed: {error}") from error
