"""Frames from picture and video files, and from the pictures that a browser sends. Nothing is ever written."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.devices.base import DeviceError
from kiosk.devices.frames import Frame

if TYPE_CHECKING:
    from PIL import Image

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"})
VIDEOS = frozenset({".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".3gp"})
MAX_PIXELS = 40_000_000  # of one picture: a byte each for the luma, four more where it is no JPEG
MAX_BYTES = 64_000_000
JPEG_QUALITY = 60
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


def is_picture(path: Path) -> bool:
    """Whether the name of *path* is that of a picture."""
    return path.suffix.lower() in PICTURES


def is_video(path: Path) -> bool:
    """Whether the name of *path* is that of a video."""
    return path.suffix.lower() in VIDEOS


def frames_of(path: Path) -> Iterator[tuple[float, Frame]]:
    """The frames of a picture or video file, each with its seconds from the beginning.

    Raises DeviceError for a file that cannot be read; of a damaged video after the frames before the damage.
    """
    if is_video(path):
        yield from _frames_of_video(path)
    else:
        yield 0.0, _frame_of_file(path)


def frame_from_image_bytes(data: bytes) -> Frame:
    """The frame in a JPEG, PNG, WebP, GIF or BMP.

    Raises DeviceError where it is none of these, is damaged, or has more than MAX_PIXELS pixels
    (told from its header, before they are unpacked).
    """
    with _opened(data) as image:
        image.draft("L", image.size)  # a JPEG then yields the luma it stores; others ignore it
        luma = _on_white(image, "L")
        if image.format == "JPEG":
            return Frame.from_image(luma, partial(_jpeg_blue, data, 1), partial(_jpeg_blue, data, 2))
        return Frame.from_image(luma, partial(_blue, image))


def small(frame: Frame, longer_side_px: int) -> Frame:
    """A copy of *frame*, so much averaged that its longer side has at most *longer_side_px* pixels."""
    return frame.shrunk(math.ceil(max(frame.width, frame.height) / longer_side_px))


def as_jpeg(frame: Frame) -> bytes:
    """*frame* as a grey JPEG."""
    written = io.BytesIO()
    frame.image().save(written, "JPEG", quality=JPEG_QUALITY)
    return written.getvalue()


def _frame_of_file(path: Path) -> Frame:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DeviceError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise DeviceError(f"{path}: is larger than {MAX_BYTES // 1_000_000} MB")
    try:
        return frame_from_image_bytes(data)
    except DeviceError as error:
        raise DeviceError(f"{path}: {error}") from error


def _jpeg_blue(data: bytes, factor: int) -> Image.Image | None:
    """Its colours are unpacked only when they are asked for: most codes are read without. At half its size sooner."""
    with _opened(data) as image:
        image.draft("RGB", (image.width // factor, image.height // factor))
        return _blue(image)


def _blue(image: Image.Image) -> Image.Image | None:
    return None if image.mode in ("1", "L", "LA") else _on_white(image, "B")


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise DeviceError(_too_many_pixels("the picture"))
            yield image
    except DeviceError:
        raise
    except UnidentifiedImageError:
        raise DeviceError("this is not a JPEG, PNG, WebP, GIF or BMP picture") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DeviceError(_too_many_pixels("the picture")) from None
    except Exception as error:  # a damaged file makes Pillow raise nearly anything, SyntaxError included
        raise DeviceError(f"the picture is damaged: {error}") from error


def _on_white(image: Image.Image, channel: str) -> Image.Image:
    """One channel of *image*; what is transparent counts as paper."""
    from PIL import Image

    wanted = _in_mode(image, "L") if channel == "L" else _in_mode(image, "RGB").getchannel(channel)
    if not image.has_transparency_data:
        return wanted
    paper = Image.new("L", image.size, 255)
    paper.paste(wanted, mask=image.convert("RGBA").getchannel("A"))
    return paper


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)  # Pillow would copy it


def _frames_of_video(path: Path) -> Iterator[tuple[float, Frame]]:
    try:
        import av
    except ImportError as error:
        raise DeviceError(f"{path}: videos need the Python package av, which is missing: {error}") from error
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise DeviceError(f"{path}: has no pictures in it")
            picture = None
            for picture in container.decode(video=0):
                yield picture.time or 0.0, _frame_of_picture(path, picture)
            if picture is None:
                raise DeviceError(f"{path}: has no pictures in it")
    except (av.FFmpegError, OSError) as error:
        raise DeviceError(f"{path}: cannot be read as a video: {error.strerror}") from error


def _frame_of_picture(path: Path, picture: Any) -> Frame:
    if picture.width * picture.height > MAX_PIXELS:
        raise DeviceError(_too_many_pixels(f"{path}:"))
    grey = picture if _has_luma_plane(picture) else picture.reformat(format="gray")
    plane = grey.planes[0]

    def blue() -> Image.Image:
        image: Image.Image = picture.to_image().getchannel("B")
        return image

    return Frame(memoryview(plane), picture.width, picture.height, plane.line_size, blue=blue)


def _has_luma_plane(picture: Any) -> bool:
    """Whether the first plane is the brightness, a byte each, its rows from top to bottom."""
    form = picture.format
    return bool(form.is_planar and not form.is_rgb and form.components[0].bits == 8 and picture.planes[0].line_size > 0)


def _too_many_pixels(what: str) -> str:
    return f"{what} has more than {MAX_PIXELS // 1_000_000} million pixels"
