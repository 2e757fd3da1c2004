"""``/counter``: one desk on a tablet: who is called, the next, and all that staff do with a ticket."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from kiosk.door_socket import DoorAway, Message
from kiosk.rules.access import Right
from kiosk.rules.queueing import SENTENCES, Act, Refusal
from kiosk.web.access import door, needs
from kiosk.web.asked import LARGEST_NUMBER, LONGEST_TEXT_BYTES, whole
from kiosk.web.context import house
from kiosk.web.counter_lines import CounterState
from kiosk.web.guard import DOOR_AWAY, OWN_HEADER, answer_door_away
from kiosk.web.words import ACTS, PRINTED, Words

page = Blueprint("counter", __name__, url_prefix="/counter")

AWAY = "away"
PRINT = "print"  # a wish that is no act of the queue
LONGEST_WORD = 80


@page.get("")
@needs(Right.QUEUE)
def choose() -> str:
    """The site's counters, to take one."""
    return render_template("counters.html", counters=house().counters.all())


@page.get("/<counter_id>")
@needs(Right.QUEUE)
def counter(counter_id: str) -> str:
    """The counter as it is now; without a script also the ticket ``ticket``, and why ``said`` was refused."""
    ticket = request.args.get("ticket", 0, type=int)
    found = house().counters.tickets([ticket]) if 0 < ticket < LARGEST_NUMBER else ()
    said = _sentence(request.args.get("said", ""))
    return render_template("counter.html", state=_state(counter_id), found=next(iter(found), None), said=said)


@page.get("/<counter_id>/now")
@needs(Right.QUEUE)
def now(counter_id: str) -> ResponseReturnValue:
    """The counter as it is now, and whether the door answers."""
    return jsonify(_shown(counter_id, door().answers()))


@page.post("/<counter_id>/act")
@needs(Right.QUEUE)
def act(counter_id: str) -> ResponseReturnValue:
    """What a button wishes: ``act``, ``act:ticket`` or ``act:ticket:service``, with ``seen``, ``by`` and ``number``.

    The script hears with what was ``said`` how the counter is ``now``: its next wish is about that, however soon.
    """
    _bound()
    name, _, rest = _word("wish").partition(":")
    ticket, _, service = rest.partition(":")
    asked = {"counter": _state(counter_id).id, "service": service, "number": _word("number")}
    if name == PRINT:
        return _recorded(counter_id, door().reprint(whole(ticket or "0")), PRINTED)
    if name not in tuple(Act):
        raise BadRequest
    answer = door().queue(name, **asked, ticket=whole(ticket or "0"), seen=whole(_word("seen") or "0"))
    if "refused" in answer:
        return _told(counter_id, answer, said=answer["refused"]["reason"])
    return _recorded(counter_id, answer, ACTS[Act(answer["act"])])


@page.post("/<counter_id>/find")
@needs(Right.QUEUE)
def find(counter_id: str) -> ResponseReturnValue:
    """Where the tickets are that ``code`` may mean: a number as printed, a slip, a card, an ID number."""
    _bound()
    _state(counter_id)
    code = request.form.get("code", "").strip().encode("utf-8", "replace")
    answer = door().find_ticket(code, typed=True)
    if "refused" in answer:
        return _told(counter_id, answer, said=answer["refused"]["reason"])
    found = house().counters.tickets(answer["tickets"])
    return _told(counter_id, {"found": [asdict(one) for one in found]}, ticket=answer["ticket"])


@page.errorhandler(DoorAway)
def door_away(error: DoorAway) -> ResponseReturnValue:
    """The door's process is not there: a sentence for the script, and for a form without one."""
    if OWN_HEADER in request.headers:
        return answer_door_away(error)
    return _back(str((request.view_args or {}).get("counter_id")), said=AWAY)


def _state(counter_id: str) -> CounterState:
    state = house().counters.counter(counter_id)
    if state is None:
        raise NotFound
    return state


def _shown(counter_id: str, door_answers: bool) -> dict[str, Any]:
    return asdict(_state(counter_id)) | {"door": door_answers}


def _recorded(counter_id: str, answer: Message, words: Words) -> ResponseReturnValue:
    said = {"vi": f"Đã ghi: {words.vi} {answer['ticket']}.", "en": f"Recorded: {words.en} {answer['ticket']}."}
    return _told(counter_id, answer | {"said": said, "now": _shown(counter_id, door_answers=True)})


def _told(counter_id: str, answer: Message, **asked: Any) -> ResponseReturnValue:
    """The answer for the page's script; a form without one goes back to the page, which then shows what was *asked*."""
    return jsonify(answer) if OWN_HEADER in request.headers else _back(counter_id, **asked)


def _back(counter_id: str, **asked: Any) -> ResponseReturnValue:
    return redirect(url_for("counter.counter", counter_id=counter_id, **asked), 303)


def _sentence(reason: str) -> Words | None:
    if reason == AWAY:
        return DOOR_AWAY
    return Words(*SENTENCES[Refusal(reason)]) if reason in tuple(Refusal) else None


def _bound() -> None:
    request.max_content_length = LONGEST_TEXT_BYTES


def _word(name: str) -> str:
    word = request.form.get(name, "")
    if len(word) > LONGEST_WORD:
        raise BadRequest
    return word
