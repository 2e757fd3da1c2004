"""A time that is stated counts, in lines and in videos, unless the log is further already."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import pytest
from pictures_of_codes import code_picture, on_canvas
from PIL import Image
from terminal import Terminal

from kiosk.rules import invented
from kiosk.rules.model import Kind

ANH, BINH, CHI = (invented.codes(invented.person(number))[Kind.ID_CARD].decode() for number in (1, 2, 3))


@pytest.fixture
def kiosk(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "data")


def timed(text: str, at: str) -> str:
    return json.dumps({"text": text, "at": at}) + "\n"


def test_a_line_is_refused_when_another_process_went_further_meanwhile(kiosk: Terminal) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "kiosk", "scan", "--json", "-"],
        env=kiosk.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as scan:
        assert scan.stdin and scan.stdout and scan.stderr
        scan.stdin.write(timed(ANH, "2026-11-20T08:00"))
        scan.stdin.flush()
        assert json.loads(scan.stdout.readline())["outcome"] == "admitted"
        kiosk.lines("scan", "--json", "-", stdin=timed(BINH, "2026-11-20T09:00"))
        scan.stdin.write(timed(CHI, "2026-11-20T08:30"))
        scan.stdin.close()
        assert scan.stdout.read() == ""
        assert "before the last entry" in scan.stderr.read()
    assert scan.returncode == 1
    assert len(kiosk.lines("visits", "--json")) == 2


def test_a_line_is_refused_after_one_that_came_now(kiosk: Terminal) -> None:
    done = kiosk("scan", "--json", "-", stdin=f"{ANH}\n{timed(BINH, '2020-01-01T08:00')}")
    assert (done.returncode, len(done.stdout.splitlines())) == (1, 1)


def write_video(path: Path, *pictures: Image.Image, seconds_each: float) -> None:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        make: Any = av.VideoFrame.from_image
        for picture in pictures:
            for _ in range(round(seconds_each * 10)):
                container.mux(stream.encode(make(picture)))
        container.mux(stream.encode())


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Someone's card for one second, nothing for five, the same card again."""
    path = tmp_path / "passage.avi"
    card = on_canvas(code_picture(ANH.encode(), scale=4))
    nothing = Image.new("RGB", (640, 480), "white")
    write_video(path, card, *[nothing] * 5, card, seconds_each=1)
    return path


def test_the_frames_of_a_video_come_at_their_time(kiosk: Terminal, video: Path, tmp_path: Path) -> None:
    settings = tmp_path / "kiosk.toml"
    settings.write_text("[door]\nmin_stay_s = 4\n")
    arguments = ("--config", str(settings), "scan", "--json", "--at", "2026-11-20T08:00")
    first, second = kiosk.lines(*arguments, str(video))
    assert (first["at"], first["direction"]) == ("2026-11-20T08:00:00.000+07:00", "in")
    assert (second["at"], second["direction"]) == ("2026-11-20T08:00:06.000+07:00", "out")
    assert second["source"].endswith(":6.0s")


def test_a_video_without_a_stated_time_is_taken_no_faster_than_it_was_made(kiosk: Terminal, video: Path) -> None:
    began_s = time.monotonic()
    first, second = kiosk.lines("scan", "--json", str(video))
    assert (first["outcome"], second["outcome"]) == ("admitted", "already_in")
    assert time.monotonic() - began_s > 6


def test_reading_a_video_tells_of_a_code_once_while_it_is_held(kiosk: Terminal, video: Path) -> None:
    assert [line["kind"] for line in kiosk.lines("read", "--json", str(video))] == ["cccd"]


@pytest.mark.parametrize("source", ["missing.png", "empty-folder"])
def test_a_log_begins_only_when_something_could_be_read(kiosk: Terminal, tmp_path: Path, source: str) -> None:
    (tmp_path / "empty-folder").mkdir()
    kiosk("scan", str(tmp_path / source))
    assert not kiosk.data.exists()


def test_a_list_that_was_imported_at_a_stated_time_counts_on_its_day(kiosk: Terminal, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("Họ tên,CCCD,Ngày hẹn\nLý Văn Thử,097085000001,01/09/2026\n", encoding="utf-8")
    imported = ("import-list", "--json", "--at", "2026-08-30T08:00", str(listed))
    assert kiosk.lines(*imported)[-1]["kept"] == 1
    scanned = kiosk.lines("scan", "--json", "-", stdin=timed("097085000001", "2026-09-01T08:00"))
    assert scanned[0]["listed"] == "on_time"
    again = kiosk(*imported)
    assert (again.returncode, again.stdout) == (1, "")
    assert "before the last entry" in again.stderr
