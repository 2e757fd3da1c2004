"""``/corrections``: what of today may need somebody's eye, each a tap away from putting it right."""

from __future__ import annotations

from flask import Blueprint, render_template

from kiosk.rules.access import Right
from kiosk.web.access import needs
from kiosk.web.context import house

page = Blueprint("corrections", __name__, url_prefix="/corrections")

MOST_SHOWN = 40  # of each question


@page.get("")
@needs(Right.SEE)
def corrections() -> str:
    """Likely forgotten exits, exits without an entry, people who are likely one, inferred exits, corrections."""
    lines, found = house().lines, house().corrections.open_questions()
    return render_template(
        "corrections.html",
        found=found,
        forgotten=lines.persons(found.forgotten[:MOST_SHOWN]),
        unmatched=lines.persons(found.unmatched[:MOST_SHOWN]),
        alike=[lines.persons(pair) for pair in found.alike[:MOST_SHOWN]],
        inferred=lines.persons(found.inferred[:MOST_SHOWN]),
    )
