"""What a check-in costs a memory card: bytes at the block device, for an entry, its ticket's printing, an exit.

People come through the door itself, on ext4s of their own in loop devices (root alone); the file system's journal, the
write-back of SQLite's log and the hourly purge are counted. Each case is measured twice: people one after another
without a pause, and *pace* seconds apart, as they come to a real door, where the file system's journal and the kernel's
own writing back share no commit between people. Cases: today's page size on blocks of 4096 bytes, as a card comes, and
of 1024; and the page size and blocks of before.

    python tests/bench/wear.py [--people 600] [--pace 6] [--paced 20] [--days 7]
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

import wal
from parts import history
from parts.cards import Written, own_card, run, written
from parts.figures import print_table
from parts.people import BETWEEN_MS, card

from kiosk.devices import clock
from kiosk.house import House, open_house
from kiosk.retention import purge
from kiosk.rules.model import Direction, Reading, Reason
from kiosk.store import schema, spool
from kiosk.vault import make_demo_keys

BEFORE = (1024, 4096)  # bytes of a page of SQLite and of a block of ext4, as it was
STEPS = ("entry, ticket", "exit")
PRINTING_S = 2.0
HOUSE_WORK_MS = 10_000
PURGE_MS = 3_600_000
PEOPLE_A_DAY = 3_000
OPEN_MS = 10 * 3_600_000
STAY = 100  # people come before somebody leaves
KEEP_DAYS = 3  # so that a short week, too, erases days
# An ordinary card of 16 GB: erased 1,000 times, and of what it is told to write it writes ten times as much.
CARD_GB, ERASURES, AMPLIFICATION = 16, 1_000, 10


class Site:
    """A site with a past, whose people come through its door; its clock is ours."""

    def __init__(self, house: House, device: Path | None) -> None:
        self.house, self.device = house, device
        self.at_ms = house.store.head().shown.at_ms
        self._door = house.door()
        self._door.prints_with(lambda: "bench")
        self.printer = schema.connect(house.database)
        self._next_house_work_ms = self._next_purge_ms = self.at_ms

    def wait(self, ms: float) -> None:
        """Time goes by, with the door's work between people."""
        self.at_ms += round(ms)
        now = clock.stated(self.at_ms)
        if self.at_ms >= self._next_house_work_ms:
            self._next_house_work_ms = self.at_ms + HOUSE_WORK_MS
            self._door.keep_house(now)
        if self.at_ms >= self._next_purge_ms:
            self._next_purge_ms = self.at_ms + PURGE_MS
            purge(self.house.store, now, KEEP_DAYS)

    def enter(self, person: int) -> None:
        """Somebody comes in and gets a number."""
        self._show(person, Direction.IN, Reason.WELCOME)

    def print_ticket(self) -> None:
        """The ticket that waits is printed."""
        job = spool.next_job(self.printer, "bench")
        assert job
        assert job.begun
        spool.mark_printed(self.printer, job.id)

    def leave(self, person: int) -> None:
        """Somebody leaves."""
        self._show(person, Direction.OUT, Reason.GOODBYE)

    def _show(self, person: int, way: Direction, expected: Reason) -> None:
        reading = Reading(card(person), "camera", clock.stated(self.at_ms))
        scan = self._door.present([reading.data], self.house.settings.gate(way), reading)
        assert scan.decision.reason is expected, scan.decision

    def settle(self) -> Written:
        """Bring all that is owed to the device; what it was told to write by then."""
        self.house.store.db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        run("sync", "-f", str(self.house.data))
        return written(self.device)

    def close(self) -> None:
        """Close what this site opened."""
        self.printer.close()


@contextlib.contextmanager
def site(folder: Path, page_bytes: int, block_bytes: int, entries: int) -> Iterator[Site]:
    """A site on a card of its own, with *entries* in its log."""
    with contextlib.ExitStack() as undo:
        folder.mkdir()
        home, device = undo.enter_context(own_card(folder, block_bytes))
        schema.PAGE_BYTES, today = page_bytes, schema.PAGE_BYTES
        undo.callback(setattr, schema, "PAGE_BYTES", today)
        make_demo_keys(home / "site")
        history.fill(home / "site", entries)
        house = undo.enter_context(open_house(history.SETTINGS, home / "site", demo=True, now=clock.now()))
        made = Site(house, device)
        undo.callback(made.close)
        yield made


def warm_up(one: Site, people: int) -> None:
    """People until SQLite's log has its full length."""
    for person in range(-people, 0):
        one.wait(BETWEEN_MS)
        one.enter(person)
        one.print_ticket()
        one.leave(person)


def in_a_rush(one: Site, people: int) -> list[Written]:
    """What each step takes for *people* who come without a pause, all of it brought to the device."""
    counts = [one.settle()]
    for person in range(people):
        one.wait(BETWEEN_MS)
        one.enter(person)
        one.print_ticket()
    counts.append(one.settle())
    for person in range(people):
        one.wait(BETWEEN_MS)
        one.leave(person)
    counts.append(one.settle())
    return [after.since(before) for before, after in pairwise(counts)]


def at_a_pace(sites: list[Site], people: range, pace_s: float) -> list[list[Written]]:
    """The same for each of *sites*, where people come *pace_s* apart and nobody brings anything to the device."""
    counts = [[written(one.device) for one in sites]]
    for person in people:
        for one in sites:
            one.wait(pace_s * 1000)
            one.enter(person)
        time.sleep(PRINTING_S)
        for one in sites:
            one.print_ticket()
        time.sleep(pace_s - PRINTING_S)
    counts.append([written(one.device) for one in sites])
    for person in people:
        for one in sites:
            one.wait(pace_s * 1000)
            one.leave(person)
        time.sleep(pace_s)
    counts.append([written(one.device) for one in sites])
    return [[after.since(before) for before, after in pairwise(own)] for own in zip(*counts, strict=True)]


