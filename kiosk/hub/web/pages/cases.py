"""``/cases``: which cases were opened, by whom, why, with what found; a second person approves or refuses."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from kiosk.hub.web.access import by, needs
from kiosk.hub.web.context import hub
from kiosk.hub.web.said import said_time
from kiosk.hub.web.words import ACTS, SEARCHES, STATES
from kiosk.rules.hub_users import HubRight
from kiosk.rules.openings import SENTENCES, Opening, OpeningFault, State
from kiosk.web.asked import whole
from kiosk.web.languages import said
from kiosk.web.words import Words

page = Blueprint("cases", __name__, url_prefix="/cases")

PAGE_OPENINGS = 50
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Line:
    """An opening, in words."""

    opening: Opening
    state: Words
    search: Words
    asked: str
    decided: str
    ended: str
    begins: str
    ends: str
    minutes: int
    sites: tuple[str, ...]


@page.get("")
@needs(HubRight.CASES)
def cases() -> str:
    """The newest openings, or those before ``before``; those that wait for a second person come first."""
    before = whole(request.args["before"]) if "before" in request.args else None
    found = hub().house.openings.newest(PAGE_OPENINGS, before)
    older = found[-1].id if len(found) == PAGE_OPENINGS else None
    waiting_first = sorted(found, key=lambda one: one.state is not State.WAITING)
    return render_template("hub_cases.html", lines=[_line(one) for one in waiting_first], older=older)


@page.get("/<int:number>")
@needs(HubRight.CASES)
def case(number: int) -> str:
    """One opening, with what was handed out under it."""
    return _case(number)


@page.post("/<int:number>")
@needs(HubRight.TRACE)
def decide(number: int) -> ResponseReturnValue:
    """As the second person: ``decision`` is to approve or to refuse."""
    decision = request.form.get("decision", "")
    if decision not in ("approve", "refuse"):
        raise BadRequest
    _opening(number)
    try:
        hub().house.openings.decide(number, by(), hub().now_ms(), approve=decision == "approve")
    except OpeningFault as refused:
        return _case(number, said(Words(*SENTENCES[refused.fault]))), 422
    return redirect(url_for("cases.case", number=number), 303)


def _case(number: int, refused: str = "") -> str:
    opening = _opening(number)
    acts = [
        (said_time(at_ms), ACTS.get(act, Words(act, act)), count)
        for at_ms, act, count in hub().house.openings.acts(number)
    ]
    undecided = opening.state is State.WAITING and opening.asked_by != by()
    return render_template("hub_case.html", line=_line(opening), acts=acts, undecided=undecided, refused=refused)


def _opening(number: int) -> Opening:
    opening = hub().house.openings.look(number) if number < 2**53 else None
    if opening is None:
        raise NotFound
    return opening


def _line(opening: Opening) -> Line:
    scope = opening.request.scope
    return Line(
        opening,
        STATES[opening.state],
        SEARCHES[opening.request.search],
        said_time(opening.asked_ms),
        said_time(opening.decided_ms),
        said_time(opening.ended_ms),
        said_time(scope.from_ms),
        said_time(scope.until_ms),
        opening.request.question.least_ms // MINUTE_MS,
        tuple(sorted(scope.sites)),
    )
