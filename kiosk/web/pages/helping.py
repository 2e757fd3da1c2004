"""``/help``: for people who need a hand: in by hand, out by hand, a slip, a companion; who calls for help, and where.

Plain forms, so that it works on any telephone. What was typed stays in the answer's form, never in an address.
"""

from __future__ import annotations

import secrets
import zlib
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Forbidden

from kiosk.door_socket import DoorAway, DoorRefused, Message
from kiosk.rules import queueing
from kiosk.rules.access import Right
from kiosk.rules.by_hand import MOST_IN_GROUP, Doubt, Overrule, Way
from kiosk.rules.help_calls import Act
from kiosk.rules.model import Direction, Lamp, Outcome
from kiosk.web.access import door, needs, signed_in
from kiosk.web.asked import LONGEST_TEXT_BYTES, stated_ms, whole
from kiosk.web.context import house
from kiosk.web.guard import DOOR_AWAY, DOOR_REFUSED
from kiosk.web.help_lines import HelpLines
from kiosk.web.people import Choice
from kiosk.web.words import OVERRULES, Words

page = Blueprint("help", __name__, url_prefix="/help")

WAYS = ("number", "name", "group", "paper", "find", "calls", "staff")
TYPED = ("number", "name", "birth", "sex", "phone", "count", "gate")
TICKED = ("agreed", "priority", "for_help", "insist", "another")
LONGEST_CODE, LONGEST_WORD = 8000, 200
MOST_FOUND = 12
LEFT_UNSEEN = "Ra mà không quét · Left without scanning"
BY_STAFF = tuple(one for one in Overrule if one not in (Overrule.SENT, Overrule.BESIDE))
WENT_IN = (Outcome.ADMITTED, Outcome.PASSED_UNRECORDED)
# With what staff can do something about it, whoever is not let in.
MAY_BE_OVERRULED = (Outcome.WAITING, Outcome.ASK_STAFF, Outcome.REFUSED)


@dataclass(slots=True)
class Told:
    """What became of what staff did: the colour of the lamp, a sentence, numbers, and whose visits it was."""

    lamp: Lamp
    words: Words
    tickets: list[str] = field(default_factory=list)
    visits: list[int] = field(default_factory=list)
    holder: str = ""


@page.get("")
@needs(Right.HELP)
def helping() -> str:
    """The way ``do`` of helping, with an empty form."""
    return _page(request.args.get("do", ""))


@page.get("/now")
@needs(Right.HELP)
def now() -> Response:
    """How many call for help and were sent to staff, and a mark that differs once either list does."""
    return jsonify(_now(HelpLines(house().reader, house().settings, house().lines.times)))


@page.post("/in")
@needs(Right.HELP)
def check_in() -> ResponseReturnValue:
    """Check in whom the form describes, or say first what is doubtful; ``use`` puts what was offered into a field."""
    form = _form()
    do = request.form.get("do", "")
    way = {"group": Way.GROUP, "paper": Way.PAPER}.get(do, Way.PERSON)
    count = form["count"].strip()
    said: dict[str, Any] = form | {"way": way, "count": int(count) if _is_small(count) else 0}
    answer = door().by_hand("check_in", **said, once=_word("once"), overrule=_overrule())
    if scans := answer["scans"]:
        last = scans[-1]["outcome"]
        overrule = last in MAY_BE_OVERRULED and signed_in().may(Right.OVERRULE)
        return _page(do, told=_of_scans(scans), form=_left_to_do(form, scans), overrule=overrule)
    alike = house().lines.persons(answer["alike"])
    return _page(
        do, form=form | {"once": _word("once")}, doubts=[Doubt(**doubt) for doubt in answer["doubts"]], persons=alike
    )


@page.post("/find")
@needs(Right.HELP)
def find() -> ResponseReturnValue:
    """People inside by ticket, part of a name, last digits, or the slip or card that a scanner types."""
    return _page("find", query=_code("q"))


