"""The way from page to page: what the bar on top offers, to whom."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.rules.access import Right
from kiosk.web.access import may


def _(sentence: str) -> str:
    """Marks what the catalogues must have; it is said in the page's language when the page is made."""
    return sentence


@dataclass(frozen=True, slots=True)
class Way:
    """A page in the bar for who has *right* (None: for everybody); those not used *often* stand under "More"."""

    endpoint: str
    name: str
    right: Right | None
    often: bool = False


NAVIGATION = (
    Way("today.today", _("Today"), Right.SEE, often=True),
    Way("help.helping", _("Help people"), Right.HELP, often=True),
    Way("counter.choose", _("Counter"), Right.QUEUE, often=True),
    Way("numbers.today", _("Numbers"), Right.SEE, often=True),
    Way("house.house", _("The house"), Right.HOUSE, often=True),
    Way("corrections.corrections", _("To check"), Right.CORRECT),
    Way("day.day", _("Today's settings"), Right.DAY),
    Way("requests.requests", _("Data requests"), Right.PRIVACY),
    Way("lists.lists", _("Lists"), Right.LISTS),
    Way("expected.expected", _("Expected today"), Right.LISTS),
    Way("session.session", _("Session"), Right.QUEUE),
    Way("orders.orders", _("From the centre"), Right.HOUSE),
    Way("accounts.accounts", _("Staff"), Right.ADMIN),
    Way("simulator.simulator", _("Simulator"), None),
    Way("guide.guide", _("Guide"), None),
)


def ways(*, counters: bool, demo: bool, joined: bool) -> list[Way]:
    """What the bar offers who is signed in, at a site with *counters*, with keys for a *demo*, *joined* to a hub."""
    found = {"counter.choose": counters, "simulator.simulator": demo, "orders.orders": joined}
    absent = {name for name, there in found.items() if not there}
    return [way for way in NAVIGATION if way.endpoint not in absent and (way.right is None or may(way.right))]
