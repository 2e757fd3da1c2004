"""``/refused``: the pieces of logs that were not taken, and why."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request

from kiosk.hub.web.access import needs
from kiosk.hub.web.context import hub
from kiosk.hub.web.said import said_time
from kiosk.hub.web.words import FAULTS
from kiosk.rules.hub_users import HubRight
from kiosk.store.catalogue import Refused
from kiosk.web.words import Words

page = Blueprint("refused", __name__)

MOST_SHOWN = 300
SHORT = 12  # hexadecimal digits, by which a file in the folder of refused segments is found


@dataclass(frozen=True, slots=True)
class Line:
    """A piece that was not taken: why, when it came first and last, and the beginning of its file's name."""

    refused: Refused
    why: Words
    first: str
    last: str
    file: str


@page.get("/refused")
@needs(HubRight.SEE)
def refused() -> str:
    """The newest first; of one ``kiosk`` where that is asked for, and at most ``MOST_SHOWN``."""
    kiosk = request.args.get("kiosk")
    found = hub().house.catalogue.refused(kiosk, MOST_SHOWN + 1)
    lines = [_line(one) for one in found[:MOST_SHOWN]]
    return render_template("hub_refused.html", lines=lines, more=len(found) > MOST_SHOWN, kiosk=kiosk)


def _line(one: Refused) -> Line:
    why = FAULTS.get(one.fault, Words(one.fault, one.fault))
    return Line(one, why, said_time(one.first_ms), said_time(one.last_ms), one.digest.hex()[:SHORT])
