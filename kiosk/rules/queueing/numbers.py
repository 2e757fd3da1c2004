"""Numbers: which is next, what a ticket begins with, what somebody typed, whose age gives priority."""

from __future__ import annotations

import re
from datetime import date

from kiosk.rules.entries import Body
from kiosk.rules.model import TicketNumber
from kiosk.rules.queueing.plan import Plan, Reset, Service
from kiosk.rules.queueing.words import Numbering, View

NOON = "12:00"
PRIORITY_FROM, PRIORITY_UNDER = 75, 6  # years of age (Law on Medical Examination and Treatment 2023, article 3.2)


def numbering(plan: Plan, service: Service, at_ms: int) -> Numbering:
    """Under what the numbers given for *service* at that time count."""
    half = ""
    if service.reset is Reset.NOON:
        half = "am" if plan.local_time(at_ms) < NOON else "pm"
    return Numbering(service.series, half)


def next_number(plan: Plan, service: Service, view: View, at_ms: int) -> TicketNumber:
    """The number for the next person, without gaps from 1.

    Unique per day, series and half of the day if it is recorded in the transaction that read *view*.
    """
    last = view.last_number(numbering(plan, service, at_ms))
    return TicketNumber(service.id, service.series, last + 1)


def queue_body(
    plan: Plan,
    service: Service,
    at_ms: int,
    *,
    ahead: int,
    priority: bool = False,
    told_min: tuple[int, int] | None = None,
) -> Body:
    """What the body of the entry that issues a number keeps under ``"queue"``.

    *ahead* people are in front; *told_min* is the wait that the paper says, in minutes from and to.
    """
    body: Body = {"ahead": ahead}
    if half := numbering(plan, service, at_ms).half:
        body["half"] = half
    if not plan.is_last(service.id):
        body["final"] = False
    if priority:
        body["priority"] = True
    if told_min:
        body["told"] = list(told_min)
    return body


_NUMBER = re.compile(r"([^\W\d_]{0,8})[\s-]{0,3}([0-9]{1,6})")


def read_number(text: str) -> tuple[str, int] | None:
    """Series and number of what was typed or read from a roll: ``A001``, ``a 1``, ``17`` (no series)."""
    found = _NUMBER.fullmatch(text.strip())
    return (found[1].upper(), int(found[2])) if found else None


def has_priority_by_age(birth: str, today: date) -> bool:
    """Tell whether somebody born on *birth* (ISO, or a year alone) is under 6 or at least 75 years old.

    Where only the year is known, the birthday that gives priority is taken.
    """
    if not birth[:4].isdecimal():
        return False
    years, day = today.year - int(birth[:4]), birth[5:]
    to_come = day > f"{today:%m-%d}"
    oldest, youngest = years - to_come, years - (to_come or not day)
    return oldest >= PRIORITY_FROM or (years >= 0 and youngest < PRIORITY_UNDER)
