"""The tablets' way in: what ``kiosk check`` tells of it, and ``kiosk tablet trust``, by which people compare."""

from __future__ import annotations

import argparse
import socket

from kiosk.commands import CommandError, Context, say
from kiosk.devices import clock
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.rules.site_names import fingerprint_lines
from kiosk.rules.ticket import make_ticket
from kiosk.vault.site_ca import SiteCa
from kiosk.web.front import addresses_told, names_covered
from kiosk.web.haproxy import NOT_INSTALLED, program
from kiosk.wiring import make_printer, render_ticket

ANSWER_S = 5.0
COMPARE = (
    "Máy tính bảng phải hiện đúng dấu vân tay này trước khi tin.",
    "The tablet must show this fingerprint before you let it trust.",
)


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
        _print(context, ca, urls[0])
    record = {"addresses": urls, "fingerprint": ca.fingerprint}
    say(context, record, "\n".join((*urls, *fingerprint_lines(ca.fingerprint))))
    return 0


def _print(context: Context, ca: SiteCa, url: str) -> None:
    settings = context.settings
    printer = make_printer(settings, simulate=False)
    if printer is None or isinstance(printer, SimulatedPrinter):
        raise CommandError("--paper needs a printer")
    paper = make_ticket(
        site=settings.site.name,
        gate="",
        issued_ms=clock.now().wall_ms,
        zone=settings.zone,
        slip_code=url,
        guidance=(*COMPARE, *fingerprint_lines(ca.fingerprint)),
    )
    printer.send(render_ticket(settings, context.data / "escpos", paper))
