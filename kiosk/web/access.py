"""Who may open what: every view says it, and one that does not is not served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, g, redirect, request, url_for
from werkzeug.exceptions import Forbidden, Unauthorized

from kiosk.door_socket import DoorClient
from kiosk.rules.access import RIGHTS, Right, Role
from kiosk.store.staff_tables import THIS_MACHINE
from kiosk.web.context import house
from kiosk.web.languages import FIRST, LANGUAGES

View = TypeVar("View", bound=Callable[..., Any])

FOR_ALL, FOR_DEVICES, FOR_TRIAL = "all", "devices", "trial"
OPEN_ENDPOINTS = ("static",)
STREAMS = ("text/event-stream",)


@dataclass(frozen=True, slots=True)
class Signed:
    """Who is signed in on the page that is being answered; *session* names the session without opening it."""

    name: str
    role: Role
    language: str
    session: str

    def may(self, right: Right) -> bool:
        """Whether they have *right*."""
        return right in RIGHTS[self.role]


def needs(right: Right) -> Callable[[View], View]:
    """The view is for people who have *right*."""

    def mark(view: View) -> View:
        cast(Any, view).opens_for = right
        return view

    return mark


def for_devices(view: View) -> View:
    """The view is for paired screens and for this machine itself, without a person."""
    cast(Any, view).opens_for = FOR_DEVICES
    return view


def for_all(view: View) -> View:
    """The view is for whoever reaches the kiosk, and shows nothing of people."""
    cast(Any, view).opens_for = FOR_ALL
    return view


def for_trial(view: View) -> View:
    """The view is for trying out: on this machine itself while its keys are for the trial, else for who helps."""
    cast(Any, view).opens_for = FOR_TRIAL
    return view


def protect(app: Flask) -> None:
    """Open each view for whom it is marked. Call it when every view is there; raises ValueError for one without."""
    unmarked = [name for name in app.view_functions if name not in OPEN_ENDPOINTS and _opens_for(app, name) is None]
    if unmarked:
        raise ValueError(f"nobody said who may open {', '.join(unmarked)}")
    app.before_request(admit)
    app.context_processor(lambda: {"who": signed_in_or_none(), "may": _may})


def admit() -> Response | None:
    """Let in who may open the page; send who is not signed in to where they can."""
    g.language = _language()
    opens_for = FOR_ALL if request.endpoint in (None, *OPEN_ENDPOINTS) else _opens_for(current_app, request.endpoint)
    if opens_for == FOR_TRIAL:
        opens_for = FOR_DEVICES if house().vault.demo and device() == THIS_MACHINE else Right.HELP
    _find_person()
    if opens_for == FOR_ALL or (opens_for == FOR_DEVICES and (device() is not None or signed_in_or_none())):
        return None
    who = signed_in_or_none()
    if who is None:
        if request.method == "GET" and request.accept_mimetypes.accept_html:
            return cast(Response, redirect(url_for("sign_in.form", next=request.full_path.rstrip("?"))))
        raise Unauthorized
    if opens_for == FOR_DEVICES or not who.may(Right(str(opens_for))):
        raise Forbidden
    return None


def _opens_for(app: Flask, endpoint: str | None) -> str | None:
    return getattr(app.view_functions.get(endpoint or ""), "opens_for", None)


def _language() -> str:
    asked = request.cookies.get("language", FIRST)
    return asked if asked in LANGUAGES else FIRST


def _find_person() -> None:
    at = device()
    found = None if at is None else house().sign_ins.who(request.cookies.get(cookie("session"), ""), at)
    if found:
        account = found.account
        g.signed = Signed(account.name, account.role, account.language, str(found.id))
        g.language = account.language
        house().sign_ins.saw(found)


def device() -> int | None:
    """The paired device that asks; 0 is this machine itself, None a stranger's."""
    return None if request.is_secure else THIS_MACHINE


def cookie(name: str) -> str:
    """What a cookie is called; over HTTPS no other host can set it (RFC 6265bis, 4.1.3)."""
    return f"__Host-kiosk-{name}" if request.is_secure else f"kiosk-{name}"


def set_cookie(response: Response, name: str, value: str, *, max_age_s: int | None = None) -> None:
    """Keep *value* in the browser, out of reach of scripts and of other sites' pages; empty takes it away."""
    response.set_cookie(
        cookie(name),
        value,
        max_age=max_age_s if value else 0,
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )


def signed_in_or_none() -> Signed | None:
    """Who is signed in, if anybody is."""
    return cast("Signed | None", g.get("signed"))


def signed_in() -> Signed:
    """Who is signed in. Raises Unauthorized where nobody is."""
    who = signed_in_or_none()
    if who is None:
        raise Unauthorized
    return who


def door() -> DoorClient:
    """The door, asked in the name of who is signed in."""
    who = signed_in_or_none()
    return house().door.signed(who.name) if who else house().door


def _may(right: str) -> bool:
    who = signed_in_or_none()
    return who is not None and who.may(Right(right))
