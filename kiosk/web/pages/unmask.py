"""``/person/VISIT/unmask``: one person in full, to one session, for two minutes; who and why is recorded first."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from kiosk.rules.access import Right
from kiosk.rules.identity import clean_text
from kiosk.rules.staff_acts import StaffAct
from kiosk.web.access import door, needs, signed_in
from kiosk.web.asked import LONGEST_TEXT_BYTES, asked_of_door
from kiosk.web.context import house
from kiosk.web.masks import Unmasked

page = Blueprint("unmask", __name__)

LONGEST_REASON = 80


@page.post("/person/<int:visit>/unmask")
@needs(Right.UNMASK)
def unmask(visit: int) -> ResponseReturnValue:
    """The holder of *visit* in full, from a page's script; a plain form is led back to the person's page."""
    request.max_content_length = LONGEST_TEXT_BYTES
    scripted = request.is_json
    reason = clean_text(str((asked_of_door() if scripted else request.form).get("reason", "")), LONGEST_REASON)
    if not reason:
        raise BadRequest
    shown = house().lines.shown_of(visit)
    if shown is None:
        raise NotFound
    door().note(StaffAct.UNMASK, visit=visit, reason=reason)
    house().masks.lift(signed_in().session, visit)
    return _told(visit) if scripted else redirect(f"/person/{visit}", 303)


def unmasked(visit: int) -> Unmasked | None:
    """The holder of *visit* in full, where whoever asks for this page has just given a reason."""
    who = signed_in()
    if not who.may(Right.UNMASK):
        return None
    return house().masks.unmasked(who.session, visit, house().lines.shown_of(visit))


def _told(visit: int) -> Response:
    person = unmasked(visit)
    if person is None:
        raise NotFound
    return jsonify(asdict(person))
