"""``/day``: settings of the day: what the file says, what is in force today, and forms that change it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from kiosk.day_settings import file_values
from kiosk.door_socket import Message
from kiosk.rules.access import Right
from kiosk.rules.day_settings import GATE, LARGEST_CAPACITY, LONGEST_TEXT
from kiosk.web.access import door, needs
from kiosk.web.asked import LONGEST_TEXT_BYTES, whole
from kiosk.web.context import house
from kiosk.web.day_lines import MESSAGES, REASONS, day_lines, directions
from kiosk.web.words import Words

page = Blueprint("day", __name__, url_prefix="/day")

PRESETS = {"message": MESSAGES, "closed": REASONS}


@page.get("")
@needs(Right.DAY)
def day() -> str:
    """The settings of the day."""
    return _page({}, None)


@page.post("")
@needs(Right.DAY)
def change() -> ResponseReturnValue:
    """Change for today what the form has, where it differs; ``seen`` is the latest change that its page had."""
    request.max_content_length = LONGEST_TEXT_BYTES
    known = file_values(house().settings)
    typed = {name: text for name, text in request.form.items() if name in known} | _ready_sentences()
    return _answered(door().look_after("change_day", fields=typed, seen=_seen()), typed)


@page.post("/undo")
@needs(Right.DAY)
def undo() -> ResponseReturnValue:
    """Take the latest change back."""
    return _answered(door().look_after("undo_day", seen=_seen()), {})


def _answered(answer: Message, typed: Mapping[str, str]) -> ResponseReturnValue:
    if "refused" in answer:
        return _page(typed, Words(answer["refused"]["vi"], answer["refused"]["en"])), 422
    return redirect(url_for("day.day"), 303)


def _page(typed: Mapping[str, str], refused: Words | None) -> str:
    parts = house()
    return render_template(
        "day.html",
        day=day_lines(parts.reader, parts.settings, parts.lines.times),
        typed=typed,
        refused=refused,
        presets=PRESETS,
        directions=directions(),
        gate=GATE,
        longest=LONGEST_TEXT,
        largest=LARGEST_CAPACITY,
    )


def _ready_sentences() -> dict[str, str]:
    """The sentences that were chosen instead of typed."""
    chosen: dict[str, str] = {}
    for name, sentences in PRESETS.items():
        number = request.form.get(f"{name}_ready", "")
        if number:
            if number not in map(str, range(len(sentences))):
                raise BadRequest
            words = sentences[int(number)]
            chosen |= {f"{name}_vi": words.vi, f"{name}_en": words.en}
    return chosen


def _seen() -> int:
    return whole(request.form.get("seen", ""))
