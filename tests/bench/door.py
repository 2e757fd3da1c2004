"""One scan at the door against what the machine itself needs: decoding, the recording transaction, the lamp, start-up.

All in one run, with 0, 100,000 and 1,000,000 entries in the log. Each transaction is followed at once by its floor,
as many bytes written and flushed with nothing round it, so that both meet the same neighbours; the sites, too, take
turns. They are made by the product's own code, once, and kept in build/; every run adds a day to them.

    python tests/bench/door.py [--people 300] [--entries 0 100000 1000000]
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

import segno

sys.path.insert(0, str(Path(__file__).parents[2]))

from decode import frames, scene
from parts import history, starts
from parts.figures import Floor, print_table, spread, written_bytes
from parts.people import People, card

from kiosk.devices.frames import Frame
from kiosk.devices.motion import MotionGate
from kiosk.devices.zbar import ZbarReader
from kiosk.house import House
from kiosk.rules.credentials import names_somebody
from kiosk.rules.model import Announcement, Direction, Reason
from kiosk.scan import Scan
from kiosk.wiring import make_decoder

T = TypeVar("T")

BUILD = Path("build")
STAY = 60  # people come between somebody's entry and exit
AWAY = 120  # and until the second entry
WARM_UP = 120  # people before measuring begins: SQLite's log then has its full length
TURN = 20  # people at one site before it is another's turn: a site that is at work finds its own in the caches
STARTS = 5

ROWS = {
    "first scan": "somebody new: identity sealed, visit opened, ticket queued",
    "repeat": "the same card once more, no longer held: recorded as already in",
    "exit": "the visit closed",
    "comes again": "somebody known today: visit opened, ticket queued",
}


class Site:
    """A site with a past of *entries*, at which people are recorded; each step is timed, and its floor beside it."""

    def __init__(self, house: House, entries: int, floor: Floor) -> None:
        self.entries = entries
        self.passages: dict[str, list[tuple[float, float, float, float]]] = {row: [] for row in ROWS}
        self.lamps: list[tuple[float, float, float]] = []
        self._house = house
        self._people = People(house)
        self._floor = floor
        self._lamp = Lamp()
        self._door = house.door(self._lamp)
        self._decoder = make_decoder(house.settings)

    def person(self, number: int) -> None:
        """Somebody new comes; with that the exit and the return of others are due."""
        self._pass("first scan", number, Direction.IN, Reason.WELCOME)
        self._pass("repeat", number, Direction.IN, Reason.ALREADY_IN)
        if number >= STAY:
            self._pass("exit", number - STAY, Direction.OUT, Reason.GOODBYE)
        if number >= AWAY:
            self._pass("comes again", number - AWAY, Direction.IN, Reason.WELCOME)

    def _pass(self, row: str, number: int, way: Direction, expected: Reason) -> None:
        shown = self._people.show(number, way)
        prepared, before_us, _ = timed(lambda: self._people.prepare(shown))
        scan, record_us, size = timed(lambda: self._people.record(shown, prepared))
        assert scan.decision.reason is expected, scan.decision
        self.passages[row].append((before_us, record_us, self._floor.write_us(size), size))

    def frame(self, frame: Frame) -> None:
        """Somebody new holds a card before the camera."""
        began = time.perf_counter()
        _, _, size = timed(lambda: self._see(frame))
        _, touched_us, _ = timed(lambda: bytearray(frame.luma))
        lit_us = (self._lamp.told - began) * 1e6
        self.lamps.append((self._decode_us, lit_us, touched_us + self._floor.write_us(size)))

    def _see(self, frame: Frame) -> Scan:
        codes, self._decode_us, _ = timed(lambda: self._decoder.decode_live(frame, names_somebody))
        data = [code.data for code in codes]
        return self._door.present(data, self._house.settings.gate(Direction.IN), self._people.reading(data[0]))


class Lamp:
    """An output that notes when it was told."""

    name = "lamp"
    told = 0.0

    def show(self, announcement: Announcement) -> None:
        """Light up."""
        self.told = time.perf_counter()

    def close(self) -> None:
        """Nothing to release."""


def timed(work: Callable[[], T]) -> tuple[T, float, int]:
    """What *work* returns, the microseconds it took and the bytes it wrote."""
    before, began = written_bytes(), time.perf_counter()
    result = work()
    taken_us = (time.perf_counter() - began) * 1e6
    return result, taken_us, written_bytes() - before


@contextlib.contextmanager
def opened(sizes: list[int]) -> Iterator[list[Site]]:
    """Sites with a past of each size, all open at once."""
    with contextlib.ExitStack() as undo:
        floor = Floor(BUILD)
        undo.callback(floor.close)
        yield [Site(undo.enter_context(history.site(size, BUILD)), size, floor) for size in sizes]


def print_recording(sizes: list[int], people: int) -> None:
    """The recording transaction, and a frame's way to the lamp, at sites that take turns."""
    pictures = [Frame.from_image(scene(segno.make(card(10_000 + n), micro=False))) for n in range(people // 2)]
    with opened(sizes) as sites:
        for first in range(0, WARM_UP + people, TURN):
            for site in random.sample(sites, len(sites)):
                for number in range(first, first + TURN):
                    site.person(number)
        for first in range(0, len(pictures), TURN):
            for site in random.sample(sites, len(sites)):
                for picture in pictures[first : first + TURN]:
                    site.frame(picture)
    print_table(
        "Recording, microseconds: lock to durable, with projections and ticket; the floor writes and flushes as much.\n"
        "Before: sealing and signing, while nothing is locked. Over: what the product adds to the disk's own time.",
        {"": "", "entries": ",", "before": ".0f", "record": ".0f", "p10": ".0f", "p99": ".0f", "KiB": ".1f"}
        | {"floor": ".0f", "floor p10": ".0f", "floor p99": ".0f", "over": ".0f", "ratio": ".2f"},
        (recording(row, site, people) for row in ROWS for site in sites),
    )
    print("".join(f"\n  {row:<14}{sentence}" for row, sentence in ROWS.items()))
    print_table(
        "From the frame in hand to the lamp, microseconds, a first scan: decoded, recognised, sealed, recorded.\n"
        "The floor touches each pixel once, then writes and flushes as many bytes.",
        {"": "", "entries": ",", "decoding": ".0f", "lamp": ".0f", "p10": ".0f", "p99": ".0f"}
        | {"floor": ".0f", "floor p10": ".0f", "ratio": ".2f"},
        map(lamp, sites),
    )


def recording(row: str, site: Site, people: int) -> list[object]:
    """A line of the first table."""
    before, record, floor, size = zip(*site.passages[row][-people:], strict=True)
    ours, least = spread(record), spread(floor)
    return [row, site.entries, median(before), *ours, median(size) / 1024, *least, ours.p50 - least.p50,
            ours.p50 / least.p50]  # fmt: skip


def lamp(site: Site) -> list[object]:
    """A line of the second table."""
    decoding, lit, floor = zip(*site.lamps, strict=True)
    ours, least = spread(lit), spread(floor)
    return ["lamp", site.entries, median(decoding), *ours, least.p50, least.p10, ours.p50 / least.p50]


def print_decoding(rounds: int) -> None:
    """The door's decoder on three frames, beside pyzbar and a copy of the luma plane."""
    decoder, zbar, gate = make_decoder(history.SETTINGS), ZbarReader(), MotionGate()
    ways: list[Callable[[Frame], object]] = [
        lambda frame: decoder.decode_live(frame, bool),
        lambda frame: bytearray(frame.luma),
        zbar.read,
    ]

    def decoding(what: str, frame: Frame) -> list[object]:
        while what == "nothing" and gate.open(frame):
            decoder.decode_live(frame, bool)
        rows = [[timed(partial(way, frame))[1] for way in ways] for _ in range(rounds)]
        ours, copy, other = map(spread, zip(*rows, strict=True))
        return [what, *ours, copy.p50, ours.p50 / copy.p50, other.p50, ours.p50 / other.p50]

    print_table(
        "Decoding a 640x480 luma frame as the door does, microseconds. Nothing: the hall at rest; while something\n"
        "moves in it, one rescue pass a frame is added (decode.py has them). The copy touches each pixel once.",
        {"": "", "decoding": ".0f", "p10": ".0f", "p99": ".0f", "copy": ".0f", "ratio": ".1f"}
        | {"pyzbar": ".0f", "of pyzbar": ".3f"},
        (decoding(what, frame) for what, frame in frames().items()),
    )


def print_starts(sizes: list[int]) -> None:
    """How long each process takes until it serves, and its memory then."""
    folders = {size: history.made(size, BUILD) for size in sizes}
    taken: defaultdict[tuple[str, int], list[starts.Start]] = defaultdict(list)
    for _ in range(STARTS):
        taken["bare Python", 0].append(starts.python())
        for size, data in folders.items():
            taken["door", size].append(starts.door(data))
            taken["web", size].append(starts.web(data))
    bare = [median(column) for column in zip(*taken["bare Python", 0], strict=True)]

    def start(name: str, size: int) -> list[object]:
        wall_s, cpu_s, rss, pss = (median(column) for column in zip(*taken[name, size], strict=True))
        return [name, size, wall_s, wall_s / bare[0], cpu_s, rss, rss / bare[2], pss]

    print_table(
        "Start-up, until the socket or the staff page answers, and memory then; ratios to a Python with nothing to do.",
        {"": "", "entries": ",", "s": ".3f", "ratio": ".1f", "CPU s": ".2f"}
        | {"RSS MiB": ".1f", "of RSS": ".1f", "PSS MiB": ".1f"},
        (start(name, size) for name, size in sorted(taken)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=300, help="people recorded at each site")
    parser.add_argument("--entries", type=int, nargs="+", default=[0, 100_000, 1_000_000], help="lengths of the past")
    wish = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    print_decoding(wish.people)
    print_recording(wish.entries, wish.people)
    print_starts(wish.entries)


if __name__ == "__main__":
    main()
