"""Running the kiosk, looking after it, and its keys."""

from __future__ import annotations

import argparse
import faulthandler
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from kiosk import demo as demo_site
from kiosk import retention
from kiosk.accounts import add_invented
from kiosk.boots import AS_EVER, RUN, Start, this_start
from kiosk.commands import CommandError, Context, UsageError, complain, for_the_owner_alone, say
from kiosk.commands.endings import ENDINGS, told_to_end, when_told_to_end
from kiosk.config import Settings
from kiosk.devices import allocation, clock, service_manager
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.heartbeat import Keeper
from kiosk.house import DATABASE, demand_own_disk, look_into_vault, open_house, open_vault
from kiosk.papers import render_ticket
from kiosk.rules.ticket import make_ticket
from kiosk.store.reading import Reader
from kiosk.store.schema import StoreError
from kiosk.store.staff import FILE as STAFF_FILE
from kiosk.store.staff import StaffBook
from kiosk.vault import (
    LARGEST_DAY_BYTES,
    VaultError,
    new_tracing_keys,
    new_tracing_keys_for_paper,
    open_day_file,
    open_sealed_day_key,
    read_private_key,
)
from kiosk.wiring import make_door, make_printer, make_web

LOOPBACK = "127.0.0.1"
LOOK_S = 0.1
KEEP_APART = (
    "Khóa riêng của nhóm truy vết. Cất nơi an toàn, không để cùng máy.",
    "Private key of the tracing team. Keep it safe and away from the kiosk.",
)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Door and pages, each a process as on the appliance, until interrupted or until one of them ends."""
    from kiosk.commands.children import Children  # multiprocessing is for this command alone

    settings = _with_port(context.settings, arguments.port)
    with open_house(settings, context.data, demo=True) as house:
        if house.vault.demo:
            complain("demo keys: for trying out, not for people; every page, ticket and entry says so")
            _invite_staff(context.data)
    serve_door = partial(_serve_door, settings, context.data, simulate=arguments.simulate, demo=True)
    children = Children(told_to_end(ENDINGS))
    try:
        # The door first: where another one runs here, its pages must not lose their news to ours.
        if children.start("door", serve_door):
            served = children.start("web", partial(_serve_web, settings, context.data, demo=True))
            _print_addresses(*(served or (None, ())), counters=bool(settings.counters))
            children.wait()
    finally:
        why = children.stop()
    if children.told_to_end:
        return 0
    if why:
        complain(why)
    return 1


def _invite_staff(data: Path) -> None:
    """Invented people may sign in where nobody can: one of each role, whose PINs the pages tell."""
    book = StaffBook(data / STAFF_FILE)
    try:
        add_invented(book)
    finally:
        book.close()


def _print_addresses(port: int | None, tablets: Sequence[str], *, counters: bool) -> None:
    pages = {"/": "who is inside", "/simulator": "the door, to be tried", "/display": "the screen at a gate"}
    if counters:
        pages |= {"/counter": "who is called, and the next", "/board": "the numbers called, for all who wait"}
    for path, about in pages.items() if port else ():
        print(f"http://{LOOPBACK}:{port}{path:<12} {about}", flush=True)
    for url in tablets:
        print(f"{url}/ for tablets; {url}/trust shows what they have to trust", flush=True)


def door(context: Context, arguments: argparse.Namespace) -> int:
    """The door's service."""
    demand_own_disk(context.settings, context.data)
    faulthandler.enable()  # a watchdog's end tells where each thread stands
    start = this_start(RUN, clock.now().monotonic_ms)
    _serve_door(context.settings, context.data, _say_nothing, simulate=False, demo=False, start=start, endings=ENDINGS)
    return 0


def _say_nothing(ready: object) -> None:
    pass


