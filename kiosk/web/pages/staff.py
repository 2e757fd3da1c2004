"""``/``: who is inside, and what happens at the door, as it happens; and what staff do about it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from kiosk.door_socket import Message
from kiosk.rules.access import Right
from kiosk.rules.model import Direction
from kiosk.web import panel
from kiosk.web.access import door, needs
from kiosk.web.asked import asked_of_door, number, text
from kiosk.web.context import house
from kiosk.web.lines import KEPT_LINES

page = Blueprint("staff", __name__)


@page.get("/")
@needs(Right.SEE)
def staff() -> str:
    """The page with all that is known now; it follows ``/events`` from the sequence it was made at."""
    lines = house().lines
    epoch, sequence = lines.log()
    updates = lines.updates_after(max(0, sequence - KEPT_LINES))
    everyone = request.args.get("show") == "all"
    return render_template(
        "staff.html",
        epoch=epoch,
        sequence=max((update.sequence for update in updates), default=sequence),
        lines=[update.line for update in reversed(updates) if update.line],
        visits=lines.visits() if everyone else lines.inside(),
        everyone=everyone,
        kept=KEPT_LINES,
        state=house().now.state(),
        now=lines.clock(),
    )


@page.post("/let-in")
@needs(Right.HELP)
def let_in() -> Response:
    """Staff let in the person whom the line ``sequence`` sent to them."""
    return _told(door().let_in(number(asked_of_door(), "sequence")))


@page.post("/companion")
@needs(Right.HELP)
def attach_companion() -> Response:
    """Staff let in somebody without a code beside the holder of ``visit``; name and birth year may be empty."""
    asked = asked_of_door()
    name, birth = (text(asked, field).decode() for field in ("name", "birth"))
    gates = (gate.id for gate in house().settings.gates if gate.direction is not Direction.OUT)
    gate = next(gates, "")
    return _told(door().accompany(number(asked, "visit"), gate, name=name, birth=birth))


@page.post("/reprint")
@needs(Right.HELP)
def reprint() -> Response:
    """The ticket of ``visit`` once more, marked as a copy; its first, where it had no number yet."""
    answer = door().reprint(number(asked_of_door(), "visit"))
    of = f" {answer['ticket']}" if answer["ticket"] else ""
    said = {"vi": f"Đang in phiếu{of}.", "en": f"The ticket{of} is being printed."}
    return jsonify(answer | {"said": said})


def _told(answer: Message) -> Response:
    words = panel.answer_words(answer, house().settings)
    return jsonify(answer | {"said": {"vi": words.vi, "en": words.en}})
