"""``/events``: the log as server-sent events, for pages that stay open."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, ServiceUnavailable

from kiosk.rules.access import Right
from kiosk.web.access import for_devices, needs, while_admitted
from kiosk.web.context import house
from kiosk.web.live import Places, event

page = Blueprint("events", __name__)

COME_BACK_S = 5


@page.get("/events")
@needs(Right.SEE)
def events() -> Response:
    """Every change after ``Last-Event-ID`` (or ``after``) of the log ``log``, none twice, none left out."""
    parts = house()
    epoch, last = parts.lines.log()
    seen = _seen()
    if request.args.get("log") != epoch or seen > last:
        return stream(parts.places, [event("anew", {})])
    return stream(parts.places, parts.feed.follow(seen))


@page.get("/queue/events")
@for_devices
def queue_events() -> Response:
    """The queue, whole at each change, without a name in it."""
    return stream(house().places, house().feed.follow_queue())


def stream(places: Places, events: Iterable[bytes]) -> Response:
    """An answer that goes on as long as *events* do and who asked may see them, in one of the *places*.

    Raises ServiceUnavailable without one.
    """
    if not places.take():
        raise ServiceUnavailable(retry_after=COME_BACK_S)
    response = Response(while_admitted(events), mimetype="text/event-stream")
    response.call_on_close(places.give_back)
    return response


def _seen() -> int:
    try:
        return int(request.headers.get("Last-Event-ID") or request.args.get("after", ""))
    except ValueError:
        raise BadRequest from None
