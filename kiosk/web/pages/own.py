"""``/own``: what is somebody's own: their PIN, their language, whether they are still there."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk.rules.accounts import SENTENCES, Refusal
from kiosk.rules.staff_acts import StaffAct
from kiosk.web import languages
from kiosk.web.access import device, door, for_staff, signed_in, signed_in_or_none
from kiosk.web.asked import local_path
from kiosk.web.context import house
from kiosk.web.languages import said
from kiosk.web.marks import for_all
from kiosk.web.pages.sign_in import LONGEST_PIN, refused
from kiosk.web.words import Words

page = Blueprint("own", __name__, url_prefix="/own")


@page.get("")
@for_staff
def own() -> str:
    """Whose page it is, and a form for another PIN."""
    return _own("yes" if "changed" in request.args else "")


@page.post("/pin")
@for_staff
def change_pin() -> ResponseReturnValue:
    """Another PIN, ``new`` and ``again``, for who knows the one that is ``now``."""
    who, at = signed_in(), device()
    assert at is not None
    now, new, again = (request.form.get(name, "")[: LONGEST_PIN + 1] for name in ("now", "new", "again"))
    if new != again:
        return _own(refusal=Refusal.DIFFERENT), 422
    why, status = refused(house().sign_ins.check(who.name, now, at))
    if why:
        return _own(why=why), status
    if refusal := house().accounts.change_own_pin(who.name, now, new, int(who.session), _note):
        return _own(refusal=refusal), 422
    return redirect(url_for("today.today") if who.must_change else url_for("own.own", changed=""), 303)


@page.post("/language")
@for_all
def language() -> Response:
    """The pages in ``language`` from now on: of who is signed in, and of this browser while nobody is."""
    asked = languages.chosen()
    if who := signed_in_or_none():
        house().accounts.set_language(who.name, asked)
    response = redirect(local_path(request.form.get("next", "")), 303)
    assert isinstance(response, Response)
    languages.keep(response, asked)
    return response


@page.get("/here")
@for_staff
def look() -> Response:
    """Whether somebody is still signed in, for a page that asks by itself."""
    return Response(status=204)


@page.post("/here")
@for_staff
def touch() -> Response:
    """Somebody touched the page."""
    return Response(status=204)


def _note(about: str) -> None:
    door().note(StaffAct.ACCOUNT, about=about)


def _own(changed: str = "", *, refusal: Refusal | None = None, why: str = "") -> str:
    return render_template(
        "own.html", changed=changed, said=why or (said(Words(*SENTENCES[refusal])) if refusal else "")
    )
