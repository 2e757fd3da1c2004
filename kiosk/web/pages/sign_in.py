"""``/sign-in``: who works with the tablet now. One tap on a name, then a PIN."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk.rules.invented import STAFF
from kiosk.rules.sessions import Use
from kiosk.signing_in import Busy, Locked, Wrong
from kiosk.web.access import cookie, paired, set_cookie, signed_in_or_none
from kiosk.web.asked import local_path
from kiosk.web.context import house
from kiosk.web.languages import gettext as _
from kiosk.web.marks import for_all

page = Blueprint("sign_in", __name__)

LONGEST_NAME, LONGEST_PIN = 40, 12
MINUTE_MS = 60_000


@page.get("/sign-in")
@for_all
def form() -> ResponseReturnValue:
    """The names of who works here; ``name`` is asked for the PIN. For a device that is paired."""
    at = paired()
    if at is None or at.use is not Use.TABLET:
        return redirect(url_for("pairing.form"), 303)
    return _form(name=request.args.get("name", "")[:LONGEST_NAME])


@page.post("/sign-in")
@for_all
def sign_in() -> ResponseReturnValue:
    """A session for ``name`` with ``pin``, in place of the one before; then the page ``next``."""
    at = paired()
    if at is None or at.use is not Use.TABLET:
        return redirect(url_for("pairing.form"), 303)
    name, pin = request.form.get("name", "")[:LONGEST_NAME], request.form.get("pin", "")[: LONGEST_PIN + 1]
    before = request.cookies.get(cookie("session"), "")
    token = house().sign_ins.sign_in(name, pin, at.id, instead_of=before)
    if not isinstance(token, str):
        said, status = refused(token)
        return make_response(_form(said, name), status, {"Retry-After": "1"} if status == 503 else {})
    response = redirect(local_path(request.form.get("next", "")), 303)
    assert isinstance(response, Response)
    set_cookie(response, "session", token)
    return response


@page.post("/sign-out")
@for_all
def sign_out() -> Response:
    """The session ends; whoever is next chooses their name and comes to the same page."""
    if who := signed_in_or_none():
        house().sign_ins.sign_out(int(who.session))
    after = local_path(request.form.get("next", ""))
    response = make_response(redirect(url_for("sign_in.form", next=after), 303))
    set_cookie(response, "session", "")
    return response


def refused(why: object) -> tuple[str, int]:
    """What is said to whose PIN was not taken, and the status; empty where it was."""
    if isinstance(why, Wrong):
        return _("This name and PIN do not belong together."), 403
    if isinstance(why, Busy):
        return _("Several people are signing in; please try again in a moment."), 503
    if not isinstance(why, Locked):
        return "", 200
    minutes = -(-why.wait_ms // MINUTE_MS)
    if why.device:
        said = _("Too many wrong PINs on this device: wait %(minutes)s min. An admin can unlock it.", minutes=minutes)
    else:
        said = _("Too many wrong PINs: wait %(minutes)s min. An admin can unlock you under Staff.", minutes=minutes)
    return said, 429


def _form(said: str = "", name: str = "") -> str:
    accounts = [one for one in house().sign_ins.book.accounts() if one.enabled]
    names = {one.name for one in accounts} if house().vault.demo else set()
    return render_template(
        "sign_in.html",
        accounts=accounts,
        known={one.name: one.pin for one in STAFF if one.name in names},
        name=name,
        said=said,
        next=local_path(request.values.get("next", "")),
    )
