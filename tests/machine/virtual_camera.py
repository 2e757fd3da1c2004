"""A camera as libcamera sees one: its virtual pipeline, which shows pictures from a directory by turns.

Debian 13 has libcamera 0.4.0, whose virtual pipeline is young, and neither picamera2 nor all that it imports.
What is missing is put in here, and nothing else: streams, buffers, requests and threads are the true ones.
"""

from __future__ import annotations

import mmap
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from PIL import Image

PIPELINE = Path("/usr/share/libcamera/pipeline/virtual/virtual.yaml")
PICTURES = Path("/run/camera")
SIZES = ((1280, 960), (640, 480))
FRAME_S = 0.1
TESTS = Path(__file__).parents[1]
# What is put before and after picamera2's own first file, for programs that know nothing of tests.
BEFORE = f"""
import sys
sys.path.append({str(TESTS)!r})
from machine import virtual_camera
virtual_camera.stand_in_for_unused_modules()
"""
AFTER = """
Picamera2 = virtual_camera.camera_class()
"""
UNUSED = {"pykms": ("PixelFormat",), "pidng.core": ("PICAM2DNG",), "pidng.camdefs": ("Picamera2Camera",)}


def show(pictures: Sequence[Image.Image]) -> None:
    """Hold *pictures* before the camera, one after another. Before it is opened."""
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.iterdir():
        old.unlink()
    for number, picture in enumerate(pictures):
        picture.resize(SIZES[0]).save(PICTURES / f"{number:03d}.jpg", quality=95)
    formats = "".join(f"  - {{width: {width}, height: {height}, frame_rates: [10]}}\n" for width, height in SIZES)
    PIPELINE.parent.mkdir(parents=True, exist_ok=True)
    PIPELINE.write_text(f'"Virtual0":\n  supported_formats:\n{formats}  frames:\n    path: "{PICTURES}"\n')


def open_virtual_camera() -> tuple[Any, Any]:
    """Like kiosk.devices.camera.open_picamera2. The camera gives no frame while its ``stalled`` is set."""
    stand_in_for_unused_modules()
    import picamera2

    return camera_class()(), picamera2.MappedArray


@contextmanager
def for_everybody() -> Iterator[None]:
    """Every program of this machine finds the virtual camera where it looks for the Raspberry Pi's."""
    found = find_spec("picamera2")
    assert found and found.origin
    library = Path(found.origin)
    own = library.read_text()
    library.write_text(BEFORE + own + AFTER)
    yield
    library.write_text(own)


class _Nothing:
    """Has whatever is asked of it."""

    def __getattr__(self, name: str) -> str:
        return name


def stand_in_for_unused_modules() -> None:
    """What picamera2 imports and needs on a Raspberry Pi only."""
    for name, attributes in UNUSED.items():
        for part in (name.partition(".")[0], name):
            module = sys.modules.setdefault(part, ModuleType(part))
        for attribute in attributes:
            setattr(module, attribute, _Nothing())


def _allocator_class() -> Any:
    from picamera2.allocators import LibcameraAllocator

    class Sync:
        """Maps a buffer by its length: the pipeline does not say how much of it is used."""

        def __init__(self, allocator: Any, buffer: Any, write: bool) -> None:
            self._planes = buffer.planes

        def __enter__(self) -> mmap.mmap:
            length = sum(plane.length for plane in self._planes)
            self._map = mmap.mmap(self._planes[0].fd, length, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
            return self._map

        def __exit__(self, *_: object) -> None:
            self._map.close()

    class Allocator(LibcameraAllocator):  # type: ignore[misc]
        """Takes frames' memory from the pipeline: only a Pi's kernel has the heap that is asked for otherwise."""

        def __init__(self) -> None:
            super().__init__(None)
            self.sync = Sync

    return Allocator


def camera_class() -> Any:
    """Picamera2 as the virtual pipeline can serve it."""
    import libcamera
    import picamera2.picamera2
    from picamera2 import Picamera2

    picamera2.picamera2.DmaAllocator = _allocator_class()

    class VirtualCamera(Picamera2):  # type: ignore[misc]
        stalled = False

        def _get_raw_modes(self) -> list[dict[str, Any]]:
            # There is no sensor behind the pipeline, so no raw stream.
            viewfinder = self.camera.generate_configuration([libcamera.StreamRole.Viewfinder]).at(0)
            return [{"format": str(viewfinder.pixel_format), "size": SIZES[0]}]

        def configure(self, *given: Any, **named: Any) -> Any:
            self.allocator.camera = self.camera
            return super().configure(*given, **named)

        def process_requests(self, display: Any) -> None:
            # The pipeline neither sets a frame's status, without which picamera2 drops it, nor waits between two.
            time.sleep(FRAME_S)
            with self._requestslock:
                requests: list[Any] = self._requests
                self._requests: list[Any] = []
            self._do_jobs()
            for request in requests:
                if self.post_callback and not self.stalled:
                    self.post_callback(request)
                request.release()

        def _do_jobs(self) -> None:
            finished = []
            with self.lock:
                while self._job_list and self._job_list[0].execute():
                    finished.append(self._job_list.pop(0))
            for job in finished:
                job.signal()

    return VirtualCamera
