"""``/expected``: of today's lists, how many are expected, have arrived, are missing; and who, masked."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from kiosk.door_socket import Message
from kiosk.rules.access import Right
from kiosk.rules.finding import LONGEST_QUERY
from kiosk.rules.identity import clean_text
from kiosk.rules.staff_acts import StaffAct
from kiosk.web.access import door, needs
from kiosk.web.asked import LONGEST_PLACE, LONGEST_TEXT_BYTES, whole
from kiosk.web.list_lines import days
from kiosk.web.pages.unmask import LONGEST_REASON
from kiosk.web.reasons import UNMASKING
from kiosk.web.words import Words

page = Blueprint("expected", __name__, url_prefix="/expected")

GROUPS_SHOWN = 100


@page.get("")
@needs(Right.LISTS)
def expected() -> str:
    """The counts by organisation and time, and who has not come yet."""
    return _page()


@page.get("/now")
@needs(Right.LISTS)
def now() -> dict[str, int]:
    """The counts of the whole day."""
    found, _ = door().lists("counts")
    return {**found, "missing": found["expected"] - found["arrived"]}


@page.post("/unmask")
@needs(Right.UNMASK)
def unmask() -> ResponseReturnValue:
    """The same with one person in full, once; who and why is recorded first, and no name with it."""
    request.max_content_length = LONGEST_TEXT_BYTES
    reason = clean_text(request.form.get("reason", ""), LONGEST_REASON)
    if not reason:
        raise BadRequest
    who = request.form.get("id", "")
    door().note(StaffAct.UNMASK, reason=reason, about=f"list {who[:20]}")
    answer, _ = door().lists("person", id=who)
    if refused := answer.get("refused"):
        return _page(refused=Words(refused["vi"], refused["en"])), 422
    return _page(full=answer | {"id": who})


def _page(full: Message | None = None, refused: Words | None = None) -> str:
    q, unit = (clean_text(request.values.get(name, ""), LONGEST_QUERY) for name in ("q", "unit"))
    skip = whole(request.values.get("skip", "0"), LONGEST_PLACE)
    found, _ = door().lists("expected", q=q, skip=skip, unit=unit)
    return render_template(
        "expected.html",
        found=found,
        day=days(found["day"], found["day"]),
        groups=found["groups"][:GROUPS_SHOWN],
        more_groups=max(0, len(found["groups"]) - GROUPS_SHOWN),
        missing=found["expected"] - found["arrived"],
        q=q,
        unit=unit,
        reasons=UNMASKING,
        full=full,
        refused=refused,
        more=f"?{urlencode({'q': q, 'unit': unit, 'skip': found['more']})}" if found["more"] else "",
    )
