"""The way into the set-up, its overview, and its end."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Conflict

from kiosk.config import SettingsError
from kiosk.devices import clock
from kiosk.rules.set_up import STICK, Step
from kiosk.rules.ticket import local_time
from kiosk.web.access import cookie, set_cookie
from kiosk.web.languages import chosen
from kiosk.web.languages import gettext as _
from kiosk.web.setup.context import setting_up

page = Blueprint("setup", __name__)

LONGEST_CODE = 40
MINUTE_MS = 60_000


@page.get("/claim")
def claim() -> ResponseReturnValue:
    """Asks for the code; ``code`` fills it in, where it was scanned."""
    if setting_up().claim.admits(request.cookies.get(cookie("set-up"), "")):
        return redirect(url_for("setup.overview"), 303)
    return render_template("setup_claim.html", code=request.args.get("code", "")[:LONGEST_CODE], refused="")


@page.post("/claim")
def take() -> ResponseReturnValue:
    """Lets in who typed the ``code``, with this browser, until the set-up ends."""
    own = setting_up().claim
    token = own.take(request.form.get("code", "")[:LONGEST_CODE])
    if token is None:
        minutes = -(-own.locked_ms() // MINUTE_MS)
        refused = (
            _("Too many wrong codes: wait %(minutes)s min.", minutes=minutes)
            if minutes
            else _("This is not the code. It stands on the paper, or on the kiosk's screen.")
        )
        return render_template("setup_claim.html", code="", refused=refused), 429 if minutes else 403
    response = redirect(url_for("setup.overview"), 303)
    assert isinstance(response, Response)
    set_cookie(response, "set-up", token)
    return response


@page.get("/")
def overview() -> str:
    """All steps, which of them are answered, and the next."""
    return _overview()


@page.post("/language")
def language() -> ResponseReturnValue:
    """Goes on in ``language``."""
    setting_up().set_up.note(language=chosen())
    return redirect(url_for("setup.overview"), 303)


@page.post("/finish")
def finish() -> ResponseReturnValue:
    """Makes the kiosk what was answered. Raises Conflict while a step is missing."""
    context = setting_up()
    if context.set_up.draft.missing():
        raise Conflict
    with context.one_at_a_time:
        if context.finished.is_set():
            return redirect(url_for("setup.bye"), 303)
        try:
            settings = context.set_up.finish()
        except SettingsError as error:
            return make_response(_overview(str(error)), 422)
        places = context.farewell(context.set_up, settings)
        context.finished.set()
    now = local_time(clock.now().wall_ms, settings.zone)
    return render_template(
        "setup_bye.html", places=places, tablets=bool(settings.web.address), now=now, stick=settings.backup.to == STICK
    )


@page.get("/bye")
def bye() -> ResponseReturnValue:
    """For who comes back when all is done."""
    if not setting_up().finished.is_set():
        return redirect(url_for("setup.overview"), 303)
    return render_template("setup_bye.html", places=(), tablets=False, now="")


def _overview(refused: str = "") -> str:
    own = setting_up().set_up
    missing = own.draft.missing()
    return render_template(
        "setup_overview.html", all=tuple(Step), missing=missing, next=missing[0] if missing else None, refused=refused
    )
