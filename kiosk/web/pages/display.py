"""``/display``: what a screen at a gate shows to people who come: what to do, then the answer. Nobody touches it.

``gate=ID`` is its gate, else the first. ``sound=off`` stays silent, for a gate that has a buzzer. A browser of this
machine sees the viewfinder, too; no other does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound

from kiosk.web import panel
from kiosk.web.access import for_devices
from kiosk.web.asked import LARGEST_NUMBER, gate
from kiosk.web.context import WebContext, house
from kiosk.web.display_lines import answer
from kiosk.web.live import RETRY_MS, event
from kiosk.web.pages.events import stream

page = Blueprint("display", __name__, url_prefix="/display")

LOOK_S = 2.0  # so soon a display hears of what changed elsewhere
REFRESH_S = 3  # without JavaScript
FRAME_S = 2.0
LOOPBACK = ("127.0.0.1", "::1")


@page.get("")
@for_devices
def display() -> str:
    """The display as it is now; it follows ``/display/events``."""
    parts, gate_id = house(), gate(request.args)
    shown, calm = answer(panel.shown_now(parts.door, gate_id)), parts.displays.calm(gate_id)
    return render_template(
        "display.html",
        gate=parts.settings.gate(gate_id),
        shown=shown,
        calm=calm,
        show="away" if not shown["door"] else "calm" if shown["lamp"] == "off" else "answer",
        now=parts.lines.clock()[:5],
        sound="off" if request.args.get("sound") == "off" else "on",
        sees="yes" if _sees(gate_id) else "no",
        refresh_s=REFRESH_S,
    )


@page.get("/events")
@for_devices
def events() -> Response:
    """The answers at the gate as they are given, and what stands there between them, each whole at each change."""
    return stream(house().places, _told(house(), gate(request.args)))


@page.get("/frame")
@for_devices
def frame() -> Response:
    """What the gate's camera sees, once it is newer than number ``since``; no content where nothing fresh comes."""
    gate_id, since = gate(request.args), request.args.get("since", 0, type=int)
    if not _sees(gate_id) or not 0 <= since < LARGEST_NUMBER:
        raise NotFound
    sight, jpeg = house().door.viewfinder(gate_id, since, FRAME_S)
    if not jpeg:
        return Response(status=204)
    aiming = "yes" if sight["aiming"] else "no"
    return Response(jpeg, mimetype="image/jpeg", headers={"X-Number": sight["number"], "X-Aiming": aiming})


def _sees(gate_id: str) -> bool:
    """Whether this browser may look through the gate's camera: on this machine, where there is one."""
    sources = house().settings.sources
    camera = any(source.kind == "camera" and source.gate == gate_id for source in sources)
    here = request.remote_addr in LOOPBACK and not request.is_secure
    return here and (camera or not sources)  # without any, the simulator's browser lends its own


def _told(parts: WebContext, gate_id: str) -> Iterator[bytes]:
    door, shown, calm = parts.panels.at(gate_id), None, None
    yield f"retry: {RETRY_MS}\n\n".encode()
    with door.followed():
        while not parts.feed.closed.is_set():
            now = door.wait(shown, LOOK_S)
            if now is None:
                continue
            if now is not shown:
                shown = now
                yield event("answer", answer(now))
            stands = parts.displays.calm(gate_id, parts.feed.now())
            if stands != calm:
                calm = stands
                yield event("calm", asdict(calm))
            yield parts.feed.pulse()
