"""``/evacuation``: who is inside, by zone, with names: one tap prints the list and shows it, to anybody signed in.

A fire does not wait: a kiosk whose door or printer is broken shows the list all the same, for a page of paper.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import Blueprint, render_template

from kiosk.door_socket import DoorAway
from kiosk.evacuating import zones_inside
from kiosk.rules.access import Right
from kiosk.rules.staff_acts import StaffAct
from kiosk.web.access import door, needs
from kiosk.web.context import house
from kiosk.web.words import SEXES

log = logging.getLogger(__name__)
page = Blueprint("evacuation", __name__)


@dataclass(frozen=True, slots=True)
class Printing:
    """What becomes of the list on paper: how many *strips*, whether all are out, or the *fault*."""

    strips: int = 0
    done: bool = False
    fault: str = ""


@page.post("/evacuation")
@needs(Right.SEE)
def evacuation() -> str:
    """Record who asks, print, and show the list."""
    parts = house()
    parts.lines.take_todays_key()
    zones = zones_inside(parts.reader, parts.vault, parts.settings)
    people = sum(zone.count for zone in zones)
    recorded = _record(people)
    return render_template(
        "evacuation.html",
        zones=zones,
        people=people,
        recorded=recorded,
        printing=_print(),
        sexes=SEXES,
        now=parts.lines.clock(),
    )


def _record(people: int) -> bool:
    try:
        door().note(StaffAct.EVACUATION, about=str(people))
    except DoorAway as error:
        log.error("an evacuation list is shown, which could not be recorded: %s", error)
        return False
    return True


def _print() -> Printing:
    try:
        answer = door().evacuate()
    except DoorAway as error:
        return Printing(fault=str(error))
    return Printing(answer["strips"], answer["done"], answer["fault"])
