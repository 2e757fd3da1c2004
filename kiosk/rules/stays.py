"""Visits as a hub keeps them: when somebody was there in truth, at the site and in its parts, within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from kiosk.rules.entries import Body
from kiosk.rules.evacuation import zone_of_gate, zone_of_service
from kiosk.rules.model import Gate
from kiosk.rules.queueing import Plan
from kiosk.rules.tracing import UNDIVIDED
from kiosk.rules.true_times import Sureness, TrueTime


@dataclass(frozen=True, slots=True)
class Passed:
    """When somebody came and left; None where nobody saw it. *inferred*: when they left is taken from a rule.

    *served* is when they stood at a counter last.
    """

    entered: TrueTime | None
    left: TrueTime | None
    inferred: bool
    served: TrueTime | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """From when to when somebody was at a place, as ``rules.tracing.KeyedStay`` has it."""

    came_ms: int
    surely_came_ms: int
    surely_went_ms: int
    went_ms: int
    inferred: bool
    sure: bool


@dataclass(frozen=True, slots=True)
class Zones:
    """The parts of a site: where its gates lead, and where people wait and are served for its services."""

    gates: dict[str, str]
    services: dict[str, str]

    @property
    def is_divided(self) -> bool:
        """Whether more than one part is known."""
        return len({*self.gates.values(), *self.services.values()}) > 1

    def start(self, gate: str) -> str:
        """The part into which *gate* leads; one that is not known is a part of its own."""
        return self.gates.get(gate, gate)


def zones_as_body(gates: Iterable[Gate], plan: Plan) -> Body:
    """What the entry of a day key keeps of the site's parts, so that its hub knows them as they were."""
    services = {service.id: zone_of_service(service.id, plan) for service in plan.services}
    known = {service: zone for service, zone in services.items() if zone}
    return {"gates": {gate.id: zone_of_gate(gate) for gate in gates}, "services": known}


def zones_from_body(body: object) -> Zones:
    """What ``zones_as_body`` gave; no parts where an older kiosk says nothing of them."""
    said = body if isinstance(body, dict) else {}
    return Zones(_names(said.get("gates")), _names(said.get("services")))


def _names(table: object) -> dict[str, str]:
    return {str(name): str(zone) for name, zone in table.items()} if isinstance(table, dict) else {}


def bounds_of(passed: Passed, began_ms: int, longest_ms: int) -> Bounds:
    """From when to when somebody was there, at most *longest_ms*; their day began at *began_ms*.

    Who was not seen to leave may have stayed for the longest, and was there for certain until they were served last;
    who was not seen to come may have been there since the day began. Where a clock is so unsure that a stay might be
    longer than the longest, the best guess lies in the middle. Raises ValueError where nobody saw anything of it.
    """
    entered, left = passed.entered, passed.left
    sure = all(time is None or time.sureness is Sureness.SURE for time in (entered, left))
    if entered is None:
        if left is None:
            raise ValueError("a visit without a beginning and an end")
        went_ms = min(_latest_ms(left, longest_ms), left.at_ms + longest_ms // 2)
        came_ms = max(min(began_ms, left.at_ms), went_ms - longest_ms)
        seen_ms = max(came_ms, _earliest_ms(left, longest_ms))
        return _ordered(Bounds(came_ms, seen_ms, seen_ms, went_ms, inferred=True, sure=sure))
    if left is None or passed.inferred or left.at_ms - entered.at_ms > longest_ms:
        return _unseen_end(passed, entered, longest_ms, sure=sure)
    spare_ms = (longest_ms - (left.at_ms - entered.at_ms)) // 2
    return _ordered(
        Bounds(
            max(_earliest_ms(entered, longest_ms), entered.at_ms - spare_ms),
            _latest_ms(entered, longest_ms),
            _earliest_ms(left, longest_ms),
            min(_latest_ms(left, longest_ms), left.at_ms + spare_ms),
            inferred=False,
            sure=sure,
        )
    )


def _unseen_end(passed: Passed, entered: TrueTime, longest_ms: int, *, sure: bool) -> Bounds:
    came_ms = max(_earliest_ms(entered, longest_ms), entered.at_ms - longest_ms // 2)
    surely_came_ms = _latest_ms(entered, longest_ms)
    served_ms = _earliest_ms(passed.served, longest_ms) if passed.served else 0
    went_ms = came_ms + longest_ms
    if passed.left and passed.inferred:
        went_ms = min(went_ms, max(_latest_ms(passed.left, longest_ms), served_ms))
    surely_went_ms = max(surely_came_ms, served_ms)
    return _ordered(Bounds(came_ms, surely_came_ms, surely_went_ms, went_ms, inferred=True, sure=sure))


def _earliest_ms(time: TrueTime, longest_ms: int) -> int:
    return time.at_ms - longest_ms if time.earliest_ms is None else time.earliest_ms


def _latest_ms(time: TrueTime, longest_ms: int) -> int:
    return time.at_ms + longest_ms if time.latest_ms is None else time.latest_ms


def _ordered(bounds: Bounds) -> Bounds:
    """What is certain lies within what is possible."""
    went_ms = max(bounds.went_ms, bounds.came_ms)
    surely_came_ms = min(max(bounds.surely_came_ms, bounds.came_ms), went_ms)
    surely_went_ms = min(max(bounds.surely_went_ms, bounds.came_ms), went_ms)
    return replace(bounds, went_ms=went_ms, surely_came_ms=surely_came_ms, surely_went_ms=surely_went_ms)


def in_zones(whole: Bounds, zones: Zones, path: Sequence[tuple[str, TrueTime | None]]) -> Iterator[tuple[str, Bounds]]:
    """The stay *whole*, and its parts in the zones of *path*, each with since when they were there (None: all along).

    A stay at a site of which no parts are known is one only.
    """
    if not zones.is_divided:
        yield UNDIVIDED, whole
        return
    yield "", whole
    for (zone, since), (_, until) in pairwise([*path, ("", None)]):
        part = _between(whole, since, until)
        if part.went_ms > part.came_ms or len(path) == 1:
            yield zone, part


def _between(whole: Bounds, since: TrueTime | None, until: TrueTime | None) -> Bounds:
    longest_ms = whole.went_ms - whole.came_ms
    part = whole
    if since:
        seen_ms = max(whole.surely_came_ms, _latest_ms(since, longest_ms))
        part = replace(part, came_ms=max(whole.came_ms, _earliest_ms(since, longest_ms)), surely_came_ms=seen_ms)
    if until:
        seen_ms = min(whole.surely_went_ms, _earliest_ms(until, longest_ms))
        went_ms = min(whole.went_ms, _latest_ms(until, longest_ms))
        part = replace(part, went_ms=went_ms, surely_went_ms=seen_ms, inferred=False)
    return _ordered(part)
