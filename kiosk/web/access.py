"""Who may open what: every view says it, and one that does not is not served."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from flask import Flask, Response, current_app, g, redirect, request, url_for
from werkzeug.exceptions import Forbidden, Unauthorized

from kiosk.door_socket import DoorClient
from kiosk.rules.access import RIGHTS, Right, Role
from kiosk.rules.sessions import Use
from kiosk.store.staff_tables import THIS_MACHINE, Device
from kiosk.web.context import house
from kiosk.web.languages import FIRST, LANGUAGES
from kiosk.web.live import event
from kiosk.web.marks import FOR_ALL, View, demand_marks, opens_for, whom

# Where a screen is sent that asks for another page.
SCREENS = {Use.BOARD: "board.board", Use.DISPLAY: "display.display"}
LOOK_S = 1.0

FOR_STAFF, FOR_DEVICES, FOR_TRIAL = "staff", "devices", "trial"


@dataclass(frozen=True, slots=True)
class Signed:
    """Who is signed in on the page that is being answered; *session* names the session without opening it."""

    name: str
    role: Role
    language: str
    session: str
    must_change: bool = False

    def may(self, right: Right) -> bool:
        """Whether they have *right*."""
        return right in RIGHTS[self.role]


def needs(right: Right) -> Callable[[View], View]:
    """The view is for people who have *right*."""
    return opens_for(right)


def for_devices(view: View) -> View:
    """The view is for paired screens and for this machine itself, without a person."""
    return opens_for(FOR_DEVICES)(view)


def for_staff(view: View) -> View:
    """The view is for everybody who is signed in, also who has yet to choose a PIN of their own."""
    return opens_for(FOR_STAFF)(view)


def for_trial(view: View) -> View:
    """The view is for trying out: on this machine itself while its keys are for the trial, else for who helps."""
    return opens_for(FOR_TRIAL)(view)


def protect(app: Flask) -> None:
    """Open each view for whom it is marked. Call it when every view is there; raises ValueError for one without."""
    demand_marks(app, app.view_functions)
    app.before_request(admit)
    app.context_processor(lambda: {"who": signed_in_or_none(), "may": may})


def admit() -> Response | None:
    """Let in who may open the page; send the others to where they can get in. Raises Unauthorized, Forbidden."""
    _find_device()
    _find_person()
    opens = whom(current_app, request.endpoint)
    if opens == FOR_TRIAL:
        opens = FOR_DEVICES if house().vault.demo and device() == THIS_MACHINE else Right.HELP
    if opens == FOR_ALL:
        return None
    at, who = paired(), signed_in_or_none()
    if at is None:
        return _sent_to("pairing.form")
    if opens == FOR_DEVICES:
        return None
    if at.use is not Use.TABLET:
        return _sent_to(SCREENS[at.use])
    if who is None:
        return _sent_to("sign_in.form", next=request.full_path.rstrip("?"))
    if who.must_change and request.blueprint != "own":
        return _sent_to("own.own")
    if opens != FOR_STAFF and not who.may(Right(opens)):
        raise Forbidden
    return None


def _sent_to(endpoint: str, **values: Any) -> Response:
    takes_pages = request.accept_mimetypes.accept_html or not request.accept_mimetypes  # who names none takes any
    if request.method == "GET" and takes_pages and "X-Kiosk" not in request.headers:
        return cast(Response, redirect(url_for(endpoint, **values), 303))
    raise Unauthorized


def _find_device() -> None:
    """Who asks this machine's own port needs no pairing; who comes by HTTPS shows the device's cookie."""
    own = house().sign_ins
    g.device = own.device_of(request.cookies.get(cookie("device"), "")) if request.is_secure else own.this_machine


def _find_person() -> None:
    at, asked = device(), request.cookies.get("language", FIRST)
    g.language = asked if asked in LANGUAGES else FIRST
    found = None if at is None else house().sign_ins.who(request.cookies.get(cookie("session"), ""), at)
    if found:
        account = found.account
        g.signed = Signed(account.name, account.role, account.language, str(found.id), account.must_change)
        g.language = account.language
        if _is_touch():
            house().sign_ins.saw(found)


def _is_touch() -> bool:
    """Whether somebody touched the page, which a page that asks by itself does not show."""
    sent = request.headers
    if request.method not in ("GET", "HEAD"):
        return True
    if "Sec-Fetch-Mode" in sent:  # a browser of 2023 or later
        return "Sec-Fetch-User" in sent
    return request.accept_mimetypes.accept_html and "X-Kiosk" not in sent


def while_admitted(events: Iterable[bytes]) -> Iterator[bytes]:
    """*events* of a live page, until who opened it is signed out, or the device's pairing has ended; then ``left``."""
    own, who, at = house().sign_ins, signed_in_or_none(), device()
    lasts = partial(own.lasts, int(who.session)) if who else partial(own.is_paired, at)
    return _while_it_lasts(events, lasts)  # the stream goes on after its request's context has ended


def _while_it_lasts(events: Iterable[bytes], lasts: Callable[[], bool]) -> Iterator[bytes]:
    looked_s = time.monotonic()
    for told in events:
        yield told
        if time.monotonic() - looked_s > LOOK_S:
            looked_s = time.monotonic()
            if not lasts():
                yield event("left", {})
                return


def paired() -> Device | None:
    """The device that asks, paired or this machine itself; None for a stranger's."""
    return cast("Device | None", g.get("device"))


def device() -> int | None:
    """The number of the device that asks; 0 is this machine itself, None a stranger's."""
    at = paired()
    return at.id if at else None


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


def may(right: str) -> bool:
    """Whether who is signed in has *right*; nobody has any."""
    who = signed_in_or_none()
    return who is not None and who.may(Right(right))
