"""How far off the wait estimate is, and how often the true wait lay in its range, on invented days of ten kinds.

    python tests/bench/waits.py [--days 40]

Each day is played from its seed; at every new ticket, and every five minutes for one of those who wait, each rule
is handed what was known at that moment. Errors are medians in minutes. The rules beside ours: the plain average
(mean service time of the day so far, times people ahead, by open counters), three minutes a head, the wait of who
was called last, and the calls of the last half hour. The range is to hold 60 of 100, with 20 on either side.
"Days" are those on which our median error is below the plain average's.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from queue_days import MINUTE, OPENS, Asked, Day, Run, asked
from queue_kinds import KINDS

from kiosk.rules.waits import Wait, learn

HALF_HOUR_MS = 30 * MINUTE


def ours(asks: Asked, earlier_pace_ms: float | None = None) -> Wait | None:
    """The rule under test."""
    tempo = learn(
        asks.turns, asks.counters, asks.at_ms, line_since_ms=asks.line_since_ms, earlier_pace_ms=earlier_pace_ms
    )
    return None if tempo is None else tempo.wait(asks.ahead, priority=asks.priority)


def plain_average(asks: Asked) -> float | None:
    """Mean service time of the day so far, times people ahead, by open counters."""
    took_ms = [turn.ended_ms - turn.called_ms for turn in asks.turns if turn.ended_ms is not None]
    return statistics.fmean(took_ms) * asks.ahead / len(asks.counters) if took_ms and asks.counters else None


def three_minutes(asks: Asked) -> float:
    """Three minutes for each in front."""
    return 3 * MINUTE * asks.ahead


def last_wait(asks: Asked) -> float | None:
    """As long as the last one waited who was called."""
    return asks.turns[-1].called_ms - asks.turns[-1].since_ms if asks.turns else None


def half_hour(asks: Asked) -> float | None:
    """As fast as the calls of the last half hour."""
    if not asks.turns:
        return None
    calls = sum(turn.called_ms > asks.at_ms - HALF_HOUR_MS for turn in asks.turns)
    return (asks.ahead + 1) * min(HALF_HOUR_MS, asks.at_ms - asks.turns[0].called_ms) / calls if calls else None


RIVALS: tuple[Callable[[Asked], float | None], ...] = (plain_average, three_minutes, last_wait, half_hour)


@dataclass(frozen=True)
class Score:
    """Of the moments of one kind of day at which both ours and the plain average answer; errors in minutes."""

    asked: int
    unknown: float
    true: float
    error: float
    rivals: tuple[float, ...]
    below: float
    above: float
    width: float


def score(asks: Sequence[Asked]) -> Score:
    """How the rules did."""
    answers = [(one, wait) for one in asks if (wait := ours(one)) is not None and plain_average(one) is not None]
    return Score(
        asked=len(asks),
        unknown=1 - len(answers) / len(asks),
        true=statistics.median(one.true_ms for one in asks) / MINUTE,
        error=_error([(wait.likely_ms, one) for one, wait in answers]),
        rivals=tuple(_error([(said, one) for one, _ in answers if (said := rule(one)) is not None]) for rule in RIVALS),
        below=statistics.fmean(one.true_ms < wait.from_ms for one, wait in answers),
        above=statistics.fmean(one.true_ms > wait.to_ms for one, wait in answers),
        width=statistics.median(wait.to_ms - wait.from_ms for _, wait in answers) / MINUTE,
    )


def _error(said: Sequence[tuple[float, Asked]]) -> float:
    return statistics.median(abs(ms - one.true_ms) for ms, one in said) / MINUTE


def days(kind: Callable[[Random], Day], number: int) -> Iterator[list[Asked]]:
    """*number* days of *kind*, always the same."""
    for seed in range(number):
        yield list(asked(kind(Random(f"{kind.__name__} {seed}"))))


def mornings(number: int) -> Iterator[tuple[Asked, float]]:
    """Who asks in a day's first half hour, and the pace of the day before with the same staff."""
    for kind in KINDS:
        for seed in range(number):
            today, yesterday = (kind(Random(f"{kind.__name__} {seed}")) for _ in range(2))
            run = Run(replace(yesterday, random=Random(f"yesterday {seed}")))
            run.through()
            evening = learn(run.turns, {run.turns[-1].counter}, run.turns[-1].called_ms)
            for one in asked(today):
                if one.at_ms < OPENS + HALF_HOUR_MS and evening is not None:
                    yield one, evening.pace_ms


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=40)
    number = parser.parse_args().days
    print(f"{number} days of each kind; minutes")
    rivals = "".join(f"{rule.__name__.replace('_', ' '):>15}" for rule in RIVALS)
    print(f"{'':<12}{'asked':>7}{'true':>6} |{'ours':>6}{rivals} | of plain  days | below  in  above  width | unknown")
    for kind in KINDS:
        played = list(days(kind, number))
        better = statistics.fmean(its.error < its.rivals[0] for its in map(score, played))
        its = score([one for day in played for one in day])
        rivals = "".join(f"{error:>15.2f}" for error in its.rivals)
        print(
            f"{kind.__name__:<12}{its.asked:>7}{its.true:>6.1f} |{its.error:>6.2f}{rivals}",
            f"|{its.error / its.rivals[0]:>9.0%}{better:>6.0%}",
            f"|{its.below:>6.0%}{1 - its.below - its.above:>5.0%}{its.above:>6.0%}{its.width:>7.1f}",
            f"|{its.unknown:>8.1%}",
        )
    print_places(number)
    print_mornings(number)
    print_cost()


