"""A day in numbers that name nobody: they stay when the day's records are erased.

Every figure is a sum, so that the parts of a day whose key was lost add up, whatever their order. One implementation
for today's page and for the table that the day's closing entry keeps.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from itertools import accumulate
from typing import Any, Protocol, TypeVar

from kiosk.rules.admission import CLASSES
from kiosk.rules.arrivals import Flow, Quarter, Stays, flows, per_gate, quarter_hours
from kiosk.rules.entries import Body
from kiosk.rules.model import Kind

VERSION = 1
# A kind of code that fewer showed might tell which people came (k-anonymity, k = 5): such kinds stand together.
FEWEST_OF_A_KIND = 5
OTHER = "other"

_MINUTE_MS = 60_000
_NUMBERED = CLASSES["id"] | CLASSES["bhxh"] | CLASSES["passport"]
_ALWAYS_NUMBERED = (Kind.ID_CARD, Kind.INSURANCE, Kind.TYPED)  # also without a name, when no classes were kept


@dataclass(frozen=True, slots=True)
class Waited:
    """One first call for a service: how long its ticket stood in line, and the minutes that its paper had said."""

    service: str
    wait_ms: int
    told_min: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """The waits for one service. ``minutes``: how many waited so long; whole, coarser from half an hour on.

    Of ``told`` people who were told a range, ``sooner`` were called before it and ``later`` after it; ``from_min``
    and ``to_min`` are the sums of what they were told.
    """

    minutes: Mapping[int, int] = field(default_factory=dict)
    told: int = 0
    from_min: int = 0
    to_min: int = 0
    sooner: int = 0
    later: int = 0

    def __add__(self, other: Waits) -> Waits:
        return Waits(
            _added(self.minutes, other.minutes),
            *(getattr(self, name) + getattr(other, name) for name in ("told", "from_min", "to_min", "sooner", "later")),
        )

    @property
    def count(self) -> int:
        """How many were called."""
        return sum(self.minutes.values())

    @property
    def as_told(self) -> int:
        """How many were called within the range that they were told."""
        return self.told - self.sooner - self.later

    @property
    def told_range(self) -> tuple[int, int] | None:
        """The range that people were told, in minutes, on average."""
        return (round(self.from_min / self.told), round(self.to_min / self.told)) if self.told else None

    def within(self, share: float) -> int:
        """The minutes within which that *share* of them (0 to 1) was called; 0.5 gives the median."""
        ordered = sorted(self.minutes)
        reached = accumulate(self.minutes[minute] for minute in ordered)
        return next((minute for minute, sofar in zip(ordered, reached, strict=True) if sofar >= share * self.count), 0)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A day, or a part of one. ``flows`` by quarter hour since 1970, ``gates``, ``kinds`` of who came.

    ``with_id``: how many of who came had a number of valid form, of an ID, an insurance or a passport. ``corrected``:
    visits that staff put right. ``unrecorded``: passages that could not be written down and are in no other figure.
    ``capacity``: of the site (0: any number).
    """

    flows: Mapping[int, Flow] = field(default_factory=dict)
    gates: Mapping[str, Flow] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    with_id: int = 0
    waits: Mapping[str, Waits] = field(default_factory=dict)
    corrected: int = 0
    unrecorded: int = 0
    capacity: int = 0

    def __add__(self, other: Numbers) -> Numbers:
        return Numbers(
            _added(self.flows, other.flows),
            _added(self.gates, other.gates),
            _added(self.kinds, other.kinds),
            self.with_id + other.with_id,
            _added(self.waits, other.waits),
            self.corrected + other.corrected,
            self.unrecorded + other.unrecorded,
            max(self.capacity, other.capacity),
        )

    @property
    def flow(self) -> Flow:
        """All passages together."""
        return sum(self.flows.values(), Flow())

    @property
    def quarters(self) -> list[Quarter]:
        """Every quarter hour from the first passage to the last."""
        return quarter_hours(self.flows)

    @property
    def busiest(self) -> Quarter | None:
        """The quarter hour in which most people came, the first of several; None where nobody did."""
        came = [quarter for quarter in self.quarters if quarter.came]
        return max(came, key=lambda quarter: quarter.came, default=None)

    @property
    def fullest(self) -> Quarter | None:
        """The quarter hour at whose end most people were inside, the first of several; None where nobody was."""
        inside = [quarter for quarter in self.quarters if quarter.inside > 0]
        return max(inside, key=lambda quarter: quarter.inside, default=None)

    @property
    def all_waits(self) -> Waits:
        """The waits for every service together."""
        return sum(self.waits.values(), Waits())


