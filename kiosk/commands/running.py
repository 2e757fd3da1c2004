"""``kiosk run``: all of a kiosk in one terminal."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial

from kiosk.commands import Context, complain
from kiosk.commands.arguments import add_port
from kiosk.commands.children import Children
from kiosk.commands.endings import ENDINGS, told_to_end
from kiosk.commands.house import invite_staff
from kiosk.commands.serving import LOOPBACK, serve_door, serve_web, with_port
from kiosk.commands.sync import serve_sync
from kiosk.house import open_house


def run_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk run`` takes."""
    add_port(sub)
    sub.add_argument("--simulate", action="store_true", help="simulate every device")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Door, pages and sync, each a process as on the appliance, until interrupted or until one of them ends."""
    settings = with_port(context.settings, arguments.port)
    with open_house(settings, context.data, demo=True) as house:
        if house.vault.demo:
            complain("demo keys: for trying out, not for people; every page, ticket and entry says so")
            invite_staff(context.data)
    opened = partial(serve_door, settings, context.data, simulate=arguments.simulate, demo=True)
    children = Children(told_to_end(ENDINGS))
    try:
        # The door first: where another one runs here, its pages must not lose their news to ours.
        if children.start("door", opened):
            served = children.start("web", partial(serve_web, settings, context.data, demo=True))
            _print_addresses(*(served or (None, ())), counters=bool(settings.counters))
            if served:
                children.start("sync", partial(serve_sync, settings, context.data, demo=True))
            children.wait()
    finally:
        why = children.stop()
    if children.told_to_end:
        return 0
    if why:
        complain(why)
    return 1


def _print_addresses(port: int | None, tablets: Sequence[str], *, counters: bool) -> None:
    pages = {"/": "who is inside", "/simulator": "the door, to be tried", "/display": "the screen at a gate"}
    if counters:
        pages |= {"/counter": "who is called, and the next", "/board": "the numbers called, for all who wait"}
    for path, about in pages.items() if port else ():
        print(f"http://{LOOPBACK}:{port}{path:<12} {about}", flush=True)
    for url in tablets:
        print(f"{url}/ for tablets; {url}/trust shows what they have to trust", flush=True)
