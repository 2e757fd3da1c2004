"""Pictures and videos become frames; what is broken, hostile or huge becomes one sentence."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures_of_codes import NAME, as_file, code_picture, on_canvas
from PIL import Image, ImageOps

from kiosk.devices.base import DeviceError
from kiosk.devices.decoding import Decoder
from kiosk.devices.frames import Frame
from kiosk.devices.pictures import MAX_PIXELS, frame_from_image_bytes, frames_of, is_picture, is_video

PICTURE = on_canvas(code_picture(NAME.encode()))
YELLOW = on_canvas(code_picture(NAME.encode(), dark="#ffff00"))


def texts_in(frame: Frame) -> list[bytes]:
    found = Decoder(["zxing", "pyzbar"], ["blue", "inverted"]).decode_still(frame, lambda data: True)
    return [code.data for code in found]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("picture", [PICTURE, YELLOW], ids=["black", "yellow"])
def test_a_code_is_read_from_each_kind_of_file(kind: str, picture: Image.Image) -> None:
    assert texts_in(frame_from_image_bytes(as_file(picture, kind))) == [NAME.encode()]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_a_code_is_read_in_each_colour_mode(mode: str) -> None:
    picture = PICTURE.convert("L").convert("I").point(lambda level: level * 257) if mode == "I;16" else PICTURE
    data = as_file(picture.convert(mode), "JPEG" if mode == "CMYK" else "PNG")
    assert texts_in(frame_from_image_bytes(data)) == [NAME.encode()]


def test_what_is_transparent_counts_as_paper() -> None:
    code = code_picture(NAME.encode()).convert("L")
    drawn = Image.new("RGBA", code.size, "black")
    drawn.putalpha(ImageOps.invert(code))
    assert texts_in(frame_from_image_bytes(as_file(drawn, "PNG"))) == [NAME.encode()]


def test_a_grey_picture_has_no_blue_channel() -> None:
    assert frame_from_image_bytes(as_file(PICTURE.convert("L"), "PNG")).blue() is None


def png_header(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(bytes(1000))
    chunks = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (header, pixels)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("size", [(8000, 5001), (10_000, 10_000), (60_000, 60_000), (1_000_000, 41)])
def test_a_decompression_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(DeviceError, match=f"more than {MAX_PIXELS // 1_000_000} million pixels"):
        frame_from_image_bytes(png_header(*size))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_truncated_file_is_one_sentence(kind: str, share: float) -> None:
    data = as_file(PICTURE, kind)
    with pytest.raises(DeviceError, match=r"the picture is damaged|this is not a"):
        frame_from_image_bytes(data[: int(len(data) * share)])


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\xff\xd8", b"%PDF-1.7", b"<svg/>", b"II*\x00" + bytes(99)])
def test_what_is_no_picture_is_one_sentence(data: bytes) -> None:
    with pytest.raises(DeviceError, match="this is not a JPEG, PNG, WebP, GIF or BMP picture"):
        frame_from_image_bytes(data)


SMALL = {kind: as_file(code_picture(b"1", scale=1), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP")}


@given(st.sampled_from(sorted(SMALL)), st.lists(st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=4))))
@settings(max_examples=300, deadline=None)
def test_a_damaged_file_is_a_picture_or_one_sentence(kind: str, wounds: list[tuple[float, bytes]]) -> None:
    data = bytearray(SMALL[kind])
    for place, junk in wounds:
        at = int(place * len(data))
        data[at : at + len(junk)] = junk
    try:
        frame = frame_from_image_bytes(bytes(data))
        frame.blue()
    except DeviceError as error:
        assert "\n" not in str(error)
    else:
        assert len(frame.packed()) == frame.width * frame.height


def film(path: Path, pictures: list[Image.Image], codec: str, form: str) -> Path:
    """A video file of *pictures*, ten a second."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = *pictures[0].size, form
        stream.time_base = Fraction(1, 10)
        for picture in pictures:
            container.mux(stream.encode(_as_video_frame(picture)))
        container.mux(stream.encode())
    return path


def _as_video_frame(picture: Image.Image) -> Any:
    make: Any = av.VideoFrame.from_image
    return make(picture)


