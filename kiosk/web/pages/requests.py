"""``/requests``: what is kept of who shows their document, printed and erased at their wish; requests of earlier days.

Plain forms. Who was found is known to the door alone, under random letters: no address and no form has their code.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from kiosk.door_socket import DoorAway, DoorRefused
from kiosk.requests import WISHES
from kiosk.rules.access import Right
from kiosk.rules.model import Direction, Lamp
from kiosk.rules.requests import ANSWER_WORKING_DAYS, FINISH_DAYS, Act, Wish
from kiosk.rules.staff_acts import StaffAct
from kiosk.web.access import door, needs
from kiosk.web.asked import LONGEST_TEXT_BYTES, whole
from kiosk.web.context import house
from kiosk.web.guard import DOOR_AWAY, DOOR_REFUSED
from kiosk.web.kept_lines import WHYS, Kept, KeptLines, request_lines
from kiosk.web.words import Words

page = Blueprint("requests", __name__, url_prefix="/requests")

LONGEST_CODE, LONGEST_WORD = 8000, 200
ERASED = Words("Đã xóa hết. Không lấy lại được.", "All of it is erased, for good.")
PRINTING = Words("Đã in.", "It is printed.")


@page.get("")
@needs(Right.PRIVACY)
def requests() -> str:
    """The form to find somebody by their document, the requests that wait, and the form for a new one."""
    return _page(taken=request.args.get("taken", "")[:LONGEST_WORD])


@page.post("/find")
@needs(Right.PRIVACY)
def find() -> ResponseReturnValue:
    """What is kept today of who shows this document. That staff looked is in the log before they see it."""
    code = _word("code", LONGEST_CODE)
    if not code.strip():
        return redirect(url_for("requests.requests"), 303)
    told = door().by_hand("find_kept", code.encode("utf-8", "replace"))
    door().note(StaffAct.KEPT_SHOWN, about=str(len(told["visits"])))
    return _kept_page(told["found"])


@page.post("/kept")
@needs(Right.PRIVACY)
def kept() -> ResponseReturnValue:
    """What is kept of who was ``found``; let out of ``out``, it is printed (``print``), or to be erased (``erase``)."""
    found, act = _word("found"), _word("act")
    if act == "print":
        return _print(found)
    if act.startswith("out:"):
        door().by_hand("let_out", visit=whole(act.partition(":")[2]), gate=_gate_out())
        return _kept_page(found)
    if act == "erase" and not _word("sure"):
        return _kept_page(found, sure=True)
    if act == "erase":
        door().by_hand("erase_kept", found=found)
        return _page(told=ERASED)
    return _kept_page(found)


@page.post("/new")
@needs(Right.PRIVACY)
def new() -> ResponseReturnValue:
    """Take down what somebody asks of earlier days."""
    wish, code, contact = _word("wish"), _word("code", LONGEST_CODE), _word("contact")
    if wish not in list(Wish):
        raise BadRequest
    taken = door().by_hand("make_request", code.encode("utf-8", "replace"), wish=wish, contact=contact)
    return redirect(url_for("requests.requests", taken=taken["request"]), 303)


@page.post("/act")
@needs(Right.PRIVACY)
def act() -> ResponseReturnValue:
    """A request was answered, finished, refused (``why``), or what was done about it last is undone."""
    wished, _sign, number = _word("wish").partition(":")
    if wished not in list(Act):
        raise BadRequest
    why = _word("why") if wished == Act.REFUSED else ""
    door().by_hand("act_on_request", act=wished, number=whole(number), why=why)
    return redirect(url_for("requests.requests"), 303)


@page.errorhandler(DoorAway)
def door_away(error: DoorAway) -> ResponseReturnValue:
    """The door is not there, or refuses: one sentence above the forms."""
    words, code = DOOR_AWAY, 503
    if isinstance(error, DoorRefused):
        words, code = Words(error.vi or DOOR_REFUSED.vi, str(error)), 422
    return _page(told=words, lamp=Lamp.RED), code


def _page(told: Words | None = None, lamp: Lamp = Lamp.GREEN, taken: str = "") -> str:
    waiting, over = request_lines(house().reader, house().settings, house().lines.times)
    return render_template(
        "requests.html",
        told=told,
        lamp=lamp,
        taken=next((line for line in waiting if line.name == taken), None),
        waiting=waiting,
        over=over,
        wishes=[(wish, Words(*words), FINISH_DAYS[wish]) for wish, words in WISHES.items()],
        whys=WHYS,
        answer_days=ANSWER_WORKING_DAYS,
    )


def _kept_page(found: str, **shown: Any) -> str:
    told = door().by_hand("look_kept", found=found)
    return render_template("requests_kept.html", found=found, kept=_read(told), open=told["open"], **shown)


def _read(told: dict[str, Any]) -> Kept:
    parts = house()
    parts.lines.take_todays_key()
    lines = KeptLines(parts.reader, parts.vault, parts.settings, parts.lines, parts.corrections)
    return lines.kept(told["visits"], told["entries"])


def _print(found: str) -> ResponseReturnValue:
    """On paper, for the person: without a name, in both languages."""
    all_kept = _read(door().by_hand("look_kept", found=found))
    answer = door().by_hand("print_kept", found=found, lines=list(paper_lines(all_kept)))
    if fault := answer["fault"]:
        return _kept_page(found, told=Words(fault, fault), lamp=Lamp.AMBER)
    return _kept_page(found, told=PRINTING, lamp=Lamp.GREEN)


def paper_lines(all_kept: Kept) -> list[str]:
    """What is kept, as it is printed: no name and no number of a document."""
    lines = [f"Giữ đến · Kept until {all_kept.until:%d/%m/%Y}"]
    for visit in all_kept.visits:
        line = visit.line
        lines.append(" ".join(filter(None, (line.ticket, f"{line.entered} → {line.left}", line.how.vi))))
        sealed = [", ".join(getattr(name, language) for name in visit.fields) for language in ("vi", "en")]
        lines.append(f"Niêm phong · Sealed: {' · '.join(sealed)}")
        lines += [f"{one.at} {one.words.vi} · {one.words.en} {one.where}".strip() for one in visit.happened]
    lines += [f"{one.at} {one.words.vi} · {one.words.en} {one.where}" for one in all_kept.passages]
    looked = [(one, ", ".join(filter(None, (one.by, one.why)))) for one in all_kept.looked]
    return [*lines, *(f"{one.at} {one.words.vi} · {one.words.en}: {who}" for one, who in looked)]


def _word(name: str, longest: int = LONGEST_WORD) -> str:
    request.max_content_length = LONGEST_TEXT_BYTES
    return request.form.get(name, "")[:longest]


def _gate_out() -> str:
    """The first gate where people may leave, or the first of all."""
    gates = house().settings_today().gates
    return next((gate.id for gate in gates if gate.direction is not Direction.IN), gates[0].id)