def print_places(number: int) -> None:
    """The same by how far back somebody stands, all kinds together."""
    asks = [one for kind in KINDS for day in days(kind, number) for one in day if one.counters]
    print(f"\n{'in front, a counter':<22}{'asked':>7}{'true':>6} |{'ours':>6}{'plain average':>15}{'half hour':>15}")
    for first, end in ((0, 0.01), (0.01, 2), (2, 8), (8, 10_000)):
        its = score([one for one in asks if first <= one.ahead / len(one.counters) < end])
        name = "nobody" if not first else f"fewer than {end}" if end < 10_000 else f"{first} and more"
        print(
            f"{name:<22}{its.asked:>7}{its.true:>6.1f} |{its.error:>6.2f}{its.rivals[0]:>15.2f}{its.rivals[3]:>15.2f}"
        )


def print_mornings(number: int) -> None:
    """The first half hour, with and without an earlier day's pace."""
    print("\nfirst half hour of all kinds    unknown  error  in range")
    asks = list(mornings(number))
    for name, said in (
        ("of this day alone", [(one, ours(one)) for one, _ in asks]),
        ("with the day before", [(one, ours(one, pace_ms)) for one, pace_ms in asks]),
    ):
        known = [(one, wait) for one, wait in said if wait is not None]
        held = statistics.fmean(wait.from_ms <= one.true_ms <= wait.to_ms for one, wait in known)
        error = _error([(wait.likely_ms, one) for one, wait in known])
        print(f"{name:<30}{1 - len(known) / len(said):>9.1%}{error:>7.2f}{held:>10.0%}")


def print_cost() -> None:
    """What a page pays for it at the end of a day."""
    last = max((day[-1] for day in days(KINDS[0], 5)), key=lambda one: len(one.turns))
    tempo = learn(last.turns, last.counters, last.at_ms)
    assert tempo is not None
    started = time.perf_counter()
    for _ in range(100):
        learn(last.turns, last.counters, last.at_ms)
    learned = time.perf_counter()
    for ahead in range(100):
        tempo.wait(ahead)
    asked_all = time.perf_counter()
    print(f"\nlearning from {len(last.turns)} calls {(learned - started) * 10:.2f} ms", end=", ")
    print(f"the waits of 100 people {(asked_all - learned) * 1000:.2f} ms")


if __name__ == "__main__":
    main()
