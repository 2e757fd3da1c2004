"""Who may open what of a hub: every view of its staff says it, and one that does not is not served.

A browser shows its cookie, a console its token; neither opens what is for the other. Kiosks show their certificate,
which their own views look at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden, RequestEntityTooLarge, Unauthorized

from kiosk.hub.web.context import hub
from kiosk.rules.hub_users import HUB_RIGHTS, HubRight
from kiosk.store.hub_users import HubSession, Use
from kiosk.web.access import cookie
from kiosk.web.languages import FIRST, LANGUAGES
from kiosk.web.marks import FOR_ALL, View, demand_marks, opens_for, whom

SESSION = "hub"  # the cookie
BEARER = "Bearer "
FOR_USERS = "users"
OF_KIOSKS, OF_CONSOLES = "/kiosk/", "/console/"
LARGEST_FORM_BYTES = 32_000


def needs(right: HubRight) -> Callable[[View], View]:
    """The view is for users who have *right*: in a browser, or below ``/console/`` with a console's token."""
    return opens_for(right)


def for_users(view: View) -> View:
    """The view is for everybody who is signed in, also who has yet to choose a password of their own."""
    return opens_for(FOR_USERS)(view)


def protect(app: Flask) -> None:
    """Open each view for whom it is marked. Call it when every view is there; raises ValueError for one without."""
    demand_marks(app, {rule.endpoint for rule in app.url_map.iter_rules() if not rule.rule.startswith(OF_KIOSKS)})
    app.before_request(admit)
    app.context_processor(lambda: {"who": signed_in_or_none(), "may": may})


def admit() -> ResponseReturnValue | None:
    """Let in who may open the page; send a browser to where it can sign in. Raises what refuses the others."""
    if request.path.startswith(OF_KIOSKS):
        return None
    if not request.path.startswith(OF_CONSOLES) and (request.content_length or 0) > LARGEST_FORM_BYTES:
        raise RequestEntityTooLarge
    session = _find_session()
    opens = whom(current_app, request.endpoint)
    if opens == FOR_ALL:
        return None
    if session is None:
        return _sent_to("sign_in.form", next=request.full_path.rstrip("?"))
    if not session.user.begun and request.blueprint != "own":
        return _sent_to("own.own")
    if opens != FOR_USERS and not may(opens):
        raise Forbidden
    return None


def _sent_to(endpoint: str, **values: Any) -> ResponseReturnValue:
    if request.method == "GET" and not request.path.startswith(OF_CONSOLES):
        return redirect(url_for(endpoint, **values), 303)
    raise Unauthorized


def _find_session() -> HubSession | None:
    asked = request.cookies.get("language", FIRST)
    g.language = asked if asked in LANGUAGES else FIRST
    sign_ins = hub().house.sign_ins
    if request.path.startswith(OF_CONSOLES):
        shown = request.headers.get("Authorization", "")
        session = sign_ins.who(shown.removeprefix(BEARER), Use.CONSOLE) if shown.startswith(BEARER) else None
    else:
        session = sign_ins.who(request.cookies.get(cookie(SESSION), ""))
    g.hub_session = session
    if session:
        g.language = session.user.language
        sign_ins.saw(session)
    return session


def signed_in_or_none() -> HubSession | None:
    """Who is signed in, if anybody is."""
    return cast("HubSession | None", g.get("hub_session"))


def signed_in() -> HubSession:
    """Who is signed in. Raises Unauthorized where nobody is."""
    session = signed_in_or_none()
    if session is None:
        raise Unauthorized
    return session


def by() -> str:
    """The name of who is signed in, for what is recorded. Raises Unauthorized where nobody is."""
    return signed_in().user.name


def may(right: str) -> bool:
    """Whether who is signed in has *right*; nobody has any."""
    session = signed_in_or_none()
    return session is not None and HubRight(right) in HUB_RIGHTS[session.user.role]
