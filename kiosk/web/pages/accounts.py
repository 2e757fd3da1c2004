"""``/accounts``: who may sign in, as what, and who is signed in now. For admins; each change is in the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from kiosk.accounts import new_pin
from kiosk.rules.access import Right, Role
from kiosk.rules.accounts import LONGEST_NAME, SENTENCES, Refusal
from kiosk.rules.identity import clean_name
from kiosk.rules.pins import PERSON_TRIES, locked_ms
from kiosk.rules.staff_acts import StaffAct
from kiosk.store.staff_tables import Account, Session
from kiosk.web.access import door, needs, signed_in
from kiosk.web.asked import LARGEST_NUMBER
from kiosk.web.context import house
from kiosk.web.languages import said
from kiosk.web.said_times import local_time
from kiosk.web.words import Words

page = Blueprint("accounts", __name__, url_prefix="/accounts")

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Line:
    """An account, how many minutes it is locked for, and where its owner is signed in."""

    account: Account
    locked_min: int
    sessions: tuple[tuple[Session, str], ...]


@page.get("")
@needs(Right.ADMIN)
def accounts() -> str:
    """Everybody, with what can be done."""
    return _page()


@page.post("/add")
@needs(Right.ADMIN)
def add() -> ResponseReturnValue:
    """A new account for ``name`` as ``role``, with a PIN that is told once."""
    name, pin = clean_name(request.form.get("name", "")[: LONGEST_NAME + 1]), new_pin()
    refusal = house().accounts.add(name, _role(), pin, _note, must_change=True)
    return (_page(refusal), 422) if refusal else _page(told=(name, pin))


@page.post("/pin")
@needs(Right.ADMIN)
def give_pin() -> ResponseReturnValue:
    """Another PIN for ``name``, told once; they choose one of their own when they sign in."""
    name, pin = _name(), new_pin()
    refusal = house().accounts.set_pin(name, pin, _note, must_change=True)
    return (_page(refusal), 422) if refusal else _page(told=(name, pin))


@page.post("/role")
@needs(Right.ADMIN)
def change_role() -> ResponseReturnValue:
    """``name`` is a ``role`` from now on."""
    role = _role()
    return _done(lambda: house().accounts.set_role(_name(), role, _note))


@page.post("/enabled")
@needs(Right.ADMIN)
def enable() -> ResponseReturnValue:
    """Whether ``name`` may sign in: ``yes`` or not."""
    enabled = request.form.get("enabled") == "yes"
    return _done(lambda: house().accounts.set_enabled(_name(), _note, enabled=enabled))


@page.post("/unlock")
@needs(Right.ADMIN)
def unlock() -> ResponseReturnValue:
    """``name`` may try again."""
    return _done(lambda: house().accounts.unlock(_name(), _note))


@page.post("/sign-out")
@needs(Right.ADMIN)
def end_session() -> ResponseReturnValue:
    """The session ``id`` ends."""
    number = request.form.get("id", -1, type=int)
    if not 0 <= number < LARGEST_NUMBER:
        raise BadRequest
    own = house().sign_ins
    with own.book.reading() as tables:
        session = tables.session(number)
    if session:
        _note(f"{session.account.name}: signed out")
        own.sign_out(session.id)
    return redirect(url_for("accounts.accounts"), 303)


def _name() -> str:
    return request.form.get("name", "")[:LONGEST_NAME]


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError:
        raise BadRequest from None


def _note(about: str) -> None:
    door().note(StaffAct.ACCOUNT, about=about)


def _done(change: Callable[[], Refusal | None]) -> ResponseReturnValue:
    refusal = change()
    return (_page(refusal), 422) if refusal else redirect(url_for("accounts.accounts"), 303)


def _page(refusal: Refusal | None = None, told: tuple[str, str] | None = None) -> str:
    own = house().sign_ins
    with own.book.reading() as tables:
        people, sessions = tables.accounts(), [one for one in tables.sessions() if not own.is_over(one)]
    return render_template(
        "accounts.html",
        lines=[_line(account, sessions) for account in people],
        refused=said(Words(*SENTENCES[refusal])) if refusal else "",
        told=told,
        own=signed_in().session,
    )


def _line(account: Account, sessions: list[Session]) -> Line:
    zone = house().settings.zone
    here = tuple((one, local_time(one.wall_ms, zone)) for one in sessions if one.account.name == account.name)
    locked_min = -(-locked_ms(account.tries, PERSON_TRIES, house().sign_ins.now()) // MINUTE_MS)
    return Line(account, locked_min, here)
