"""Which SQLite page size wears a memory card least: 512 to 4096, in one run, the cases interleaved.

Each case is a whole site with a past, and its people are recorded by the product's own code: they come, their tickets
are printed, they leave. The write-ahead log grows to 4 MiB before it is written back, or, in
the second four rows, to SQLite's own 1000 pages.

As root each case gets a loop device with an ext4 of its own, and the bytes are what that device was told to
write, the file system's journal included. Others get the times only.

    python tests/bench/page_size.py [--people 1500] [--entries 10000]
"""

from __future__ import annotations

import argparse
import contextlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from parts import history
from parts.cards import Written, own_card, written
from parts.people import People

from kiosk.devices import clock
from kiosk.house import House, open_house
from kiosk.rules.model import Direction
from kiosk.store import schema, spool
from kiosk.vault import make_demo_keys

PAGE_SIZES = (512, 1024, 2048, 4096)
SQLITES_OWN_PAGES = 1000


class Case:
    """One site under test, and what its check-ins took."""

    def __init__(self, house: House, page_size: int, wal_pages: int, device: Path | None) -> None:
        self.page_size = page_size
        self.wal_pages = wal_pages
        self.house = house
        self.wall_ms: list[float] = []
        self.cpu_ms: list[float] = []
        self.written: list[Written] = []
        self._device = device
        self._people = People(house)
        self._printer = schema.connect(house.database)
        for db in (house.store.db, self._printer):
            db.execute(f"PRAGMA wal_autocheckpoint = {wal_pages}")

    def enter(self, person: int) -> None:
        """Record an entry, timed."""
        shown = self._people.show(person, Direction.IN)
        prepared = self._people.prepare(shown)
        wall, cpu = time.perf_counter(), time.thread_time()
        self._people.record(shown, prepared)
        self.wall_ms.append((time.perf_counter() - wall) * 1000)
        self.cpu_ms.append((time.thread_time() - cpu) * 1000)

    def print_ticket(self, _: int) -> None:
        """Note that the oldest ticket is on paper."""
        job = spool.next_job(self._printer)
        assert job
        spool.mark_printed(self._printer, job.id)

    def leave(self, person: int) -> None:
        """Record an exit."""
        shown = self._people.show(person, Direction.OUT)
        self._people.record(shown, self._people.prepare(shown))

    def counts(self) -> Written:
        """What was written since the start, all of it brought to the device."""
        self.house.store.db.execute("PRAGMA wal_checkpoint(RESTART)")
        subprocess.run(["sync", "-f", str(self.house.data)], check=True)
        return written(self._device)

    def read_log_us(self) -> float:
        """Microseconds per entry to read the log from end to end, as verifying does; pages from the cache."""
        began = time.perf_counter()
        rows = self.house.store.db.execute("SELECT sequence, commitment, body FROM entry ORDER BY sequence")
        count = sum(1 for _ in rows)
        return (time.perf_counter() - began) * 1e6 / count

    def close(self) -> None:
        """Close what this case opened."""
        self._printer.close()


@contextlib.contextmanager
def site(folder: Path, page_size: int, entries: int) -> Iterator[House]:
    """A site in *folder* with pages of *page_size* and *entries* in its log."""
    data = folder / "site"
    schema.PAGE_BYTES = page_size
    make_demo_keys(data)
    history.fill(data, entries)
    with open_house(history.SETTINGS, data, demo=True, now=clock.now()) as house:
        yield house


def measure(cases: list[Case], people: int) -> None:
    """Let people come to every case, get their tickets, and leave; the cases in a new order for each."""
    for step in (Case.enter, Case.print_ticket, Case.leave):
        before = [case.counts() for case in cases]
        for person in range(people):
            for case in random.sample(cases, len(cases)):
                step(case, person)
        for case, earlier in zip(cases, before, strict=True):
            case.written.append(case.counts().since(earlier))


def report(cases: list[Case], people: int) -> None:
    """The table: one line a case."""
    print(f"{people} people. KiB (and flushes) that one of each takes at the device:")
    print("                      an entry    its printing         an exit  the entry, ms     CPU  reading   file")
    print(" page  checkpoint   KiB  flush     KiB  flush     KiB  flush     p50     p99    ms  us/entry    MiB")
    for case in cases:
        per_person = "".join(
            f"{step.size / people / 1024:6.1f}{step.flushes / people:7.2f}   " for step in case.written
        )
        cuts = statistics.quantiles(case.wall_ms, n=100)
        file_mib = case.house.database.stat().st_size / (1 << 20)
        print(
            f"{case.page_size:5}  {case.wal_pages:4} pages{per_person}{cuts[49]:6.3f}{cuts[98]:8.3f}"
            f"{statistics.median(case.cpu_ms):6.3f}{case.read_log_us():10.2f}{file_mib:7.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="SQLite's page size for the door's transaction, measured.")
    parser.add_argument("--people", type=int, default=1500)
    parser.add_argument("--entries", type=int, default=10_000, help="entries in the log before")
    parser.add_argument("--dir", type=Path, default=Path("build"), help="folder on the disk to measure")
    wish = parser.parse_args()
    wish.dir.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as undo:
        top = Path(undo.enter_context(tempfile.TemporaryDirectory(dir=wish.dir)))
        cases, devices = [], False
        for wal_pages in (None, SQLITES_OWN_PAGES):
            for page_size in PAGE_SIZES:
                home = top / f"{page_size}-{wal_pages}"
                home.mkdir()
                folder, device = undo.enter_context(own_card(home))
                house = undo.enter_context(site(folder, page_size, wish.entries))
                cases.append(Case(house, page_size, wal_pages or (4 << 20) // page_size, device))
                undo.callback(cases[-1].close)
                devices = device is not None
        measure(cases, wish.people)
        report(cases, wish.people)
        if not devices:
            print("no bytes and flushes: they are counted on loop devices, which only root can make")


if __name__ == "__main__":
    main()