@page.post("/person")
@needs(Right.HELP)
def person() -> ResponseReturnValue:
    """What a button of somebody's line wishes: ``act:visit``, with the query that found them."""
    act, _, visit = _word("wish").partition(":")
    acts = {
        "out": _out,
        "beside": _beside,
        "reprint": _reprint,
        "seen": _seen,
        "unseen": _unseen,
        "left": _left,
        "register": _register,
    }
    if act not in acts:
        raise BadRequest
    told = acts[act](whole(visit))
    return _page("find", told=told, query=_code("q"), visits=[whole(visit)])


@page.post("/call")
@needs(Right.HELP)
def call() -> ResponseReturnValue:
    """Answer a call (``act:call``), or add one at the gate ``gate``: somebody asks a person instead of the button."""
    act, _, number = _word("wish").partition(":")
    if act == Act.CALLED:
        door().by_hand("call_help", gate=_gate())
    elif act in tuple(Act):
        door().by_hand("answer_call", call=whole(number), act=act)
    else:
        raise BadRequest
    return redirect(url_for("help.helping", do="calls"), 303)


@page.post("/let-in")
@needs(Right.OVERRULE)
def let_in() -> ResponseReturnValue:
    """Let in whom entry ``sequence`` sent to staff."""
    return _page("staff", told=_of_scans([door().by_hand("let_in", sequence=whole(_word("sequence")))]))


@page.errorhandler(DoorAway)
def door_away(error: DoorAway) -> ResponseReturnValue:
    """The door is not there, or cannot do it (any more): one sentence, and the form as it was filled in."""
    words, code = DOOR_AWAY, 503
    if isinstance(error, DoorRefused):
        words, code = Words(error.vi or DOOR_REFUSED.vi, str(error)), 422
    do = request.form.get("do", "find" if "q" in request.form else "calls")
    return _page(do, told=Told(Lamp.RED, words), form=_form() | {"once": _word("once")}), code


def _page(do: str, **shown: Any) -> str:
    do = do if do in WAYS and (do != "paper" or house().settings.site.paper_form) else WAYS[0]
    lines = HelpLines(house().reader, house().settings, house().lines.times)
    query = shown.pop("query", "")
    persons = shown.pop("persons", None)
    if persons is None:
        persons = house().lines.persons(shown.pop("visits", None) or _found(query))
    form = {"once": "", "gate": request.values.get("gate", "")} | shown.pop("form", {})
    form["once"] = form["once"] or secrets.token_urlsafe(12)
    return render_template(
        "help.html",
        do=do,
        gates_in=[gate for gate in house().settings_today().gates if gate.direction is not Direction.OUT],
        form=form,
        query=query,
        persons=persons,
        log=house().lines.log(),
        now=_now(lines),
        calls=lines.calls(),
        sent=lines.sent_to_staff(),
        overrules=[(one, OVERRULES[one]) for one in BY_STAFF],
        help_lane=house().settings.queue.help,
        asks_consent=house().settings.site.consent == "ask",
        most=MOST_IN_GROUP,
        **{"told": None, "doubts": (), "overrule": False} | shown,
    )


def _now(lines: HelpLines) -> dict[str, Any]:
    waiting, sent = lines.calls().waiting, lines.sent_to_staff()
    mark = [*((call.id, call.act) for call in waiting), *(asked.sequence for asked in sent)]
    return {"calls": len(waiting), "staff": len(sent), "mark": str(zlib.crc32(repr(mark).encode()))}


def _found(query: str) -> list[int]:
    """The people inside whom *query* means: first by what the door makes of it, then by what staff may search for."""
    if not query.strip():
        return []
    try:
        by_code = door().by_hand("find_inside", query.encode("utf-8", "replace"))["visits"]
    except DoorAway:  # whom the pages know is found all the same
        by_code = []
    choice = Choice(query, spells=signed_in().may(Right.UNMASK))
    return list(dict.fromkeys((*by_code, *house().lines.people.find(choice).visits)))[:MOST_FOUND]


def _of_scans(scans: list[Message]) -> Told:
    """One sentence for everybody of a form; where not all went in, why the last did not."""
    went_in = [scan for scan in scans if scan["outcome"] in WENT_IN]
    last = scans[-1]
    words = Words(last["vi"], last["en"])
    if len(scans) > 1:
        count, why = len(went_in), Words("", "") if last["outcome"] == Outcome.ADMITTED else words
        words = Words(f"Đã cho {count} người vào. {why.vi}".strip(), f"{count} people are in. {why.en}".strip())
    tickets = [scan["ticket"] for scan in scans if scan["ticket"]]
    visits = [scan["visit"] for scan in scans if scan["visit"]]
    return Told(Lamp(last["lamp"]), words, tickets, visits, last["holder"] if len(scans) == 1 else "")


