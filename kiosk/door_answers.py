"""What pages and commands ask of the door, as its socket takes it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

from kiosk.calling import Caller
from kiosk.devices import clock, pictures
from kiosk.devices.base import Output, PrinterStatus
from kiosk.devices.decoding import Decoder
from kiosk.devices.simulated import SimulatedPanel
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.devices.viewfinder import Viewfinder
from kiosk.door import Door
from kiosk.door_socket import Handler, Message, RequestError, number_of
from kiosk.rules.credentials import NOTHING_FOUND
from kiosk.rules.model import Announcement, Lamp, Reading, Sound
from kiosk.rules.trial import trial

LONGEST_WAIT_S = 25.0


class DoorAnswers:
    """Answers for *door*; *caller* says a test.

    *panel*, the gates' *viewfinders* and a simulated *printer* show what people see.
    """

    def __init__(
        self,
        door: Door,
        panel: SimulatedPanel,
        decoder: Callable[[], Decoder],
        viewfinders: Mapping[str, Viewfinder],
        printer: SimulatedPrinter | None = None,
        caller: Caller | None = None,
    ) -> None:
        self._door = door
        self._panel = panel
        self._printer = printer
        self._caller = caller
        self._viewfinders = viewfinders
        self._still = decoder()
        self._live = decoder()
        self._live_lock = threading.Lock()

    def handlers(self) -> dict[str, Handler]:
        """What the socket can be asked, by name."""
        return {
            "present_text": self._answer_text,
            "present_picture": self._answer_picture,
            "panel": self._answer_panel,
            "viewfinder": self._answer_viewfinder,
            "ticket_png": self._answer_ticket,
            "set_printer_fault": self._answer_fault,
            "press_button": self._answer_button,
            "try_device": self._answer_try,
        }

    def _answer_text(self, message: Message, payload: bytes) -> tuple[Message, bytes]:
        gate = self._door.settings.gate(message.get("gate", ""))
        typed = bool(message.get("typed"))
        reading = Reading(payload, "typed" if typed else "page", clock.now(), typed=typed)
        return self._door.present([payload], gate, reading).as_json(self._door.settings.zone), b""

    def _answer_picture(self, message: Message, payload: bytes) -> tuple[Message, bytes]:
        gate = self._door.settings.gate(message.get("gate", ""))
        started = time.perf_counter()
        frame = pictures.frame_from_image_bytes(payload)
        if message.get("live"):
            with self._live_lock:
                codes = [code.data for code in self._live.decode_live(frame, self._door.names_somebody)]
        else:
            codes = [code.data for code in self._still.decode_still(frame, self._door.names_somebody)]
        decode_ms = (time.perf_counter() - started) * 1000
        self._viewfinders[gate.id].offer(frame)
        if not codes:
            answer = {"source": "page", "kind": NOTHING_FOUND.kind, "check": NOTHING_FOUND.check, "outcome": None}
            return answer | {"detail": NOTHING_FOUND.detail, "ms": {"decode": round(decode_ms, 3)}}, b""
        reading = Reading(codes[0], "page", clock.now(), decode_ms=decode_ms)
        first, *others = (
            scan.as_json(self._door.settings.zone) for scan in self._door.present_all(codes, gate, reading)
        )
        return (first | {"others": others} if others else first), b""

    def _answer_panel(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        wait_s = min(max(0.0, number_of(message, "wait_s", 0)), LONGEST_WAIT_S)
        gate = message.get("gate") and self._door.settings.gate(message["gate"]).id
        state = self._panel.wait(int(number_of(message, "since", -1)), wait_s, gate or "")
        printed = self._printer.printed if self._printer else 0
        return {"change": state.change, "lamp": state.lamp, "printed": printed} | _words(state.announcement), b""

    def _answer_viewfinder(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        wait_s = min(max(0.0, number_of(message, "wait_s", 0)), LONGEST_WAIT_S)
        viewfinder = self._viewfinders[self._door.settings.gate(message.get("gate", "")).id]
        sight = viewfinder.look(int(number_of(message, "since", 0)), wait_s)
        return {"number": sight.number, "aiming": sight.aiming}, sight.jpeg

    def _answer_ticket(self, _: Message, __: bytes) -> tuple[Message, bytes]:
        return {}, self._printer.png() if self._printer else b""

    def _answer_fault(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        if self._printer is None:
            return {"error": "the printer is a real one; faults can be set on a simulated printer only"}, b""
        status = message.get("status")
        if status not in list(PrinterStatus):  # a list: what was sent may have no hash
            raise RequestError(f"status must be one of {', '.join(PrinterStatus)}, not {status!r}")
        self._printer.set_fault(PrinterStatus(status))
        self._door.tickets_waiting.set()
        return {"status": self._printer.status()}, b""

    def _answer_button(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        self._door.call_for_help(self._door.settings.gate(message.get("gate", "")), clock.now())
        return {}, b""

    def _answer_try(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        tries: dict[str, Callable[[], bool]] = {
            output.name: partial(_try_output, output, _test(message)) for output in self._door.outputs
        }
        if self._caller:
            tries[self._caller.voice.name] = self._caller.try_once
        name = str(message.get("name"))
        if name not in tries:
            return {"error": f"there is no device {name!r}; there are: {', '.join(tries)}"}, b""
        return {"name": name, "tried": tries[name]()}, b""


def _try_output(output: Output, test: Announcement) -> bool:
    output.show(test)
    return True


def _test(message: Message) -> Announcement:
    lamp, sound = message.get("lamp", Lamp.AMBER), message.get("sound", Sound.ASK)
    if lamp not in list(Lamp) or sound not in list(Sound):  # lists: what was sent may have no hash
        raise RequestError(f"lamp must be one of {', '.join(Lamp)}, and sound one of {', '.join(Sound)}")
    return trial(Lamp(lamp), Sound(sound))


def _words(announcement: Announcement | None) -> Message:
    if announcement is None:
        return dict.fromkeys(_SAID, "") | {
            "outcome": None,
            "reason": None,
            "sound": Sound.NONE,
            "place": 0,
            "hold_s": 0,
        }
    return {name: getattr(announcement, name) for name in _SAID}


_SAID = ("outcome", "reason", "sound", "vi", "en", "ticket", "holder", "place", "hold_s")
