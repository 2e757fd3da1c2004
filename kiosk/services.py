"""From settings to the services: door, pages and sync, each put together from its parts."""

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
from kiosk.config import Settings
from kiosk.correction_desk import CorrectionDesk
from kiosk.counter_desk import CounterDesk
from kiosk.desk import Desk
from kiosk.devices import clock
from kiosk.devices.base import Printer, Source, Voice
from kiosk.devices.machine import Machine
from kiosk.devices.simulated import SimulatedPanel
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.door import Door
from kiosk.door_process import DoorParts, DoorProcess
from kiosk.door_socket import DoorClient
from kiosk.evacuating import Evacuation
from kiosk.fetching_down import FetchDown
from kiosk.heartbeat import Hearts
from kiosk.helping import Helping
from kiosk.house import House, HouseError
from kiosk.house_desk import HouseDesk
from kiosk.hub_lists import HubLists
from kiosk.joined import waiting_hub
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
from kiosk.store.schema import DATABASE
from kiosk.store.staff import FILE as STAFF_FILE
from kiosk.store.staff import StaffBook
from kiosk.sync_round import Round
from kiosk.sync_watch import SyncWatch
from kiosk.taking_down import TakingDown
from kiosk.vault import Vault
from kiosk.wiring import SOURCES, make_decoder, make_printer, make_voice, outputs_kind, wire_gpio

if TYPE_CHECKING:
    from kiosk.web.server import WebServer


def make_door(house: House, *, simulate: bool, start: boots.Start = boots.AS_EVER) -> DoorProcess:
    """The whole door: outputs, printer with its spooler, scanners, socket; after what came before its *start*."""
    settings, left_out = boots.without_optional(house.settings) if start.safe else (house.settings, ())
    panel, hearts = SimulatedPanel(), Hearts()
    door = house.door(panel)
    closing: list[Callable[[], None]] = []
    if outputs_kind(settings, simulate=simulate) == "gpio":
        closing = wire_gpio(door)
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
    down = TakingDown(settings, house.data, desk.store, HubLists(lists.handlers()["lists"]), door.believe, house.health)
    down.begin()
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
                down,
            ),
            {
                "queue": counters.keep_house,
                "machine": watch.look,
                "orders": down.look,
                "sync": SyncWatch(settings, house.data, Reader(house.database)).look,
                **BackupWatch(settings, house.data).chores(),
            },
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
        hub = waiting_hub(house.data, house.settings, store.db)
        erased = purge(store, clock.now(), house.settings.site.keep_days, waiting=hub)
        clear_away(store, house.data)
        forget_asides(house.data, purged_through(store.db))
        return erased
    finally:
        store.close()


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


def make_round(
    settings: Settings, data: Path, vault: Vault, reader: Reader, go_on: Callable[[], bool] = lambda: True
) -> Round:
    """What a kiosk asks of its hub and tells it, again and again; between requests it ends where it may not *go_on*."""
    return Round(settings, data, vault, reader, clock.now, (FetchDown(data),), go_on)