def count(stays: Sequence[Stays], waited: Iterable[Waited], *, unrecorded: int = 0, capacity: int = 0) -> Numbers:
    """The numbers of these visits and calls."""
    kinds: Counter[str] = Counter()
    with_id = 0
    for some in stays:
        if some.came_ms is not None:
            kinds[some.kind] += some.count
            with_id += some.count * _has_number(some)
    waits = {service: _waits(each) for service, each in _by_service(waited).items()}
    gates = {gate: Flow(came, went) for gate, (came, went) in per_gate(stays).items()}
    corrected = sum(some.count for some in stays if some.corrected)
    return Numbers(flows(stays), gates, dict(kinds), with_id, waits, corrected, unrecorded, capacity)


def _has_number(some: Stays) -> bool:
    return bool(some.classes & _NUMBERED) or (not some.classes and some.kind in _ALWAYS_NUMBERED)


def _by_service(waited: Iterable[Waited]) -> dict[str, list[Waited]]:
    found: defaultdict[str, list[Waited]] = defaultdict(list)
    for each in waited:
        found[each.service].append(each)
    return found


def _waits(waited: Sequence[Waited]) -> Waits:
    told = [(each.wait_ms, *each.told_min) for each in waited if each.told_min]
    return Waits(
        minutes=dict(Counter(_minute(each.wait_ms) for each in waited)),
        told=len(told),
        from_min=sum(from_min for _, from_min, _ in told),
        to_min=sum(to_min for *_, to_min in told),
        sooner=sum(wait_ms < from_min * _MINUTE_MS for wait_ms, from_min, _ in told),
        later=sum(wait_ms > to_min * _MINUTE_MS for wait_ms, _, to_min in told),
    )


def _minute(wait_ms: int) -> int:
    """The whole minutes of a wait: to 5 from half an hour on, to 15 from an hour: a day's table stays small."""
    minute = max(0, wait_ms) // _MINUTE_MS
    step = 1 if minute < 30 else 5 if minute < 60 else 15
    return minute - minute % step


def without_rare_kinds(numbers: Numbers) -> Numbers:
    """*numbers* with kinds of code that fewer than FEWEST_OF_A_KIND people showed put together as OTHER."""
    kinds: Counter[str] = Counter()
    for kind, number in numbers.kinds.items():
        kinds[kind if number >= FEWEST_OF_A_KIND else OTHER] += number
    return replace(numbers, kinds=dict(kinds))


def as_table(numbers: Numbers) -> Body:
    """*numbers* as JSON for the log, small and the same for the same numbers; quarter hours count from the first."""
    first = min(numbers.flows, default=0)
    return {
        "version": VERSION,
        "first": first,
        "quarters": [[quarter - first, *astuple(flow)] for quarter, flow in sorted(numbers.flows.items())],
        "gates": {gate: [flow.came, flow.went] for gate, flow in numbers.gates.items()},
        "kinds": dict(numbers.kinds),
        "with_id": numbers.with_id,
        "waits": {service: _row(waits) for service, waits in numbers.waits.items()},
        "corrected": numbers.corrected,
        "unrecorded": numbers.unrecorded,
        "capacity": numbers.capacity,
    }


def _row(waits: Waits) -> list[Any]:
    minutes = [list(pair) for pair in sorted(waits.minutes.items())]
    return [minutes, waits.told, waits.from_min, waits.to_min, waits.sooner, waits.later]


def from_table(table: Body) -> Numbers | None:
    """The numbers of a table that ``as_table`` made; None for one of a newer program."""
    if table["version"] != VERSION:
        return None
    return Numbers(
        {table["first"] + quarter: Flow(*flow) for quarter, *flow in table["quarters"]},
        {gate: Flow(*passed) for gate, passed in table["gates"].items()},
        table["kinds"],
        table["with_id"],
        {service: Waits(dict(minutes), *rest) for service, (minutes, *rest) in table["waits"].items()},
        table["corrected"],
        table["unrecorded"],
        table["capacity"],
    )


class _Adds(Protocol):
    def __add__(self: Each, other: Each, /) -> Each: ...


Each = TypeVar("Each", bound=_Adds)


def _added(one: Mapping[Any, Each], other: Mapping[Any, Each]) -> dict[Any, Each]:
    """The sums of what stands under the same key."""
    both = {key: one[key] + other[key] for key in one.keys() & other.keys()}
    return {**one, **other, **both}
