"""``/lists``: registration lists come from a tablet, are looked at row by row, put right, approved, withdrawn."""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePath
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from kiosk.door_socket import DoorRefused, Message
from kiosk.rules.access import Right
from kiosk.rules.identity import clean_text
from kiosk.rules.list_drafts import ASKED, Choice, Sort
from kiosk.rules.staff_acts import StaffAct
from kiosk.web.access import door, needs, signed_in
from kiosk.web.asked import LONGEST_PLACE, LONGEST_TEXT_BYTES, whole
from kiosk.web.guard import LARGEST_LIST_BYTES
from kiosk.web.list_lines import DraftLines, draft_lines, list_lines
from kiosk.web.words import Words

page = Blueprint("lists", __name__, url_prefix="/lists")

LONGEST_FILE_NAME = 80
_NAME = re.compile("[0-9a-f]{8}")
FORMS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@page.get("")
@needs(Right.LISTS)
def lists() -> str:
    """The lists in force, those that wait, and the form that brings one."""
    return _overview()


@page.post("/bring")
@needs(Right.LISTS)
def bring() -> ResponseReturnValue:
    """A list's file, held in memory alone; it is read beside the door."""
    request.max_content_length = LARGEST_LIST_BYTES
    file = request.files.get("file")
    if file is None or not file.filename:
        raise BadRequest
    name = clean_text(PurePath(file.filename.replace("\\", "/")).name, LONGEST_FILE_NAME)
    try:
        answer, _ = door().lists("take", file.stream, name=name, day=_day())
    except DoorRefused as refused:
        return _overview(Words(refused.vi or str(refused), str(refused))), 422
    return _led(answer, answer.get("list", ""))


@page.get("/<name>")
@needs(Right.LISTS)
def one(name: str) -> ResponseReturnValue:
    """A list that is being read, or a draft with its rows of one sort."""
    return _draft_page(name)


@page.post("/<name>/cancel")
@needs(Right.LISTS)
def cancel(name: str) -> ResponseReturnValue:
    """Read no further."""
    if not door().lists("job", list=name)[0]:
        _known(name)  # it was read before the press came
    door().lists("cancel", list=name)
    return redirect(url_for("lists.one", name=name), 303)


@page.post("/<name>/row/<int:row>")
@needs(Right.LISTS)
def row(name: str, row: int) -> ResponseReturnValue:
    """Put a row right, leave it out, take it as it is, or neither any more."""
    request.max_content_length = LONGEST_TEXT_BYTES
    do = request.form.get("do", "")
    if do == "repair":
        typed = {field.removeprefix("f"): text for field, text in request.form.items() if field[1:].isdecimal()}
        answer, _ = door().lists("repair", list=name, row=row, typed=typed)
    else:
        if do not in (Choice.NONE, Choice.OUT, Choice.KEPT):
            raise BadRequest
        answer, _ = door().lists("choose", list=name, row=row, choice=do)
    return _led(answer, name, told=row)


@page.post("/<name>/keep-all")
@needs(Right.LISTS)
def keep_all(name: str) -> ResponseReturnValue:
    """Take every row of a sort of which nobody has said anything as it is."""
    return _led(door().lists("keep_all", list=name, sort=_sort())[0], name)


@page.post("/<name>/hand-over")
@needs(Right.LISTS)
def hand_over(name: str) -> ResponseReturnValue:
    """Say that it is ready."""
    answer, _ = door().lists("hand_over", list=name)
    return _led(answer, name, to_all=not answer.get("waits"))


@page.post("/<name>/take-back")
@needs(Right.LISTS)
def take_back(name: str) -> ResponseReturnValue:
    """Let it be changed again."""
    return _led(door().lists("take_back", list=name)[0], name)


@page.post("/<name>/approve")
@needs(Right.APPROVE)
def approve(name: str) -> ResponseReturnValue:
    """Let it count at the door, as the second person."""
    return _led(door().lists("approve", list=name)[0], name, to_all=True)


