"""Papers as the bytes that a printer takes; what draws one is loaded with the first of its kind."""

from __future__ import annotations

from pathlib import Path

from kiosk.config import Settings
from kiosk.rules.code_paper import CodePaper
from kiosk.rules.evacuation import Strip
from kiosk.rules.model import Ticket


def render_ticket(settings: Settings, cache: Path, ticket: Ticket) -> bytes:
    """The bytes a printer takes for *ticket*. A copy follows a fault, which may have broken off a strip."""
    from kiosk.devices.escpos_bytes import raster
    from kiosk.devices.ticket_picture import draw

    printer = settings.printer
    picture = draw(ticket, printer.paper_mm, printer.font, printer.bold_font)
    return raster(picture, cache, after_fault=ticket.copy)


def render_strip(settings: Settings, cache: Path, strip: Strip) -> bytes:
    """The bytes a printer takes for a *strip* of the evacuation list."""
    from kiosk.devices.escpos_bytes import raster
    from kiosk.devices.list_picture import draw

    printer = settings.printer
    return raster(draw(strip, printer.paper_mm, printer.font, printer.bold_font), cache)


def render_code(settings: Settings, cache: Path, paper: CodePaper) -> bytes:
    """The bytes a printer takes for a *paper* with a code that is not for the exit."""
    from kiosk.devices.code_picture import draw
    from kiosk.devices.escpos_bytes import raster

    printer = settings.printer
    return raster(draw(paper, printer.paper_mm, printer.font, printer.bold_font), cache)
