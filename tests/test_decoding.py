"""Codes are read from luma, from either decoder, as the very bytes that were printed."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures_of_codes import NAME, code_picture, frame_of, on_canvas, spoiled
from PIL import Image, ImageChops, ImageOps

from kiosk.devices.base import DeviceError
from kiosk.devices.decoding import PREPARATIONS, Code, Decoder
from kiosk.devices.evidence import scene_of
from kiosk.devices.frames import Frame
from kiosk.devices.motion import MotionGate
from kiosk.devices.zxing import ZxingReader

RESCUE = ("blur", "stretch", "half", "blue", "inverted", "pyzbar")
EITHER = pytest.mark.parametrize("decoders", [("zxing",), ("pyzbar",), ("zxing", "pyzbar")], ids="+".join)


def everything(data: bytes) -> bool:
    return True


def nothing(data: bytes) -> bool:
    return False


def texts(codes: list[Code]) -> list[bytes]:
    return [code.data for code in codes]


NAMES = ["Nguyễn Thị Ánh Nguyệt", "Đặng Hữu Phước", "Lê Ý", "Phạm Ngọc Quỳnh Như", "Vũ Đức Đông", "Ỷ Lan Ữ"]
TRAPS = {
    "half-width katakana for libzbar": "Bùi Thị Đào".encode(),
    "CP932": "予防接種".encode("cp932"),
    "Big5": "疫苗接種".encode("big5"),
    "Latin-1": "Müller".encode("latin-1"),
    "NUL inside": b"a\x00b\x00",
    "mark and NUL": b"\xef\xbb\xbf\x00x",
    "line ends": b"one\r\ntwo\n",
    "all values": bytes(range(256)),
    "all values, downwards": bytes(range(255, -1, -1)),
}


@EITHER
@pytest.mark.parametrize("name", NAMES)
def test_a_vietnamese_name_comes_out_whole(decoders: list[str], name: str) -> None:
    frame = frame_of(on_canvas(code_picture(name.encode())))
    assert texts(Decoder(decoders, RESCUE).decode_live(frame, everything)) == [name.encode()]


@EITHER
@pytest.mark.parametrize("data", TRAPS.values(), ids=TRAPS)
def test_no_bytes_are_guessed_at(decoders: list[str], data: bytes) -> None:
    frame = frame_of(on_canvas(code_picture(data, scale=4)))
    assert texts(Decoder(decoders, RESCUE).decode_live(frame, everything)) == [data]


YELLOW = on_canvas(code_picture(NAME.encode(), dark="#ffff00"))
FADED_YELLOW = spoiled(YELLOW, blur_px=1.5, noise=20)
COLOURED = {
    "yellow": YELLOW,
    "yellow, blurred, noisy": FADED_YELLOW,
    "gold": spoiled(on_canvas(code_picture(NAME.encode(), dark="#ffd700")), blur_px=1, noise=8),
    "inverted": ImageOps.invert(on_canvas(code_picture(NAME.encode()))),
    "yellow on black": on_canvas(code_picture(NAME.encode(), dark="#ffff00", light="black"), ground="black"),
    "black on yellow": on_canvas(code_picture(NAME.encode(), light="#ffff00"), ground="#ffff00"),
    "pale": spoiled(on_canvas(code_picture(NAME.encode(), dark="#e6e6e6")), noise=1),
}


@EITHER
@pytest.mark.parametrize("picture", COLOURED.values(), ids=COLOURED)
def test_a_coloured_or_inverted_code_is_read(decoders: list[str], picture: Image.Image) -> None:
    assert texts(Decoder(decoders, RESCUE).decode_still(frame_of(picture), everything)) == [NAME.encode()]


@EITHER
def test_it_is_the_blue_channel_that_shows_a_yellow_code(decoders: list[str]) -> None:
    assert Decoder(decoders, []).decode_still(frame_of(FADED_YELLOW), everything) == []
    assert texts(Decoder(decoders, ["blue"]).decode_still(frame_of(FADED_YELLOW), everything)) == [NAME.encode()]


@EITHER
def test_a_live_yellow_code_is_read_before_all_turns_are_over(decoders: list[str]) -> None:
    decoder = Decoder(decoders, RESCUE)
    assert any(decoder.decode_live(frame_of(FADED_YELLOW), everything) for _ in RESCUE)


def test_one_rescue_pass_is_made_per_live_frame() -> None:
    decoder, passes = Decoder(["zxing"], ["blur", "half", "blue"]), []

    def blue() -> Image.Image:
        passes.append("blue")
        return YELLOW.getchannel("B")

    for _ in range(6):
        decoder.decode_live(Frame.from_image(Image.new("L", (640, 480), 200), blue=blue), everything)
    assert passes == ["blue"] * 2


def test_an_empty_scene_gets_no_rescue_pass() -> None:
    gate = MotionGate(still_frames=3)
    empty, visited = frame_of(Image.new("RGB", (640, 480), "gray")), frame_of(YELLOW)
    assert [gate.open(frame) for frame in [empty] * 5] == [True, True, True, False, False]
    assert [gate.open(frame) for frame in [visited, visited, empty, empty]] == [True, True, False, False]


def test_the_noise_of_a_sensor_is_not_taken_for_a_visitor() -> None:
    gate = MotionGate(still_frames=3)
    noisy = [spoiled(Image.new("RGB", (640, 480), "gray"), noise=5, seed=seed) for seed in range(8)]
    assert [gate.open(frame_of(picture)) for picture in noisy][4:] == [False] * 4


def two_codes() -> Frame:
    """A place's poster, and a card held beside it."""
    canvas = on_canvas(code_picture(b"poster", scale=6), (900, 480))
    canvas.paste(code_picture(NAME.encode(), dark="#ffe000", scale=5), (10, 10))
    return frame_of(spoiled(canvas, blur_px=1.5, noise=12))


