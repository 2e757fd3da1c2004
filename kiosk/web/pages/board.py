"""``/board``: numbers being called, for a television or an old tablet in the waiting room; nobody touches it.

``services=a,b`` shows those alone, where a site has several waiting rooms. ``sound=off`` stays silent; ``sound=on``
speaks from the start, in a browser that needs no touch for it
(Chromium with ``--autoplay-policy=no-user-gesture-required``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from kiosk.devices import clock
from kiosk.web.access import for_devices
from kiosk.web.board_lines import CALLS, OBSERVED, SERVICES, board_of
from kiosk.web.context import house
from kiosk.web.pages.events import stream
from kiosk.web.queue_lines import QueueState

page = Blueprint("board", __name__, url_prefix="/board")

REFRESH_S = 10  # without JavaScript
SHIFTS = 9  # places where the board stands in turn, as board.css has them
USUAL_WORDS_PER_MINUTE = 160  # of a browser's voice

HELLO = {"vi": "Đã bật tiếng.", "en": "Sound is on."}


@page.get("")
@for_devices
def board() -> str:
    """The board as it is now; it follows ``/board/events``."""
    parts, services = house(), _services()
    shown, now = board_of(parts.queue.state(), parts.queue.plan, services), parts.lines.clock()
    return render_template(
        "board.html",
        board=shown,
        calls=_rows(shown.calls, CALLS),
        services=_rows(shown.services, SERVICES),
        observed=_rows(shown.observed, OBSERVED),
        now=now[:5],
        shift=int(now[3:5]) % SHIFTS,
        refresh_s=REFRESH_S,
        events=url_for("board.events", services=",".join(services) or None),
        voice=_voice(),
    )


@page.get("/events")
@for_devices
def events() -> Response:
    """The board, whole at each change."""
    parts, services = house(), _services()

    def told(state: QueueState) -> dict[str, Any]:
        return asdict(board_of(state, parts.queue.plan, services)) | {"now_ms": clock.now().wall_ms}

    return stream(parts.places, parts.feed.follow_queue(told))


def _services() -> list[str]:
    asked = [service for service in request.args.get("services", "").split(",") if service]
    if any(house().queue.plan.service(service) is None for service in asked):
        raise NotFound
    return asked


def _rows(filled: Sequence[Any], number: int) -> list[Any]:
    return [*filled, *[{}] * (number - len(filled))]


def _voice() -> dict[str, Any]:
    own, zone = house().settings.voice, house().settings.zone
    manner = own.manner(zone)
    return {
        "sound": request.args.get("sound", ""),
        "times": manner.times,
        "stale_ms": manner.stale_ms,
        "quiet_from": manner.quiet_from,
        "quiet_to": manner.quiet_to,
        "rate": round(own.words_per_minute / USUAL_WORDS_PER_MINUTE, 2),
        "hello": [(language, HELLO[language]) for language in own.languages],
    }
