"""Ticket -> the picture that the paper carries.

A picture, not text: cheap printers print ``?`` for most Vietnamese letters, and control bytes in a
text can do nothing in a picture.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont, ImageOps

from kiosk.devices.base import DeviceError
from kiosk.rules.model import Ticket
from kiosk.rules.waits import span

log = logging.getLogger(__name__)

LEAST_MODULE_PX = 4  # half a millimetre at 203 dots an inch; smaller ones run together on worn heads
MOST_MODULE_PX = 7
WHITE, BLACK = 255, 0
MARGIN_PX = 8
STEP_PX = 16
MOST_LETTERS = 600  # of one text; a wrong setting must not print metres of paper


@dataclass(frozen=True, slots=True)
class Paper:
    """The printable width in dots of 1/8 mm, and the sizes of letters that suit it."""

    width_px: int
    site_px: int
    service_px: int
    number_px: int
    text_px: int
    small_px: int


PAPERS = {
    58: Paper(width_px=384, site_px=30, service_px=36, number_px=128, text_px=26, small_px=22),
    80: Paper(width_px=576, site_px=38, service_px=48, number_px=196, text_px=32, small_px=26),
}


def draw(ticket: Ticket, paper_mm: int, font: str, bold_font: str) -> Image.Image:
    """The ticket as a picture in black and white, as wide as the print head (58 mm: 384, 80 mm: 576 dots).

    *font* and *bold_font* are paths of TrueType files. Never fails on a ticket's texts: what is too
    long is wrapped, then cut with an ellipsis; a letter that the font lacks becomes a box and is
    logged once. Raises DeviceError when the width is unknown or a font cannot be read.
    """
    return stack(list(_blocks(ticket, pen(paper_mm, font, bold_font))))


def pen(paper_mm: int, font: str, bold_font: str) -> Pen:
    """A pen for paper of that width. Raises DeviceError when it is unknown."""
    if paper_mm not in PAPERS:
        raise DeviceError(f"tickets are drawn for paper of {' or '.join(map(str, PAPERS))} mm, not {paper_mm}")
    return Pen(PAPERS[paper_mm], font, bold_font)


def missing_letters(text: str, font: str) -> str:
    """The letters of *text* that *font* (a path) cannot draw, each once. Raises DeviceError."""
    return "".join(dict.fromkeys(letter for letter in _cleaned(text) if not _has_letter(font, letter)))


def _blocks(ticket: Ticket, pen: Pen) -> Iterator[Image.Image]:
    paper = pen.paper
    if ticket.demo:
        yield pen.banner("THỬ NGHIỆM · DEMO")
    if ticket.copy:
        yield pen.banner("BẢN SAO · COPY")
    yield pen.space(MARGIN_PX)
    yield pen.text(ticket.site, paper.site_px, bold=True, most_lines=3)
    yield pen.text(" · ".join(filter(None, (ticket.gate, ticket.issued))), paper.small_px, most_lines=2)
    yield pen.rule()
    if ticket.number:
        yield pen.text(ticket.service, paper.service_px, bold=True, most_lines=2)
        yield pen.number(ticket.number)
        yield pen.text(ticket.about or _ahead(ticket.people_ahead), paper.text_px, bold=True, most_lines=2)
        for line in _waiting(ticket):
            yield pen.text(line, paper.small_px, most_lines=2)
        yield pen.rule()
    if ticket.slip_code:
        yield pen.code(ticket.slip_code)
        yield pen.text("Mã để ra về · Code for the exit", paper.small_px, most_lines=2)
    for line in ticket.guidance[:6]:
        yield pen.space(paper.small_px // 2)
        yield pen.text(line, paper.text_px, most_lines=6)
    yield pen.space(paper.small_px)


def _ahead(people: int) -> str:
    if people < 1:
        return "Không còn ai phía trước\nNobody is ahead of you"
    return f"Phía trước còn {people} người\n{people} ahead of you"


def _waiting(ticket: Ticket) -> Iterator[str]:
    """How long it may take and who is served now, where that is known."""
    if ticket.wait_min:
        minutes = span(ticket.wait_min)
        told = f"Chờ khoảng {minutes} phút\nWait about {minutes} minutes"
        yield told if ticket.wait_min[1] else "Sắp đến lượt\nSoon your turn"
    if ticket.serving:
        yield f"Đang phục vụ đến số {ticket.serving}\nNow serving {ticket.serving}"


class Pen:
    """Draws blocks as wide as the paper, one below the other."""

    def __init__(self, paper: Paper, font: str, bold_font: str) -> None:
        self.paper = paper
        self._fonts = {False: font, True: bold_font}

    def text(self, text: str, size_px: int, *, bold: bool = False, most_lines: int, left: bool = False) -> Image.Image:
        """Lines wrapped to the paper, centred or from the *left*."""
        font = _font(self._fonts[bold], size_px)
        printable = [_printable(part, self._fonts[bold]) for part in text[:MOST_LETTERS].split("\n")]
        lines = [line for part in printable if part for line in wrap(part, font, self._room_px, most_lines)]
        # A font's own ascent cuts the hook off Ả, and BẢN SAO (copy) becomes BÁN SAO (stars for sale).
        ascent_px, descent_px = -int(font.getbbox("ẢỂ", anchor="ls")[1]) + 2, font.getmetrics()[1]
        line_px = ascent_px + descent_px
        block = self.space(line_px * len(lines))
        x_px, anchor = (MARGIN_PX, "ls") if left else (self.paper.width_px / 2, "ms")
        for row, line in enumerate(lines):
            ImageDraw.Draw(block).text((x_px, row * line_px + ascent_px), line, BLACK, font, anchor=anchor)
        return block

    def number(self, number: str) -> Image.Image:
        """One line, as large as the paper allows."""
        path = self._fonts[True]
        text = _printable(number, path)[:12]
        at_most = _font(path, self.paper.number_px)
        size_px = min(self.paper.number_px, int(self.paper.number_px * self._room_px / max(1, at_most.getlength(text))))
        font = _font(path, size_px)
        left, top, right, bottom = font.getbbox(text)
        block = self.space(int(bottom - top) + size_px // 3)
        middle = (self.paper.width_px / 2 - (left + right) / 2, size_px // 6 - top)
        ImageDraw.Draw(block).text(middle, text, BLACK, font)
        return block

    def banner(self, text: str) -> Image.Image:
        """White on black, the only such place: it cannot be overlooked."""
        inverted = ImageOps.invert(self.text(text, self.paper.text_px, bold=True, most_lines=1))
        return ImageOps.expand(ImageOps.expand(inverted, (0, 4), BLACK), (0, 0, 0, 6), WHITE)

    def code(self, text: str) -> Image.Image:
        """The slip code as QR code, level M or better, with its quiet zone."""
        import segno

        try:
            matrix = segno.make(text, error="m", micro=False).matrix
        except ValueError:
            return self._no_code()
        modules = len(matrix)
        module_px = min(MOST_MODULE_PX, self.paper.width_px // (modules + 8))
        if module_px < LEAST_MODULE_PX:
            return self._no_code()
        shades = bytes(BLACK if dark else WHITE for row in matrix for dark in row)
        dots = Image.frombytes("L", (modules, modules), shades)
        code = dots.resize((modules * module_px,) * 2, Image.Resampling.NEAREST)
        block = self.space(code.height + 8 * module_px)
        block.paste(code, ((block.width - code.width) // 2, 4 * module_px))
        return block

    def _no_code(self) -> Image.Image:
        log.error("a slip code is too long for a QR code on this paper; the ticket is printed without it")
        return self.text("(mã quá dài · code too long)", self.paper.small_px, most_lines=1)

    def rule(self) -> Image.Image:
        """A thin line across, with room above and below."""
        block = self.space(self.paper.small_px)
        middle_px = block.height // 2
        ImageDraw.Draw(block).rectangle((MARGIN_PX, middle_px, block.width - MARGIN_PX, middle_px + 1), BLACK)
        return block

    def space(self, height_px: int) -> Image.Image:
        """White paper."""
        return Image.new("L", (self.paper.width_px, height_px), WHITE)

    @property
    def _room_px(self) -> int:
        return self.paper.width_px - 2 * MARGIN_PX


def wrap(text: str, font: ImageFont.FreeTypeFont, room_px: int, most_lines: int) -> list[str]:
    """Break *text* into lines of at most *room_px*, between words where possible; the last may end in ``…``.

    Lines come out about equally long: no last line of one word.
    """
    lines = _filled(text, font, room_px)
    if len(lines) > most_lines:
        last = lines[most_lines - 1]
        while last and font.getlength(last + "…") > room_px:
            last = last[:-1]
        return [*lines[: most_lines - 1], last.rstrip() + "…"]
    longest_word_px = max((font.getlength(word) for word in text.split()), default=room_px)
    narrower_px = room_px - STEP_PX
    while narrower_px >= longest_word_px and len(closer := _filled(text, font, narrower_px)) == len(lines) > 1:
        lines, narrower_px = closer, narrower_px - STEP_PX
    return lines


def _filled(text: str, font: ImageFont.FreeTypeFont, room_px: int) -> list[str]:
    lines = [""]
    for word in text.split():
        for piece in _pieces(word, font, room_px):
            longer = f"{lines[-1]} {piece}".strip()
            if font.getlength(longer) <= room_px:
                lines[-1] = longer
            else:
                lines.append(piece)
    return lines


def _pieces(word: str, font: ImageFont.FreeTypeFont, room_px: int) -> Iterator[str]:
    piece = ""
    for letter in word:
        if piece and font.getlength(piece + letter) > room_px:
            yield piece
            piece = ""
        piece += letter
    yield piece


def _cleaned(text: str) -> str:
    """Composed letters, single spaces; no control characters, no marks that turn the direction of writing."""
    composed = unicodedata.normalize("NFC", text)
    spaced = " ".join("".join(" " if letter in "\t\n\r\x0b\x0c" else letter for letter in composed).split())
    return "".join(letter for letter in spaced if not unicodedata.category(letter).startswith("C"))


def _printable(text: str, font: str) -> str:
    return "".join(letter if _has_letter(font, letter) else _box(font) for letter in _cleaned(text))


def _box(font: str) -> str:
    return "□" if _has_letter(font, "□") else "?"


@lru_cache(maxsize=4096)
def _has_letter(path: str, letter: str) -> bool:
    if letter == " ":
        return True
    font = _font(path, 24)
    drawn, nothing = font.getmask(letter, mode="1"), font.getmask("\U0010ffff", mode="1")
    missing = drawn.size == nothing.size and bytes(drawn) == bytes(nothing)
    if missing:
        log.warning("%s has no letter U+%04X (%s); tickets carry a box instead", path, ord(letter), ascii(letter))
    return not missing


@lru_cache(maxsize=64)
def _font(path: str, size_px: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(path, size_px, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise DeviceError(f"the font {path} cannot be read: {error}") from error


def stack(blocks: list[Image.Image]) -> Image.Image:
    """*blocks* one below the other, in black and white."""
    sheet = Image.new("L", (blocks[0].width, sum(block.height for block in blocks)), WHITE)
    top = 0
    for block in blocks:
        sheet.paste(block, (0, top))
        top += block.height
    return sheet.convert("1", dither=Image.Dither.NONE)
