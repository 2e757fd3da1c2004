"""From settings to parts: the only place that names a concrete device."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk import boots, calling, printing
from kiosk.backup_watch import BackupWatch
from kiosk.calling import Caller
from kiosk.code_printing import CodePrinting
from kiosk.config import Settings, SourceSettings
from kiosk.correction_desk import CorrectionDesk
from kiosk.counter_desk import CounterDesk
from kiosk.desk import Desk
from kiosk.devices import clock
from kiosk.devices.base import DeviceError, Output, Printer, Source, Voice
from kiosk.devices.camera import Camera
from kiosk.devices.decoding import Decoder
from kiosk.devices.gpio import Button, Buzzer, Lamps, Relay
from kiosk.devices.keyboard import KeyboardScanner
from kiosk.devices.machine import Machine
from kiosk.devices.printer import NetworkPrinter, SerialPrinter, UsbPrinter
from kiosk.devices.serial_scanner import SerialScanner
from kiosk.devices.simulated import SimulatedPanel
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.devices.voice import Loudspeaker, SimulatedVoice
from kiosk.door import Door
from kiosk.door_process import DoorParts, DoorProcess
from kiosk.door_socket import DoorClient
from kiosk.evacuating import Evacuation
from kiosk.heartbeat import Hearts
from kiosk.helping import Helping
from kiosk.house import DATABASE, House, HouseError
from kiosk.house_desk import HouseDesk
from kiosk.list_desk import ListDesk
from kiosk.machine_watch import MachineWatch
from kiosk.noting import Notes
from kiosk.papers import render_code, render_strip, render_ticket
from kiosk.printing import Spooler
from kiosk.privacy_desk import PrivacyDesk
from kiosk.queue import Counters
from kiosk.restored import forget_asides
from kiosk.retention import purge
from kiosk.roster import clear_away
from kiosk.rules.queueing import Plan
from kiosk.signing_in import SignIns
from kiosk.store import schema
from kiosk.store.erasing import purged_through
from kiosk.store.log import Store
from kiosk.store.news import NewsListener
from kiosk.store.reading import Reader
from kiosk.store.staff import FILE as STAFF_FILE
from kiosk.store.staff import StaffBook
from kiosk.vault import Vault

if TYPE_CHECKING:
    from kiosk.web.server import WebServer

PRINTERS: dict[str, Callable[[Settings], Printer | None]] = {
    "usb": lambda settings: UsbPrinter(settings.printer.path, settings.printer.deadline_s),
    "network": lambda settings: NetworkPrinter(
        settings.printer.host, settings.printer.port, settings.printer.deadline_s
    ),
    "serial": lambda settings: SerialPrinter(settings.printer.path, settings.printer.baud, settings.printer.deadline_s),
    "simulated": lambda settings: SimulatedPrinter(),
    "none": lambda settings: None,
}
SOURCES: dict[str, Callable[[SourceSettings], Source]] = {
    "camera": lambda source: Camera(source.gate, width=source.width, height=source.height, stall_s=source.stall_s),
    "keyboard": lambda source: KeyboardScanner(source.gate, source.path),
    "serial": lambda source: SerialScanner(source.gate, source.path, baud=source.baud),
}
VOICES: dict[str, Callable[[Settings], Voice | None]] = {
    "espeak": lambda settings: Loudspeaker(
        words_per_minute=settings.voice.words_per_minute,
        clips=Path(settings.voice.clips) if settings.voice.clips else None,
        device=settings.voice.device,
    ),
    "simulated": lambda settings: SimulatedVoice(),
    "none": lambda settings: None,
}


def make_decoder(settings: Settings) -> Decoder:
    """The decoders that the settings name."""
    return Decoder(settings.decoding.decoders, settings.decoding.rescue)


def make_printer(settings: Settings, *, simulate: bool, stand_in: bool = False) -> Printer | None:
    """The printer that the settings name.

    ``auto`` is a USB printer, which may be switched on later; with *stand_in*, where none is plugged in,
    a simulated one.
    """
    kind = settings.printer.kind
    if kind == "auto":
        kind = "simulated" if stand_in and not Path(settings.printer.path).exists() else "usb"
    return PRINTERS["simulated" if simulate else kind](settings)


def make_voice(settings: Settings, *, simulate: bool) -> Voice | None:
    """The voice that the settings name."""
    return VOICES["simulated" if simulate else settings.voice.kind](settings)


def on_a_pi() -> bool:
    """Tell whether this machine is a Raspberry Pi."""
    try:
        return "Raspberry Pi" in Path("/proc/device-tree/model").read_text(encoding="utf-8")
    except OSError:
        return False


def outputs_kind(settings: Settings, *, simulate: bool) -> str:
    """``gpio``, ``simulated`` or ``none``: what stands for lamps, buzzer and button."""
    if simulate:
        return "simulated"
    if settings.outputs.kind == "auto":
        return "gpio" if on_a_pi() else "simulated"
    return settings.outputs.kind


def gpio_outputs(settings: Settings) -> dict[str, Callable[[], Output]]:
    """What is wired to a Raspberry Pi's pins, by name; a call opens its pins."""
    pins = settings.outputs
    outputs: dict[str, Callable[[], Output]] = {"lamps": partial(Lamps, pins.green_pin, pins.amber_pin, pins.red_pin)}
    if pins.buzzer_pin:
        outputs["buzzer"] = partial(Buzzer, pins.buzzer_pin)
    if pins.relay_pin:
        outputs["relay"] = partial(Relay, pins.relay_pin, pins.relay_s)
    return outputs


