"""``/today/sealed``: what vanishes when the day's key turns; and one file of it, which only the tracing team opens."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from werkzeug.exceptions import Conflict

from kiosk.rules.access import Right
from kiosk.rules.staff_acts import StaffAct
from kiosk.vanishing import sealed_day
from kiosk.vault import VaultError
from kiosk.web.access import door, needs
from kiosk.web.context import house
from kiosk.web.said_times import local_time

page = Blueprint("sealed", __name__, url_prefix="/today/sealed")


@page.get("")
@needs(Right.UNMASK)
def vanishing() -> str:
    """What will be gone, when, and what stays."""
    parts = house()
    return render_template(
        "sealed.html",
        visits=len(parts.reader.today()),
        turns=local_time(parts.now.turns_ms(), parts.settings.zone),
        fingerprint=parts.vault.tracing_fingerprint,
    )


@page.post("")
@needs(Right.UNMASK)
def download() -> Response:
    """The file. Who may see each name may carry all of them away sealed; it is recorded first."""
    parts = house()
    parts.lines.take_todays_key()
    visits = parts.reader.today()
    try:
        repaired = parts.lines.times.times.of_visits(visits)
        content = sealed_day(zip(visits, repaired, strict=True), parts.vault, parts.settings.zone)
    except VaultError as error:
        raise Conflict(str(error)) from error
    door().note(StaffAct.SEALED_EXPORT, about=str(len(visits)))
    name = f"{parts.settings.kiosk.id}-{parts.reader.head().key_day}.sealed"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype="application/octet-stream", headers=headers)
