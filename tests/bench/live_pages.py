"""How soon people at 50 open pages see what happened at the door, and what the pages' process costs meanwhile.

``kiosk run`` with simulated devices; pages that follow arrivals, the queue and the display of a gate, each on a
connection of its own. A scan's time runs from the door's answer until its event is there, whole. The floor, in the
same run, is a process that does nothing but write as many bytes to as many connections.

    python tests/bench/live_pages.py [--pages 50] [--scans 120] [--idle 10]
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import os
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from parts.figures import print_table, spread
from running import signed_in

from kiosk.config import load
from kiosk.devices import clock
from kiosk.door_socket import DoorClient
from kiosk.rules import invented
from kiosk.rules.model import Kind
from kiosk.signing_in import SignIns
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from kiosk.store.staff import FILE as STAFF_FILE
from kiosk.store.staff import StaffBook

PROJECT = Path(__file__).parents[2]
CONFIG = PROJECT / "firmware_config/vaccination.example.toml"
LOOPBACK = "127.0.0.1"
GATE = "in"
BETWEEN_S = 0.5
SETTLING_S = 3.0
PATIENCE_S = 30.0
BAR_MS, BAR_MB = 100, 80

# Writes what it reads, a line at a time, to everyone who is connected.
FLOOR = """
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
everyone = [server.accept()[0] for _ in range(int(sys.argv[1]))]
for line in sys.stdin.buffer:
    for one in everyone:
        one.sendall(line)
"""


class Marks(NamedTuple):
    """By what a page's events are told: which one, and how its scan is found in it."""

    kind: str
    path: str
    event: bytes
    of: re.Pattern[bytes]


KINDS = (
    Marks("arrivals", "/events?log={log}&after={after}", b"event: entry", re.compile(rb"id: (\d+)\n")),
    Marks("queue", "/queue/events", b"event: queue", re.compile(rb'"sequence": (\d+)')),
    Marks("display", f"/display/events?gate={GATE}", b"event: answer", re.compile(rb'"ticket": "([^"]+)"')),
)


@dataclass(slots=True)
class Page:
    """One open page: what it got that is no whole event yet, and when each thing came, by its number or ticket."""

    marks: Marks
    connection: socket.socket
    rest: bytes = b""
    came_s: dict[bytes, float] = field(default_factory=dict)

    def take(self, data: bytes, now_s: float) -> None:
        """*data* came at *now_s*."""
        *events, self.rest = (self.rest + data).split(b"\n\n")
        for event in events:
            found = self.marks.of.search(event) if self.marks.event in event else None
            if found:
                self.came_s.setdefault(found[1], now_s)


class Listening(threading.Thread):
    """Reads all pages, each as soon as something is there."""

    def __init__(self, pages: list[Page]) -> None:
        super().__init__(daemon=True)
        self._selector = selectors.DefaultSelector()
        self._ended = threading.Event()
        for page in pages:
            page.connection.settimeout(0)
            self._selector.register(page.connection, selectors.EVENT_READ, page)

    def run(self) -> None:
        while not self._ended.is_set():
            for key, _ in self._selector.select(0.2):
                with contextlib.suppress(BlockingIOError):
                    key.data.take(key.data.connection.recv(1 << 16), time.perf_counter())

    def end(self) -> None:
        self._ended.set()
        self.join()


class Process:
    """What a process uses, by /proc."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")

    def cpu_s(self) -> float:
        ticks = self._folder.joinpath("stat").read_text().rsplit(")")[1].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        status = self._folder.joinpath("status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found
        return int(found[1]) * 1024 / 1e6

    def use_of(self, seconds: float) -> float:
        """The share of one processor in the next *seconds*, in percent."""
        before_s, began_s = self.cpu_s(), time.perf_counter()
        time.sleep(seconds)
        return 100 * (self.cpu_s() - before_s) / (time.perf_counter() - began_s)


@contextlib.contextmanager
def running(data: Path) -> Iterator[tuple[int, Process, Process]]:
    """``kiosk run`` on *data*: the pages' port, the process of the pages and that of the door."""
    command = [sys.executable, "-m", "kiosk", "--config", str(CONFIG), "--data", str(data), "run", "--simulate"]
    with subprocess.Popen(
        [*command, "--port", "0"], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as kiosk:
        try:
            assert kiosk.stdout
            port = int(next(re.finditer(r":(\d+)/", kiosk.stdout.readline()))[1])
            door = _door_of(data)
            children = Path(f"/proc/{kiosk.pid}/task/{kiosk.pid}/children").read_text().split()
            web = next(pid for pid in map(int, children) if pid != door and b"spawn_main" in _words_of(pid))
            yield port, Process(web), Process(door)
        finally:
            kiosk.terminate()


def _words_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _door_of(data: Path) -> int:
    with socket.socket(socket.AF_UNIX) as there:
        there.connect(str(data / "door.sock"))
        return int.from_bytes(there.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 4), sys.byteorder)


