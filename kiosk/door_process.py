"""The door at work: scanners, printer, socket and house work, each in a thread of one process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from kiosk.calling import Caller
from kiosk.devices import clock, pictures
from kiosk.devices.base import DeviceError, Output, PrinterStatus, Source
from kiosk.devices.decoding import Decoder
from kiosk.devices.frames import Frame
from kiosk.devices.simulated import SimulatedPanel
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.door import Door, NobodyWaits
from kiosk.door_socket import DoorServer, Handler, Message, RequestError, number_of
from kiosk.rules import identity, messages
from kiosk.rules.credentials import NOTHING_FOUND
from kiosk.rules.model import Announcement, Gate, Moment, Outcome, Person, Reading, Reason
from kiosk.store.schema import StoreError
from kiosk.vault import VaultError

log = logging.getLogger(__name__)

HOUSE_WORK_S = 10.0
PURGE_S = 3600.0
REOPEN_S = 3.0
LONGEST_WAIT_S = 25.0


class Thread(Protocol):
    """What the door starts and stops with itself: the printer's spooler."""

    def start(self) -> None:
        """Begin to work."""

    def wake(self) -> None:
        """Look at once whether there is something to do."""

    def stop(self) -> None:
        """End the work, and wait for it."""


class Desk(Protocol):
    """What takes requests of staff: by name, for the socket."""

    def handlers(self) -> dict[str, Handler]:
        """What the socket can be asked."""

    def keep_house(self, now: Moment) -> None:
        """What comes with time. Raises StoreError."""

    def close(self) -> None:
        """End the work."""


@dataclass(slots=True)
class DoorParts:
    """Everything a door works with; *decoder* makes a decoder for one camera."""

    door: Door
    data: Path
    panel: SimulatedPanel
    decoder: Callable[[], Decoder]
    sources: Sequence[Source] = ()
    spooler: Thread | None = None
    printer: SimulatedPrinter | None = None
    purge: Callable[[], int] = lambda: 0
    closing: list[Callable[[], None]] = field(default_factory=list)
    caller: Caller | None = None
    desks: Sequence[Desk] = ()


