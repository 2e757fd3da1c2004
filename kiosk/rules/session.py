"""The end of a session in figures: what passed the door, and beside it what staff entered on the platform."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from kiosk.rules.arrivals import Quarter
from kiosk.rules.entries import Body
from kiosk.rules.presence import Counts

# On every page and every printed sheet: nobody may take the door's numbers for the campaign's.
NOT_DOSES = ("Số lượt qua cửa, không phải số mũi tiêm", "Counts of passages, not of doses")
ENTRY_DAYS = 2  # two days after the session everything is on the platform
LARGEST_COUNT = 100_000
ENTERED = "entered"


@dataclass(frozen=True, slots=True)
class Entered:
    """How many staff say that they have entered on the platform, and when they said so."""

    count: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class GateCount:
    """Passages at one gate that were seen."""

    gate: str
    came: int
    went: int


@dataclass(frozen=True, slots=True)
class ServiceCount:
    """What became of the tickets that were last in line for one service; *present* are still here."""

    service: str
    served: int = 0
    missed: int = 0
    left: int = 0
    present: int = 0

    @property
    def given(self) -> int:
        """All of them."""
        return self.served + self.missed + self.left + self.present


@dataclass(frozen=True, slots=True)
class Sheet:
    """A session day. *calls*: counters call people, so that it is known who was served.

    Once its bodies are erased (*kept* is false), of a day only ``counts`` are left.
    """

    day: str
    today: str
    kept: bool
    calls: bool
    counts: Counts
    unrecorded: int = 0
    quarters: tuple[Quarter, ...] = ()
    gates: tuple[GateCount, ...] = ()
    services: tuple[ServiceCount, ...] = ()
    entered: Entered | None = None

    @property
    def went(self) -> int:
        """Exits that were seen, those without a known entry included."""
        return self.counts.left + self.counts.unmatched

    @property
    def tickets(self) -> ServiceCount | None:
        """What became of all tickets; None where that is not known: no counter calls, or the day was erased."""
        if not self.calls or not self.kept:
            return None
        each = self.services
        sums = (sum(getattr(one, name) for one in each) for name in ("served", "missed", "left", "present"))
        return ServiceCount("", *sums)

    @property
    def difference(self) -> int | None:
        """Entered on the platform, less served here; None where one of them is not known."""
        tickets = self.tickets
        return self.entered.count - tickets.served if tickets and self.entered else None

    @property
    def deadline(self) -> str:
        """The last day for entering on the platform (ISO)."""
        return (date.fromisoformat(self.day) + timedelta(days=ENTRY_DAYS)).isoformat()

    @property
    def is_overdue(self) -> bool:
        """Tell whether that day is over and fewer are entered than were served, or nobody said how many."""
        return self.today > self.deadline and (self.entered is None or (self.difference or 0) < 0)


def entered_body(day: str, count: int) -> Body:
    """The body of the entry by which staff say how many they have entered for *day*."""
    return {"act": ENTERED, "day": day, "count": count, "by": ""}


def last_entered(said: Iterable[tuple[int, Body]], day: str) -> Entered | None:
    """The last that was said of *day*, from times and bodies of SESSION entries in order."""
    counts = [Entered(body["count"], at_ms) for at_ms, body in said if (body["act"], body["day"]) == (ENTERED, day)]
    return counts[-1] if counts else None
