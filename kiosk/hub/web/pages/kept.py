"""``/kept``: what the hub keeps, since when, for how long."""

from __future__ import annotations

from flask import Blueprint, render_template

from kiosk.devices import clock
from kiosk.hub.kept import kept
from kiosk.hub.web.access import needs
from kiosk.hub.web.context import hub
from kiosk.hub.web.said import said_time
from kiosk.rules.hub_users import HubRight
from kiosk.store.tamper_log import Leaf

page = Blueprint("kept", __name__)

MOST_PURGES = 10
HOUR_MS = 3_600_000
KB, MB, GB = 1_000, 1_000_000, 1_000_000_000


@page.get("/kept")
@needs(HubRight.SEE)
def what_is_kept() -> str:
    """The days in the lake, the bytes of everything, and the settings that say when it goes."""
    house, moment = hub().house, clock.now()
    now, stands = kept(house.folder), house.deletion_clock.at(moment)
    return render_template(
        "hub_kept.html",
        days=[(f"{day:%d/%m/%Y}", _said(size)) for day, size in now.days],
        logs=_said(now.logs_bytes),
        refused=_said(now.refused_bytes),
        free=_said(now.free_bytes),
        disk=_said(now.disk_bytes),
        purges=[_purge(leaf) for leaf in house.witness.leaves_about("purge", MOST_PURGES)],
        keep_days=house.settings.hub.keep_days,
        leapt_from=said_time(stands.by_ms) if stands.leap else "",
        waits_h=-(-stands.waits_ms(moment) // HOUR_MS),
        two_people=house.settings.hub.two_people,
    )


def _purge(leaf: Leaf) -> tuple[str, object, object]:
    """When, up to which day, how many stays."""
    return said_time(leaf.at_ms), leaf.said["before"], leaf.said["stays"]


def _said(size_bytes: int) -> str:
    if size_bytes < MB:
        return f"{size_bytes / KB:.0f} kB"
    return f"{size_bytes / GB:.1f} GB" if size_bytes >= GB else f"{size_bytes / MB:.1f} MB"