@EITHER
def test_the_search_goes_on_until_a_code_is_recognised(decoders: list[str]) -> None:
    found = Decoder(decoders, RESCUE).decode_still(two_codes(), lambda data: data == NAME.encode())
    assert texts(found) == [b"poster", NAME.encode()]


def test_the_search_ends_once_a_code_is_recognised() -> None:
    asked: list[bytes] = []

    def first(data: bytes) -> bool:
        asked.append(data)
        return True

    found = Decoder(["zxing"], RESCUE).decode_still(frame_of(on_canvas(code_picture(b"one"))), first)
    assert (texts(found), asked) == ([b"one"], [b"one"])


@pytest.mark.parametrize(("decoders", "reader"), [(("zxing",), "zxing"), (("pyzbar",), "pyzbar")])
def test_the_settings_decide_who_reads(decoders: list[str], reader: str) -> None:
    frame = frame_of(on_canvas(code_picture(b"one")))
    assert Decoder(decoders, RESCUE).decode_live(frame, everything) == [Code(b"one", reader)]


def filmed_screen() -> Image.Image:
    """A code on a display whose columns beat with the camera's: deep stripes of nine pixels."""
    stripes = bytes(round(255 * (0.7 + 0.3 * math.sin(2 * math.pi * x / 9))) for x in range(640))
    grid = Image.frombytes("L", (640, 480), stripes * 480).convert("RGB")
    return spoiled(ImageChops.multiply(on_canvas(code_picture(NAME.encode())), grid), blur_px=0.8, noise=4)


def test_pyzbar_reads_the_moire_of_a_screen_where_zxing_cannot() -> None:
    assert Decoder(["zxing"], RESCUE).decode_still(frame_of(filmed_screen()), everything) == []
    found = Decoder(["zxing", "pyzbar"], RESCUE).decode_still(frame_of(filmed_screen()), everything)
    assert found == [Code(NAME.encode(), "pyzbar")]


@EITHER
def test_a_small_code_in_a_large_photograph_is_read(decoders: list[str]) -> None:
    photograph = on_canvas(code_picture(NAME.encode(), scale=4), (4000, 3000), ground="#808080")
    assert texts(Decoder(decoders, RESCUE).decode_still(frame_of(photograph), everything)) == [NAME.encode()]


@EITHER
def test_a_code_that_fills_a_large_photograph_is_read(decoders: list[str]) -> None:
    photograph = frame_of(code_picture(NAME.encode(), scale=60))
    assert texts(Decoder(decoders, RESCUE).decode_still(photograph, everything)) == [NAME.encode()]


@EITHER
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_no_picture_breaks_the_search(decoders: list[str], data: st.DataObject) -> None:
    width, height = data.draw(st.integers(1, 70)), data.draw(st.integers(1, 70))
    stride = width + data.draw(st.integers(0, 9))
    pixels = data.draw(st.binary(min_size=stride * height, max_size=stride * height))
    frame = Frame(pixels, width, height, stride)
    assert isinstance(Decoder(decoders, RESCUE).decode_still(frame, nothing), list)
    assert isinstance(Decoder(decoders, RESCUE).decode_live(frame, nothing), list)


