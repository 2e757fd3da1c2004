"""Which kiosk is asking: whose certificate it has shown, which HAProxy alone can say."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest, Forbidden, Unauthorized

from kiosk.hub.web.context import hub
from kiosk.store.catalogue import Enrolled
from kiosk.web.haproxy import CLIENT, CLIENT_FAULT, EXPIRED, GOOD


class Revoked(Forbidden):
    """The kiosk may not send any more."""


def sender(*, renewing: bool = False) -> Enrolled:
    """The kiosk that asks; with *renewing* also one whose certificate is over.

    Raises Unauthorized for who has shown no good certificate, Forbidden for a card that another one has replaced, and
    Revoked.
    """
    unit, fault = request.headers.get(CLIENT, ""), request.headers.get(CLIENT_FAULT, "")
    if fault not in ((*GOOD, EXPIRED) if renewing else GOOD):
        raise Unauthorized
    try:
        kiosk = hub().house.catalogue.of_mark(bytes.fromhex(unit))
    except ValueError as error:
        raise Unauthorized from error
    if kiosk is None:
        raise Forbidden
    if kiosk.revoked_ms is not None:
        raise Revoked
    return kiosk


def said() -> dict[str, Any]:
    """The JSON object that the kiosk has sent. Raises BadRequest where it is none."""
    try:
        found = request.get_json(force=True)
    except RecursionError as error:
        raise BadRequest from error
    if not isinstance(found, dict):
        raise BadRequest
    return found
