"""A paper with a code -> the picture that the printer takes."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image

from kiosk.devices.ticket_picture import Pen, pen, stack
from kiosk.rules.code_paper import CodePaper


def draw(paper: CodePaper, paper_mm: int, font: str, bold_font: str) -> Image.Image:
    """The paper in black and white, as wide as the print head. Raises DeviceError as ``ticket_picture.draw``."""
    return stack(list(_blocks(paper, pen(paper_mm, font, bold_font))))


def _blocks(paper: CodePaper, pen: Pen) -> Iterator[Image.Image]:
    size = pen.paper
    if paper.demo:
        yield pen.banner("THỬ NGHIỆM · DEMO")
    yield pen.banner(paper.heading)
    yield pen.text(paper.site, size.text_px, bold=True, most_lines=2)
    yield pen.text(paper.printed, size.small_px, most_lines=1)
    if paper.code:
        yield pen.code(paper.code)
    for line in paper.lines:
        yield pen.text(line, size.text_px, most_lines=4)
        yield pen.space(size.small_px // 2)
    yield pen.space(size.small_px)