def print_steps(title: str, names: list[str], taken: list[list[Written]], people: int) -> None:
    """KiB and flushes that one person's steps take in each case, and what that is of the third case's."""
    sums = [sum(step.size for step in steps) for steps in taken]

    def line(name: str, steps: list[Written], size: int) -> list[object]:
        kib = [step.size / people / 1024 for step in steps]
        return [name, *kib, sum(kib), size / sums[2], sum(step.flushes for step in steps) / people]

    heads = {"": "", **dict.fromkeys(STEPS, ".1f"), "both": ".1f", "of before": ".2f", "flushes": ".1f"}
    print_table(f"{title}: KiB at the device for one person", heads, map(line, names, taken, sums))


def print_pages(one: Site, people: range) -> None:
    """Which pages one person's steps write into SQLite's log, by table and index."""
    db, pages = one.house.store.db, [list[int](), list[int](), list[int]()]
    for connection in (db, one.printer):
        connection.execute("PRAGMA wal_autocheckpoint = 0")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    steps: tuple[Callable[[int], object], ...] = (one.enter, lambda _: one.print_ticket(), one.leave)
    for person in people:
        one.at_ms += BETWEEN_MS
        for step, own in zip(steps, pages, strict=True):
            step(person)
            own.extend(wal.pages_in(one.house.database, sum(map(len, pages))))
    counts = [wal.owners(db, own) for own in pages]
    names = sorted({name for count in counts for name in count}, key=lambda name: -sum(c[name] for c in counts))
    rows = [[name, *(count[name] / len(people) for count in counts)] for name in names]
    (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
    rows.append(["all", *(len(own) / len(people) for own in pages)])
    rows.append(["KiB", *(len(own) * (page_bytes + wal.FRAME.size) / len(people) / 1024 for own in pages)])
    heads = {"": "", "an entry": ".2f", "its ticket": ".2f", "an exit": ".2f"}
    print_table(f"Pages of {page_bytes} bytes written into SQLite's log for one person", heads, rows)


def print_week(one: Site, days: int) -> None:
    """*days* of ``PEOPLE_A_DAY`` who come, get their tickets and leave; keys turn, days are erased."""
    began, before = time.monotonic(), one.settle()
    for day in range(days):
        morning_ms = one.at_ms
        for person in range(PEOPLE_A_DAY + STAY):
            one.wait(OPEN_MS / PEOPLE_A_DAY * random.uniform(0.2, 1.8))
            if person < PEOPLE_A_DAY:
                one.enter(person)
                one.print_ticket()
            if person >= STAY:
                one.leave(person - STAY)
        while one.at_ms < morning_ms + history.DAY_MS:
            one.wait(PURGE_MS / 4)
        print(f"  (day {day + 1}: {one.settle().since(before).size / 1e6:,.0f} MB, {time.monotonic() - began:.0f} s)")
    taken = one.settle().since(before)
    a_year_gb = taken.size / days * 365 / 1e9
    lasts = CARD_GB * ERASURES / AMPLIFICATION / a_year_gb
    each_kib = taken.size / days / PEOPLE_A_DAY / 1024
    print(
        f"\n{days} days of {PEOPLE_A_DAY} people: {taken.size / 1e9:.2f} GB; {each_kib:.1f} KiB for the entry, ticket"
        f" and exit of each, key turns and purges among them; {a_year_gb:.0f} GB a year.\n"
        f"A card of {CARD_GB} GB, erased {ERASURES} times, that writes {AMPLIFICATION} times what it is told,"
        f" bears that for {lasts:.0f} years."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--pace", type=float, default=6, help="seconds between people at a pace")
    parser.add_argument("--paced", type=int, default=20, help="people at a pace; 0 leaves it out")
    parser.add_argument("--days", type=int, default=7, help="days of the week; 0 leaves it out")
    parser.add_argument("--entries", type=int, default=10_000, help="entries in the log before")
    parser.add_argument("--pages", type=int, nargs="*", default=[], help="other page sizes to compare")
    parser.add_argument("--dir", type=Path, default=Path("build"), help="folder on the disk to measure")
    wish = parser.parse_args()
    wish.dir.mkdir(parents=True, exist_ok=True)
    cases = {"as a card comes": (schema.PAGE_BYTES, 4096), "own partition": (schema.PAGE_BYTES, 1024), "before": BEFORE}
    cases |= {f"{page}, {block}": (page, block) for page in wish.pages for block in (4096, 1024)}
    with contextlib.ExitStack() as undo:
        top = Path(undo.enter_context(tempfile.TemporaryDirectory(dir=wish.dir)))
        sites = [
            undo.enter_context(site(top / str(place), *case, wish.entries)) for place, case in enumerate(cases.values())
        ]
        if not all(one.device for one in sites):
            raise SystemExit("bytes are counted on loop devices, which only root can make")
        for one in sites:
            warm_up(one, wish.people)
        rush = [in_a_rush(one, wish.people) for one in sites]
        print_steps(f"{wish.people} people without a pause", list(cases), rush, wish.people)
        if wish.paced:
            people = range(wish.people, wish.people + wish.paced)
            taken = at_a_pace(sites, people, wish.pace)
            print_steps(f"{wish.paced} people {wish.pace:g} s apart", list(cases), taken, wish.paced)
        for one in (sites[0], *sites[3:]):
            print_pages(one, range(2 * wish.people, 3 * wish.people))
        if wish.days:
            print_week(sites[0], wish.days)


if __name__ == "__main__":
    main()
