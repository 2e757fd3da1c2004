"""``/house/clock``: staff say what time it is, read it back in words, and from then on the kiosk goes by it."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kiosk.devices import clock as machine
from kiosk.retention import local_time
from kiosk.rules import loudspeaker
from kiosk.rules.access import Right
from kiosk.rules.clock import SENTENCES, NotSet, why_not_told
from kiosk.rules.model import Moment
from kiosk.web.access import door, needs
from kiosk.web.asked import LONGEST_TEXT_BYTES
from kiosk.web.context import house
from kiosk.web.words import Words

page = Blueprint("clock", __name__, url_prefix="/house/clock")

NO_TIME = Words("Hãy chọn ngày và giờ.", "Choose a day and a time.")
LONGEST_NUMBER = 15


@page.get("")
@needs(Right.HOUSE)
def clock() -> str:
    """The time as the kiosk has it, and a form for the right one."""
    return _form(machine.now())


@page.post("")
@needs(Right.HOUSE)
def tell() -> ResponseReturnValue:
    """Read back what was typed; with ``sure``, go by it from then on, whatever time has passed since it was typed."""
    request.max_content_length = LONGEST_TEXT_BYTES
    now = machine.now()
    if not request.form.get("sure"):
        return _read_back(now)
    said = {"wall_ms": _number("wall_ms"), "monotonic_ms": _number("monotonic_ms"), "boot": request.form.get("boot")}
    answer = door().look_after("tell_time", **said)
    if "refused" in answer:
        return _form(now, Words(answer["refused"]["vi"], answer["refused"]["en"])), 422
    return redirect(url_for("house.house", tested="clock"), 303)


def _read_back(now: Moment) -> ResponseReturnValue:
    try:
        typed = datetime.fromisoformat(f"{request.form.get('day', '')}T{request.form.get('time', '')}")
        wall_ms = round(typed.replace(tzinfo=house().settings.zone).timestamp() * 1000)
    except (ValueError, OverflowError):
        return _form(now, NO_TIME), 422
    if why_not := why_not_told(wall_ms, now.monotonic_ms, now):
        return _form(now, Words(*SENTENCES[why_not])), 422
    return render_template("clock_sure.html", kiosk=_words(now.wall_ms), told=_words(wall_ms), wall_ms=wall_ms, now=now)


def _form(now: Moment, refused: Words | None = None) -> str:
    kept = why_not_told(now.wall_ms, now.monotonic_ms, now) is NotSet.KEPT
    here = local_time(now.wall_ms, house().settings.zone)
    return render_template(
        "clock.html",
        kiosk=_words(now.wall_ms),
        kept=Words(*SENTENCES[NotSet.KEPT]) if kept else None,
        refused=refused,
        day=request.form.get("day") or f"{here:%Y-%m-%d}",
        time=request.form.get("time") or f"{here:%H:%M}",
    )


def _words(at_ms: int) -> Words:
    """A time with its day, as it is read aloud."""
    at = local_time(at_ms, house().settings.zone)
    vi, en = loudspeaker.day_words(at.date().isoformat())
    return Words(f"{at.hour} giờ {at:%M} phút, {vi[0].lower()}{vi[1:]}", f"{at:%H:%M} on {en}")


def _number(name: str) -> int:
    """The whole number that our own form holds; 0, which is no time, for anything else."""
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else 0
