"""``/own``: what is somebody's own: password, second factor, language."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from kiosk.devices.qr_picture import qr_svg
from kiosk.hub.web.access import by, for_users, signed_in, signed_in_or_none
from kiosk.hub.web.context import hub
from kiosk.hub.web.said import refused
from kiosk.rules.hub_users import MOST_LETTERS, SENTENCES, Refusal
from kiosk.store.hub_users import User
from kiosk.vault.one_time import DIGITS
from kiosk.web import languages
from kiosk.web.asked import local_path
from kiosk.web.languages import said
from kiosk.web.marks import for_all
from kiosk.web.words import Words

page = Blueprint("own", __name__, url_prefix="/own")


@page.get("")
@for_users
def own() -> str:
    """Whose page it is, and a form for another password; who is new here takes both factors."""
    return _own(changed="changed" in request.args)


@page.post("/begin")
@for_users
def begin() -> ResponseReturnValue:
    """``new`` and ``again`` become the password, and the telephone that shows ``code`` the second factor."""
    new, again = _typed("new", "again")
    code = "".join(request.form.get("code", "").split())[: DIGITS + 1]
    refusal = Refusal.DIFFERENT if new != again else hub().house.users.begin(by(), new, code)
    return (_own(refusal), 422) if refusal else redirect("/", 303)


@page.post("/password")
@for_users
def password() -> ResponseReturnValue:
    """Another password, ``new`` and ``again``, for who knows the one that is ``now``."""
    now, new, again = _typed("now", "new", "again")
    if not signed_in().user.begun:
        return redirect(url_for("own.own"), 303)
    if new != again or new == now:
        return _own(Refusal.DIFFERENT if new != again else Refusal.SAME), 422
    checked = hub().house.sign_ins.check(by(), now, request.remote_addr or "")
    if not isinstance(checked, User):
        words, status, _ = refused(checked)
        return (_own(Refusal.WRONG), 422) if status == 403 else (_own(why=said(words)), status)
    if refusal := hub().house.users.change_password(by(), new, signed_in().id):
        return _own(refusal), 422
    return redirect(url_for("own.own", changed=""), 303)


@page.post("/language")
@for_all
def language() -> Response:
    """The pages in ``language`` from now on: of who is signed in, and of this browser while nobody is."""
    asked = languages.chosen()
    if session := signed_in_or_none():
        hub().house.users.set_language(session.user.name, asked)
    response = make_response(redirect(local_path(request.form.get("next", "")), 303))
    languages.keep(response, asked)
    return response


def _typed(*names: str) -> tuple[str, ...]:
    return tuple(request.form.get(name, "")[: MOST_LETTERS + 1] for name in names)


def _own(refusal: Refusal | None = None, *, why: str = "", changed: bool = False) -> str:
    user, house = signed_in().user, hub().house
    address = "" if user.begun else house.users.offer(user.name, house.settings.hub.name)
    picture = Markup(qr_svg(address).decode()) if address else ""  # noqa: S704  # drawn by us
    letters = address.partition("secret=")[2].partition("&")[0]
    secret = " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))
    why = why or (said(Words(*SENTENCES[refusal])) if refusal else "")
    shown = {"picture": picture, "secret": secret, "address": address}
    return render_template("hub_own.html", said=why, changed=changed, **shown)
