"""What the numbers' pages ask for: 10,000 visits today through twelve counters, and sixty days that are over.

"counted anew" is what one request in a few seconds waits for on a day on which people pass; the others get what was
counted for it ("shared"). A day that is over is read from the entry that closed it.

    python tests/bench/day_numbers.py [--tickets 10000] [--days 60] [--looks 60]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from parts.days import WITH_COUNTERS, late_in_the_day
from parts.figures import print_table, spread

from kiosk.devices import clock
from kiosk.house import House
from kiosk.numbers import DayBook
from kiosk.retention import DAY_MS
from kiosk.rules.entries import EntryKind
from kiosk.rules.numbers import as_table
from kiosk.store import days, numbers
from kiosk.store.reading import Reader
from kiosk.web.number_lines import WEEKS, day_line, day_view, weeks

WAITING = 500


def close_days(house: House, number: int) -> None:
    """Days that are over, each as large as today: the entries that end a day, without those before it."""
    reader, store = Reader(house.database), house.store
    table = as_table(reader.ask(lambda db: numbers.counted(db, days.key_spans(db)[0], 300)))
    for _ in range(number):
        with store.writing(None) as log:
            now = clock.stated(log.head.shown.at_ms + DAY_MS)
            log.append(EntryKind.DAY_CLOSE, "", now, {"counts": log.counts().as_table(), "numbers": table})
            key = house.vault.new_day_key()
            log.append(EntryKind.DAY_KEY, "", now, {"sealed": key.sealed.hex()}, key=(key.key_id, ""))
        house.vault.use(key.key_id)


def timed_ms(look: Callable[[], object]) -> float:
    """Milliseconds that *look* takes."""
    began = time.perf_counter()
    look()
    return (time.perf_counter() - began) * 1000


def row(name: str, look: Callable[[], object], looks: int) -> list[object]:
    """A line of the table."""
    return [name, *spread([timed_ms(look) for _ in range(looks)])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tickets", type=int, default=10_000, help="visits today")
    parser.add_argument("--days", type=int, default=60, help="days that are over")
    parser.add_argument("--looks", type=int, default=60, help="requests of each kind")
    wish = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        late_in_the_day(WITH_COUNTERS, Path(folder) / "site", wish.tickets, WAITING) as house,
    ):
        reader, settings = Reader(house.database), house.settings
        shared = DayBook(reader, settings)
        today = shared.days()[0]
        found = shared.day(today)
        assert found is not None and found.numbers is not None
        rows = [
            row("counted anew", lambda: DayBook(reader, settings).day(today), wish.looks),
            row("shared", lambda: shared.day(today), wish.looks),
            row("its pictures", lambda: day_view(found, settings, sure=True), wish.looks),
        ]
        close_days(house, wish.days)
        over = DayBook(reader, settings)
        rows += [
            row("first, of all", lambda: DayBook(reader, settings).newest(7 * WEEKS), wish.looks),
            row(
                "weeks",
                lambda: weeks([day_line(day, sure=True) for day in over.newest(7 * WEEKS)], over.days()[0]),
                wish.looks,
            ),
        ]
        print_table(
            f"Numbers of a day of {wish.tickets:,} visits, and of {wish.days} days that are over, milliseconds.",
            {"": "", "p50": ".2f", "p10": ".2f", "p99": ".2f"},
            rows,
        )


if __name__ == "__main__":
    main()
