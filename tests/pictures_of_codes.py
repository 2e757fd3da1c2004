"""Pictures of codes for the tests, made by segno and Pillow: invented texts only."""

from __future__ import annotations

import io
import random

import segno
from PIL import Image, ImageChops, ImageFilter

from kiosk.devices.frames import Frame

NAME = "Nguyễn Thị Ánh Nguyệt"


def code_picture(data: bytes, *, scale: int = 5, dark: str = "black", light: str = "white") -> Image.Image:
    """*data* byte by byte in a QR code with its quiet zone, *scale* pixels a module."""
    drawn = io.BytesIO()
    segno.make(data, mode="byte", micro=False, error="m").save(drawn, kind="png", scale=scale, dark=dark, light=light)
    return Image.open(drawn).convert("RGB")


def on_canvas(code: Image.Image, size: tuple[int, int] = (640, 480), ground: str = "white") -> Image.Image:
    """*code* in the middle of a picture of *size*."""
    canvas = Image.new("RGB", size, ground)
    canvas.paste(code, ((size[0] - code.width) // 2, (size[1] - code.height) // 2))
    return canvas


def spoiled(picture: Image.Image, *, blur_px: float = 0.0, noise: float = 0.0, seed: int = 7) -> Image.Image:
    """*picture* out of focus by *blur_px* and with grains of *noise* levels, alike in all channels."""
    picture = picture.filter(ImageFilter.GaussianBlur(blur_px))
    grains = Image.frombytes("L", picture.size, random.Random(seed).randbytes(picture.width * picture.height))
    grains = grains.point(lambda level: 128 + (level - 128) * noise / 74)  # 74: deviation of an even spread
    grey = Image.merge("RGB", (grains, grains, grains))
    return ImageChops.add(picture, grey, offset=-128)


def frame_of(picture: Image.Image) -> Frame:
    """*picture* as a camera would hand it over: luma, with colour on demand."""
    return Frame.from_image(picture.convert("L"), blue=lambda: picture.getchannel("B"))


def as_file(picture: Image.Image, kind: str = "JPEG") -> bytes:
    """*picture* as the bytes of a file."""
    written = io.BytesIO()
    picture.save(written, kind)
    return written.getvalue()