def _serve_door(
    settings: Settings,
    data: Path,
    on_ready: Callable[[str], None],
    *,
    simulate: bool,
    demo: bool,
    start: Start = AS_EVER,
    endings: Iterable[signal.Signals] = (signal.SIGTERM,),
) -> None:
    with open_house(settings, data, demo=demo) as house:
        process = make_door(house, simulate=simulate, start=start)
        when_told_to_end(endings, process.stop)
        fault = process.run(lambda: on_ready("open"))
    if fault:
        raise CommandError(fault)


def web(context: Context, arguments: argparse.Namespace) -> int:
    """The pages' service."""
    settings = _with_port(context.settings, arguments.port)
    faulthandler.enable()
    _serve_web(settings, context.data, _print_address, demo=False, endings=ENDINGS)
    return 0


def _print_address(served: tuple[int, Sequence[str]]) -> None:
    port, tablets = served
    for url in (f"http://{LOOPBACK}:{port}", *tablets):
        print(f"{url}/", flush=True)


def _serve_web(
    settings: Settings,
    data: Path,
    on_ready: Callable[[tuple[int, Sequence[str]]], None],
    *,
    demo: bool,
    endings: Iterable[signal.Signals] = (signal.SIGTERM,),
) -> None:
    allocation.keep_small()
    vault = look_into_vault(settings, data, demo=demo)
    stopped = threading.Event()
    when_told_to_end(endings, stopped.set)
    server = make_web(settings, data, vault, _wait_for_log(data, stopped), LOOPBACK, service_manager.inherited())
    try:
        on_ready((server.port, server.tablets))
        Keeper(server.hearts, server.prompt).keep(stopped, "the pages are served")
    finally:
        server.close()


def _wait_for_log(data: Path, stopped: threading.Event) -> Reader:
    """The log's reader, once the door has made or migrated the tables."""
    while True:
        try:
            return Reader(data / DATABASE)
        except StoreError:
            if stopped.wait(LOOK_S):
                sys.exit(0)


def _with_port(settings: Settings, port: int | None) -> Settings:
    return settings if port is None else replace(settings, web=replace(settings.web, port=port))


