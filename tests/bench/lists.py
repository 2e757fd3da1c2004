"""What a registration list of a whole district costs: reading, cleaning, keeping, and asking it at the door.

    python tests/bench/lists.py

Bars: 100,000 rows of 12 columns within a minute and 300 MB, the cleaned list included. Meanwhile a rival takes
the database's write lock again and again, as a door does: its longest wait is what a person would have felt.
"""

from __future__ import annotations

import csv
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook

from kiosk.config import Settings
from kiosk.house import House, open_house
from kiosk.roster import Roster, clear_away
from kiosk.rules import invented
from kiosk.rules.model import Person
from kiosk.store.log import Store
from kiosk.store.roster import stored_lists

ROWS = 100_000
LOOK_UPS = 2000
HEADINGS = (
    "STT;Họ và tên;Ngày sinh;Giới tính;Số điện thoại;Số CMND/CCCD;CMND cũ;Nghề nghiệp;Địa chỉ;Đơn vị;Ngày hẹn;Giờ hẹn"
)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        print(f"{ROWS:,} rows of 12 columns{'seconds':>14}{'rows/s':>10}{'peak MB':>10}{'rival waits ms':>17}")
        for make in (make_xlsx, make_csv):
            source, data = make(folder), folder / f"data-{make.__name__}"
            with open_house(Settings(), data, demo=True) as house, rival(house) as waits_ms:
                seconds, peak_mb = imported(source, data)
            print(f"{source.name:<33}{seconds:>7.1f}{ROWS / seconds:>10,.0f}{peak_mb:>10.0f}{max(waits_ms):>17.1f}")
        with open_house(Settings(), data, demo=True) as house:
            for name, people in asking(house):
                print(f"{name:<33}{asked_us(house, people):>7.0f} us")
            with rival(house) as waits_ms:
                seconds = forgotten_s(house)
            print(f"{'forgetting it':<33}{seconds:>7.1f}{max(waits_ms):>37.1f}")


def rows() -> Iterator[list[object]]:
    """Rows as organisations send them: every fifth has lost its zeros, every tenth has no number."""
    today = datetime.now(Settings().zone).date()
    for i in range(ROWS):
        somebody = invented.person(i)
        person = somebody.person
        number: object = person.number if i % 5 else int(person.number)
        yield [
            *(i + 1, person.name, datetime.fromisoformat(person.birth).strftime("%d/%m/%Y")),
            *("Nam" if person.sex == "M" else "Nữ", person.phone if i % 5 else int(person.phone)),
            *(number if i % 10 != 7 else "", somebody.old_number, "Công nhân", person.address),
            *(f"Công ty số {i % 40}", today.strftime("%d/%m/%Y"), ("8h-9h", "9h-10h", "sáng", "chiều")[i % 4]),
        ]


def make_xlsx(folder: Path) -> Path:
    """The list as a workbook."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Danh sách")
    sheet.append(HEADINGS.split(";"))
    for row in rows():
        sheet.append(row)
    book.save(folder / "list.xlsx")
    return folder / "list.xlsx"


def make_csv(folder: Path) -> Path:
    """The list as text."""
    with (folder / "list.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows([HEADINGS.split(";"), *rows()])
    return folder / "list.csv"


def imported(source: Path, data: Path) -> tuple[float, float]:
    """Seconds and peak MB of one ``kiosk import-list``."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "kiosk", "--data", str(data), "import-list", str(source)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.perf_counter() - started, usage.ru_maxrss / 1024


@contextmanager
def rival(house: House) -> Iterator[list[float]]:
    """Somebody else who writes ten times a second; how long each time took, in milliseconds."""
    waits_ms: list[float] = []
    ended = threading.Event()

    def write() -> None:
        store = Store(house.database, house.vault.head_seal)
        store.db.execute("PRAGMA busy_timeout = 0")
        while not ended.wait(0.1):
            started = time.perf_counter()
            with store.writing(None):
                waits_ms.append((time.perf_counter() - started) * 1000)
        store.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits_ms
    finally:
        ended.set()
        thread.join()


def asking(house: House) -> Iterator[tuple[str, Callable[[int], tuple[list[str], Person]]]]:
    """Who asks: somebody with a card, with a name and birth date alone, and somebody who is not listed."""

    def with_number(i: int) -> tuple[list[str], Person]:
        person = invented.person(i * 47 % ROWS).person
        return [f"id:{person.number}"], person

    def with_name(i: int) -> tuple[list[str], Person]:
        person = invented.person(i * 47 % ROWS).person
        return ["named:x"], Person(name=person.name, birth=person.birth)

    def stranger(i: int) -> tuple[list[str], Person]:
        person = invented.person(ROWS + i).person
        return [f"id:{person.number}"], person

    yield "a look-up by number", with_number
    yield "a look-up by name and birth date", with_name
    yield "a look-up of somebody unlisted", stranger


def asked_us(house: House, people: Callable[[int], tuple[list[str], Person]]) -> float:
    """Microseconds of one look-up, the median."""
    roster, at_ms = Roster(house.settings, house.store, house.data), house.store.head().at_ms
    asked = [people(i) for i in range(LOOK_UPS)]
    roster.find(*asked[0], at_ms)
    took = []
    for holders, person in asked:
        started = time.perf_counter()
        roster.find(holders, person, at_ms)
        took.append(time.perf_counter() - started)
    return statistics.median(took) * 1e6


def forgotten_s(house: House) -> float:
    """Seconds until nothing is left of the lists."""
    started = time.perf_counter()
    roster = Roster(house.settings, house.store, house.data)
    for kept in stored_lists(house.store.db):
        roster.forget(kept.id)
    clear_away(house.store, house.data)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
