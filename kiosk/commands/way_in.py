"""The tablets' way in: what ``kiosk check`` tells of it, and ``kiosk tablet trust``, by which people compare."""

from __future__ import annotations

import argparse
import socket
from typing import Any

from kiosk.code_printing import trust_paper_for
from kiosk.commands import CommandError, Context, say
from kiosk.commands.staff import BY
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.door_socket import DoorAway, DoorClient, DoorRefused
from kiosk.house import look_into_vault
from kiosk.papers import render_code
from kiosk.rules.code_paper import CodePaper
from kiosk.rules.site_names import fingerprint_lines
from kiosk.vault.site_ca import SiteCa
from kiosk.web.front import addresses_told, names_covered
from kiosk.web.haproxy import NOT_INSTALLED, program
from kiosk.wiring import make_printer

ANSWER_S = 5.0


def check_tablets(context: Context) -> str:
    """How tablets reach the pages, tried once as a tablet does it. Raises CommandError where they cannot."""
    web = context.settings.web
    if not web.address:
        return "not let in: [web] address is empty"
    if program() is None:
        raise CommandError(f"{NOT_INSTALLED}: tablets cannot reach the pages; those of this machine go on")
    ca = SiteCa.look(context.data)
    if ca is None:
        return "let in once the pages run, which make the site CA"
    answer = _handshake(context, ca)
    return f"{answer}; {', '.join(addresses_told(context.settings, ca.scope))}; site CA {ca.fingerprint}"


def _handshake(context: Context, ca: SiteCa) -> str:
    import ssl  # only this needs it; every process of the kiosk would carry it

    web = context.settings.web
    trusting = ssl.create_default_context(cadata=ca.certificate)
    name = names_covered(context.settings, ca.scope)[0]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.address, web.address)  # noqa: S104  # it is not bound here
    try:
        with (
            socket.create_connection((host, web.https_port), timeout=ANSWER_S) as connection,
            trusting.wrap_socket(connection, server_hostname=name) as answered,
        ):
            return f"let in by {answered.version()}"
    except ConnectionRefusedError:
        return "let in once the pages run"
    except ssl.SSLError as error:
        raise CommandError(f"port {web.https_port} shows no certificate of the site CA: {error.reason}") from error


def trust(context: Context, arguments: argparse.Namespace) -> int:
    """What tablets have to trust, and where they get it: on the terminal, or with ``--paper`` on paper."""
    settings = context.settings
    ca = SiteCa.look(context.data)
    if ca is None:
        raise CommandError("there is no site CA yet: the pages make it once [web] address lets tablets in")
    urls = [f"{url}/trust" for url in addresses_told(settings, ca.scope)]
    if arguments.paper:
        paper = trust_paper_for(settings, urls[0], ca.fingerprint, demo=look_into_vault(settings, context.data).demo)
        print_code(context, paper, "print_trust", url=urls[0], fingerprint=ca.fingerprint)
    record = {"addresses": urls, "fingerprint": ca.fingerprint}
    say(context, record, "\n".join((*urls, *fingerprint_lines(ca.fingerprint))))
    return 0


def print_code(context: Context, paper: CodePaper, do: str, **asked: Any) -> None:
    """*paper* on the printer: by the door, which owns it and is asked to *do* that, or where none runs from here."""
    try:
        printed = DoorClient(context.data).signed(BY).look_after(do, **asked)
    except DoorRefused:
        raise
    except DoorAway:
        _print_here(context, paper)
    else:
        if not printed["done"]:
            raise CommandError(f"the code could not be printed: {printed['fault'] or 'the printer is busy'}")


def _print_here(context: Context, paper: CodePaper) -> None:
    printer = make_printer(context.settings, simulate=False)
    if printer is None or isinstance(printer, SimulatedPrinter):
        raise CommandError("there is no printer: the terminal can show it instead")
    printer.send(render_code(context.settings, context.data / "escpos", paper))