def purge(context: Context, arguments: argparse.Namespace) -> int:
    """Erase the bodies of days kept long enough; the chain and the counts stay."""
    if not (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: there is no log here that could be purged")
    keep_days = context.settings.site.keep_days if arguments.keep_days is None else arguments.keep_days
    with open_house(context.settings, context.data, demo=True) as opened:
        erased = retention.purge(opened.store, clock.now(), keep_days)
    say(context, {"erased": erased, "keep_days": keep_days}, f"{erased} entries older than {keep_days} days erased")
    return 0


def demo(context: Context, arguments: argparse.Namespace) -> int:
    """Fill an empty data directory with *days* lively days of invented people."""
    if (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: holds a log already; a demo needs an empty data directory")
    now = clock.now()
    opens_ms = demo_site.opening_ms(now.wall_ms, context.settings.zone)
    first_day = clock.stated(opens_ms - (arguments.days - 1) * demo_site.DAY_MS)
    with open_house(context.settings, context.data, demo=True, now=first_day) as opened:
        if not opened.vault.demo:
            raise CommandError(f"{context.data}: has tracing keys; a demo needs a data directory of its own")
        _invite_staff(context.data)
        people = demo_site.fill(opened.door(), opened.store, now.wall_ms, arguments.days, _progress(context))
    record = {"days": arguments.days, "passages": people}
    say(context, record, f"{arguments.days} days with {people} passages, all invented")
    return 0


def _progress(context: Context) -> Callable[[int, int], None]:
    shown = sys.stderr.isatty() and not context.as_json

    def tell(done: int, all_: int) -> None:
        if shown and (done % 20 == 0 or done == all_):
            print(f"\r{done * 100 // all_:>3} % ", end="\n" if done == all_ else "", file=sys.stderr, flush=True)

    return tell


def keys(context: Context, arguments: argparse.Namespace) -> int:
    """Make tracing keys, show whose they are, test a private half against the log, or open a day that was sealed."""
    actions = {"new": _new_keys, "show": _show_keys, "test": _test_key, "open": _open_day}
    return actions[arguments.action](context, arguments)


def _new_keys(context: Context, arguments: argparse.Namespace) -> int:
    if bool(arguments.out) == arguments.paper:
        raise UsageError("say where the private half goes: --out FILE outside the data directory, or --paper")
    if (context.data / DATABASE).exists():
        raise CommandError(f"{context.data}: holds a log already; its tracing keys cannot be changed this way")
    name = context.settings.site.name
    if arguments.out:
        fingerprint = new_tracing_keys(context.data, Path(arguments.out), name=name)
    else:
        fingerprint = _keys_on_paper(context, name)
    open_vault(context.settings, context.data, demo=False)  # makes the kiosk's own, whose public half others want
    say(context, {"fingerprint": fingerprint}, f"fingerprint {fingerprint}: compare it with the private half's")
    return 0


def _keys_on_paper(context: Context, name: str) -> str:
    printer = make_printer(context.settings, simulate=False)
    if printer is None or isinstance(printer, SimulatedPrinter):
        raise CommandError("--paper needs a real printer: a simulated one would keep the private half in memory")
    private, install = new_tracing_keys_for_paper(context.data, name=name)
    paper = make_ticket(
        site=name,
        gate="",
        issued_ms=clock.now().wall_ms,
        zone=context.settings.zone,
        slip_code=private,
        guidance=KEEP_APART,
    )
    printer.send(render_ticket(context.settings, context.data / "escpos", paper))
    return install()


def _show_keys(context: Context, arguments: argparse.Namespace) -> int:
    vault = look_into_vault(context.settings, context.data)
    record = {"fingerprint": vault.tracing_fingerprint, "demo": vault.demo, "slip_key": vault.slip_key}
    demo_mark = " (DEMO: the private half lies in the data directory)" if vault.demo else ""
    say(context, record, f"tracing {vault.tracing_fingerprint}{demo_mark}\nslips {vault.slip_key}")
    return 0


def _test_key(context: Context, arguments: argparse.Namespace) -> int:
    if not arguments.key:
        raise UsageError("say which private half: --key FILE")
    private = read_private_key(Path(arguments.key))
    vault = look_into_vault(context.settings, context.data)
    if private.fingerprint != vault.tracing_fingerprint:
        raise CommandError(f"this key is {private.fingerprint}; the kiosk seals to {vault.tracing_fingerprint}")
    found = Reader(context.data / DATABASE).day_keys() if (context.data / DATABASE).exists() else []
    for sequence, key_id, body in found:
        sealed = bytes.fromhex(body["sealed"])
        try:
            open_sealed_day_key(private, sealed, site=context.settings.site.id, key_id=key_id)
        except VaultError as error:
            raise CommandError(f"this key does not open the day key of entry {sequence}: {error}") from error
    record = {"fingerprint": private.fingerprint, "opens": len(found)}
    say(context, record, f"this is the kiosk's tracing key; it opens all {len(found)} day keys of the log")
    return 0


def _open_day(context: Context, arguments: argparse.Namespace) -> int:
    """Wherever the private half is: neither settings nor data of the kiosk are needed."""
    if not (arguments.key and arguments.sealed and arguments.out):
        raise UsageError(
            "say what is opened, with which private half, into which file: keys open SEALED --key FILE --out FILE"
        )
    private, out = read_private_key(Path(arguments.key)), Path(arguments.out)
    with Path(arguments.sealed).open("rb") as file:
        day, content = open_day_file(private, file.read(LARGEST_DAY_BYTES))
    try:
        with open(out, "xb", opener=for_the_owner_alone) as file:
            file.write(content)
    except FileExistsError as error:
        raise CommandError(f"{out}: is there already; name a file that is not") from error
    visits = content.count(b"\n")
    record = {"site": day.site, "key": day.key_id.hex(), "visits": visits, "file": str(out)}
    say(context, record, f"{visits} visits of one day at {day.site} written to {out}")
    return 0