class DoorProcess:
    """Runs a door until ``stop`` or until a device that it cannot do without is gone."""

    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts
        self._door = parts.door
        self._caller = parts.caller
        self._stopped = threading.Event()
        self._fault = ""
        self._still = parts.decoder()
        self._live = parts.decoder()
        self._live_lock = threading.Lock()
        self._server = DoorServer(parts.data, self._handlers())

    def run(self) -> str:
        """Work until stopped; returns the sentence of what ended it, empty when asked to stop."""
        parts = self._parts
        self._door.keep_house(clock.now())
        if parts.spooler:
            parts.spooler.start()
        if parts.caller:
            parts.caller.start()
        for source in parts.sources:
            threading.Thread(target=self._read, args=(source,), name=source.name, daemon=True).start()
        threading.Thread(target=self._wake_printer, name="wake-printer", daemon=True).start()
        threading.Thread(target=self._purge, name="purge", daemon=True).start()
        while not self._stopped.wait(HOUSE_WORK_S):
            self._door.keep_house(clock.now())
            self._keep_desks()
        self._close()
        return self._fault

    def stop(self, fault: str = "") -> None:
        """Ask ``run`` to return, with *fault* as its sentence."""
        self._fault = self._fault or fault
        self._stopped.set()
        self._door.tickets_waiting.set()

    def _close(self) -> None:
        self._server.close()
        if self._caller:
            self._caller.stop()
        if self._parts.spooler:
            self._parts.spooler.stop()
        for output in self._door.outputs:
            output.close()
        for desk in self._parts.desks:
            desk.close()
        for close in self._parts.closing:
            close()

    def _keep_desks(self) -> None:
        for desk in self._parts.desks:
            try:
                desk.keep_house(clock.now())
                self._door.health.works("queue")
            except StoreError as error:
                self._door.health.failed("queue", str(error))

    def _purge(self) -> None:
        """Every hour, so that what is announced as deleted is deleted, whenever the kiosk is on."""
        while not self._stopped.wait(HOUSE_WORK_S):
            try:
                self._parts.purge()
                self._door.health.works("purge")
            except (StoreError, VaultError) as error:
                self._door.health.failed("purge", str(error))
            self._stopped.wait(PURGE_S)

    def _wake_printer(self) -> None:
        while not self._stopped.is_set():
            self._door.tickets_waiting.wait()
            self._door.tickets_waiting.clear()
            if self._parts.spooler:
                self._parts.spooler.wake()

    def _read(self, source: Source) -> None:
        gate = self._door.settings.gate(source.gate)
        present_text = partial(self._present_text, gate, source.name)
        deliver = self._frame_reader(gate) if source.name == "camera" else present_text
        while not self._stopped.is_set():
            try:
                source.run(deliver, self._stopped)
            except DeviceError as error:
                self._door.health.failed(source.name, str(error))
                if source.name == "camera":
                    self.stop(str(error))
            except Exception as error:
                log.exception("%s broke", source.name)
                self.stop(f"{source.name} broke: {error}")
            self._stopped.wait(REOPEN_S)

    def _frame_reader(self, gate: Gate) -> Callable[[Frame], None]:
        decoder = self._parts.decoder()

        def read(frame: Frame) -> None:
            started = time.perf_counter()
            codes = [code.data for code in decoder.decode_live(frame, self._door.names_somebody)]
            if codes:
                decode_ms = (time.perf_counter() - started) * 1000
                self._door.present_all(codes, gate, Reading(codes[0], "camera", clock.now(), decode_ms=decode_ms))

        return read

    def _present_text(self, gate: Gate, source: str, data: bytes) -> None:
        self._door.health.works(source)
        self._door.present([data], gate, Reading(data, source, clock.now()))

    def _handlers(self) -> dict[str, Handler]:
        return {
            "present_text": self._answer_text,
            "present_picture": self._answer_picture,
            "panel": self._answer_panel,
            "ticket_png": self._answer_ticket,
            "set_printer_fault": self._answer_fault,
            "press_button": self._answer_button,
            "let_in": self._answer_let_in,
            "accompany": self._answer_accompany,
            "try_device": self._answer_try,
        } | {name: handler for desk in self._parts.desks for name, handler in desk.handlers().items()}

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
        state = self._parts.panel.wait(int(number_of(message, "since", -1)), wait_s)
        printed = self._parts.printer.printed if self._parts.printer else 0
        return {"change": state.change, "lamp": state.lamp, "printed": printed} | _words(state.announcement), b""

    def _answer_ticket(self, _: Message, __: bytes) -> tuple[Message, bytes]:
        return {}, self._parts.printer.png() if self._parts.printer else b""

    def _answer_fault(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        if self._parts.printer is None:
            return {"error": "the printer is a real one; faults can be set on a simulated printer only"}, b""
        status = message.get("status")
        if status not in list(PrinterStatus):  # a list: what was sent may have no hash
            raise RequestError(f"status must be one of {', '.join(PrinterStatus)}, not {status!r}")
        self._parts.printer.set_fault(PrinterStatus(status))
        self._door.tickets_waiting.set()
        return {"status": self._parts.printer.status()}, b""

    def _answer_button(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        self._door.call_for_help(self._door.settings.gate(message.get("gate", "")), clock.now())
        return {}, b""

    def _answer_let_in(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        try:
            scan = self._door.let_in(int(number_of(message, "sequence", 0)), clock.now())
        except NobodyWaits as error:
            raise RequestError(str(error)) from error
        return scan.as_json(self._door.settings.zone), b""

    def _answer_accompany(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        gate = self._door.settings.gate(message.get("gate", ""))
        name, birth = str(message.get("name", "")), str(message.get("birth", ""))
        person = Person(identity.clean_name(name), identity.parse_date(birth))
        try:
            scan = self._door.accompany(int(number_of(message, "visit", 0)), person, gate, clock.now())
        except NobodyWaits as error:
            raise RequestError(str(error)) from error
        return scan.as_json(self._door.settings.zone), b""

    def _answer_try(self, message: Message, _: bytes) -> tuple[Message, bytes]:
        tries: dict[str, Callable[[], bool]] = {
            output.name: partial(_try_output, output) for output in self._door.outputs
        }
        if self._caller:
            tries[self._caller.voice.name] = self._caller.try_once
        name = str(message.get("name"))
        if name not in tries:
            return {"error": f"there is no device {name!r}; there are: {', '.join(tries)}"}, b""
        return {"name": name, "tried": tries[name]()}, b""


def _try_output(output: Output) -> bool:
    output.show(messages.announcement(Outcome.ASK_STAFF, Reason.HELP))
    return True


def _words(announcement: Announcement | None) -> Message:
    if announcement is None:
        return {"outcome": None, "reason": None, "vi": "", "en": "", "ticket": "", "holder": "", "place": 0}
    return {
        "outcome": announcement.outcome,
        "reason": announcement.reason,
        "sound": announcement.sound,
        "vi": announcement.vi,
        "en": announcement.en,
        "ticket": announcement.ticket,
        "holder": announcement.holder,
        "place": announcement.place,
    }
