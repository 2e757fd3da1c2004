"""What comes down to kiosks: orders one by one, and what time it is, all signed."""

from __future__ import annotations

from flask import Response, request
from werkzeug.exceptions import BadRequest

from kiosk.hub.web.context import hub
from kiosk.hub.web.for_kiosks import routes_for_kiosks
from kiosk.hub.web.sender import sender
from kiosk.rules.down import LARGEST_NUMBER, OrderRefused

routes = routes_for_kiosks("orders")


@routes.get("/down")
def down() -> Response:
    """The next order after number ``have``, as ``rules.down`` has it; nothing where the kiosk has all."""
    kiosk, have = sender(), request.args.get("have", "")
    if not (have.isascii() and have.isdigit() and len(have) <= len(str(LARGEST_NUMBER))):
        raise BadRequest
    order = hub().house.down.bundle_for(kiosk.id, kiosk.site, int(have), hub().now_ms())
    return Response(order or b"", mimetype="application/octet-stream")


@routes.get("/time")
def time() -> Response:
    """The hub's signed word for what time it is, to who asks with ``nonce``."""
    kiosk = sender()
    try:
        note = hub().house.down.time_for(kiosk.id, request.args.get("nonce", ""), hub().now_ms())
    except OrderRefused as error:
        raise BadRequest from error
    return Response(note, mimetype="text/plain; charset=utf-8")