def asked(port: int, path: str, token: str) -> http.client.HTTPResponse:
    """The answer to somebody who is signed in, its body unread."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PATIENCE_S)
    connection.request("GET", path, headers={"Connection": "close", "Cookie": f"kiosk-session={token}"})
    return connection.getresponse()


def opened(port: int, marks: Marks, token: str, **where: Any) -> Page:
    """A page that follows live."""
    answer = asked(port, marks.path.format(**where), token)
    assert answer.status == 200, (marks.path, answer.status)
    assert answer.fp
    return Page(marks, socket.socket(fileno=os.dup(answer.fp.fileno())))


def looked_at(port: int, token: str) -> None:
    """Every page was opened once, as people do: what it needs is loaded from then on."""
    for path in ("/", "/board", f"/display?gate={GATE}", "/simulator", "/counter", "/numbers", "/house", "/help"):
        answer = asked(port, path, token)
        assert answer.status == 200, path
        answer.read()


def delays_ms(pages: list[Page], scans: list[tuple[float, dict[str, Any]]]) -> dict[str, list[float]]:
    """For each kind of page, how long after the door's answer each scan was there; all must have come."""
    found: dict[str, list[float]] = {}
    for page, (answered_s, scan) in itertools.product(pages, scans):
        key = scan["ticket"] if page.marks.kind == "display" else str(scan["seq"])
        came_s = page.came_s.get(key.encode())
        if came_s is None and page.marks.kind == "queue":  # a state of the queue may hold two entries
            came_s = min(at_s for number, at_s in page.came_s.items() if int(number) >= scan["seq"])
        assert came_s is not None, f"{page.marks.kind} never heard of {key}"
        found.setdefault(page.marks.kind, []).append(1000 * max(0.0, came_s - answered_s))
    return found


def scanned(show: Callable[[bytes], dict[str, Any]], number: int) -> list[tuple[float, dict[str, Any]]]:
    """So many people come, one each half second: when the door had answered, and what."""
    scans = []
    for person in range(number):
        began_s = time.perf_counter()
        answer = show(invented.codes(invented.person(person))[Kind.ID_CARD])
        scans.append((time.perf_counter(), answer))
        time.sleep(max(0.0, BETWEEN_S - (time.perf_counter() - began_s)))
    return scans


def floor_ms(pages: int, times: int) -> list[float]:
    """How long it takes to write a line to as many connections, and to read it there."""
    with subprocess.Popen(
        [sys.executable, "-c", FLOOR, str(pages)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        port = int(process.stdout.readline())
        marks = Marks("floor", "", b"line", re.compile(rb"line (\d+)"))
        followers = [Page(marks, socket.create_connection((LOOPBACK, port))) for _ in range(pages)]
        listening = Listening(followers)
        listening.start()
        told_s = []
        for number in range(times):
            told_s.append(time.perf_counter())
            process.stdin.write(b"line %d %s\n\n" % (number, b"x" * 500))
            process.stdin.flush()
            time.sleep(0.05)
        listening.end()
        process.stdin.close()
    return [1000 * (one.came_s[str(number).encode()] - at_s) for one in followers for number, at_s in enumerate(told_s)]


def percentile(times: list[float], hundredth: int) -> float:
    return sorted(times)[min(len(times) - 1, len(times) * hundredth // 100)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pages", type=int, default=50, help="open at once")
    parser.add_argument("--scans", type=int, default=120, help="two a second; below the capacity of the example's site")
    parser.add_argument("--idle", type=float, default=10.0, help="seconds for which the idle processes are watched")
    wish = parser.parse_args()
    floor = floor_ms(wish.pages, 100)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as (port, web, door):
        token = signed_in(SignIns(StaffBook(Path(folder) / STAFF_FILE), load(CONFIG), clock.now))
        looked_at(port, token)
        time.sleep(SETTLING_S)
        uses: list[Sequence[object]] = [("no page", web.use_of(wish.idle), door.use_of(wish.idle), web.rss_mb())]
        head = Reader(Path(folder) / DATABASE).head()
        kinds = itertools.islice(itertools.cycle(KINDS), wish.pages)
        pages = [opened(port, marks, token, log=head.epoch, after=head.sequence) for marks in kinds]
        listening = Listening(pages)
        listening.start()
        time.sleep(SETTLING_S)
        uses.append((f"{wish.pages} pages", web.use_of(wish.idle), door.use_of(wish.idle), web.rss_mb()))
        before, began_s = (web.cpu_s(), door.cpu_s()), time.perf_counter()
        client = DoorClient(Path(folder))
        scans = scanned(lambda code: client.present_text(code, GATE), wish.scans)
        took_s = time.perf_counter() - began_s
        busy = [100 * (process.cpu_s() - then) / took_s for process, then in zip((web, door), before, strict=True)]
        uses.append(("and scans", *busy, web.rss_mb()))
        time.sleep(1)
        listening.end()
    found = delays_ms(pages, scans)
    found = {"the floor": floor, **found, "all pages": [time_ms for times in found.values() for time_ms in times]}
    bare = percentile(floor, 95)
    print_table(
        f"From the door's answer to {wish.pages} pages, milliseconds; {len(scans)} scans, two a second. "
        f"The bar: {BAR_MS} ms for 95 in 100.",
        {"": "", "p50": ".1f", "p95": ".1f", "max": ".1f", "to floor": ".1f"},
        (
            [kind, spread(times).p50, percentile(times, 95), max(times), percentile(times, 95) / bare]
            for kind, times in found.items()
        ),
    )
    print_table(
        f"What the processes use: percent of one processor, and the pages' memory in MB (the bar: {BAR_MB}).",
        {"": "", "web, %": ".1f", "door, %": ".1f", "RSS": ".1f"},
        uses,
    )


if __name__ == "__main__":
    main()
