"""The panel, printer and button on the screen behave like real ones, and remember."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S
from PIL import Image, ImageChops

from kiosk.devices.base import Output, Printer, PrinterFault, PrinterStatus
from kiosk.devices.escpos_bytes import STRIP_ROWS, raster
from kiosk.devices.simulated import SimulatedButton, SimulatedPanel
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.rules.model import Announcement, Lamp, Outcome, Reason, Sound

GREETING = Announcement(Outcome.ADMITTED, Reason.WELCOME, Lamp.GREEN, Sound.OK, "Mời vào", "Welcome", hold_s=4)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("escpos")


def picture(rows: int = 300, width: int = 384) -> Image.Image:
    """Something with black and white in every strip."""
    dots = bytes(255 * ((x // 7 + y // 5) % 2) for y in range(rows) for x in range(width))
    return Image.frombytes("L", (width, rows), dots).convert("1")


def same(paper: Image.Image, drawn: Image.Image, top: int = 0) -> bool:
    part = paper.crop((0, top, drawn.width, top + drawn.height))
    return ImageChops.difference(part.convert("L"), drawn.convert("L")).getbbox() is None


class Clock:
    """A clock that goes when it is told."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_the_panel_shows_the_lamp_for_its_hold_and_the_words_longer() -> None:
    clock = Clock()
    panel = SimulatedPanel(now_s=clock)
    panel.show(GREETING)
    lit = panel.state()
    clock.now_s += 4
    dark = panel.state()
    assert (lit.lamp, lit.sound, dark.lamp, dark.announcement) == (Lamp.GREEN, Sound.OK, Lamp.OFF, GREETING)
    assert dark.change == lit.change + 1


def test_a_page_that_waits_hears_of_the_next_announcement_at_once() -> None:
    panel = SimulatedPanel()
    with ThreadPoolExecutor() as waiting:
        told = waiting.submit(panel.wait, since=0, wait_s=10 * PATIENCE_S)
        panel.show(GREETING)
        state = told.result(PATIENCE_S)
    assert (state.change, state.announcement) == (1, GREETING)


def test_a_page_that_waits_hears_of_the_lamp_going_off() -> None:
    panel = SimulatedPanel()
    panel.show(Announcement(Outcome.REFUSED, Reason.FULL, Lamp.RED, Sound.REFUSED, "", "", hold_s=0.05))
    assert panel.wait(since=panel.state().change, wait_s=30).lamp is Lamp.OFF


def test_waiting_in_vain_ends() -> None:
    assert SimulatedPanel().wait(since=0, wait_s=0.02).change == 0


def test_the_panel_is_an_output_and_goes_dark_when_closed() -> None:
    panel: Output = SimulatedPanel()
    panel.show(GREETING)
    panel.close()
    panel.close()
    assert isinstance(panel, SimulatedPanel)
    assert panel.state().lamp is Lamp.OFF


def test_the_button_calls() -> None:
    presses: list[str] = []
    SimulatedButton(lambda: presses.append("help")).press()
    assert presses == ["help"]


def test_the_paper_is_the_picture_that_was_sent(cache: Path) -> None:
    printer = SimulatedPrinter()
    printer.send(raster(picture(), cache))
    assert same(printer.papers[-1], picture())
    assert (printer.printed, printer.garbage_bytes) == (1, 0)


def test_the_latest_paper_is_shown_as_png(cache: Path) -> None:
    printer = SimulatedPrinter()
    assert printer.png() == b""
    printer.send(raster(picture(), cache))
    assert same(Image.open(BytesIO(printer.png())), picture())


@pytest.mark.parametrize("status", [PrinterStatus.PAPER_OUT, PrinterStatus.COVER_OPEN, PrinterStatus.OFFLINE])
def test_a_printer_with_a_fault_takes_nothing_and_says_why(cache: Path, status: PrinterStatus) -> None:
    printer: Printer = SimulatedPrinter()
    assert isinstance(printer, SimulatedPrinter)
    printer.set_fault(status)
    with pytest.raises(PrinterFault) as fault:
        printer.send(raster(picture(), cache))
    assert (fault.value.status, fault.value.sent, printer.status(), printer.printed) == (status, False, status, 0)


@pytest.mark.parametrize("status", [PrinterStatus.NEAR_END, PrinterStatus.UNKNOWN])
def test_a_printer_near_its_end_or_without_a_word_still_prints(cache: Path, status: PrinterStatus) -> None:
    printer = SimulatedPrinter()
    printer.set_fault(status)
    printer.send(raster(picture(), cache))
    assert printer.printed == 1


@given(after_bytes=st.integers(0, 15_000) | st.integers(0, 12))
def test_wherever_a_ticket_breaks_off_the_next_one_comes_out_whole(cache: Path, after_bytes: int) -> None:
    """The rest of a strip that broke off must not eat the beginning of the next ticket."""
    printer, drawn = SimulatedPrinter(), picture()
    printer.set_fault(PrinterStatus.PAPER_OUT, after_bytes=after_bytes)
    with pytest.raises(PrinterFault) as fault:
        printer.send(raster(drawn, cache))
    printer.set_fault()
    printer.send(raster(drawn, cache, after_fault=True))
    feed_px = 180
    paper = printer.papers[-1]
    assert fault.value.sent
    assert same(paper, drawn, paper.height - feed_px - drawn.height)
    assert printer.garbage_bytes < 3  # of a command that broke off itself


def test_without_the_zeros_it_would_not(cache: Path) -> None:
    printer, drawn = SimulatedPrinter(), picture()
    printer.set_fault(PrinterStatus.PAPER_OUT, after_bytes=3000)
    with pytest.raises(PrinterFault):
        printer.send(raster(drawn, cache))
    printer.set_fault()
    printer.send(raster(drawn, cache))
    assert printer.garbage_bytes > 0


def test_strips_are_low_enough_for_cheap_printers(cache: Path) -> None:
    data = raster(picture(rows=1000), cache)
    rows = [int.from_bytes(part[3:5], "little") for part in data.split(b"\x1dv0")[1:]]
    assert max(rows) <= STRIP_ROWS
    assert sum(rows) == 1000
    assert data.startswith(b"\x1b@")
    assert data.endswith(b"\x1bd\x06\x1dV\x00")


@given(st.binary(max_size=300))
def test_no_bytes_break_the_simulated_printer(data: bytes) -> None:
    printer = SimulatedPrinter()
    printer.send(data)
    assert printer.printed >= 0
