"""``/users``: who may sign in, as what, and who is signed in now. For admins; each change is in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from kiosk.hub.web.access import by, needs, signed_in
from kiosk.hub.web.context import hub
from kiosk.hub.web.said import said_time
from kiosk.rules.accounts import LONGEST_NAME
from kiosk.rules.hub_users import ALLOWED, SENTENCES, HubRight, HubRole, Refusal
from kiosk.rules.identity import clean_name
from kiosk.rules.pins import locked_ms
from kiosk.store.hub_users import HubSession, User
from kiosk.web.asked import whole
from kiosk.web.languages import said
from kiosk.web.words import Words

page = Blueprint("users", __name__, url_prefix="/users")

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Line:
    """A user, how many minutes they are locked for, and since when they are signed in."""

    user: User
    locked_min: int
    sessions: tuple[tuple[HubSession, str], ...]


@page.get("")
@needs(HubRight.ADMIN)
def users() -> str:
    """Everybody, with what can be done."""
    return _page()


@page.post("/add")
@needs(HubRight.ADMIN)
def add() -> ResponseReturnValue:
    """A new user ``name`` as ``role``, with a password that is told once."""
    name = clean_name(request.form.get("name", "")[: LONGEST_NAME + 1])
    return _told(name, hub().house.users.add(name, _role(), by()))


@page.post("/anew")
@needs(HubRight.ADMIN)
def begin_anew() -> ResponseReturnValue:
    """``name`` has lost password or telephone: another password, told once, with which they begin again."""
    return _told(_name(), hub().house.users.begin_anew(_name(), by()))


@page.post("/role")
@needs(HubRight.ADMIN)
def change_role() -> ResponseReturnValue:
    """``name`` is a ``role`` from now on."""
    role = _role()
    return _done(lambda: hub().house.users.set_role(_name(), role, by()))


@page.post("/enabled")
@needs(HubRight.ADMIN)
def enable() -> ResponseReturnValue:
    """Whether ``name`` may sign in: ``yes`` or not."""
    enabled = request.form.get("enabled") == "yes"
    return _done(lambda: hub().house.users.set_enabled(_name(), by(), enabled=enabled))


@page.post("/unlock")
@needs(HubRight.ADMIN)
def unlock() -> ResponseReturnValue:
    """``name`` may try again."""
    return _done(lambda: hub().house.users.unlock(_name(), by()))


@page.post("/sign-out")
@needs(HubRight.ADMIN)
def end_session() -> ResponseReturnValue:
    """The session ``id`` ends."""
    hub().house.users.end_session(whole(request.form.get("id", "")), by())
    return redirect(url_for("users.users"), 303)


def _name() -> str:
    return request.form.get("name", "")[: LONGEST_NAME + 1]


def _role() -> HubRole:
    try:
        return HubRole(request.form.get("role", ""))
    except ValueError:
        raise BadRequest from None


def _told(name: str, given: str | Refusal) -> ResponseReturnValue:
    return (_page(given), 422) if isinstance(given, Refusal) else _page(told=(name, given))


def _done(change: Callable[[], Refusal | None]) -> ResponseReturnValue:
    refusal = change()
    return (_page(refusal), 422) if refusal else redirect(url_for("users.users"), 303)


def _page(refusal: Refusal | None = None, told: tuple[str, str] | None = None) -> str:
    house = hub().house
    sessions = house.sign_ins.sessions()
    return render_template(
        "hub_users.html",
        lines=[_line(user, sessions) for user in house.users.all()],
        refused=said(Words(*SENTENCES[refusal])) if refusal else "",
        told=told,
        own=signed_in().id,
    )


def _line(user: User, sessions: list[HubSession]) -> Line:
    house = hub().house
    here = tuple((one, said_time(one.wall_ms)) for one in sessions if one.user.name == user.name)
    locked_min = -(-locked_ms(user.tries, ALLOWED.user, house.sign_ins.now()) // MINUTE_MS)
    return Line(user, locked_min, here)
