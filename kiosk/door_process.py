"""The door at work: scanners, printer, socket and house work, each in a thread of one process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from kiosk.calling import Caller
from kiosk.devices import clock
from kiosk.devices.base import DeviceError, Source
from kiosk.devices.decoding import Decoder
from kiosk.devices.frames import Frame
from kiosk.devices.simulated import SimulatedPanel
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.devices.viewfinder import Viewfinder
from kiosk.door import Door
from kiosk.door_answers import DoorAnswers
from kiosk.door_server import DoorServer
from kiosk.door_socket import Handler
from kiosk.heartbeat import Heart, Hearts, Keeper
from kiosk.rules.model import Gate, Moment, Reading

log = logging.getLogger(__name__)

HOUSE_WORK_S = 10.0
PURGE_S = 3600.0
REOPEN_S = 3.0
CAMERA_AGAIN_S = 30.0
ENDING_S = 10.0  # for house work in hand

# How long each may give no sign of life. A camera may take 90 s to open and is restarted by its own reader before.
SOURCE_BOUND_S = 60.0
CAMERA_BOUND_S = 120.0
HOUSE_BOUND_S = 120.0
PURGE_BOUND_S = 3 * PURGE_S


class Thread(Protocol):
    """What the door starts and stops with itself: the printer's spooler."""

    def start(self) -> None:
        """Begin to work."""

    def wake(self) -> None:
        """Look at once whether there is something to do."""

    def stop(self) -> None:
        """End the work, and wait for it."""


class Answers(Protocol):
    """What answers on the socket."""

    def handlers(self) -> dict[str, Handler]:
        """What it can be asked, by name."""


@dataclass(slots=True)
class DoorParts:
    """Everything a door works with; *decoder* makes a decoder for one camera.

    *chores* come with time; the name of one is what does not work when it fails. A camera that does not work ends
    the process, for a fresh one may have it; where that was no help the door is *patient* and goes on without.
    """

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
    answers: Sequence[Answers] = ()
    chores: Mapping[str, Callable[[Moment], object]] = field(default_factory=dict)
    hearts: Hearts = field(default_factory=Hearts)
    patient: bool = False


class DoorProcess:
    """Runs a door until ``stop`` or until a device that it cannot do without is gone."""

    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts
        self._door = parts.door
        self._caller = parts.caller
        self._stopped = threading.Event()
        self._fault = ""
        self._viewfinders = {gate.id: Viewfinder() for gate in self._door.settings.gates}
        answers = DoorAnswers(self._door, parts.panel, parts.decoder, self._viewfinders, parts.printer, parts.caller)
        everyone: list[Answers] = [answers, *parts.answers]
        handlers = {name: do for one in everyone for name, do in one.handlers().items()}
        self._server = DoorServer(parts.data, handlers, parts.hearts)

    def run(self, ready: Callable[[], None] = lambda: None) -> str:
        """Work until stopped; returns the sentence of what ended it, empty when asked to stop.

        Calls *ready* once people can be served. The thread that calls this does no work: it looks whether others do.
        """
        parts = self._parts
        self._door.keep_house(clock.now())
        if parts.spooler:
            parts.spooler.start()
        if parts.caller:
            parts.caller.start()
        for source in parts.sources:
            bound_s = CAMERA_BOUND_S if source.name == "camera" else SOURCE_BOUND_S
            self._begin(partial(self._read, source), source.name, bound_s)
        threading.Thread(target=self._wake_printer, name="wake-printer", daemon=True).start()
        self._begin(self._purge, "purge", PURGE_BOUND_S)
        house = self._begin(self._keep_house, "house work", HOUSE_BOUND_S)
        ready()
        Keeper(parts.hearts).keep(self._stopped, "the door is open")
        house.join(ENDING_S)
        self._close()
        return self._fault

    def _begin(self, work: Callable[[Heart], None], name: str, bound_s: float) -> threading.Thread:
        heart = self._parts.hearts.heart(name, bound_s)
        thread = threading.Thread(target=work, args=(heart,), name=name, daemon=True)
        thread.start()
        return thread

    def stop(self, fault: str = "") -> None:
        """Ask ``run`` to return, with *fault* as its sentence."""
        self._fault = self._fault or fault
        self._stopped.set()
        self._parts.hearts.stop()
        self._door.tickets_waiting.set()

    def _close(self) -> None:
        self._server.close()
        if self._caller:
            self._caller.stop()
        if self._parts.spooler:
            self._parts.spooler.stop()
        for output in self._door.outputs:
            output.close()
        for close in self._parts.closing:
            close()

    def _keep_house(self, heart: Heart) -> None:
        while not heart.wait(HOUSE_WORK_S):
            try:
                self._door.keep_house(clock.now())
            except Exception as error:
                log.exception("house work failed")
                self.stop(f"house work failed: {error}")
            self._do_chores()

    def _do_chores(self) -> None:
        for name, chore in self._parts.chores.items():
            try:
                chore(clock.now())
                self._door.health.works(name)
            except Exception as error:  # noqa: BLE001  # the door goes on, whatever is broken behind it
                self._door.health.failed(name, str(error))

    def _purge(self, heart: Heart) -> None:
        """Every hour, so that what is announced as deleted is deleted, whenever the kiosk is on."""
        while not heart.wait(HOUSE_WORK_S):
            try:
                self._parts.purge()
                self._door.health.works("purge")
            except Exception as error:  # noqa: BLE001  # a thread that ends here would keep everything for ever
                self._door.health.failed("purge", str(error))
            heart.wait(PURGE_S)

    def _wake_printer(self) -> None:
        while not self._stopped.is_set():
            self._door.tickets_waiting.wait()
            self._door.tickets_waiting.clear()
            if self._parts.spooler:
                self._parts.spooler.wake()

    def _read(self, source: Source, heart: Heart) -> None:
        gate = self._door.settings.gate(source.gate)
        present_text = partial(self._present_text, gate, source.name)
        take = self._frame_reader(gate) if source.name == "camera" else present_text

        def deliver(what: Any) -> None:
            self._door.health.works(source.name)
            take(what)

        while not heart.is_set():
            try:
                source.run(deliver, heart)
            except DeviceError as error:
                self._door.health.failed(source.name, str(error))
                if source.name == "camera" and self._parts.patient:
                    heart.wait(CAMERA_AGAIN_S)
                elif source.name == "camera":
                    self.stop(str(error))
            except Exception as error:
                log.exception("%s broke", source.name)
                self.stop(f"{source.name} broke: {error}")
            heart.wait(REOPEN_S)

    def _frame_reader(self, gate: Gate) -> Callable[[Frame], None]:
        decoder, viewfinder = self._parts.decoder(), self._viewfinders[gate.id]

        def read(frame: Frame) -> None:
            started = time.perf_counter()
            codes = [code.data for code in decoder.decode_live(frame, self._door.names_somebody)]
            if codes:
                decode_ms = (time.perf_counter() - started) * 1000
                self._door.present_all(codes, gate, Reading(codes[0], "camera", clock.now(), decode_ms=decode_ms))
            viewfinder.offer(frame)

        return read

    def _present_text(self, gate: Gate, source: str, data: bytes) -> None:
        self._door.present([data], gate, Reading(data, source, clock.now()))
