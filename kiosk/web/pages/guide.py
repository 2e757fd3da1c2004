"""``/guide``: what one may show at the door, and who keeps what, how long and why. Made to be printed."""

from __future__ import annotations

from flask import Blueprint, render_template

from kiosk.web.access import for_all
from kiosk.web.context import house

page = Blueprint("guide", __name__)


@page.get("/guide")
@for_all
def guide() -> str:
    """The guide of this site."""
    return render_template("guide.html", door=house().settings.door)
