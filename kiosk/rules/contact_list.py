"""The answer to a case, as pages, pictures and files show it: people present at the same time, and how sure that is.

Nothing here says that anybody was infected: a kiosk knows presence, not distance. Times are true times, as repaired.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.rules.contacts import MINUTE_MS
from kiosk.rules.model import Person
from kiosk.rules.tracing import By, Count


class Doubt(StrEnum):
    """Why a stay or an encounter is possible rather than certain."""

    EXIT_UNSEEN = "exit_unseen"  # nobody saw them leave: the end is that of the day, or of the longest stay
    CLOCK_UNSURE = "clock_unsure"  # the kiosk's clock was not sure: times lie within bounds


class Unnamed(StrEnum):
    """Why a person in the answer has no name."""

    NOT_OPENED = "not_opened"  # only counted, or beyond what the case may open
    NOTHING_KEPT = "nothing_kept"  # erased, past retention, or somebody without a code
    OTHER_KEY = "other_key"  # sealed to another tracing key


@dataclass(frozen=True, slots=True)
class Place:
    """Where: a site, the part of it (empty for the whole site) and the gate they came by (empty where not known)."""

    site: str
    zone: str = ""
    gate: str = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """One stay as the timeline draws it: came between the first two times, went between the last two."""

    place: Place
    came_ms: int
    surely_came_ms: int
    surely_went_ms: int
    went_ms: int
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Together:
    """One encounter: from *first_ms* to *last_ms* possibly, for *certain_ms* of it in any case."""

    place: Place
    first_ms: int
    last_ms: int
    certain_ms: int
    doubts: tuple[Doubt, ...] = ()

    @property
    def possible_ms(self) -> int:
        """How long it lasted at the most."""
        return self.last_ms - self.first_ms


@dataclass(frozen=True, slots=True)
class Somebody:
    """Whom the answer names. *mark* is theirs within this case number: the same however often the case is asked, and
    telling nothing elsewhere (16 hexadecimal digits). Where *unnamed*, *person* and *holder_id* are empty.
    """

    mark: str
    person: Person = field(default_factory=Person)
    holder_id: str = ""
    unnamed: Unnamed | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody present at the same time: with the case (order 1), or with such a person from then on (order 2).

    *rank* counts from 1 within the order: by certain time, possible time, encounters. The sums are over *encounters*.
    *through* names, for order 2, the marks of those of order 1 whom they were present with. *stays* are those in which
    they met.
    """

    order: int
    rank: int
    who: Somebody
    encounters: tuple[Together, ...]
    stays: tuple[Presence, ...]
    through: tuple[str, ...] = ()

    @property
    def possible_ms(self) -> int:
        """How long together at the most."""
        return sum(one.possible_ms for one in self.encounters)

    @property
    def certain_ms(self) -> int:
        """How long together in any case."""
        return sum(one.certain_ms for one in self.encounters)

    @property
    def first_ms(self) -> int:
        """When they were first together."""
        return min(one.first_ms for one in self.encounters)

    @property
    def last_ms(self) -> int:
        """When they were last together."""
        return max(one.last_ms for one in self.encounters)

    @property
    def places(self) -> tuple[Place, ...]:
        """Where, each once, in the order of time."""
        return tuple(dict.fromkeys(one.place for one in self.encounters))

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What makes any of it doubtful, each once."""
        return tuple(sorted({doubt for one in self.encounters for doubt in one.doubts}))

    def sure_encounters(self, least_ms: int) -> int:
        """How many encounters lasted at least *least_ms* in any case."""
        return sum(one.certain_ms >= least_ms for one in self.encounters)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, by whom and why: the head of every page and file.

    *who* says of whom as it was asked (``number``, ``insurance``, ``slip``, ``phone``, or ``place``), never the number
    itself. *opening* names the record that was made before anything was opened; *approved_by* is empty where one person
    sufficed. *time_zone* is the one in which people read the times. *key* is the fingerprint of the tracing key.
    """

    case_number: str
    reason: str
    opening: str
    asked_ms: int
    asked_by: str
    who: str
    from_ms: int
    until_ms: int
    by: By
    least_ms: int
    tail_ms: int
    second_order: bool
    time_zone: str
    sites: tuple[str, ...] = ()
    onset: str = ""
    approved_by: str = ""
    key: str = ""
    demo: bool = False

    @property
    def least_min(self) -> int:
        """The least minutes together that count."""
        return self.least_ms // MINUTE_MS


@dataclass(frozen=True, slots=True)
class ContactList:
    """The whole answer. *count* was told before anything was opened; *case* is empty where a place was asked about.

    *gaps* are sentences' worth of what may be missing: a site and its times of which nothing has arrived, or whose
    keys do not open.
    """

    asked: Asked
    count: Count
    case: tuple[Somebody, ...]
    case_stays: tuple[Presence, ...]
    found: tuple[Found, ...]
    gaps: tuple[Gap, ...] = ()

    def of_order(self, order: int) -> tuple[Found, ...]:
        """Those of *order*, by rank."""
        return tuple(one for one in self.found if one.order == order)


ALL_SITES = "*"


class Missing(StrEnum):
    """Why something of a site may be missing in the answer."""

    NOT_ARRIVED = "not_arrived"  # the hub has not heard of the kiosk for all of the window
    BEING_READ = "being_read"  # it has arrived, and answers have it some minutes later
    OTHER_KEY = "other_key"  # the day key was sealed to another tracing key
    DAMAGED = "damaged"  # the sealed day key does not open


@dataclass(frozen=True, slots=True)
class Gap:
    """Between *from_ms* and *until_ms* the answer may lack people of *site*; of ``ALL_SITES`` where too many do."""

    site: str
    from_ms: int
    until_ms: int
    why: Missing


def ranked(found: list[Found]) -> list[Found]:
    """*found* in the order in which a tracing team calls them: most certain time first, then possible, then often,
    then whom they met first.
    """

    def place(one: Found) -> tuple[int, int, int, int, int, str]:
        return one.order, -one.certain_ms, -one.possible_ms, -len(one.encounters), one.first_ms, one.who.mark

    return sorted(found, key=place)
