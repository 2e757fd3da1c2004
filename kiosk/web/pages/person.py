"""``/person/VISIT``: all about one visit, and what staff put right about it: a reason, what will change, then the deed.

Plain forms; whatever is wished is said in words before it is done, and can be undone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from kiosk.devices import clock
from kiosk.door_socket import DoorAway, DoorRefused
from kiosk.rules.access import Right
from kiosk.rules.corrections import OTHERS, SENTENCES, Act, Wish
from kiosk.rules.identity import clean_text
from kiosk.rules.queueing import read_number
from kiosk.web.access import door, needs, signed_in
from kiosk.web.asked import LARGEST_NUMBER, LONGEST_TEXT_BYTES, stated_ms, whole
from kiosk.web.context import house
from kiosk.web.correction_lines import Person, Preview
from kiosk.web.correction_words import DONE, OFFERS, WHYS
from kiosk.web.guard import DOOR_AWAY, DOOR_REFUSED
from kiosk.web.pages.unmask import unmasked
from kiosk.web.reasons import UNMASKING
from kiosk.web.words import Words

page = Blueprint("person", __name__, url_prefix="/person")

LONGEST_WHY = 80
AGO_MIN = (0, 15, 30, 60)


@page.get("/<int:visit>")
@needs(Right.SEE)
def person(visit: int) -> str:
    """The visit with its way through gates and stages, what was put right, and what may be."""
    house().lines.take_todays_key()
    found, lines = _person(visit), house().lines.persons
    return render_template(
        "person.html",
        person=found,
        line=next(iter(lines([visit])), None),
        others=lines(found.others),
        beside=lines(found.beside),
        full=unmasked(visit),
        reasons=UNMASKING,
        offers=[(act, *OFFERS[act]) for act in found.acts],
    )


@page.get("/<int:visit>/correct/<act>")
@needs(Right.CORRECT)
def ask(visit: int, act: str) -> str:
    """Which other visit, at what time, and why: as far as the act needs to know."""
    _person(visit)
    return _form(visit, _act(act))


@page.post("/<int:visit>/correct/<act>")
@needs(Right.CORRECT)
def correct(visit: int, act: str) -> ResponseReturnValue:
    """Say what the form would change; with ``sure``, change it."""
    _person(visit)
    wish = _wish(visit, _act(act))
    if not _word("sure"):
        return _say_what_changes(wish, house().corrections.preview(wish))
    said = {"visit": visit, "other": wish.other, "at_ms": wish.at_ms, "why": wish.why}
    return _do(wish, said)


@page.post("/<int:visit>/undo/<int:sequence>")
@needs(Right.CORRECT)
def undo(visit: int, sequence: int) -> ResponseReturnValue:
    """Say what it would change to take back correction *sequence*; with ``sure``, take it back."""
    _person(visit)
    wish = Wish(Act.UNDO, visit, undoes=min(sequence, LARGEST_NUMBER), by=signed_in().name, why=_why())
    if not _word("sure"):
        return _say_what_changes(wish, house().corrections.preview(wish))
    return _do(wish, {"undoes": wish.undoes, "why": wish.why})


@page.errorhandler(DoorAway)
def door_away(error: DoorAway) -> ResponseReturnValue:
    """The door is not there, or refuses: one sentence beside the form."""
    words, code = DOOR_AWAY, 503
    if isinstance(error, DoorRefused):
        words, code = Words(error.vi or DOOR_REFUSED.vi, str(error)), 422
    asked = request.view_args or {}
    return _form(asked["visit"], Act(asked.get("act", Act.UNDO)), words), code


def _person(visit: int) -> Person:
    found = house().corrections.person(visit) if visit < LARGEST_NUMBER else None
    if found is None:
        raise NotFound
    return found


def _do(wish: Wish, said: dict[str, Any]) -> ResponseReturnValue:
    left = door().by_hand("correct", act=wish.act, **said)["visits"]
    return redirect(url_for("person.person", visit=wish.visit if wish.visit in left or not left else left[0]), 303)


def _say_what_changes(wish: Wish, preview: Preview) -> ResponseReturnValue:
    if preview.refusal:
        return _form(wish.visit, wish.act, Words(*SENTENCES[preview.refusal])), 422
    return _page(
        "correction_sure.html",
        wish,
        sentences=preview.sentences,
        others=house().lines.persons([wish.other] if wish.other else ()),
        kept={"why": wish.why, "other": wish.other or "", "at": _time()},
    )


def _form(visit: int, act: Act, refused: Words | None = None) -> str:
    others = house().lines.persons(house().corrections.likely_others(act, visit))
    return _page(
        "correction.html",
        Wish(act, visit),
        refused=refused,
        others=others,
        needs_other=act in OTHERS,
        may_have_other=act in OTHERS or (act is Act.WENT_OUT and bool(others)),
        whys=WHYS[act],
        times=[(minutes, _ago(minutes)) for minutes in AGO_MIN] if act is Act.EXIT else [],
        longest_why=LONGEST_WHY,
    )


def _page(template: str, wish: Wish, **shown: Any) -> str:
    title, about = OFFERS.get(wish.act, (DONE[wish.act], None))
    line = next(iter(house().lines.persons([wish.visit])), None)
    return render_template(template, wish=wish, title=title, about=about, line=line, **shown)


def _wish(visit: int, act: Act) -> Wish:
    return Wish(act, visit, _other(), stated_ms(_time()), by=signed_in().name, why=_why())


def _other() -> int:
    """The visit that was chosen, or the latest with the number that was typed; one past all where there is none."""
    if typed := _word("number").strip():
        number = read_number(typed)
        return (house().corrections.numbered(number) if number else 0) or LARGEST_NUMBER
    return whole(_word("other") or "0")


def _time() -> str:
    """The time that was typed, or so many minutes ago as was chosen; empty for now."""
    ago = _word("ago")
    if _word("at") or ago in ("", "0"):
        return _word("at")
    if ago not in map(str, AGO_MIN):
        raise BadRequest
    return _ago(int(ago))


def _ago(minutes: int) -> str:
    return f"{datetime.fromtimestamp(clock.now().wall_ms / 1000 - 60 * minutes, house().settings.zone):%H:%M}"


def _why() -> str:
    return clean_text(_word("why") or _word("words"), LONGEST_WHY)


def _act(act: str) -> Act:
    if act not in OFFERS:
        raise NotFound
    return Act(act)


def _word(name: str) -> str:
    request.max_content_length = LONGEST_TEXT_BYTES
    return request.form.get(name, "")
