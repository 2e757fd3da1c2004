"""``/sign-in``: a name, a password and six digits from the telephone."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk.hub.web.access import SESSION, signed_in_or_none
from kiosk.hub.web.context import hub
from kiosk.hub.web.said import refused
from kiosk.rules.accounts import LONGEST_NAME
from kiosk.rules.hub_users import MOST_LETTERS
from kiosk.vault.one_time import DIGITS
from kiosk.web.access import set_cookie
from kiosk.web.asked import local_path
from kiosk.web.languages import said
from kiosk.web.marks import for_all

page = Blueprint("sign_in", __name__)


@page.get("/sign-in")
@for_all
def form() -> str:
    """The form. Nobody's name stands on it: the hub is reached from everywhere."""
    return _form()


@page.post("/sign-in")
@for_all
def sign_in() -> ResponseReturnValue:
    """A session for ``name`` with ``password`` and ``code``, in place of the one before; then the page ``next``."""
    name, password = (request.form.get(field, "") for field in ("name", "password"))
    code = "".join(request.form.get("code", "").split())
    token = hub().house.sign_ins.sign_in(
        name[: LONGEST_NAME + 1],
        password[: MOST_LETTERS + 1],
        code[: DIGITS + 1],
        address=request.remote_addr or "",
    )
    if not isinstance(token, str):
        words, status, retry_s = refused(token)
        return make_response(_form(said(words), name), status, {"Retry-After": str(retry_s)} if retry_s else {})
    if before := signed_in_or_none():
        hub().house.sign_ins.sign_out(before.id)
    response = make_response(redirect(local_path(request.form.get("next", "")), 303))
    set_cookie(response, SESSION, token)
    return response


@page.post("/sign-out")
@for_all
def sign_out() -> Response:
    """The session ends."""
    if session := signed_in_or_none():
        hub().house.sign_ins.sign_out(session.id)
    response = make_response(redirect(url_for("sign_in.form"), 303))
    set_cookie(response, SESSION, "")
    return response


def _form(why: str = "", name: str = "") -> str:
    nobody = not hub().house.users.all()
    after = local_path(request.values.get("next", ""))
    return render_template("hub_sign_in.html", said=why, name=name[:LONGEST_NAME], next=after, nobody=nobody)
