"""Entries -> visits, who is inside, occupancy. One implementation for kiosk, rebuild and hub.

``changes`` says what an entry changes; ``Presence`` applies changes in memory and is the reference
that the tables of ``store/projections.py`` are held to.
"""

from kiosk.rules.presence.changes import (
    Change,
    Closed,
    ClosedRange,
    Corrected,
    CountsKept,
    Erased,
    IdSeen,
    Named,
    NewDay,
    Opened,
    Restated,
    StoppedWaiting,
    Ticketed,
    Waiting,
    changes,
)
from kiosk.rules.presence.replay import Presence, presence_of
from kiosk.rules.presence.visits import Counts, Visit, visit_as_body, visit_from_body

__all__ = [
    "Change",
    "Closed",
    "ClosedRange",
    "Corrected",
    "Counts",
    "CountsKept",
    "Erased",
    "IdSeen",
    "Named",
    "NewDay",
    "Opened",
    "Presence",
    "Restated",
    "StoppedWaiting",
    "Ticketed",
    "Visit",
    "Waiting",
    "changes",
    "presence_of",
    "visit_as_body",
    "visit_from_body",
]
