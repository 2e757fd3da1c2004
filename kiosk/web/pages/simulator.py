"""``/simulator``: the door as a person sees it, and codes to present to it. All goes the very path of the door."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.exceptions import BadRequest, Forbidden, NotFound

from kiosk.door_socket import Message
from kiosk.rules import invented
from kiosk.rules.model import Kind
from kiosk.vault import Shown
from kiosk.web import panel
from kiosk.web.access import for_trial
from kiosk.web.asked import asked_of_door, gate, text
from kiosk.web.context import house
from kiosk.web.masks import holder_of
from kiosk.web.pages.events import stream
from kiosk.web.words import DIRECTIONS, KINDS, Words

page = Blueprint("simulator", __name__, url_prefix="/simulator")

PEOPLE_SHOWN = 6
LAST_PERSON = 1_000_000

CARDS = (Kind.ID_CARD, Kind.INSURANCE, Kind.UNIFIED, Kind.TYPED)

# Codes that name nobody, as people show them by mistake.
STRAY_CODES: dict[Kind, str] = {
    Kind.PLACE: "https://qr.tokhaiyte.vn/diem/vi-du",
    Kind.PAYMENT: "00020101021138540010A00000072701240006970400011000000000005303704",
    Kind.WIFI: "WIFI:T:WPA;S:Nha Vi Du;P:khong-co-that;;",
    Kind.LINK: "https://example.com/",
    Kind.UNKNOWN: "Một mã lạ",
}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An invented person to choose."""

    index: int
    name: str
    about: Words


@page.get("")
@for_trial
def simulator() -> str:
    """The page as it is now; it follows ``/simulator/events``."""
    first = request.args.get("from", 0, type=int) % LAST_PERSON
    return render_template(
        "simulator.html",
        panel=panel.shown_now(house().door),
        people=[_neighbour(index) for index in range(first, first + PEOPLE_SHOWN)],
        following=first + PEOPLE_SHOWN,
        cards=[(kind, KINDS[kind]) for kind in CARDS],
        strays=[(kind, KINDS[kind]) for kind in STRAY_CODES],
        directions=DIRECTIONS,
        min_stay_s=round(house().settings.door.min_stay_s),
        counter=next(iter(house().settings.counters), None),
    )


@page.get("/events")
@for_trial
def events() -> Response:
    """What lamp, display and printer show, as it changes."""
    parts = house()
    return stream(parts.places, panel.follow(parts.panels.at(), parts.feed.closed))


@page.get("/ticket.png")
@for_trial
def ticket() -> Response:
    """The paper that the simulated printer made last."""
    picture = house().door.ticket_png()
    if not picture:
        raise NotFound
    return Response(picture, mimetype="image/png")


@page.post("/person")
@for_trial
def present_person() -> Response:
    """An invented person shows one of their codes; on a trial data directory only."""
    _refuse_invented_people()
    asked = asked_of_door()
    index, kind = asked.get("person"), asked.get("code")
    if not isinstance(index, int) or not 0 <= index < LAST_PERSON + PEOPLE_SHOWN or kind not in CARDS:
        raise BadRequest
    code = invented.codes(invented.person(index))[Kind(kind)]
    return _told(house().door.present_text(code, gate(asked), typed=kind == Kind.TYPED))


@page.post("/stray")
@for_trial
def present_stray_code() -> Response:
    """Somebody shows a code that names nobody."""
    asked = asked_of_door()
    kind = asked.get("code")
    if kind not in tuple(STRAY_CODES):
        raise BadRequest
    return _told(house().door.present_text(STRAY_CODES[Kind(kind)].encode(), gate(asked)))


@page.post("/number")
@for_trial
def present_number() -> Response:
    """Somebody types the number of a document."""
    asked = asked_of_door()
    return _told(house().door.present_text(text(asked, "number"), gate(asked), typed=True))


@page.post("/picture")
@for_trial
def present_picture() -> Response:
    """A photo, or one frame of a camera (``live=1``). It is decoded in memory and written nowhere."""
    if not (picture := request.get_data(cache=False)):
        raise BadRequest
    live = request.args.get("live") == "1"
    return _told(house().door.present_picture(picture, gate(request.args), live=live))


@page.post("/slip")
@for_trial
def present_slip() -> Response:
    """The ticket printed last is held before the scanner."""
    asked = asked_of_door()
    door = house().door
    if not (picture := door.ticket_png()):
        raise NotFound
    return _told(door.present_picture(picture, gate(asked)))


@page.post("/printer")
@for_trial
def set_printer() -> Response:
    """Paper out, cover open, offline, or fine again; the simulated printer only."""
    return jsonify(house().door.set_printer_fault(text(asked_of_door(), "status").decode()))


@page.post("/help")
@for_trial
def press_button() -> Response:
    """Somebody presses the assistance button."""
    return jsonify(house().door.press_button(gate(asked_of_door())))


def _neighbour(index: int) -> Neighbour:
    person = invented.person(index).person
    holder = holder_of(Shown(person.name, person.number, person.birth, person.sex))
    return Neighbour(index, person.name, holder.about)


def _refuse_invented_people() -> None:
    if not house().vault.demo:
        raise Forbidden


def _told(answer: Message) -> Response:
    words = panel.answer_words(answer, house().settings)
    return jsonify(answer | {"said": {"vi": words.vi, "en": words.en}})
