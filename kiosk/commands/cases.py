"""Where a case is opened and asked: on this kiosk's own log, at a hub, or over a lake that this machine reaches."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.commands import CommandError, Context, UsageError
from kiosk.commands.hub_asking import asking, sign_out, signed_in
from kiosk.devices import clock
from kiosk.door_socket import DoorAway, DoorClient, DoorRefused
from kiosk.house import look_into_vault, open_house
from kiosk.hub.house import DATABASE as HUB_DATABASE
from kiosk.hub.house import HubHouse
from kiosk.hub.register import HouseRegister
from kiosk.lake.duck import DuckEngine
from kiosk.retention import local_time
from kiosk.rules.contact_words import Said
from kiosk.rules.entries import EntryKind
from kiosk.rules.openings import SENTENCES, Fault, Opening, OpeningFault, State
from kiosk.rules.staff_acts import LONGEST_TEXT, StaffAct, staff_body
from kiosk.rules.tracing import Scope, Sealed
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from kiosk.tracing import remote
from kiosk.tracing.asking import Case, case_of
from kiosk.tracing.case import HubRegister, LogRegister, ReadBy, RunningCase
from kiosk.tracing.console import Console
from kiosk.tracing.desk import Begun, NotAllowed, Typed
from kiosk.tracing.own_log import OwnLog
from kiosk.tracing.people import Opener
from kiosk.tracing.today import TodayOpener
from kiosk.vault import read_private_key
from kiosk.vault.linking import KeyRing

BY = "terminal"
HOUR_MS = 3_600_000
LAKE, EMBEDDED = "lake", "duckdb"
ONLY_TODAY = Said(
    "Không có khóa truy vết thì chỉ hỏi được hôm nay: --key FILE cho những ngày trước.",
    "Without the tracing key only today can be asked about: --key FILE for earlier days.",
)

EVER = Scope(0, 1 << 62)

Begin = Callable[[Typed], Begun]


def here(context: Context, arguments: argparse.Namespace) -> Begin:
    """Cases on the log in the data directory: today by itself, earlier days with the key."""
    if not (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: there is no log here, and no --hub URL was given")
    ring = key_ring(arguments)
    vault = look_into_vault(context.settings, context.data)
    reader = Reader(context.data / DATABASE)
    vault.use(reader.head().key_id)
    own = OwnLog(reader, context.settings.site.id, longest_ms(context), vault.demo)
    opener: Opener = ring or TodayOpener(vault)
    read_by = ReadBy(str(context.settings.zone), vault.tracing_fingerprint if ring else "", vault.demo)

    def begin(typed: Typed) -> Begun:
        typed = replace(typed, sites=typed.sites or context.settings.site.id)
        zone = context.settings.zone
        case = case_of(typed, zone, clock.now().wall_ms, longest_ms(context))
        from_ms = case.request.scope.from_ms
        engine, sealed = own.since(from_ms - longest_ms(context)) if ring else own.today()
        if not ring and local_time(from_ms, zone).date() < _began(sealed, zone):
            raise NotAllowed(ONLY_TODAY)
        opening = _recorded(context, case)
        console = Console(engine, sealed, opener, case.request, opening.asked_ms)
        note = partial(_note, context, case.request.reason)
        return RunningCase(console, case.wanted, LogRegister(opening, note), read_by)

    return begin


def _began(sealed: Sealed, zone: ZoneInfo) -> date:
    """The local day in which the day in use began."""
    return min((local_time(key.from_ms, zone).date() for key in sealed.keys(EVER)), default=date.max)


def _recorded(context: Context, case: Case) -> Opening:
    """The opening, which the log has when this returns."""
    request = case.request
    sequence = _note(context, request.reason, f"{request.case_number}: {request.search}")
    return Opening(sequence, request, BY, clock.now().wall_ms, State.OPEN)


def _note(context: Context, reason: str, about: str) -> int:
    """Put into the log what is done, by the door or where none runs by this process; the entry's sequence."""
    reason, about = reason[:LONGEST_TEXT], about[:LONGEST_TEXT]
    try:
        return DoorClient(context.data).signed(BY).note(StaffAct.TRACE, reason=reason, about=about)
    except DoorRefused:
        raise
    except DoorAway:
        with open_house(context.settings, context.data, demo=True) as house, house.store.writing(None) as writing:
            body = staff_body(StaffAct.TRACE, BY, reason=reason, about=about)
            return writing.append(EntryKind.STAFF, "", clock.now(), body).sequence


