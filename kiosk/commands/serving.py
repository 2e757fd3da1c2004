"""``kiosk door`` and ``kiosk web``: the services at a gate."""

from __future__ import annotations

import argparse
import faulthandler
import signal
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from kiosk.boots import AS_EVER, RUN, Start, this_start
from kiosk.commands import CommandError, Context
from kiosk.commands.arguments import add_port
from kiosk.commands.endings import ENDINGS, when_told_to_end
from kiosk.commands.waiting import wait_for_log
from kiosk.config import Settings
from kiosk.devices import allocation, clock, service_manager
from kiosk.heartbeat import Keeper
from kiosk.house import demand_own_disk, look_into_vault, open_house
from kiosk.services import make_door, make_web

LOOPBACK = "127.0.0.1"


def door(context: Context, arguments: argparse.Namespace) -> int:
    """The door's service."""
    demand_own_disk(context.settings, context.data)
    faulthandler.enable()  # a watchdog's end tells where each thread stands
    start = this_start(RUN, clock.now().monotonic_ms)
    serve_door(context.settings, context.data, _say_nothing, simulate=False, demo=False, start=start, endings=ENDINGS)
    return 0


def _say_nothing(ready: object) -> None:
    pass


def serve_door(
    settings: Settings,
    data: Path,
    on_ready: Callable[[str], None],
    *,
    simulate: bool,
    demo: bool,
    start: Start = AS_EVER,
    endings: Iterable[signal.Signals] = (signal.SIGTERM,),
) -> None:
    """The door until one of *endings*; *on_ready* is told once it is open. Raises CommandError for what ended it."""
    with open_house(settings, data, demo=demo) as house:
        process = make_door(house, simulate=simulate, start=start)
        when_told_to_end(endings, process.stop)
        fault = process.run(lambda: on_ready("open"))
    if fault:
        raise CommandError(fault)


def web_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk web`` takes."""
    add_port(sub)


def web(context: Context, arguments: argparse.Namespace) -> int:
    """The pages' service."""
    settings = with_port(context.settings, arguments.port)
    faulthandler.enable()
    serve_web(settings, context.data, _print_address, demo=False, endings=ENDINGS)
    return 0


def _print_address(served: tuple[int, Sequence[str]]) -> None:
    port, tablets = served
    for url in (f"http://{LOOPBACK}:{port}", *tablets):
        print(f"{url}/", flush=True)


def serve_web(
    settings: Settings,
    data: Path,
    on_ready: Callable[[tuple[int, Sequence[str]]], None],
    *,
    demo: bool,
    endings: Iterable[signal.Signals] = (signal.SIGTERM,),
) -> None:
    """The pages until one of *endings*; *on_ready* is told their port here, and their addresses for tablets."""
    allocation.keep_small()
    vault = look_into_vault(settings, data, demo=demo)
    stopped = threading.Event()
    when_told_to_end(endings, stopped.set)
    server = make_web(settings, data, vault, wait_for_log(data, stopped), LOOPBACK, service_manager.inherited())
    try:
        on_ready((server.port, server.tablets))
        Keeper(server.hearts, server.prompt).keep(stopped, "the pages are served")
    finally:
        server.close()


def with_port(settings: Settings, port: int | None) -> Settings:
    """*settings* with the pages at this port, where one is named."""
    return settings if port is None else replace(settings, web=replace(settings.web, port=port))
