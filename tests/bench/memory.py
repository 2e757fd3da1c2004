"""Whether the door's memory grows with what it was shown: 200,000 scans through ``kiosk door``, sampled.

The shipped process with simulated lamps and voice; people come over its socket, as fast as it answers, and their
tickets wait in the spool. The slope is that of a straight line through the samples of the second half.

    python tests/bench/memory.py [--scans 200000] [--samples 40] [--dir /dev/shm]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from door_memory import door_at_work, memory_mib, people_pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--scans", type=int, default=200_000)
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--dir", type=Path, default=Path("/dev/shm"), help="a fast disk: it is memory that is measured")
    wish = parser.parse_args()
    step, person, rows, began = wish.scans // wish.samples, 0, list[tuple[int, float, float]](), time.monotonic()
    with tempfile.TemporaryDirectory(dir=wish.dir) as home, door_at_work(Path(home)) as (pid, client):
        for sample in range(wish.samples + 1):
            rows.append((sample * step, *memory_mib(pid)))
            print(f"  {rows[-1][0]:8,} scans   RSS {rows[-1][1]:6.1f} MiB   PSS {rows[-1][2]:6.1f}", flush=True)
            if sample < wish.samples:
                person = people_pass(client, person, step)
    scans, rss, pss = zip(*rows[len(rows) // 2 :], strict=True)
    print(f"{wish.scans:,} scans in {(time.monotonic() - began) / 60:.1f} minutes; MiB more for 100,000, second half:")
    for name, sizes in (("RSS", rss), ("PSS", pss)):
        slope = statistics.linear_regression(scans, sizes).slope * 100_000
        print(f"  {name} {slope:+.2f}, the largest {max(sizes):.1f}")


if __name__ == "__main__":
    main()
