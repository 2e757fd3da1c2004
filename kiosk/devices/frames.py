"""A picture as the decoders want it: brightness only, one byte a pixel, in the memory where it already lies."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias, cast

if TYPE_CHECKING:
    from PIL import Image

Buffer: TypeAlias = bytes | bytearray | memoryview
Channel: TypeAlias = Callable[[], "Image.Image | None"]


class Seen(NamedTuple):
    """What a decoder saw in a frame: the bytes of the codes, and whether there is one more that it could not read."""

    codes: list[bytes]
    unread: bool = False


class Frame:
    """*height* rows of *width* brightness bytes in *luma*, beginning *stride* bytes apart.

    *blue* makes the blue channel when it is asked for: codes in yellow or gold differ from white paper
    only there; *half_blue* makes it with half the rows and columns, where that is cheaper. *release*
    gives memory that belongs to a device back to it. A frame is a context manager; after ``release()``
    it has no pixels.
    """

    __slots__ = ("_blue", "_half_blue", "_release", "height", "luma", "stride", "width")

    def __init__(
        self,
        luma: Buffer,
        width: int,
        height: int,
        stride: int = 0,
        *,
        blue: Channel | None = None,
        half_blue: Channel | None = None,
        release: Callable[[], None] | None = None,
    ) -> None:
        self.luma = luma
        self.width = width
        self.height = height
        self.stride = stride or width
        self._blue = blue
        self._half_blue = half_blue
        self._release = release

    @classmethod
    def from_image(cls, image: Image.Image, blue: Channel | None = None, half_blue: Channel | None = None) -> Self:
        """A frame of a Pillow picture in mode ``L``."""
        return cls(image.tobytes(), *image.size, blue=blue, half_blue=half_blue)

    @classmethod
    def from_yuv420(
        cls,
        pixels: memoryview,
        width: int,
        height: int,
        stride: int,
        *,
        interleaved: bool = False,
        release: Callable[[], None] | None = None,
    ) -> Self:
        """A frame over a camera's buffer, without a copy.

        *pixels* holds the luma rows, then the chroma at half size: a plane of Cb and one of Cr with half
        the stride (I420, which libcamera calls YUV420), or *interleaved* pairs (NV12).
        """
        luma, chroma = pixels[: stride * height], pixels[stride * height :]

        def blue() -> Image.Image:
            return _blue_of_yuv420(luma, chroma, (width, height), stride, interleaved)

        return cls(luma, width, height, stride, blue=blue, release=release)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Give the memory back to the device it belongs to. May be called twice."""
        release, self._release = self._release, None
        self.luma, self._blue, self._half_blue = b"", None, None
        if release is not None:
            release()

    def image(self) -> Image.Image:
        """The brightness as a Pillow picture over the same memory."""
        return _picture_over(self.luma, "L", (self.width, self.height), self.stride)

    def packed(self) -> bytes:
        """The brightness with no bytes between the rows; copied only where it must be."""
        if self.stride == self.width and type(self.luma) is bytes:
            return self.luma
        return self.image().tobytes()

    def blue(self) -> Frame | None:
        """The blue channel in place of the brightness, or None for a picture without colours."""
        image = self._blue() if self._blue is not None else None
        return Frame.from_image(image) if image is not None else None

    def half_blue(self) -> Image.Image | None:
        """The blue channel as a Pillow picture with half the rows and columns, or None without colours."""
        if self._half_blue is not None:
            return self._half_blue()
        image = self._blue() if self._blue is not None else None
        return image.reduce(2) if image is not None else None

    def shrunk(self, factor: int) -> Frame:
        """The frame with *factor* times *factor* pixels averaged into one."""

        def blue() -> Image.Image | None:
            image = self._blue() if self._blue is not None else None
            return image.reduce(factor) if image is not None else None

        return Frame.from_image(self.image().reduce(factor), blue=blue)


def _picture_over(pixels: Buffer, mode: str, size: tuple[int, int], stride: int) -> Image.Image:
    from PIL import Image

    # Pillow takes any buffer here, though its types name fewer.
    return Image.frombuffer(mode, size, cast(bytes, pixels), "raw", mode, stride, 1)


def _blue_of_yuv420(
    luma: memoryview, chroma: memoryview, size: tuple[int, int], stride: int, interleaved: bool
) -> Image.Image:
    from PIL import Image

    width, height = size
    half = (width // 2, height // 2)
    if interleaved:
        cb = _picture_over(chroma, "LA", half, stride).getchannel(0)
    else:
        cb = _picture_over(chroma, "L", half, stride // 2)
    y = _picture_over(luma, "L", size, stride)
    cb = cb.resize(size)
    # Blue is made of Y and Cb alone (ITU-R BT.601), so Cb may stand in for Cr.
    return Image.merge("YCbCr", (y, cb, cb)).convert("RGB").getchannel("B")