def _left_to_do(form: dict[str, str], scans: list[Message]) -> dict[str, str]:
    """The form for the next person; or the same, where the door wants something more of this one."""
    if scans[-1]["outcome"] not in (*MAY_BE_OVERRULED, Outcome.ASK_CONSENT):
        return {"gate": form["gate"]}
    went_in = sum(scan["outcome"] in WENT_IN for scan in scans)
    return form | {"count": str(int(form["count"]) - went_in)} if len(scans) > 1 else form


def _out(visit: int) -> Told:
    return _of_scans([door().by_hand("let_out", visit=visit, gate=_gate(Direction.OUT))])


def _beside(visit: int) -> Told:
    return _of_scans([door().by_hand("accompany", visit=visit, gate=_gate(), name=_word("name"), birth=_word("birth"))])


def _reprint(visit: int) -> Told:
    ticket = door().reprint(visit)["ticket"]
    return Told(Lamp.GREEN, Words("Đang in phiếu.", "The slip is being printed."), [ticket] if ticket else [], [visit])


def _register(visit: int) -> Told:
    """They need help to register: into the line of who helps them, with the number that they have."""
    answer = door().queue(queueing.Act.TRANSFER, ticket=visit, service=house().settings.queue.help)
    if refused := answer.get("refused"):
        return Told(Lamp.AMBER, Words(refused["vi"], refused["en"]), visits=[visit])
    words = Words("Đã chuyển tới chỗ giúp đăng ký.", "They wait for help to register now.")
    return Told(Lamp.GREEN, words, [answer["ticket"]], [visit])


def _left(visit: int) -> Told:
    """They went without scanning: at the stated time of today, or just now. Raises Forbidden."""
    if not signed_in().may(Right.CORRECT):
        raise Forbidden
    door().by_hand("correct", act="exit", visit=visit, at_ms=stated_ms(_word("left")), why=LEFT_UNSEEN)
    return Told(Lamp.GREEN, Words("Đã ghi giờ ra.", "The exit is recorded."), visits=[visit])


def _seen(visit: int) -> Told:
    door().by_hand("see_id", visit=visit)
    return Told(Lamp.GREEN, Words("Đã ghi: đã xem giấy tờ.", "Recorded: the document was seen."), visits=[visit])


def _unseen(visit: int) -> Told:
    door().by_hand("see_id", visit=visit, seen=False)
    return Told(Lamp.OFF, Words("Đã ghi: chưa xem giấy tờ.", "Recorded: no document was seen."), visits=[visit])


def _overrule() -> str:
    chosen = _word("overrule")
    if chosen not in ("", *BY_STAFF):
        raise BadRequest
    if chosen and not signed_in().may(Right.OVERRULE):
        raise Forbidden
    return chosen


def _form() -> dict[str, str]:
    """What was typed, each at most as long as anybody's; ``use`` is ``field:value``, what the door offered."""
    form = {name: _word(name) for name in (*TYPED, *TICKED)} | {"number": _code("number")}
    name, _, value = _word("use").partition(":")
    return form | {name: value} if name in TYPED else form


def _is_small(digits: str) -> bool:
    return digits.isascii() and digits.isdecimal() and len(digits) < 6


def _gate(direction: Direction = Direction.IN) -> str:
    """The gate of the form; else the first that lets people pass in that *direction*, or the first of all."""
    gates = house().settings_today().gates
    chosen = request.form.get("gate", "")
    if chosen in [gate.id for gate in gates]:
        return chosen
    ways = (direction, Direction.BOTH)
    return next((gate.id for gate in gates if gate.direction in ways), gates[0].id)


def _code(name: str) -> str:
    request.max_content_length = LONGEST_TEXT_BYTES
    return request.form.get(name, "")[:LONGEST_CODE]


def _word(name: str) -> str:
    return _code(name)[:LONGEST_WORD]
