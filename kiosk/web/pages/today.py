"""``/``: who is inside, and what happens at the door, as it happens; whom staff look for, and what they do for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from kiosk.door_socket import Message
from kiosk.rules.access import Right
from kiosk.rules.finding import LONGEST_QUERY
from kiosk.rules.model import Direction
from kiosk.rules.way import stages_of
from kiosk.web import panel
from kiosk.web.access import door, needs, signed_in
from kiosk.web.asked import LARGEST_NUMBER, LONGEST_TEXT_BYTES, asked_of_door, number, text
from kiosk.web.context import house
from kiosk.web.people import Choice, Found, Show
from kiosk.web.person_lines import PersonLine
from kiosk.web.reasons import UNMASKING
from kiosk.web.words import SHOWS, Tone

page = Blueprint("today", __name__)

ARRIVALS = 40
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate to choose, and how many are inside who came by it."""

    id: str
    name: str
    inside: int


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """How many are meant, some of them, and before which visit the *next* page begins (0: there is none)."""

    total: int
    people: tuple[PersonLine, ...]
    next: int


@page.get("/")
@needs(Right.SEE)
def today() -> str:
    """The page with all that is known now; it follows ``/events`` from the sequence it was made at."""
    return _page(request.args)


@page.post("/")
@needs(Right.SEE)
def find() -> str:
    """The same with what was typed into the search: a name or a number stands in no address, and so in no history."""
    request.max_content_length = LONGEST_TEXT_BYTES
    return _page(request.form)


@page.post("/people")
@needs(Right.SEE)
def people() -> Response:
    """One page of the people whom somebody looks for, as they type."""
    choice = _choice(asked_of_door())
    found = _told_of(house().lines.people.find(choice))
    return jsonify(asdict(found) | {"show": choice.show})


@page.post("/let-in")
@needs(Right.OVERRULE)
def let_in() -> Response:
    """Staff let in the person whom the line ``sequence`` sent to them."""
    return _told(door().let_in(number(asked_of_door(), "sequence")))


@page.post("/companion")
@needs(Right.HELP)
def attach_companion() -> Response:
    """Staff let in somebody without a code beside the holder of ``visit``; name and birth year may be empty."""
    asked = asked_of_door()
    name, birth = (text(asked, field).decode() for field in ("name", "birth"))
    gates = (gate.id for gate in house().settings_today().gates if gate.direction is not Direction.OUT)
    return _told(door().accompany(number(asked, "visit"), next(gates, ""), name=name, birth=birth))


@page.post("/reprint")
@needs(Right.HELP)
def reprint() -> Response:
    """The ticket of ``visit`` once more, marked as a copy; its first, where it had no number yet."""
    answer = door().reprint(number(asked_of_door(), "visit"))
    of = f" {answer['ticket']}" if answer["ticket"] else ""
    said = {"vi": f"Đang in phiếu{of}.", "en": f"The ticket{of} is being printed."}
    return jsonify(answer | {"said": said})


def _page(values: Mapping[str, Any]) -> str:
    parts, choice = house(), _choice(values)
    epoch, sequence = parts.lines.log()
    found = parts.lines.people.find(choice)
    arrivals = parts.lines.latest(ARRIVALS, gate=choice.gate, tone=Tone.ASK if values.get("asked") else None)
    state = parts.now.state()
    inside = dict(state.gates)
    return render_template(
        "today.html",
        epoch=epoch,
        sequence=sequence,
        choice=choice,
        here={"show": choice.show, "gate": choice.gate or None, "stage": choice.stage or None},
        asked=bool(values.get("asked")),
        found=_told_of(found),
        arrivals=arrivals,
        kept=ARRIVALS,
        shows=SHOWS,
        gates_now=[Gate(gate.id, gate.name, inside[gate.id]) for gate in parts.settings.gates],
        stages=stages_of(parts.settings.plan()),
        reasons=UNMASKING,
        state=state,
        now=parts.lines.clock(),
    )


def _choice(values: Mapping[str, Any]) -> Choice:
    """What was asked for, from whatever was sent: what makes no sense asks for nothing."""
    text, show, before = (str(values.get(name) or "") for name in ("q", "show", "before"))
    chosen = Show(show) if show in list(Show) else Show.ALL if text.strip() else Show.INSIDE
    return Choice(
        text[:LONGEST_QUERY],
        chosen,
        gate=str(values.get("gate") or "")[:LONGEST_ID],
        stage=str(values.get("stage") or "")[:LONGEST_ID],
        before=min(int(before), LARGEST_NUMBER) if before.isdecimal() and before.isascii() and len(before) < 16 else 0,
        spells=signed_in().may(Right.UNMASK),
    )


def _told_of(found: Found) -> PeoplePage:
    lines = house().lines.persons(found.visits)
    return PeoplePage(found.total, tuple(lines), lines[-1].id if lines and found.more else 0)


def _told(answer: Message) -> Response:
    words = panel.answer_words(answer, house().settings)
    return jsonify(answer | {"said": asdict(words)})
