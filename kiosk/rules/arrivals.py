"""Visits -> passages per quarter hour. Passages, not people and not doses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

QUARTER_MS = 900_000
_LONGEST_PAUSE = 96  # quarter hours; a longer one is a clock that was wrong, not a quiet site


@dataclass(frozen=True, slots=True)
class Stays:
    """Visits that began in one quarter hour and gate and ended in one: any time in it stands for them.

    *came_ms* is None where nobody saw them come, *left_ms* while they are inside; *inferred*: nobody saw them leave.
    """

    came_ms: int | None
    left_ms: int | None
    inferred: bool = False
    count: int = 1
    gate_in: str = ""
    gate_out: str = ""


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter hour: passages in and out that were seen, and who was inside at its end."""

    began_ms: int
    came: int
    went: int
    inside: int


def per_quarter_hour(stays: Iterable[Stays]) -> list[Quarter]:
    """Every quarter hour from the first passage to the last, in order; one of UTC is one of every time zone today."""
    came: Counter[int] = Counter()
    went: Counter[int] = Counter()
    over: Counter[int] = Counter()
    for some in stays:
        if some.came_ms is not None:
            came[some.came_ms // QUARTER_MS] += some.count
            if some.left_ms is not None:
                over[max(some.came_ms, some.left_ms) // QUARTER_MS] += some.count
        if some.left_ms is not None and not some.inferred:
            went[some.left_ms // QUARTER_MS] += some.count
    quarters, inside = [], 0
    for quarter in _without_gaps(sorted({*came, *went, *over})):
        inside += came[quarter] - over[quarter]
        quarters.append(Quarter(quarter * QUARTER_MS, came[quarter], went[quarter], inside))
    return quarters


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