VIDEOS = [("a.mp4", "mpeg4", "yuv420p"), ("a.mkv", "ffv1", "yuv444p"), ("a.avi", "mjpeg", "yuvj420p")]
ODD_VIDEOS = [("a.mkv", "ffv1", "bgr0"), ("a.mkv", "ffv1", "yuv420p10le"), ("a.mkv", "ffv1", "gray")]


@pytest.mark.parametrize(("name", "codec", "form"), VIDEOS + ODD_VIDEOS)
def test_a_video_yields_its_frames_with_their_times(tmp_path: Path, name: str, codec: str, form: str) -> None:
    blank = Image.new("RGB", PICTURE.size, "grey")
    path = film(tmp_path / name, [blank, PICTURE, blank], codec, form)
    seen = [(seconds, texts_in(frame)) for seconds, frame in frames_of(path)]
    assert seen == [(0.0, []), (pytest.approx(0.1, abs=0.01), [NAME.encode()]), (pytest.approx(0.2, abs=0.01), [])]


@pytest.mark.parametrize(("name", "codec", "form"), VIDEOS)
def test_the_luma_plane_of_a_video_is_not_copied(tmp_path: Path, name: str, codec: str, form: str) -> None:
    [(_, frame)] = frames_of(film(tmp_path / name, [YELLOW], codec, form))
    assert isinstance(frame.luma, memoryview)
    assert isinstance(frame.luma.obj, av.video.plane.VideoPlane)
    blue = frame.blue()
    assert blue is not None
    assert texts_in(blue) == [NAME.encode()]


def test_a_frame_of_a_video_outlives_the_next(tmp_path: Path) -> None:
    pictures = [on_canvas(code_picture(b"%d" % place)) for place in range(20)]
    frames = [frame for _, frame in frames_of(film(tmp_path / "a.mp4", pictures, "mpeg4", "yuv420p"))]
    assert [texts_in(frame) for frame in frames] == [[b"%d" % place] for place in range(20)]


def broken_off(path: Path) -> None:
    film(path, [PICTURE] * 3, "mpeg4", "yuv420p")
    path.write_bytes(path.read_bytes()[:2000])


def without_frames(path: Path) -> None:
    """As a camera leaves a recording that lost its power at once."""
    film(path, [PICTURE], "mpeg4", "yuv420p")
    path.write_bytes(path.read_bytes()[:700])


def with_sound_only(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame(format="s16", layout="mono", samples=80)
        sound.sample_rate, sound.pts = 8000, 0
        container.mux(stream.encode(sound))


@pytest.mark.parametrize(
    ("name", "make", "sentence"),
    [
        ("absent.jpg", lambda path: None, "cannot be read: No such file or directory"),
        ("absent.mp4", lambda path: None, "cannot be read as a video: No such file or directory"),
        ("folder.jpg", lambda path: path.mkdir(), "cannot be read: Is a directory"),
        ("text.png", lambda path: path.write_text("hello"), "this is not a JPEG"),
        ("text.mp4", lambda path: path.write_text("hello"), "cannot be read as a video: Invalid data"),
        ("empty.mkv", lambda path: path.touch(), "cannot be read as a video"),
        ("broken.mp4", broken_off, "cannot be read as a video"),
        ("sound.avi", with_sound_only, "has no pictures in it"),
        ("begun.mkv", without_frames, "has no pictures in it"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence_with_its_name(
    tmp_path: Path, name: str, make: Callable[[Path], None], sentence: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(DeviceError, match=f"{name}: .*{sentence}"):
        list(frames_of(tmp_path / name))


def test_reading_leaves_nothing_behind(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", [PICTURE], "mpeg4", "yuv420p")
    (tmp_path / "a.png").write_bytes(as_file(PICTURE, "PNG"))
    for name in ("a.mp4", "a.png"):
        assert len(list(frames_of(tmp_path / name))) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "a.png"]


def test_files_are_told_by_their_names() -> None:
    assert is_picture(Path("A.JPG"))
    assert is_video(Path("a.MoV"))
    assert not is_picture(Path("a.mp4")) and not is_video(Path("a.txt"))


def test_a_picture_of_the_largest_size_is_still_read() -> None:
    picture = Image.new("L", (8000, 5000), 255)
    picture.paste(code_picture(b"1").convert("L"), (100, 100))
    drawn = io.BytesIO()
    picture.save(drawn, "PNG", compress_level=1)
    assert texts_in(frame_from_image_bytes(drawn.getvalue())) == [b"1"]
