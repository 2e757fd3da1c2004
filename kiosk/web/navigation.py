"""The way from page to page: what the bar on top offers, to whom."""

from __future__ import annotations

from kiosk.rules.access import Right


def _(sentence: str) -> str:
    """Marks what the catalogues must have; it is said in the page's language when the page is made."""
    return sentence


NAVIGATION: tuple[tuple[str, Right | None, str], ...] = (
    ("today.today", Right.SEE, _("Today")),
    ("help.helping", Right.HELP, _("Help people")),
    ("corrections.corrections", Right.CORRECT, _("To check")),
    ("counter.choose", Right.QUEUE, _("Counter")),
    ("session.session", Right.QUEUE, _("Session")),
    ("numbers.today", Right.SEE, _("Numbers")),
    ("house.house", Right.HOUSE, _("The house")),
    ("day.day", Right.DAY, _("Today's settings")),
    ("accounts.accounts", Right.ADMIN, _("Staff")),
    ("simulator.simulator", None, _("Simulator")),
    ("guide.guide", None, _("Guide")),
)
