"""``/session``: the papers of a session. Made to be printed; every sheet says that it counts passages, not doses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.exceptions import NotFound

from kiosk.devices import clock
from kiosk.door_socket import DoorAway
from kiosk.invitations import days_ahead, invite, session_of
from kiosk.retention import local_time
from kiosk.rules import loudspeaker
from kiosk.rules.access import Right
from kiosk.rules.invitations import Group, Invitations
from kiosk.rules.session import NOT_DOSES
from kiosk.session import NoSession, session_days, sheet
from kiosk.web.access import door, needs
from kiosk.web.asked import asked_of_door, number, text
from kiosk.web.context import house
from kiosk.web.words import Words

page = Blueprint("session", __name__, url_prefix="/session")


@page.get("")
@needs(Right.QUEUE)
def session() -> str:
    """The sheet of ``day``, or of today."""
    parts = house()
    settings, now_ms = parts.settings, clock.now().wall_ms
    try:
        found = sheet(parts.reader, settings, request.args.get("day", ""), now_ms)
    except NoSession:
        raise NotFound from None
    times, days = parts.lines.times, session_days(parts.reader, settings)
    quarters = [(f"{local_time(one.began_ms, settings.zone):%H:%M}", one) for one in found.quarters]
    return render_template(
        "session.html",
        sheet=found,
        day=Words(*loudspeaker.day_words(found.day)),
        now=f"{local_time(now_ms, settings.zone):%H:%M %d/%m/%Y}",
        entered_at=times.shown_dated(found.entered.at_ms) if found.entered else "",
        deadline=f"{date.fromisoformat(found.deadline):%d/%m/%Y}",
        quarters=quarters,
        most=max((max(one.came, one.went) for _, one in quarters), default=0) or 1,
        sure=times.times.are_sure(days[found.day]),
        days=_dates(days),
        not_doses=Words(*NOT_DOSES),
    )


@page.get("/announcement")
@needs(Right.QUEUE)
def announcement() -> str:
    """What is read aloud before the session of ``day``, and who is invited when."""
    parts = house()
    settings, now_ms = parts.settings, clock.now().wall_ms
    days = parts.reader.ask(partial(days_ahead, settings=settings, now_ms=now_ms))
    day = request.args.get("day") or days[min(1, len(days) - 1)]
    if day not in days:
        raise NotFound
    try:
        invitations, away = invite(settings, [Group(**group) for group in parts.door.listed_groups(day)]), False
    except DoorAway:
        invitations, away = Invitations(()), True
    sentences = loudspeaker.announcement(session_of(settings, day), invitations)
    return render_template(
        "announcement.html",
        sentences=[Words(*sentence) for sentence in sentences],
        invited=[(Words(*loudspeaker.unit_words(group)), group) for group in invitations.invited],
        beyond=Words(*loudspeaker.beyond_words(invitations)) if invitations.beyond else None,
        away=away,
        day=day,
        days=_dates(days),
        not_doses=Words(*NOT_DOSES),
    )


@page.post("/entered")
@needs(Right.QUEUE)
def entered() -> Response:
    """Staff have entered ``count`` for ``day`` on the platform."""
    asked = asked_of_door()
    return jsonify(door().session_entered(text(asked, "day").decode(), number(asked, "count", least=0)))


def _dates(days: Iterable[str]) -> list[tuple[str, str]]:
    return [(day, f"{date.fromisoformat(day):%d/%m}") for day in days]