def make_door(house: House, *, simulate: bool, start: boots.Start = boots.AS_EVER) -> DoorProcess:
    """The whole door: outputs, printer with its spooler, scanners, socket; after what came before its *start*."""
    settings, left_out = boots.without_optional(house.settings) if start.safe else (house.settings, ())
    panel, hearts = SimulatedPanel(), Hearts()
    door = house.door(panel)
    closing: list[Callable[[], None]] = []
    if outputs_kind(settings, simulate=simulate) == "gpio":
        closing = _wire_gpio(door)
    printer = make_printer(settings, simulate=simulate, stand_in=house.vault.demo)
    spooler = (
        Spooler(
            open_db=partial(schema.connect, house.database),
            printer=printer,
            render=partial(render_ticket, settings, house.data / "escpos"),
            health=house.health,
            heart=hearts.heart("spooler", printing.BOUND_S),
        )
        if printer
        else None
    )
    if spooler:
        door.prints_with(spooler.prints_now)
    caller = _caller(house, make_voice(settings, simulate=simulate), hearts)
    open_store = partial(Store, house.database, house.vault.head_seal)
    desk = Desk(settings, open_store, door.tickets_waiting.set, demo=house.vault.demo)
    acts = _counters(settings.plan(), caller)
    machine, limits = Machine(house.data), settings.house.limits()
    watch = MachineWatch(machine, limits, house.health, desk.store, demo=house.vault.demo)
    evacuation = Evacuation(
        Reader(house.database),
        house.vault,
        settings,
        partial(render_strip, settings, house.data / "escpos"),
        spooler.print_now if spooler else None,
    )
    codes = CodePrinting(
        settings,
        partial(render_code, settings, house.data / "escpos"),
        spooler.print_now if spooler else None,
        demo=house.vault.demo,
    )
    privacy = PrivacyDesk(
        settings,
        house.vault,
        Reader(house.database),
        desk.store,
        door.recognise,
        partial(render_code, settings, house.data / "escpos"),
        spooler.print_now if spooler else None,
        door.tickets_waiting.set,
    )
    counters = CounterDesk(acts, desk.store, door.pseudonyms_of, door.tempos, door.make_room)
    corrections = CorrectionDesk(settings, desk.store, door.make_room)
    sources = [] if simulate else [SOURCES[source.kind](source) for source in settings.sources]
    of_house = HouseDesk(settings, desk.store, door.tickets_waiting.set, demo=house.vault.demo)
    lists = ListDesk(settings, house.data)
    house.health.begin(_wired(door, sources, printer, caller), over=boots.LEFT_OUT)
    for name in left_out:
        house.health.failed(name, boots.LEFT_OUT)
    return DoorProcess(
        DoorParts(
            door,
            house.data,
            panel,
            partial(make_decoder, settings),
            sources,
            spooler,
            printer if isinstance(printer, SimulatedPrinter) else None,
            partial(_purge, house),
            [*closing, desk.close, lists.close],
            caller,
            (
                desk,
                counters,
                corrections,
                evacuation,
                Helping(door, desk.store),
                Notes(desk.store),
                of_house,
                codes,
                privacy,
                lists,
            ),
            {"queue": counters.keep_house, "machine": watch.look, **BackupWatch(settings, house.data).chores()},
            hearts,
            patient=start.patient,
        )
    )


