"""From a frame to the codes in it: a cascade of passes, each tried only where those before recognised nothing.

The order is the measured one: zxing-cpp with one threshold for the picture, then with a threshold for each
place, read 97 of 100 real pictures in less time than the second pass alone. The rescue passes bring
the last point or two (noise, low contrast, coloured codes, moire) and cost more, so a live picture gets one
of them a frame, by turns, and only while something is in front of the camera; a still picture gets them
if glances at it, with its shades levelled and in blue, show that there is a code at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from kiosk.devices import evidence
from kiosk.devices.base import DeviceError
from kiosk.devices.evidence import Scene
from kiosk.devices.frames import Frame, Seen
from kiosk.devices.motion import MotionGate
from kiosk.devices.zbar import ZbarReader
from kiosk.devices.zxing import ZxingReader

DECODERS = ("zxing", "pyzbar")
STILL_PX = 1600  # a still picture with a longer side is searched whole, then shrunk for the other passes

Read: TypeAlias = Callable[[Frame], Seen]
Prepare: TypeAlias = Callable[[Frame], Frame | None]
Recognised: TypeAlias = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Code:
    """The bytes of one QR code, and the decoder that read it."""

    data: bytes
    decoder: str


@dataclass(frozen=True, slots=True)
class Pass:
    """One way to look at a frame."""

    decoder: str
    read: Read
    prepare: Prepare | None = None

    def look(self, frame: Frame) -> Seen:
        """What this way of looking finds."""
        prepared = self.prepare(frame) if self.prepare else frame
        return self.read(prepared) if prepared else Seen([])


def _blurred(frame: Frame) -> Frame:
    """The mean of each pixel and its eight neighbours, eight times as fast as by a filter of Pillow."""
    from PIL import Image
    from PIL.ImageChops import offset

    image = frame.image()
    for right, down in ((1, 0), (0, 1)):
        neighbours = Image.blend(offset(image, right, down), offset(image, -right, -down), 1 / 2)
        image = Image.blend(neighbours, image, 1 / 3)
    return Frame.from_image(image)


def _stretched(frame: Frame) -> Frame:
    from PIL import ImageOps

    return Frame.from_image(ImageOps.autocontrast(frame.image(), cutoff=1))


def _inverted(frame: Frame) -> Frame:
    from PIL import ImageChops

    return Frame.from_image(ImageChops.invert(frame.image()))


def _half(frame: Frame) -> Frame:
    return frame.shrunk(2)


def _levelled(frame: Frame) -> Frame:
    return evidence.levelled(frame, step_px=16, around=2)


def _levelled_half(frame: Frame) -> Frame:
    return evidence.levelled(Frame.from_image(frame.image().reduce(2)), step_px=4, around=1)


PREPARATIONS: dict[str, Prepare] = {
    "blur": _blurred,  # dim light: averages the noise of the sensor
    "stretch": _stretched,  # pale print, glare: spreads what brightness there is
    "half": _half,  # moire of a screen, a code that fills the frame
    "blue": Frame.blue,  # yellow and gold on white
    "inverted": _inverted,
}


class Decoder:
    """The decoders and rescue passes that the settings name, for the frames of one camera, by one thread.

    zxing leads wherever it is among *decoders*; pyzbar then takes the turns ``pyzbar`` and ``inverted`` of
    *rescue* (zxing tries inverted codes in each frame) and a second look at still pictures. Alone, pyzbar
    does all passes. Raises DeviceError for unknown names and missing libraries.
    """

    def __init__(self, decoders: Sequence[str], rescue: Sequence[str]) -> None:
        _check_names("decoders", decoders, DECODERS)
        _check_names("rescue", rescue, (*PREPARATIONS, "pyzbar"))
        passes = _main_passes(decoders)
        lead, second = passes[-1], None
        if "zxing" in decoders and "pyzbar" in decoders:
            second = Pass("pyzbar", ZbarReader().read)
        self._main = passes
        self._rescue = list(_rescue_passes(rescue, lead, second))
        second_look = [second, *_rescue_passes(rescue, second, None)] if second else []
        self._every_pass = list(dict.fromkeys([*self._rescue, *second_look]))
        self._glances = _glances(rescue) if "zxing" in decoders else []
        self._looks_at_blue = bool(self._glances) and "blue" in rescue
        # What zxing found but could not read, pyzbar reads at half the size or not at all.
        self._for_unread = [one for one in self._every_pass if one.decoder == "zxing" or one.prepare is _half]
        self._gate = MotionGate()
        self._turn = 0

    def decode_live(self, frame: Frame, recognised: Recognised) -> list[Code]:
        """The codes in a frame of a running camera; the search ends with the first that is *recognised*."""
        search = _Search(recognised)
        if not search.succeeds(self._main, frame) and self._gate.open(frame) and self._rescue:
            self._turn = (self._turn + 1) % len(self._rescue)
            search.succeeds([self._rescue[self._turn]], frame)
        return search.codes

    def decode_still(self, frame: Frame, recognised: Recognised) -> list[Code]:
        """The codes in a picture that will not come again; the search ends with the first that is *recognised*.

        Rescue passes are made only where something looks like a code to zxing, or lies behind stripes.
        """
        search = _Search(recognised)
        if search.succeeds(self._main[:1], frame):
            return search.codes
        scene = evidence.scene_of(frame)
        if not scene.bare and search.succeeds(self._main[1:], frame):
            return search.codes
        glances = [] if scene.bare else self._glances
        factor = math.ceil(max(frame.width, frame.height) / STILL_PX)
        if factor > 1:
            frame, glances = frame.shrunk(factor), [*self._main[-1:], *glances]
        if search.succeeds(glances, frame) or search.succeeds(self._blue_glance(frame, scene), frame):
            return search.codes
        if scene.striped or not self._glances:
            search.succeeds(self._every_pass, frame)
        elif search.unread:
            search.succeeds(self._for_unread, frame)
        return search.codes

    def _blue_glance(self, frame: Frame, scene: Scene) -> Iterator[Pass]:
        if self._looks_at_blue and (blue := evidence.colours(frame, scene)):
            yield Pass("zxing", self._main[-1].read, lambda _: blue)


class _Search:
    def __init__(self, recognised: Recognised) -> None:
        self._recognised = recognised
        self._codes: dict[bytes, Code] = {}
        self.unread = False

    @property
    def codes(self) -> list[Code]:
        return list(self._codes.values())

    def succeeds(self, passes: Iterable[Pass], frame: Frame) -> bool:
        """Whether one of *passes* found a recognised code; those after it are not made."""
        for one in passes:
            seen = one.look(frame)
            self.unread = self.unread or seen.unread
            new = {data: Code(data, one.decoder) for data in seen.codes if data not in self._codes}
            self._codes |= new
            if any(self._recognised(data) for data in new):
                return True
        return False


def _main_passes(decoders: Sequence[str]) -> list[Pass]:
    if "zxing" not in decoders:
        return [Pass("pyzbar", ZbarReader().read)]
    reader = ZxingReader()
    return [Pass("zxing", reader.quick), Pass("zxing", reader.thorough)]


def _glances(rescue: Sequence[str]) -> list[Pass]:
    """The cheapest looks that show nearly all codes which any rescue pass reads, if only that they are there."""
    reader = ZxingReader()
    return [Pass("zxing", reader.levelled, prepare) for prepare in (_levelled_half, _levelled)] if rescue else []


def _rescue_passes(names: Iterable[str], lead: Pass, second: Pass | None) -> Iterator[Pass]:
    for name in names:
        if name == "pyzbar":
            if second is not None:
                yield second
        else:
            reader = second if second is not None and name == "inverted" else lead
            yield Pass(reader.decoder, reader.read, PREPARATIONS[name])


def _check_names(setting: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise DeviceError(f"{setting} must be of {', '.join(known)}, not {name!r}")
    if setting == "decoders" and not names:
        raise DeviceError(f"decoders must name at least one of {', '.join(known)}, not none")
