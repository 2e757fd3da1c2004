"""What a backup takes, what comes back of it, and what the door notices of it: people recorded with and without one.

The site's past is made once and kept in build/. People come while no backup is made and while one follows the other,
by turns; the time is that of the recording transaction, its wait for the lock included.

    python tests/bench/backup.py [--entries 100000] [--people 400]
"""

from __future__ import annotations

import argparse
import itertools
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from parts import history
from parts.figures import print_table, spread
from parts.people import People

from kiosk.house import House
from kiosk.rules.model import Direction

BUILD = Path("build")
TURN = 20


def backup_of(house: House, folder: Path) -> list[str]:
    """The command that makes one, as the timer's service has it."""
    return ["nice", sys.executable, "-m", "kiosk", "--data", str(house.data), "backup", "--to", str(folder)]


def recorded(people: People, numbers: itertools.count[int]) -> list[float]:
    """So many come in: milliseconds of each transaction."""
    times = []
    for _ in range(TURN):
        shown = people.show(next(numbers), Direction.IN)
        prepared, began_s = people.prepare(shown), time.perf_counter()
        people.record(shown, prepared)
        times.append(1000 * (time.perf_counter() - began_s))
    return times


def by_turns(house: House, folder: Path, count: int) -> tuple[list[float], list[float]]:
    """The times of *count* people without a backup, and of as many while backups are made."""
    people, numbers = People(house), itertools.count(1_000_000 + int(time.time()) % 100_000 * 1000)
    quiet, disturbed = list[float](), list[float]()
    while len(disturbed) < count:
        quiet += recorded(people, numbers)
        with subprocess.Popen(backup_of(house, folder), stdout=subprocess.DEVNULL) as backup:
            time.sleep(0.5)  # until it reads
            while backup.poll() is None:
                disturbed += recorded(people, numbers)
    return quiet, disturbed


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=400)
    arguments = parser.parse_args()
    with history.site(arguments.entries, BUILD) as house, tempfile.TemporaryDirectory(dir=BUILD) as place:
        folder = Path(place)
        kiosk = [sys.executable, "-m", "kiosk", "--data", str(house.data)]
        told = subprocess.run([*kiosk, "backup", "--new-code"], capture_output=True, text=True, check=True)
        (folder / "code").write_text(told.stdout.splitlines()[0])
        began_s = time.perf_counter()
        subprocess.run(backup_of(house, folder), stdout=subprocess.DEVNULL, check=True)
        made_s, peak_kb = time.perf_counter() - began_s, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        (made,) = folder.glob("*.kiosk-backup")
        began_s = time.perf_counter()
        restore = [*kiosk[:-1], str(folder / "back"), "restore", str(made), "--code-file", str(folder / "code")]
        subprocess.run(restore, stdout=subprocess.DEVNULL, check=True)
        restored_s = time.perf_counter() - began_s
        quiet, disturbed = by_turns(house, folder, arguments.people)
        size_mb = house.database.stat().st_size / 1e6, made.stat().st_size / 1e6
    print(f"{arguments.entries} entries, {size_mb[0]:.0f} MB: a backup of {size_mb[1]:.0f} MB takes {made_s:.1f} s")
    print(f"and {peak_kb / 1000:.0f} MB of memory; a restore with all its proofs {restored_s:.1f} s")
    heads = {"people come": "", "p50 ms": ".2f", "p99 ms": ".2f", "longest": ".2f"}
    rows = [("alone", quiet), ("with a backup", disturbed)]
    spreads = [(name, spread(times), max(times)) for name, times in rows]
    print_table("The transaction", heads, [(name, s.p50, s.p99, longest) for name, s, longest in spreads])


if __name__ == "__main__":
    main()