def at_hub(context: Context, arguments: argparse.Namespace, until: ExitStack) -> Begin:
    """Cases at the hub *arguments.hub*: its openings, its lake, and the key here; *until* it hangs up."""
    ring = _ring(arguments)
    link = until.enter_context(closing(signed_in(arguments)))
    until.callback(sign_out, link)
    ask = asking(link)

    def begin(typed: Typed) -> Begun:
        now_ms = clock.now().wall_ms
        if arguments.opening:
            opening = remote.opening_of(ask, arguments.opening)
            case = _again(context, typed, opening)
        else:
            case = case_of(typed, context.settings.zone, now_ms, longest_ms(context))
            opening = remote.opened(ask, case.request)
        engine = remote.RemoteEngine(ask, opening.id)
        console = Console(engine, engine, ring, opening.request, now_ms)
        return RunningCase(console, case.wanted, HubRegister(ask, opening.id), _read_by(context, ring))

    return begin


def over_lake(context: Context, arguments: argparse.Namespace, until: ExitStack) -> Begin:
    """Cases over a lake that lies here, by the embedded engine or a Spark cluster; opened at the hub of this folder,
    which is closed by *until*.
    """
    if not (context.data / HUB_DATABASE).exists():
        raise CommandError(
            f"{context.data}: is no hub's data directory; an opening must be on record before a lake is asked"
        )
    ring = _ring(arguments)
    house = until.enter_context(closing(HubHouse.open(context.data, context.settings)))
    engine = until.enter_context(closing(_engine(arguments.engine, Path(arguments.lake or context.data / LAKE))))

    def begin(typed: Typed) -> Begun:
        now_ms = clock.now().wall_ms
        try:
            if arguments.opening:
                opening = house.openings.of(arguments.opening, BY, now_ms)
                case = _again(context, typed, opening)
            else:
                case = case_of(typed, context.settings.zone, now_ms, longest_ms(context))
                opening = house.openings.ask(case.request, BY, now_ms)
        except OpeningFault as refused:
            raise NotAllowed(Said(*SENTENCES[refused.fault])) from refused
        console = Console(engine, engine, ring, opening.request, now_ms)
        register = HouseRegister(house.openings, opening.id, BY, lambda: clock.now().wall_ms)
        return RunningCase(console, case.wanted, register, _read_by(context, ring))

    return begin


def _engine(name: str | None, lake: Path) -> DuckEngine:
    """The engine *name* over *lake*: ``duckdb``, or a cluster's address. Raises LakeError."""
    from kiosk.lake.spark import SparkEngine

    return SparkEngine(lake, name) if name and name != EMBEDDED else DuckEngine(lake)


def _again(context: Context, typed: Typed, opening: Opening) -> Case:
    """The case of an *opening* that is on record: of whom it is was never, and is said again."""
    named = replace(typed, case_number=opening.request.case_number, reason=opening.request.reason)
    case = case_of(named, context.settings.zone, opening.asked_ms, longest_ms(context))
    if case.request.search is not opening.request.search:
        raise NotAllowed(Said(*SENTENCES[Fault.BEYOND]))
    return Case(opening.request, case.wanted)


def longest_ms(context: Context) -> int:
    """How long the longest stay is taken to be."""
    return round(context.settings.hub.longest_stay_h * HOUR_MS)


def _read_by(context: Context, ring: KeyRing) -> ReadBy:
    return ReadBy(str(context.settings.zone), ring.fingerprint)


def _ring(arguments: argparse.Namespace) -> KeyRing:
    ring = key_ring(arguments)
    if ring is None:
        raise UsageError("say with which private half the answers are opened: --key FILE")
    return ring


def key_ring(arguments: argparse.Namespace) -> KeyRing | None:
    """The tracing keys that were named; None where none was. Raises VaultError."""
    return KeyRing([read_private_key(Path(file)) for file in arguments.key]) if arguments.key else None