@page.post("/<name>/withdraw")
@needs(Right.LISTS)
def withdraw(name: str) -> ResponseReturnValue:
    """Forget a list before its last day has ended; one in force only by who may approve one."""
    if request.form.get("sure") != "yes":
        return _overview(Words("Xin đánh dấu ô xác nhận trước.", "Please tick the box first.")), 422
    overview = door().lists("overview")[0]
    in_force = any(listed["id"] == name for listed in overview["lists"])
    if in_force and not signed_in().may(Right.APPROVE):
        words = Words("Chỉ người được duyệt danh sách mới rút lại được.", "Only who may approve lists can withdraw it.")
        return _overview(words), 403
    return _led(door().lists("withdraw", list=name)[0], name, to_all=True)


@page.post("/<name>/export")
@needs(Right.LISTS)
def export(name: str) -> ResponseReturnValue:
    """The clean list of a draft as a file; it is recorded first."""
    form = request.form.get("form", "xlsx")
    if form not in FORMS:
        raise BadRequest
    _known(name)
    door().note(StaffAct.LIST_EXPORT, about=name)
    answer, content = door().lists("cleaned", list=name, form=form)
    if "refused" in answer:
        return _led(answer, name)
    headers = {"Content-Disposition": f'attachment; filename="list-{name}.{form}"'}
    return Response(content, content_type=FORMS[form], headers=headers)


def _known(name: str) -> None:
    """Raise NotFound where there is no such draft: nothing is noted that nobody did."""
    if all(draft["id"] != name for draft in door().lists("overview")[0]["drafts"]):
        raise NotFound


def _led(answer: Message, name: str, *, told: int = 0, to_all: bool = False) -> ResponseReturnValue:
    """Back to the list, or to all of them; or the page that says why it was not done."""
    if refused := answer.get("refused"):
        words = Words(refused["vi"], refused["en"])
        gone = refused["why"] in ("GONE", "BUSY")
        return (_overview(words) if gone else _draft_page(name, words)), 422
    if to_all:
        return redirect(url_for("lists.lists"), 303)
    sort = request.form.get("sort") or None
    after = request.form.get("after") or None
    anchor = f"row-{told}" if told else None
    return redirect(url_for("lists.one", name=name, sort=sort, after=after, _anchor=anchor), 303)


def _overview(refused: Words | None = None) -> str:
    overview, _ = door().lists("overview")
    job = door().lists("job")[0]
    return render_template("lists.html", found=list_lines(overview), job=job, refused=refused)


def _draft_page(name: str, refused: Words | None = None) -> str:
    if not _NAME.fullmatch(name):
        raise NotFound
    job: dict[str, Any] = door().lists("job", list=name)[0]
    if job and not (job["done"] and not job["fault"]):
        return render_template("list_reading.html", job=job)
    draft = _draft(name)
    if draft is None:
        return render_template("list_gone.html")
    return render_template("list.html", draft=draft, refused=refused)


def _draft(name: str) -> DraftLines | None:
    """The draft with the sort that is asked for, or the worst of which there are rows; None for no such draft."""
    asked = request.values.get("sort", "")
    sort = asked if asked in list(Sort) else Sort.REFUSED
    after = whole(request.values.get("after", "0"), LONGEST_PLACE)
    answer = door().lists("draft", list=name, sort=sort, after=after)[0]
    if "refused" in answer:
        return None
    found = {one for one, _, count in answer["counts"] if count}
    first = next((one for one in ASKED if one in found), Sort.CHANGED)
    if not asked and sort != first:
        answer, sort = door().lists("draft", list=name, sort=first)[0], first
    return draft_lines(answer, Sort(sort), after, signed_in())


def _sort() -> str:
    sort = request.form.get("sort", "")
    if sort not in list(Sort):
        raise BadRequest
    return sort


def _day() -> str:
    """The day of rows that name none, ISO; empty for today. Raises BadRequest."""
    typed = request.form.get("day", "").strip()
    try:
        return date.fromisoformat(typed).isoformat() if typed else ""
    except ValueError:
        raise BadRequest from None
