"""What the page of a day of 10,000 visits costs: the first look, its memory, the search, and what a tablet loads.

All in one run. Days of several sizes take turns at every letter that staff type, so that the rows can be compared; next
to each time stands how many times as long it takes as to hash 64 kB on this machine.

    python tests/bench/pages_today.py [--tickets 500 2000 10000] [--people 60]
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from flask.testing import FlaskClient
from parts.days import WITH_COUNTERS, late_in_the_day
from parts.figures import spread
from running import Kiosk

from kiosk.house import House
from kiosk.rules import invented
from kiosk.rules.access import Role
from kiosk.web.app import make_app

WAITING = 500
OWN = {"X-Kiosk": "page"}
UNIT = bytes(65_536)


def typed(dice: random.Random) -> Iterator[str]:
    """What staff type, one letter after the other, until it is all there."""
    person = invented.person(dice.randrange(5000)).person
    name = person.name.lower()
    text = dice.choice((name, name.split()[-1], person.number[-4:], f"a{dice.randrange(999):03d}", person.number))
    yield from (text[: length + 1] for length in range(len(text)))


def timed_ms(do: Callable[[], object]) -> float:
    """Milliseconds that *do* takes."""
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1000


def resident_mb() -> float:
    """What this process keeps in memory (Linux)."""
    kb = re.search(r"^VmRSS:\s+(\d+) kB$", Path("/proc/self/status").read_text(), flags=re.MULTILINE)
    assert kb
    return int(kb[1]) / 1000


@dataclass(slots=True)
class Day:
    """A site late on a day of so many *visits*, its pages, and what they took."""

    visits: int
    pages: FlaskClient
    first_ms: float = 0.0
    memory_mb: float = 0.0
    searches_ms: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, visits: int, house: House) -> Day:
        """Open the pages, look at them once."""
        kiosk = Kiosk(house)
        pages = make_app(kiosk.context()).test_client()
        pages.set_cookie("kiosk-session", kiosk.sign_in(Role.STAFF))
        day, before_mb = cls(visits, pages), resident_mb()
        day.first_ms = timed_ms(lambda: pages.get("/"))
        day.memory_mb = resident_mb() - before_mb
        return day

    def search(self, text: str) -> None:
        """Ask for *text* as the page does."""
        self.searches_ms.append(timed_ms(lambda: self.pages.post("/people", json={"q": text}, headers=OWN)))

    def report(self, unit_ms: float) -> str:
        """One line."""
        ordered = sorted(self.searches_ms)
        p50, p95 = spread(ordered).p50, ordered[int(0.95 * len(ordered))]
        return (
            f"{self.visits:>8}{self.first_ms:>12.0f}{self.memory_mb:>9.1f}"
            f"{p50:>9.1f}{p50 / unit_ms:>6.0f}x{p95:>9.1f}{p95 / unit_ms:>6.0f}x"
        )


def first_load(pages: FlaskClient) -> tuple[int, int, int]:
    """Bytes of the page as sent, bytes of all that it names besides, and its elements without the blanks to copy."""
    page = pages.get("/", headers={"Accept-Encoding": "gzip"})
    text = gzip.decompress(page.data).decode()
    named = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', text))
    seen: set[str] = set()
    while named - seen:
        path = (named - seen).pop()
        seen.add(path)
        if path.endswith(".js"):
            named |= {f"/static/{name}" for name in re.findall(r'from "\./([\w.]+)"', pages.get(path).text)}
    shown = re.sub(r"<template.*?</template>", "", text, flags=re.DOTALL)
    return len(page.data), sum(len(pages.get(path).data) for path in seen), len(re.findall(r"<[a-z]", shown))


def main() -> None:
    parser = argparse.ArgumentParser(description="The page of today, measured.")
    parser.add_argument("--tickets", type=int, nargs="+", default=[500, 2000, 10_000], help="visits of the day")
    parser.add_argument("--people", type=int, default=60, help="people that are looked for, letter by letter")
    wish = parser.parse_args()
    dice = random.Random(7)
    with contextlib.ExitStack() as undo:
        top = Path(undo.enter_context(tempfile.TemporaryDirectory()))
        days = []
        for visits in wish.tickets:
            house = late_in_the_day(WITH_COUNTERS, top / str(visits), visits, min(WAITING, visits // 4))
            days.append(Day.of(visits, undo.enter_context(house)))
        for _ in range(wish.people):
            for text in typed(dice):
                for day in dice.sample(days, len(days)):
                    day.search(text)
        unit_ms = spread([timed_ms(lambda: hashlib.sha256(UNIT).digest()) for _ in range(200)]).p50
        print(f"{'visits':>8}{'first, ms':>12}{'MB':>9}{'search p50, ms':>16}{'p95, ms':>16}")
        for day in days:
            print(day.report(unit_ms))
        page, rest, elements = first_load(days[-1].pages)
        print(f"first load {(page + rest) / 1000:.1f} kB, of it the page {page / 1000:.1f}; {elements} elements")


if __name__ == "__main__":
    main()
