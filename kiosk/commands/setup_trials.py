"""What the set-up tries: each device by the settings as they would be, with what was seen of it in both languages."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from kiosk.config import Settings
from kiosk.config.devices import SourceSettings
from kiosk.devices import clock
from kiosk.devices.base import DeviceError, Printer
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.papers import render_code
from kiosk.rules.code_paper import CodePaper, trial_paper
from kiosk.rules.model import Lamp, Sound
from kiosk.rules.ticket import local_time
from kiosk.rules.trial import trial
from kiosk.wiring import SOURCES, gpio_outputs, make_decoder, make_printer, outputs_kind

PATIENCE_S = 20.0
LAMP_S = 1.0
NO_PRINTER = "không thấy máy in · no printer is plugged in"
NO_CODE = "không đọc được mã nào · no code was read"


def trials(data: Path) -> dict[str, Callable[[Settings], str]]:
    """What can be tried on this machine; *data* is where pictures are kept for a moment."""
    possible: dict[str, Callable[[Settings], str]] = {
        "printer": partial(_try_printer, data),
        "scanner": _try_scanner,
        "camera": _try_camera,
    }
    if outputs_kind(Settings(), simulate=False) == "gpio":
        possible["lamps"] = _try_lamps
    return possible


def real_printer(settings: Settings) -> Printer:
    """The printer that is there. Raises DeviceError where none is."""
    printer = make_printer(settings, simulate=False)
    of_file = settings.printer.kind in ("auto", "usb", "serial")
    if printer is None or isinstance(printer, SimulatedPrinter):
        raise DeviceError(NO_PRINTER)
    if of_file and not Path(settings.printer.path).exists():
        raise DeviceError(NO_PRINTER)
    return printer


def print_paper(data: Path, settings: Settings, paper: CodePaper) -> None:
    """*paper* on the printer. Raises DeviceError."""
    real_printer(settings).send(render_code(settings, data / "escpos", paper))


def _try_printer(data: Path, settings: Settings) -> str:
    print_paper(data, settings, trial_paper(settings.site.name, local_time(clock.now().wall_ms, settings.zone)))
    return "phiếu thử đã in · a test ticket was printed"


def _try_scanner(settings: Settings) -> str:
    source = next((one for one in settings.sources if one.kind != "camera"), None)
    if source is None:
        raise DeviceError("hãy đánh dấu rằng có máy quét · tick first that there is one")
    codes: list[bytes] = []
    _run(source, lambda text: codes.append(text), lambda: bool(codes))
    if not codes:
        raise DeviceError(NO_CODE)
    return f"mã {len(codes[0])} ký tự · a code of {len(codes[0])} characters"


def _try_camera(settings: Settings) -> str:
    source = next((one for one in settings.sources if one.kind == "camera"), None)
    if source is None:
        raise DeviceError("hãy đánh dấu rằng có camera · tick first that there is one")
    decoder, frames, codes = make_decoder(settings), [0], list[bytes]()

    def look(frame: Any) -> None:
        frames[0] += 1
        codes.extend(code.data for code in decoder.decode_live(frame, lambda code: True))

    _run(source, look, lambda: bool(codes))
    if codes:
        return f"mã {len(codes[0])} ký tự · a code of {len(codes[0])} characters"
    if not frames[0]:
        raise DeviceError("không có hình · no picture came")
    return "có hình, chưa thấy mã · pictures come; no code was shown"


def _run(source: SourceSettings, deliver: Callable[[Any], None], done: Callable[[], bool]) -> None:
    """Let *source* deliver until it is *done*, for PATIENCE_S at most. Raises DeviceError."""
    stop = threading.Event()
    timer = threading.Timer(PATIENCE_S, stop.set)
    timer.start()

    def take(what: Any) -> None:
        deliver(what)
        if done():
            stop.set()

    try:
        SOURCES[source.kind](source).run(take, stop)
    finally:
        timer.cancel()


def _try_lamps(settings: Settings) -> str:
    outputs = [make() for name, make in gpio_outputs(settings).items() if name != "relay"]
    try:
        for lamp, sound in ((Lamp.GREEN, Sound.OK), (Lamp.AMBER, Sound.ASK), (Lamp.RED, Sound.REFUSED)):
            for output in outputs:
                output.show(trial(lamp, sound))
            time.sleep(LAMP_S)
    finally:
        for output in outputs:
            with suppress(DeviceError):
                output.close()
    return "các chân đều trả lời · their pins answer; did all three light up?"
