"""The ticket's picture: everything is on it, the code reads back, and no text can break it."""

from __future__ import annotations

import base64
import logging
import os
import random
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from hostile import CORPUS
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFont, ImageOps

from kiosk.devices.base import DeviceError
from kiosk.devices.escpos_bytes import raster
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.devices.ticket_picture import LEAST_MODULE_PX, MARGIN_PX, PAPERS, draw, missing_letters, wrap
from kiosk.rules.model import Ticket

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
BOLD = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
SLIP_CODE = "KSK1:" + base64.b32encode(random.Random(1).randbytes(94)).decode().rstrip("=")  # as long as a true one
TICKET = Ticket(
    site="Trạm y tế phường Nguyễn Thái Bình",
    gate="Cổng chính",
    service="Đón tiếp",
    number="A047",
    people_ahead=12,
    issued="08:15 21/11/2026",
    slip_code=SLIP_CODE,
    guidance=("Xin ngồi chờ đến lượt. Đưa phiếu này vào máy khi ra về.",),
)
WIDTHS_PX = {58: 384, 80: 576}
both_papers = pytest.mark.parametrize("paper_mm", [58, 80])


def codes_on(picture: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture.convert("L"))]


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and ImageChops.difference(one.convert("L"), other.convert("L")).getbbox() is None


def first_ink(picture: Image.Image) -> int:
    """The first row with something black."""
    inked = ImageOps.invert(picture.convert("L")).getbbox()
    assert inked is not None
    return inked[1]


@both_papers
def test_the_slip_code_reads_back_from_the_paper(paper_mm: int, tmp_path: Path) -> None:
    printer = SimulatedPrinter()
    printer.send(raster(draw(TICKET, paper_mm, FONT, BOLD), tmp_path))
    assert codes_on(printer.papers[-1]) == [SLIP_CODE]
    assert printer.papers[-1].width == WIDTHS_PX[paper_mm]


@both_papers
def test_the_code_is_large_enough_for_a_worn_print_head(paper_mm: int) -> None:
    found = zxingcpp.read_barcodes(draw(TICKET, paper_mm, FONT, BOLD).convert("L"))[0]
    modules = 17 + 4 * 7  # version 7 holds a slip code at level M
    assert (found.position.top_right.x - found.position.top_left.x) / modules >= LEAST_MODULE_PX


@both_papers
def test_the_number_is_the_largest_thing_on_the_paper(paper_mm: int) -> None:
    """Read from three metres: at least 11 mm high on narrow paper, 17 mm on wide."""
    without = draw(replace(TICKET, number="   "), paper_mm, FONT, BOLD)
    rows = draw(TICKET, paper_mm, FONT, BOLD).height - without.height
    assert rows >= {58: 11, 80: 17}[paper_mm] * 8


@pytest.mark.parametrize(
    "change",
    [
        {"site": "Nhà văn hoá"},
        {"gate": "Cổng phụ"},
        {"service": "Khám sàng lọc"},
        {"number": "A048"},
        {"people_ahead": 13},
        {"people_ahead": 0},
        {"wait_min": (10, 20)},
        {"wait_min": (0, 0)},
        {"serving": "A030"},
        {"issued": "08:16 21/11/2026"},
        {"slip_code": SLIP_CODE[:-1]},
        {"guidance": ("Mời vào.",)},
        {"copy": True},
        {"demo": True},
    ],
)
def test_each_fact_of_the_ticket_is_on_the_paper(change: dict[str, Any]) -> None:
    assert not same(draw(replace(TICKET, **change), 58, FONT, BOLD), draw(TICKET, 58, FONT, BOLD))


def test_a_copy_and_a_demo_ticket_carry_a_black_band_above_all() -> None:
    plain = draw(TICKET, 80, FONT, BOLD)
    marked = draw(replace(TICKET, copy=True), 80, FONT, BOLD)
    doubly = draw(replace(TICKET, copy=True, demo=True), 80, FONT, BOLD)
    assert [picture.getpixel((1, 1)) for picture in (plain, marked, doubly)] == [255, 0, 0]
    assert plain.height < marked.height < doubly.height


def test_the_hook_above_a_capital_is_not_cut_off() -> None:
    """BẢN SAO is a copy; without the top of its hook it reads BÁN SAO."""
    hooked = draw(replace(TICKET, site="BẢN SAO"), 58, FONT, BOLD)
    flat = draw(replace(TICKET, site="BAN SAO"), 58, FONT, BOLD)
    hook_px = first_ink(flat) - first_ink(hooked)
    assert hook_px >= PAPERS[58].site_px // 4
    assert first_ink(hooked) > MARGIN_PX


def test_a_slip_without_a_number_has_a_code_and_no_queue() -> None:
    slip = draw(replace(TICKET, number="", service=""), 58, FONT, BOLD)
    assert codes_on(slip) == [SLIP_CODE]
    assert slip.height < draw(TICKET, 58, FONT, BOLD).height


def test_lines_come_out_even_and_no_word_that_fits_is_broken() -> None:
    font = ImageFont.truetype(FONT, 26)
    assert wrap("Xin ngồi chờ đến lượt. Mời hỏi", font, 330, most_lines=4) == ["Xin ngồi chờ", "đến lượt. Mời hỏi"]
    assert wrap("Xin chờ. Hỏi 0900-000-000-11-22", font, 300, most_lines=4) == ["Xin chờ. Hỏi", "0900-000-000-11-22"]


