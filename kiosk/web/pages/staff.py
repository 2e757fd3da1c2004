"""``/``: who is inside, and what happens at the door, as it happens."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from kiosk.web.context import house
from kiosk.web.lines import KEPT_LINES

page = Blueprint("staff", __name__)


@page.get("/")
def staff() -> str:
    """The page with all that is known now; it follows ``/events`` from the sequence it was made at."""
    lines = house().lines
    epoch, sequence = lines.log()
    updates = lines.updates_after(max(0, sequence - KEPT_LINES))
    everyone = request.args.get("show") == "all"
    return render_template(
        "staff.html",
        epoch=epoch,
        sequence=max((update.sequence for update in updates), default=sequence),
        lines=[update.line for update in reversed(updates) if update.line],
        visits=lines.visits() if everyone else lines.inside(),
        everyone=everyone,
        kept=KEPT_LINES,
        state=lines.state(),
        now=lines.clock(),
    )
