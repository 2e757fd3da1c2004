"""What became of one presentation, as the door tells it; and by which way it came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from kiosk.rules import identity, messages
from kiosk.rules.admission import Decision
from kiosk.rules.model import Announcement, Credential, Gate, Listed, Listing, Outcome, Queued, Reading, TicketNumber

NOT_LISTED = Listing()


@dataclass(frozen=True, slots=True)
class Scan:
    """What the door decided about one presentation, and what stands in the log (sequence None: nothing).

    *unnumbered*: admitted while the site gives no numbers. *why*: what staff say of today (vi, en).
    """

    reading: Reading
    gate: Gate
    credential: Credential
    decision: Decision
    at_ms: int
    sequence: int | None = None
    queued: Queued | None = None
    unnumbered: bool = False
    observed_until: str = ""
    listing: Listing = NOT_LISTED
    why: tuple[str, str] = ("", "")
    record_ms: float = 0.0

    @property
    def ticket(self) -> TicketNumber | None:
        """The number given."""
        return self.queued.number if self.queued else None

    @property
    def went_in(self) -> bool:
        """Whether they are inside now, recorded or not."""
        return self.decision.outcome in (Outcome.ADMITTED, Outcome.PASSED_UNRECORDED)

    @property
    def holder(self) -> str:
        """Initials, birth year and the last digits of the number."""
        person = self.credential.person
        return f"{identity.holder_line(person)} {identity.masked(person.number)}".strip()

    def announcement(self, *, paper_form: bool) -> Announcement:
        """What its person sees and hears; *paper_form*: who is on no list may register on paper."""
        said = messages.announcement(
            self.decision.outcome,
            self.decision.reason,
            queued=self.queued,
            unnumbered=self.unnumbered,
            until=self.observed_until,
            holder=identity.holder_line(self.credential.person),
            place=self.decision.place,
            listed=self.listing.listed,
            due=self.listing.due,
            paper_form=paper_form,
            why=self.why,
        )
        return replace(said, gate=self.gate.id)

    def as_json(self, zone: ZoneInfo) -> dict[str, Any]:
        """The line of ``kiosk scan --json``."""
        at = datetime.fromtimestamp(self.at_ms / 1000, UTC).astimezone(zone)
        return {
            "source": self.reading.source,
            "gate": self.gate.id,
            "kind": str(self.credential.kind),
            "check": self.credential.check.value,
            "outcome": self.decision.outcome.value,
            "reason": self.decision.reason.value,
            "direction": self.decision.direction.value if self.decision.direction else None,
            "ticket": str(self.ticket) if self.ticket else None,
            "listed": None if self.listing.listed is Listed.NO_LIST else self.listing.listed.value,
            "place": self.decision.place or None,
            "seq": self.sequence,
            "at": at.isoformat(timespec="milliseconds"),
            "holder": self.holder,
            "ms": {"decode": round(self.reading.decode_ms, 3), "record": round(self.record_ms, 3)},
        }


# What a reading may say of its way; see ``channel``.
CHANNELS = ("camera", "keyboard", "serial", "page", "typed", "demo")


def channel(source: str) -> str:
    """By which way a reading came, for the log: a file's name may name a person and stays out of it."""
    name = source.partition(":")[0]
    if name == "-":
        return "lines"
    return name if name in CHANNELS else "file"
