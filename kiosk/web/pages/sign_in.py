"""``/sign-in``: who works with the tablet now."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ServiceUnavailable

from kiosk.signing_in import Busy, Locked, Wrong
from kiosk.web.access import device, for_all, set_cookie, signed_in_or_none
from kiosk.web.context import house
from kiosk.web.languages import gettext as _

page = Blueprint("sign_in", __name__)

LONGEST_NAME, LONGEST_PIN = 40, 12


@page.get("/sign-in")
@for_all
def form() -> str:
    """Names to choose from, and a PIN."""
    return _form()


@page.post("/sign-in")
@for_all
def sign_in() -> ResponseReturnValue:
    """A session for ``name`` with ``pin``; then the page ``next``."""
    at = device()
    if at is None:
        return _form(), 403
    name, pin = request.form.get("name", "")[:LONGEST_NAME], request.form.get("pin", "")[:LONGEST_PIN]
    token = house().sign_ins.sign_in(name, pin, at)
    if isinstance(token, Busy):
        raise ServiceUnavailable(retry_after=1)
    if isinstance(token, Wrong):
        return _form(_("This name and PIN do not belong together."), name), 403
    if isinstance(token, Locked):
        minutes = -(-token.wait_ms // 60_000)
        said = _("Too many wrong PINs: wait %(minutes)s min, or ask an admin to unlock.", minutes=minutes)
        return _form(said, name), 429
    response = redirect(_next())
    assert isinstance(response, Response)
    set_cookie(response, "session", token)
    return response


@page.post("/sign-out")
@for_all
def sign_out() -> Response:
    """The session ends."""
    if who := signed_in_or_none():
        house().sign_ins.sign_out(int(who.session))
    response = make_response(redirect(url_for("sign_in.form")))
    set_cookie(response, "session", "")
    return response


def _form(said: str = "", name: str = "") -> str:
    accounts = [one for one in house().sign_ins.book.accounts() if one.enabled] if device() is not None else []
    return render_template("sign_in.html", accounts=accounts, said=said, name=name, next=_next())


def _next() -> str:
    """Where to go: a path of ours, never another site."""
    asked = request.values.get("next", "/")
    parts = urlsplit(asked)
    ours = not parts.scheme and not parts.netloc and asked.startswith("/") and not asked.startswith(("//", "/\\"))
    return asked if ours else "/"
