"""``/feedback``: slips for who has something to put right, each to be answered within 48 hours; late ones first."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, Response, jsonify, render_template

from kiosk.devices import clock
from kiosk.feedback import kept_slips
from kiosk.retention import local_time
from kiosk.rules.access import Right
from kiosk.rules.feedback import REPLY_HOURS, REPLY_MS, TOPICS_EN, Slip, time_left
from kiosk.rules.session import NOT_DOSES
from kiosk.rules.true_times import TrueTime
from kiosk.web.access import door, needs
from kiosk.web.asked import asked_of_door, number, text
from kiosk.web.context import house
from kiosk.web.words import Words

page = Blueprint("feedback", __name__, url_prefix="/feedback")


@dataclass(frozen=True, slots=True)
class SlipLine:
    """A slip as staff read it; ``passed`` is empty while nobody has passed it on."""

    number: int
    slip: str
    topic: Words
    given: str
    due: str
    left: Words
    late: bool
    passed: str


@dataclass(frozen=True, slots=True)
class _TrueSlip:
    """A slip as it was in truth, and how sure that is."""

    slip: Slip
    given: TrueTime
    passed: TrueTime | None


@page.get("")
@needs(Right.QUEUE)
def feedback() -> str:
    """The slips that wait, those due first in front, and those that were passed on, the latest first."""
    parts, now_ms = house(), clock.now().wall_ms
    slips = [_in_truth(slip) for slip in parts.reader.ask(kept_slips).values()]
    waiting = sorted(
        (slip for slip in slips if slip.passed is None), key=lambda one: (one.slip.due_ms, one.slip.number)
    )
    passed = sorted((slip for slip in slips if slip.passed), key=lambda one: one.slip.passed_ms or 0, reverse=True)
    return render_template(
        "feedback.html",
        waiting=[_line(slip, now_ms) for slip in waiting],
        passed=[_line(slip, now_ms) for slip in passed],
        topics=[_topic(topic) for topic in parts.settings.session.topics],
        hours=REPLY_HOURS,
        now=_time(now_ms),
        not_doses=Words(*NOT_DOSES),
    )


@page.post("/new")
@needs(Right.QUEUE)
def new() -> Response:
    """Somebody has something to put right about ``topic``."""
    return jsonify(door().give_feedback(text(asked_of_door(), "topic").decode()))


@page.post("/act")
@needs(Right.QUEUE)
def act() -> Response:
    """Slip ``number`` was passed on, reopened or withdrawn (``act``)."""
    asked = asked_of_door()
    return jsonify(door().act_on_feedback(number(asked, "number"), text(asked, "act").decode()))


def _in_truth(slip: Slip) -> _TrueSlip:
    times = house().lines.times.times
    given, passed = times.of_shown(slip.given_ms), times.of_shown(slip.passed_ms) if slip.passed_ms else None
    told = replace(slip, given_ms=given.at_ms, passed_ms=passed.at_ms if passed else None)
    return _TrueSlip(told, given, passed)


def _line(one: _TrueSlip, now_ms: int) -> SlipLine:
    slip, dated = one.slip, house().lines.times.dated
    return SlipLine(
        number=slip.number,
        slip=str(slip),
        topic=_topic(slip.topic),
        given=dated(one.given),
        due=dated(one.given.moved(REPLY_MS)),
        left=Words(*time_left(slip.due_ms, now_ms)),
        late=slip.due_ms <= now_ms,
        passed=dated(one.passed) if one.passed else "",
    )


def _topic(topic: str) -> Words:
    return Words(topic, TOPICS_EN.get(topic, ""))


def _time(at_ms: int) -> str:
    return f"{local_time(at_ms, house().settings.zone):%H:%M %d/%m}"
