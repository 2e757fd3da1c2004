"""What a kiosk asks to hold the hub to its word."""

from __future__ import annotations

from flask import Response, jsonify
from werkzeug.exceptions import BadRequest

from kiosk.hub.web.context import hub
from kiosk.hub.web.for_kiosks import routes_for_kiosks
from kiosk.hub.web.sender import said, sender
from kiosk.rules.tamper_proofs import MOST_SIZES

routes = routes_for_kiosks("proofs")


@routes.post("/proof")
def proof() -> Response:
    """What ``rules.tamper_proofs`` reads: the log grew from each of ``sizes``, and has the head ``chain``."""
    sender()
    asked = said()
    sizes, chain = asked.get("sizes"), asked.get("chain")
    if not isinstance(sizes, list) or not isinstance(chain, str) or len(sizes) > MOST_SIZES:
        raise BadRequest
    if not all(type(size) is int for size in sizes):
        raise BadRequest
    try:
        return jsonify(hub().house.witness.proof(sizes, bytes.fromhex(chain)).as_said())
    except ValueError as error:
        raise BadRequest from error
