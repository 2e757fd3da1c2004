"""What staff did that changes no visit, as the log notes it; never a name of the people at the door."""

from __future__ import annotations

from enum import StrEnum

from kiosk.rules.entries import Body

LONGEST_TEXT = 80


class StaffAct(StrEnum):
    """What was done. Words for each are in ``web.words``."""

    UNMASK = "unmask"
    EVACUATION = "evacuation"
    SEALED_EXPORT = "sealed_export"
    ACCOUNT = "account"
    DEVICE = "device"
    TEST = "test"
    LIST_EXPORT = "list_export"
    ALERT_SEEN = "alert_seen"
    KEPT_SHOWN = "kept_shown"
    REPLACEMENT = "replacement"
    TRACE = "trace"


def staff_body(act: StaffAct, by: str, *, visit: int = 0, reason: str = "", about: str = "") -> Body:
    """The entry's body: who did what, to which *visit*, for which *reason*, *about* what; what is empty is left out."""
    said: Body = {"visit": visit, "reason": reason, "about": about}
    return {"act": act, "by": by} | {name: value for name, value in said.items() if value}
