"""``/pair``: a tablet, or a screen that nobody touches, becomes one of this kiosk's, by a code that is good once.

A QR code leads here with the code behind ``#``, which no browser sends and no log has; the page takes it out of the
address at once.
"""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk.pairing import LONGEST_CODE
from kiosk.rules.sessions import Use
from kiosk.store.staff_tables import THIS_MACHINE
from kiosk.web.access import SCREENS, paired, set_cookie
from kiosk.web.context import house
from kiosk.web.marks import for_all

page = Blueprint("pairing", __name__, url_prefix="/pair")

KEPT_S = 400 * 86_400  # browsers keep no cookie longer (RFC 6265bis, 5.5)


@page.get("")
@for_all
def form() -> str:
    """Where the code comes in; says so where this browser is paired already."""
    return _form()


@page.post("")
@for_all
def pair() -> ResponseReturnValue:
    """This browser becomes the device that ``code`` was made for."""
    before = paired()
    if before and before.id == THIS_MACHINE:
        return _form(), 409
    done = house().pairings.pair(request.form.get("code", "")[:LONGEST_CODE], before)
    if done is None:
        return _form(refused=True), 403
    device, token = done
    response = redirect(url_for("sign_in.form" if device.use is Use.TABLET else SCREENS[device.use]), 303)
    assert isinstance(response, Response)
    set_cookie(response, "device", token, max_age_s=KEPT_S)
    return response


def _form(*, refused: bool = False) -> str:
    at = paired()
    return render_template("pair.html", device=at, here=bool(at and at.id == THIS_MACHINE), refused=refused)
