"""Visits -> passages per quarter hour. Passages, not people and not doses."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

QUARTER_MS = 900_000
_LONGEST_PAUSE = 96  # quarter hours; a longer one is a clock that was wrong, not a quiet site


@dataclass(frozen=True, slots=True)
class Stays:
    """Visits that began in one quarter hour and gate and ended in one: any time in it stands for them.

    *came_ms* is None where nobody saw them come, *left_ms* while they are inside; *inferred*: nobody saw them leave.
    *kind* and *classes* are those of the codes shown, as a visit has them; *corrected*: staff put them right.
    """

    came_ms: int | None
    left_ms: int | None
    inferred: bool = False
    count: int = 1
    gate_in: str = ""
    gate_out: str = ""
    kind: str = ""
    classes: int = 0
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """Passages: seen in, seen out (*unmatched* of them of people whom nobody saw come), and exits only inferred."""

    came: int = 0
    went: int = 0
    inferred: int = 0
    unmatched: int = 0

    def __add__(self, other: Flow) -> Flow:
        return Flow(
            self.came + other.came,
            self.went + other.went,
            self.inferred + other.inferred,
            self.unmatched + other.unmatched,
        )

    @property
    def more_inside(self) -> int:
        """By how many more are inside afterwards."""
        return self.came - (self.went - self.unmatched) - self.inferred


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter hour: passages in and out that were seen, who was inside at its end, and exits that were inferred."""

    began_ms: int
    came: int
    went: int
    inside: int
    inferred: int = 0


def flows(stays: Iterable[Stays]) -> dict[int, Flow]:
    """What passed, by quarter hour since 1970; only those in which somebody did."""
    passed: defaultdict[int, Flow] = defaultdict(Flow)
    for some in stays:
        if some.came_ms is not None:
            passed[some.came_ms // QUARTER_MS] += Flow(came=some.count)
        if some.left_ms is not None:
            seen, unmatched = not some.inferred, some.came_ms is None
            went = Flow(0, some.count * seen, some.count * some.inferred, some.count * unmatched)
            passed[max(some.came_ms or 0, some.left_ms) // QUARTER_MS] += went
    return dict(sorted(passed.items()))


def quarter_hours(passed: Mapping[int, Flow]) -> list[Quarter]:
    """Every quarter hour from the first passage to the last, in order; one of UTC is one of every time zone today."""
    quarters, inside = [], 0
    for quarter in _without_gaps(sorted(passed)):
        flow = passed.get(quarter, Flow())
        inside += flow.more_inside
        quarters.append(Quarter(quarter * QUARTER_MS, flow.came, flow.went, inside, flow.inferred))
    return quarters


def per_quarter_hour(stays: Iterable[Stays]) -> list[Quarter]:
    """The quarter hours of *stays*."""
    return quarter_hours(flows(stays))


def per_gate(stays: Iterable[Stays]) -> dict[str, tuple[int, int]]:
    """Passages in and out that were seen, by gate."""
    passed: Counter[tuple[str, bool]] = Counter()
    for some in stays:
        passed[some.gate_in, True] += some.count * (some.came_ms is not None)
        passed[some.gate_out, False] += some.count * (some.left_ms is not None and not some.inferred)
    gates = sorted({gate for (gate, _), count in passed.items() if count})
    return {gate: (passed[gate, True], passed[gate, False]) for gate in gates}


def _without_gaps(quarters: list[int]) -> Iterator[int]:
    for before, quarter in zip(quarters[:1] + quarters, quarters, strict=False):
        if quarter - before <= _LONGEST_PAUSE:
            yield from range(before + 1, quarter)
        yield quarter
