"""What the paper says: a number, a time, a code for the exit, guidance. No name, no card number."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo

from kiosk.rules.identity import clean_text
from kiosk.rules.model import Ticket


def make_ticket(
    *,
    site: str,
    gate: str,
    issued_ms: int,
    zone: tzinfo,
    slip_code: str,
    service: str = "",
    number: str = "",
    people_ahead: int = 0,
    guidance: Iterable[str] = (),
    notice: Iterable[str] = (),
    copy: bool = False,
    demo: bool = False,
) -> Ticket:
    """A ticket with texts ready to print; without *number* it is a slip alone.

    *issued_ms* is printed as ``dd/MM/yyyy HH:MM`` of *zone*. *guidance* are the site's own lines, what
    to do and whom to ask; *notice* says who keeps what, how long and why. Empty lines are left out.
    """
    return Ticket(
        site=clean_text(site),
        gate=clean_text(gate),
        service=clean_text(service) if number else "",
        number=number,
        people_ahead=max(0, people_ahead),
        issued=local_time(issued_ms, zone),
        slip_code=slip_code,
        guidance=tuple(line for line in map(_line, (*guidance, *notice)) if line),
        copy=copy,
        demo=demo,
    )


def local_time(at_ms: int, zone: tzinfo) -> str:
    """*at_ms* as people here write it: ``21/11/2026 08:05``."""
    return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%d/%m/%Y %H:%M")


def _line(text: str) -> str:
    return clean_text(text, longest=300)
