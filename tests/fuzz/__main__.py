"""Throws damaged input at every parser until the time is over; stops at the first that breaks, with the input.

make fuzz                        ten minutes
make fuzz ARGS="--minutes 1"     or as long as asked; --target NAME for one parser alone
"""

from __future__ import annotations

import argparse
import faulthandler
import itertools
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from random import SystemRandom

from hypothesis import HealthCheck, Phase, given, seed, settings

from fuzz.targets import Target, targets

Tell = Callable[[str], object]

ROUND = 200  # inputs for one parser before the next has its turn
HANGS_AFTER_S = 20.0  # far longer than any input may take, however busy the machine


def main() -> int:
    """Exit 0 where nothing was found, 1 where something broke."""
    known = targets()
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--target", choices=list(known), action="append")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1 << 32))
    asked = parser.parse_args()
    chosen = {name: known[name] for name in asked.target or known}
    print(f"fuzzing {len(chosen)} parsers for {asked.minutes:g} minutes, seed {asked.seed}", flush=True)
    found = fuzz(chosen, asked.minutes * 60, asked.seed, tell=print)
    print(f"FOUND in {found}" if found else "nothing was found")
    return 1 if found else 0


def fuzz(chosen: Mapping[str, Target], seconds: float, first_seed: int, tell: Tell = lambda line: None) -> str:
    """Throw at each of *chosen* in turn for *seconds*; which one broke, the seed and the traceback, or empty."""
    counts, slowest_ms, found = Counter[str](), Counter[str](), ""
    until_s = time.monotonic() + seconds
    turns = ((turn, name) for turn in itertools.count(first_seed) for name in chosen)
    while not found and time.monotonic() < until_s:
        turn, name = next(turns)
        try:
            _throw(name, chosen[name], turn, counts, slowest_ms)
        except Exception:  # noqa: BLE001  # whatever breaks is what is looked for
            found = f"{name!r}, seed {turn}:\n{traceback.format_exc()}"
    for name, count in counts.items():
        tell(f"  {name:<34} {count:>9,} inputs, the slowest {slowest_ms[name]:>6} ms")
    tell(f"  {sum(counts.values()):,} inputs")
    return found


def _throw(name: str, target: Target, turn: int, counts: Counter[str], slowest_ms: Counter[str]) -> None:
    @seed(turn)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def check(thrown: object) -> None:
        counts[name] += 1
        faulthandler.dump_traceback_later(HANGS_AFTER_S, exit=True)
        began_s = time.perf_counter()
        try:
            target.check(thrown)
        finally:
            faulthandler.cancel_dump_traceback_later()
        slowest_ms[name] = max(slowest_ms[name], round((time.perf_counter() - began_s) * 1000))

    check()


if __name__ == "__main__":
    raise SystemExit(main())