def test_decomposed_letters_print_like_composed_ones() -> None:
    taken_apart = replace(TICKET, site=unicodedata.normalize("NFD", TICKET.site))
    assert same(draw(taken_apart, 58, FONT, BOLD), draw(TICKET, 58, FONT, BOLD))


def test_every_vietnamese_letter_is_in_the_font() -> None:
    marks = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    letters = [unicodedata.normalize("NFC", base + mark) for base in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY" for mark in marks]
    assert missing_letters("".join(letters) + "đĐ", FONT) == ""
    assert missing_letters("".join(letters) + "đĐ", BOLD) == ""


def test_a_letter_that_the_font_lacks_becomes_a_box_and_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        picture = draw(replace(TICKET, site="Y tế 㐀"), 58, FONT, BOLD)
    assert missing_letters("Y tế 㐀㐀", BOLD) == "㐀"
    assert same(picture, draw(replace(TICKET, site="Y tế □"), 58, FONT, BOLD))
    assert "U+3400" in caplog.text


@pytest.mark.parametrize(
    "hostile",
    ["Y tế\x1b@\x1dV\x00", "Y\u202e tế", "\u2066Y tế\u2069", "Y\x00 tế\x07", "Y\u200b tế\ufeff", "Y\u2028tế", "Y\ntế"],
)
def test_control_bytes_and_marks_of_direction_leave_no_trace(hostile: str) -> None:
    cleaned = {"Y tế\x1b@\x1dV\x00": "Y tế@ V"}.get(hostile, "Y tế")
    hostile_guidance = hostile.replace("\n", " ")
    assert same(
        draw(replace(TICKET, guidance=(hostile_guidance,)), 58, FONT, BOLD),
        draw(replace(TICKET, guidance=(cleaned,)), 58, FONT, BOLD),
    )


texts = st.text(max_size=60) | st.text("Ệẫ\x1b\x1d\u202e\u0651\u05d0ا \n", max_size=900)


@given(site=texts, gate=texts, service=texts, number=texts, ahead=st.integers(-1, 10**9), issued=texts, line=texts)
@example(site="W" * 3000, gate="", service="\ud800", number="\x00", ahead=0, issued="", line="W" * 3000)
@example(site="", gate="\x00", service="", number="㐀" * 99, ahead=0, issued="", line="")
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_the_ticket_or_makes_it_metres_long(
    cache: Path, site: str, gate: str, service: str, number: str, ahead: int, issued: str, line: str
) -> None:
    ticket = Ticket(site, gate, service, number, ahead, issued, SLIP_CODE, (line,) * 20)
    picture = draw(ticket, 58, FONT, BOLD)
    printer = SimulatedPrinter()
    printer.send(raster(picture, cache))
    assert (printer.printed, printer.garbage_bytes) == (1, 0)
    assert picture.size < (385, 3000)
    assert SLIP_CODE in codes_on(picture)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("escpos")


@pytest.mark.parametrize("code", ["K" * 800, "K" * 9000, "\ud800"])
def test_a_code_that_does_not_fit_is_left_out_and_said(code: str, caplog: pytest.LogCaptureFixture) -> None:
    picture = draw(replace(TICKET, slip_code=code), 58, FONT, BOLD)
    assert codes_on(picture) == []
    assert "too long for a QR code" in caplog.text


def test_paper_of_another_width_and_a_missing_font_are_sentences() -> None:
    with pytest.raises(DeviceError, match="58 or 80 mm, not 72"):
        draw(TICKET, 72, FONT, BOLD)
    with pytest.raises(DeviceError, match=r"nowhere\.ttf cannot be read"):
        draw(TICKET, 58, "nowhere.ttf", BOLD)


@both_papers
def test_letters_are_at_least_two_millimetres_high(paper_mm: int) -> None:
    capital = 0.73  # of the size, in this font
    assert min(PAPERS[paper_mm].small_px, PAPERS[paper_mm].text_px) * capital / 8 >= 2


# Run apart: the library is imported once in a process.
PRINT_ONE = """
import logging, os, sys
from pathlib import Path
from PIL import Image
from kiosk.devices.escpos_bytes import raster
data = raster(Image.new("1", (384, 300)), Path(sys.argv[1]))
print(len(data), logging.getLogger().handlers, logging.getLogger().level)
"""


def run_apart(cache: Path, temporary: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PRINT_ONE, str(cache)],
        cwd=Path(__file__).parent.parent, env=os.environ | {"TMPDIR": str(temporary)},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_the_library_keeps_its_hands_off_logging_stdout_and_the_temporary_directory(tmp_path: Path) -> None:
    temporary, cache = tmp_path / "tmp", tmp_path / "data" / "escpos"
    temporary.mkdir()
    assert run_apart(cache, temporary) == "14432 [] 30\n"
    assert not list(temporary.iterdir())
    assert [path.suffix for path in cache.iterdir()] == [".pickle"]
    assert cache.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("left_bytes", [0, 1, 5000])
def test_a_table_that_a_power_cut_left_half_written_is_made_anew(tmp_path: Path, left_bytes: int) -> None:
    run_apart(tmp_path, tmp_path)
    table = next(tmp_path.glob("*.pickle"))
    os.truncate(table, left_bytes)
    assert run_apart(tmp_path, tmp_path).startswith("14432")


def test_no_harmful_code_speaks_to_the_printer(cache: Path) -> None:
    for code in list(CORPUS.values())[::9]:
        text = code.decode(errors="replace")
        printer = SimulatedPrinter()
        printer.send(raster(draw(replace(TICKET, site=text, guidance=(text,)), 58, FONT, BOLD), cache))
        assert (printer.printed, printer.garbage_bytes) == (1, 0)