def _wired(door: Door, sources: Sequence[Source], printer: Printer | None, caller: Caller | None) -> set[str]:
    """The names by which the devices that are wired tell of themselves."""
    wired = {output.name for output in door.outputs} | {source.name for source in sources}
    if printer:
        wired |= {printer.name, "paper", "spool"}
    if caller:
        wired.add(caller.voice.name)
    if "lamps" in wired and door.settings.outputs.button_pin:
        wired.add("button")
    return wired


def _counters(plan: Plan, caller: Caller | None) -> Counters:
    """The counters, whose calls are said by *caller* where there is one."""
    return Counters(plan, caller.called, caller.withdrawn) if caller else Counters(plan)


def _caller(house: House, voice: Voice | None, hearts: Hearts) -> Caller | None:
    if voice is None:
        return None
    own, zone, heart = house.settings.voice, house.settings.zone, hearts.heart("caller", calling.BOUND_S)
    return Caller(
        voice, own.languages, own.manner(zone), now_ms=lambda: clock.now().wall_ms, health=house.health, heart=heart
    )


def _purge(house: House) -> int:
    """Erase what was kept long enough, and lists that are over, beside the door: with a connection of its own."""
    store = Store(house.database, house.vault.head_seal)
    try:
        erased = purge(store, clock.now(), house.settings.site.keep_days)
        clear_away(store, house.data)
        forget_asides(house.data, purged_through(store.db))
        return erased
    finally:
        store.close()


def _wire_gpio(door: Door) -> list[Callable[[], None]]:
    door.outputs += [make() for make in gpio_outputs(door.settings).values()]
    button_pin = door.settings.outputs.button_pin
    if not button_pin:
        return []
    gate = door.settings.gate()
    try:
        return [Button(button_pin, lambda: door.call_for_help(gate, clock.now())).close]
    except DeviceError as error:
        door.health.failed("button", str(error))
        return []


def make_web(
    settings: Settings, data: Path, vault: Vault, reader: Reader, host: str, sockets: Mapping[str, socket.socket]
) -> WebServer:
    """The pages, listening on *host* and the settings' port. Raises HouseError where the port is taken.

    Of *sockets* that were handed to this process, ``pages`` and ``tablets`` are listened on instead.
    """
    from kiosk.web.context import WebContext  # flask and waitress are for the process that serves pages
    from kiosk.web.front import Front
    from kiosk.web.guard import HEADERS
    from kiosk.web.server import serve

    news = NewsListener(data, data / DATABASE)
    tablets = sockets.get("tablets")
    front = Front(settings, data, HEADERS, lambda: clock.now().wall_ms, tablets) if settings.web.address else None
    try:
        sign_ins = SignIns(StaffBook(data / STAFF_FILE), settings, clock.now)
        context = WebContext(settings, reader, vault, DoorClient(data), news, sign_ins, front)
        return serve(context, host, settings.web.port, sockets.get("pages"))
    except OSError as error:
        news.close()
        raise HouseError(f"the pages cannot listen on port {settings.web.port}: {error.strerror}") from error
