"""Is there a code in a still picture at all? Told in a fiftieth of the time that all ways to read it take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from kiosk.devices.frames import Frame

if TYPE_CHECKING:
    from PIL import Image

_PLACE_PX = 32  # of the picture at half its size
_EVEN = 1.22  # the busiest place against the calmest; noise alone stays below, a code hidden in noise does not
_STRIPES = 3  # how much busier the calmest place is across the stripes than along them
_HIDDEN = 1.5  # how much busier a place is in blue, if there is a code that the brightness hardly shows
_DARK = 2  # levels below its surroundings


class Scene(NamedTuple):
    """How busy each place of a picture is: the levels between neighbours, to the right and downwards."""

    across: Sequence[float]
    down: Sequence[float]

    @property
    def bare(self) -> bool:
        """Whether it is a blank wall, noise, one pattern all over.

        There is no code then: a quiet zone surrounds each (ISO/IEC 18004:2015, 6.3.8).
        """
        return _even(self.across) and _even(self.down)

    @property
    def striped(self) -> bool:
        """Whether something lies behind stripes, as on a filmed screen; zxing does not even find the codes there."""
        along, over = sorted((self.across, self.down), key=min)
        return min(over) > _STRIPES * (min(along) + 1) and not _even(along)


_UNKNOWN = Scene((0, 255), (0, 255))


def scene_of(frame: Frame) -> Scene:
    """How busy *frame* is at half its size, where there is less noise. A small one is neither bare nor striped."""
    return _scene(frame.image().reduce(2))


def _scene(image: Image.Image) -> Scene:
    columns, rows = ((side - 1) // _PLACE_PX for side in image.size)
    if columns < 4 or rows < 4:
        return _UNKNOWN
    size = (columns * _PLACE_PX, rows * _PLACE_PX)
    return Scene(_bustle(image, (1, 0), size), _bustle(image, (0, 1), size))


def colours(frame: Frame, bright: Scene) -> Frame | None:
    """The blue channel of *frame* if it is anywhere much busier than the brightness, as where a code is yellow.

    *bright* is the scene of the brightness.
    """
    half = frame.half_blue()
    if half is None or bright is _UNKNOWN:
        return frame.blue()
    blueish = _scene(half)
    places = zip((*bright.across, *bright.down), (*blueish.across, *blueish.down), strict=True)
    more = any(of_blue > _HIDDEN * (of_all + 1) for of_all, of_blue in places)
    return frame.blue() if more and not blueish.bare else None


def levelled(frame: Frame, step_px: int, around: int) -> Frame:
    """*frame* with 127 or less just where it is darker than the mean of *around* squares of *step_px* on each side.

    So a fixed threshold shows the pale codes, those in glare and those behind stripes, which a decoder's own
    threshold takes for paper.
    """
    from PIL import Image, ImageChops, ImageFilter

    image = frame.image()
    means = image.reduce(step_px).filter(ImageFilter.BoxBlur(around))
    size = (means.width * step_px, means.height * step_px)
    surroundings: Image.Image = means.resize(size, Image.Resampling.NEAREST).crop((0, 0, *image.size))
    return Frame.from_image(ImageChops.subtract(image, surroundings, offset=127 + _DARK))


def _bustle(image: Image.Image, to: tuple[int, int], size: tuple[int, int]) -> Sequence[float]:
    from PIL import ImageChops

    # The first row and column have no neighbour.
    edges = ImageChops.difference(image, ImageChops.offset(image, *to)).crop((1, 1, 1 + size[0], 1 + size[1]))
    # As floating numbers, so that small differences are not rounded away.
    means: Sequence[float] = memoryview(edges.convert("F").reduce(_PLACE_PX).tobytes()).cast("f").tolist()
    return means


def _even(levels: Sequence[float]) -> bool:
    return max(levels) <= min(levels) * _EVEN