def test_an_unknown_decoder_or_pass_is_named_with_those_known() -> None:
    with pytest.raises(DeviceError, match="decoders must be of zxing, pyzbar, not 'quirc'"):
        Decoder(["quirc"], [])
    with pytest.raises(DeviceError, match="rescue must be of blur, stretch, half, blue, inverted, pyzbar, not 'magic'"):
        Decoder(["zxing"], ["magic"])
    with pytest.raises(DeviceError, match="decoders must name at least one of zxing, pyzbar, not none"):
        Decoder([], [])


@pytest.mark.parametrize(("decoder", "module"), [("zxing", "zxingcpp"), ("pyzbar", "pyzbar")])
def test_a_missing_library_is_one_sentence(monkeypatch: pytest.MonkeyPatch, decoder: str, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DeviceError, match=f"the decoder {decoder} is set, but the .*package .* is missing"):
        Decoder([decoder], [])


def test_a_reader_in_the_hands_of_a_thread_is_no_leak_when_the_program_ends() -> None:
    """A door that stops leaves behind threads which wait for their camera."""
    program = (
        "import threading; from kiosk.devices.zxing import ZxingReader; from kiosk.devices.frames import Frame\n"
        "reader = ZxingReader(); reader.thorough(Frame(bytes(10_000), 100, 100)); forever = threading.Event()\n"
        "threading.Thread(target=lambda reader: forever.wait(), args=(reader,), daemon=True).start(); del reader"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stderr == ""


def test_a_released_frame_has_no_pixels() -> None:
    returned: list[bool] = []
    with Frame(bytes(12), 4, 3, release=lambda: returned.append(True)) as frame:
        assert len(frame.packed()) == 12
    frame.release()
    assert (bytes(frame.luma), returned) == (b"", [True])


def noise() -> Image.Image:
    return Image.frombytes("L", (1280, 720), random.Random(1).randbytes(1280 * 720)).convert("RGB")


def page() -> Image.Image:
    """Lines of print."""
    sheet, dice = Image.new("RGB", (1280, 720), "white"), random.Random(1)
    for _ in range(2000):
        left, top = dice.randrange(1200), dice.randrange(35) * 20
        sheet.paste("#222222", (left, top, left + dice.randrange(2, 30), top + dice.randrange(2, 12)))
    return sheet


def hall() -> Image.Image:
    """Soft shapes, and what the sensor adds."""
    shapes = Image.frombytes("RGB", (16, 9), random.Random(1).randbytes(16 * 9 * 3))
    return spoiled(shapes.resize((1280, 720), Image.Resampling.BICUBIC), noise=3)


def damaged() -> Image.Image:
    picture = on_canvas(code_picture(NAME.encode()), (1280, 720))
    picture.paste("white", (600, 340, 680, 380))
    return picture


PASSES = {
    "a wall": (lambda: Image.new("RGB", (1280, 720), "#d0d0c0"), 0),
    "noise": (noise, 0),
    "print": (page, 0),
    "a hall": (hall, 0),
    "a damaged code": (damaged, 1),
    "a screen": (lambda: filmed_screen().resize((1280, 960)), 1),
}


@pytest.mark.parametrize(("picture", "times"), PASSES.values(), ids=PASSES)
def test_only_a_picture_with_something_like_a_code_gets_the_rescue_passes(
    monkeypatch: pytest.MonkeyPatch, picture: Callable[[], Image.Image], times: int
) -> None:
    passes: list[Frame] = []
    monkeypatch.setitem(PREPARATIONS, "blur", passes.append)
    assert Decoder(["zxing"], ["blur"]).decode_still(frame_of(picture()), everything) == []
    assert len(passes) == times


@pytest.mark.parametrize("dark", ["#f6f6f6", "#fafafa"])
def test_a_code_hardly_darker_than_its_paper_is_read_by_a_glance(dark: str) -> None:
    frame = frame_of(on_canvas(code_picture(NAME.encode(), dark=dark), (1280, 720)))
    assert ZxingReader().thorough(frame).codes == []
    assert texts(Decoder(["zxing"], ["blur"]).decode_still(frame, everything)) == [NAME.encode()]


@pytest.mark.parametrize("levels", [0, 10, 40, 70])
def test_a_code_is_never_taken_for_a_part_of_the_noise(levels: int) -> None:
    wall = spoiled(Image.new("RGB", (1280, 720), "#a0a0a0"), noise=levels)
    code = spoiled(on_canvas(code_picture(NAME.encode(), light="#a0a0a0"), (1280, 720), "#a0a0a0"), noise=levels)
    assert (scene_of(frame_of(wall)).bare, scene_of(frame_of(code)).bare) == (True, False)
