"""Pairing of tablets and screens on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime

from kiosk.code_printing import paper_for
from kiosk.commands import CommandError, Context, UsageError, say
from kiosk.commands.arguments import whole_number
from kiosk.commands.staff import BY, noting, opened_book
from kiosk.commands.way_in import print_code, trust
from kiosk.devices import clock
from kiosk.devices.qr_picture import qr_text
from kiosk.house import look_into_vault
from kiosk.pairing import LONGEST_NAME, Pairings, grouped
from kiosk.rules.code_paper import MINUTES
from kiosk.rules.identity import clean_text
from kiosk.rules.pins import Tries
from kiosk.rules.sessions import Use
from kiosk.rules.staff_acts import StaffAct
from kiosk.store.staff_tables import THIS_MACHINE, Device
from kiosk.vault.site_ca import SiteCa
from kiosk.web.front import addresses_told

PAIRING_PAGE = "/pair"


def tablet_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``kiosk tablet`` takes."""
    sub.add_argument("action", choices=ACTIONS, help="print a code that pairs one; list; end one; ...")
    sub.add_argument("id", nargs="?", type=whole_number(0, 2**31), metavar="ID", help="end, unlock: 0 is this machine")
    sub.add_argument("--use", choices=tuple(Use), default=Use.TABLET, help="pair: what the device is for (tablet)")
    sub.add_argument("--name", metavar="N", help="pair: what it is called")
    sub.add_argument("--show", action="store_true", help="pair: show the code here instead of printing it")
    sub.add_argument("--paper", action="store_true", help="trust: print it")


def tablet(context: Context, arguments: argparse.Namespace) -> int:
    """Pair a device, list those that are, end a pairing; or tell what tablets have to trust."""
    return _ACTS[arguments.action](context, arguments)


def _pair(context: Context, arguments: argparse.Namespace) -> int:
    address = _address(context)
    use, name = Use(arguments.use), clean_text(arguments.name or "", LONGEST_NAME)
    with opened_book(context) as book:
        noting(context, StaffAct.DEVICE)(f"pairing code: {use} {name}")
        code = Pairings(book, clock.now).make(use, name, BY)
    url = f"{address}{PAIRING_PAGE}#{code}"
    if arguments.show:
        lines = (qr_text(url), f"{address}{PAIRING_PAGE}", grouped(code))
        say(context, {"url": url, "code": grouped(code), "minutes": MINUTES}, "\n".join(lines))
    else:
        _print(context, url, code, use, name)
        say(context, {"printed": True, "minutes": MINUTES}, f"printed; good once, for {MINUTES} minutes")
    return 0


def _address(context: Context) -> str:
    ca = SiteCa.look(context.data)
    if not context.settings.web.address or ca is None:
        raise CommandError("tablets cannot reach the pages: set [web] address, and let the pages run once")
    return addresses_told(context.settings, ca.scope)[0]


def _print(context: Context, url: str, code: str, use: Use, name: str) -> None:
    demo = look_into_vault(context.settings, context.data).demo
    paper = paper_for(context.settings, url, grouped(code), use, name, demo=demo)
    print_code(context, paper, "print_pairing", url=url, code=grouped(code), use=use, name=name)


def _list(context: Context, _: argparse.Namespace) -> int:
    with opened_book(context) as book, book.reading() as tables:
        here, devices = tables.device(THIS_MACHINE), tables.devices()
    for one in filter(None, (here, *devices)):
        at = datetime.fromtimestamp(one.paired_ms / 1000, context.settings.zone).isoformat(timespec="seconds")
        paired = {"paired_by": one.paired_by, "paired": at} if one.id != THIS_MACHINE else {}
        record = {"id": one.id, "name": one.name or ("" if paired else "this machine"), "use": one.use} | paired
        say(context, record, "  ".join(map(str, record.values())))
    return 0


def _end(context: Context, arguments: argparse.Namespace) -> int:
    device = _device(context, arguments)
    if device.id == THIS_MACHINE:
        raise CommandError("this machine itself is not paired, so that cannot end")
    noting(context, StaffAct.DEVICE)(f"{device.name or device.id}: ended")
    with opened_book(context) as book, book.writing() as tables:
        tables.end_device(device.id)
    say(context, {"id": device.id, "done": "end"}, f"{device.id}: its pairing has ended")
    return 0


def _unlock(context: Context, arguments: argparse.Namespace) -> int:
    device = _device(context, arguments)
    noting(context, StaffAct.DEVICE)(f"{device.name or device.id}: unlocked")
    with opened_book(context) as book, book.writing() as tables:
        tables.note_device_tries(device.id, Tries())
    say(context, {"id": device.id, "done": "unlock"}, f"{device.id}: PINs may be tried again")
    return 0


def _device(context: Context, arguments: argparse.Namespace) -> Device:
    if arguments.id is None:
        raise UsageError(f"say which device: kiosk tablet {arguments.action} ID, as kiosk tablet list tells it")
    with opened_book(context) as book, book.reading() as tables:
        device = tables.device(arguments.id)
    if device is None:
        raise CommandError(f"there is no device {arguments.id}")
    return device


_ACTS: dict[str, Callable[[Context, argparse.Namespace], int]] = {
    "pair": _pair,
    "list": _list,
    "end": _end,
    "unlock": _unlock,
    "trust": trust,
}
ACTIONS = tuple(_ACTS)
