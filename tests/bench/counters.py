"""What counters cost: a first scan at the door beside one at a site without them, an act, the board, the way there.

All in one run. The site without counters and those with them, early, in the middle and at the end of a large day, take
turns at every person; each transaction is followed at once by its floor, as many bytes written and flushed with nothing
round it. A site's day is made by the product's own code.

    python tests/bench/counters.py [--people 400] [--tickets 500 2000 10000] [--entries 100000]
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from door import BUILD, WARM_UP, timed
from older import make_version_3
from parts import history
from parts.days import WITH_COUNTERS, late_in_the_day
from parts.figures import Floor, print_table, spread
from parts.people import People

from kiosk.devices import clock
from kiosk.house import House
from kiosk.queue import Counters
from kiosk.rules.entries import Entry
from kiosk.rules.model import Direction, Reason
from kiosk.rules.queueing import Act, Wish
from kiosk.store import schema
from kiosk.store.head import read_head
from kiosk.store.migrations import migrate
from kiosk.store.projections import fill_new
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from kiosk.store.stored import stored_entries
from kiosk.web.queue_lines import QueueLines

T = TypeVar("T")

WAITING = 500
ACTS = {
    Act.CALL: "the next, out of 500 in two lines and two lanes",
    Act.RECALL: "the same once more",
    Act.START: "they are here",
    Act.UNDO: "they are not: all as it was",
    Act.FINISH: "on to the next stage, to the shorter of its lines",
}
LOOKS = 200


class Site:
    """A site where people come and a counter calls, each step timed and its floor beside it."""

    def __init__(self, name: str, house: House, floor: Floor) -> None:
        self.name = name
        self.house = house
        self.times: defaultdict[str, list[tuple[float, float, int]]] = defaultdict(list)
        self._people = People(house)
        self._people.learn()
        self._counters = Counters(house.settings.plan())
        self._floor = floor

    def person(self, number: int) -> None:
        """Somebody new comes; where there are counters, one of them calls somebody and sends them on."""
        shown = self._people.show(number, Direction.IN)
        prepared = self._people.prepare(shown)
        scan = self._timed("first scan", lambda: self._people.record(shown, prepared))
        assert scan.decision.reason is Reason.WELCOME, scan.decision
        counters = self.house.settings.counters
        for act in ACTS if counters else ():
            wish, now = Wish(act, counters[number % 4].id), clock.stated(self.house.store.head().shown.at_ms)
            done = self._timed(act, partial(self._counters.act, self.house.store, wish, now))
            assert isinstance(done, Entry), (act, done)

    def _timed(self, row: str, work: Callable[[], T]) -> T:
        result, taken_us, size = timed(work)
        self.times[row].append((taken_us, self._floor.write_us(size), size))
        return result


@contextlib.contextmanager
def opened(sizes: list[int]) -> Iterator[list[Site]]:
    """A site without counters, and sites with counters at which so many tickets were given today; all open at once."""
    with contextlib.ExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory(dir=BUILD)))
        floor = Floor(folder)
        undo.callback(floor.close)
        sites = [("no counters", history.SETTINGS, sizes[0])]
        sites += [(f"{size:,} tickets", WITH_COUNTERS, size) for size in sizes]
        yield [
            Site(name, undo.enter_context(late_in_the_day(settings, folder / name, size, WAITING)), floor)
            for name, settings, size in sites
        ]


def print_recording(sites: list[Site], people: int) -> None:
    """A first scan, and what a counter does."""
    for number in range(WARM_UP + people):
        for site in random.sample(sites, len(sites)):
            site.person(number)
    rows = [(row, site) for row in ("first scan", *ACTS) for site in sites if row in site.times]
    print_table(
        "Recording, microseconds: lock to durable, with the queue's tables; the floor writes and flushes as much.\n"
        f"So many tickets were given today at twelve counters, and {WAITING} people wait; without counters, some more.",
        {"": "", "site": ">16", "p50": ".0f", "p10": ".0f", "p99": ".0f", "KiB": ".1f", "floor": ".0f", "ratio": ".2f"}
        | {"of first": ".2f"},
        (recording(row, site, sites, people) for row, site in rows),
    )
    print("".join(f"\n  {act:<14}{sentence}" for act, sentence in ACTS.items()))


def recording(row: str, site: Site, sites: list[Site], people: int) -> list[object]:
    """A line of the table."""
    taken, floor, size = zip(*site.times[row][-people:], strict=True)
    first = next(median(one[0] for one in each.times[row][-people:]) for each in sites if row in each.times)
    ours = spread(taken)
    return [row, site.name, *ours, median(size) / 1024, median(floor), ours.p50 / median(floor), ours.p50 / first]


def print_board(sites: list[Site]) -> None:
    """What the board asks for at every change."""
    print_table(
        "QueueLines.state(), all that the board shows, milliseconds. Learning: for the first time, when all that the\n"
        "counters did in the last hours and days is read.",
        {"": "", "p50": ".2f", "p10": ".2f", "p99": ".2f", "learning": ".1f"},
        (board(site) for site in sites if site.house.settings.counters),
    )


def board(site: Site) -> list[object]:
    """A line of the table."""
    reader, settings = Reader(site.house.database), site.house.settings
    lines = QueueLines(reader, settings)
    learning = [timed(QueueLines(reader, settings).state)[1] / 1000 for _ in range(LOOKS // 10)]
    return [site.name, *spread([timed(lines.state)[1] / 1000 for _ in range(LOOKS)]), median(learning)]


def print_migration(entries: int) -> None:
    """How long a site of the version before waits for its first start."""
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        path = Path(folder) / DATABASE
        shutil.copy(history.made(entries, BUILD) / DATABASE, path)
        db = schema.connect(path)
        make_version_3(db)
        began = time.perf_counter()
        read = sum(1 for _ in stored_entries(db, read_head(db)))
        read_s = time.perf_counter() - began
        began = time.perf_counter()
        migrate(db, path, fill_new)
        taken_s = time.perf_counter() - began
        (tickets,) = db.execute("SELECT count(*) FROM queue_ticket").fetchone()
        db.close()
    print(
        f"\nA log of version 3 with {read:,} entries brought forward: {taken_s:.2f} s ({tickets:,} tickets),", end=" "
    )
    print(f"{taken_s / read_s:.2f} times what reading it takes ({read_s:.2f} s)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=400, help="people recorded at each site")
    parser.add_argument("--tickets", type=int, nargs="+", default=[500, 2_000, 10_000], help="given before, that day")
    parser.add_argument("--entries", type=int, default=100_000, help="length of the log of version 3")
    wish = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    with opened(wish.tickets) as sites:
        print_board(sites)
        print_recording(sites, wish.people)
    print_migration(wish.entries)


if __name__ == "__main__":
    main()
