"""A strip of the evacuation list -> the picture that the paper carries."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image

from kiosk.devices.ticket_picture import Pen, pen, stack
from kiosk.rules.evacuation import Present, Strip

SEXES = {"M": "Nam", "F": "Nữ"}


def draw(strip: Strip, paper_mm: int, font: str, bold_font: str) -> Image.Image:
    """The strip in black and white, as wide as the print head. Raises DeviceError as ``ticket_picture.draw``."""
    return stack(list(_blocks(strip, pen(paper_mm, font, bold_font))))


def _blocks(strip: Strip, pen: Pen) -> Iterator[Image.Image]:
    paper = pen.paper
    if strip.demo:
        yield pen.banner("THỬ NGHIỆM · DEMO")
    yield pen.banner(f"SƠ TÁN · EVACUATION {strip.part}")
    yield pen.text(strip.site, paper.text_px, bold=True, most_lines=2)
    yield pen.text(f"{strip.printed} · {strip.people} người · people", paper.small_px, most_lines=2)
    for zone in strip.zones:
        yield pen.rule()
        yield pen.text(f"{zone.name}: {zone.count}", paper.text_px, bold=True, most_lines=1, left=True)
        for present in zone.people:
            yield pen.text(_line(present), paper.small_px, most_lines=2, left=True)
    yield pen.space(paper.small_px)


def _line(present: Present) -> str:
    """With a box to tick before it."""
    name = present.name or f"(không rõ tên) {present.visit}"
    known = (present.ticket, name, present.year, SEXES.get(present.sex, ""))
    return "□ " + " ".join(part for part in known if part)
