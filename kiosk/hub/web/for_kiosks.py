"""What all routes that kiosks ask have in common: so many at once, and a sentence for whom the hub has revoked."""

from __future__ import annotations

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import BadRequest, ServiceUnavailable

from kiosk.hub.web.context import hub
from kiosk.hub.web.guard import answer_with
from kiosk.hub.web.sender import Revoked
from kiosk.web.words import Words

COME_AGAIN_S = 10
LARGEST_WORDS_BYTES = 32_000  # of all but segments

REVOKED = Words("Trung tâm đã thu hồi máy này.", "The hub has revoked this kiosk.")


def routes_for_kiosks(name: str) -> Blueprint:
    """A blueprint of routes below ``/kiosk``, which kiosks ask one after another where there are many."""
    routes = Blueprint(name, __name__, url_prefix="/kiosk")
    routes.before_request(_take_a_turn)
    routes.teardown_request(_end_the_turn)
    routes.register_error_handler(Revoked, _answer_revoked)
    return routes


def _take_a_turn() -> None:
    """Ask to come again where enough is being worked on: a kiosk has its log, and loses nothing by waiting."""
    if request.endpoint != "kiosks.segments" and (request.content_length or 0) > LARGEST_WORDS_BYTES:
        raise BadRequest
    if not hub().turns.acquire(blocking=False):
        raise ServiceUnavailable(retry_after=COME_AGAIN_S)
    g.has_turn = True


def _end_the_turn(_: BaseException | None) -> None:
    """Let the next one in."""
    if g.pop("has_turn", False):
        hub().turns.release()


def _answer_revoked(_: Revoked) -> Response:
    """A sentence of its own, for the staff at the kiosk."""
    return answer_with(403, REVOKED, "the hub has revoked this kiosk")
