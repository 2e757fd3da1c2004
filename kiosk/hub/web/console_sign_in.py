"""``/console/sign-in``: a tracing team's console becomes somebody's, by name, password and one-time code."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest

from kiosk.hub.web.access import for_users, signed_in
from kiosk.hub.web.context import hub
from kiosk.hub.web.said import refused
from kiosk.store.hub_users import Use
from kiosk.web.marks import for_all

page = Blueprint("console_sign_in", __name__, url_prefix="/console")

FIELDS = ("name", "password", "code")
LARGEST_BODY_BYTES = 2000


@page.post("/sign-in")
@for_all
def sign_in() -> Response:
    """``{"name", "password", "code"}`` to ``{"token", "role"}``; the token goes into ``Authorization: Bearer``."""
    request.max_content_length = LARGEST_BODY_BYTES
    asked = request.get_json()
    if not isinstance(asked, dict) or not all(isinstance(asked.get(field), str) for field in FIELDS):
        raise BadRequest
    address = request.remote_addr or ""
    sign_ins = hub().house.sign_ins
    token = sign_ins.sign_in(*(asked[field] for field in FIELDS), address=address, use=Use.CONSOLE)
    if isinstance(token, str):
        session = sign_ins.who(token, Use.CONSOLE)
        return jsonify(token=token, role=session.user.role if session else "")
    words, status, retry_s = refused(token)
    answer = jsonify(error={"vi": words.vi, "en": words.en, "detail": ""})
    answer.status_code = status
    if retry_s:
        answer.headers["Retry-After"] = str(retry_s)
    return answer


@page.post("/sign-out")
@for_users
def sign_out() -> Response:
    """The token opens nothing any more."""
    hub().house.sign_ins.sign_out(signed_in().id)
    return Response(status=204)
