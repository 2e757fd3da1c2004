"""Which SQLite page size wears a memory card least: 1024, 2048 or 4096, in one run, the cases interleaved.

Each commit is shaped like the door's: one entry, the log's head, a visit (opened, or closed on the way out),
and on the way in the visit's alias and the ticket's place in the spool. WAL, synchronous FULL, BEGIN IMMEDIATE.

As root each case gets a loop device with an ext4 of its own, and the bytes are what that device was told to
write, the file system's journal included. Elsewhere they are this process's ``write_bytes``, without the journal.

    python tests/bench/page_size.py [--commits 3000] [--entry-bytes 900]
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PAGE_SIZES = (1024, 2048, 4096)
WAL_MIB = 4  # the same log before a checkpoint for every page size; SQLite's own 1000 pages are another case
INSIDE = 60  # people inside while the bench runs
SECTOR_BYTES = 512

SCHEMA = """
CREATE TABLE entry (
  sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, key_id BLOB NOT NULL, boot BLOB NOT NULL,
  monotonic_ms INTEGER NOT NULL, wall_ms INTEGER NOT NULL, clock TEXT NOT NULL,
  gate TEXT NOT NULL, commitment BLOB NOT NULL, body BLOB) STRICT;
CREATE TABLE head (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1), sequence INTEGER NOT NULL, chain BLOB NOT NULL) STRICT;
CREATE TABLE visit (
  id INTEGER PRIMARY KEY, key_id BLOB NOT NULL, pseudonym BLOB NOT NULL, entered_ms INTEGER, left_ms INTEGER,
  ticket TEXT NOT NULL, shown BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX visit_open ON visit (pseudonym) WHERE left_ms IS NULL;
CREATE INDEX visit_entered ON visit (entered_ms);
CREATE TABLE alias (pseudonym BLOB PRIMARY KEY, visit INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE spool (id INTEGER PRIMARY KEY, number INTEGER NOT NULL, fields TEXT NOT NULL) STRICT;
"""


@dataclass
class Case:
    """One database under test, and what its commits took."""

    page_size: int
    wal_pages: int
    folder: Path
    device: Path | None
    entry_bytes: int
    inside: list[tuple[int, bytes]] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    process_bytes: int = 0

    def __post_init__(self) -> None:
        self.rows = sqlite3.connect(self.folder / "log.sqlite", isolation_level=None)
        self.rows.execute(f"PRAGMA page_size = {self.page_size}")
        self.rows.execute("PRAGMA journal_mode = WAL")
        self.rows.execute("PRAGMA synchronous = FULL")
        self.rows.execute(f"PRAGMA wal_autocheckpoint = {self.wal_pages}")
        self.rows.executescript(SCHEMA)
        self.random = random.Random(self.page_size)
        self.sequence = 0

    def fill(self, visits: int) -> None:
        """Put *visits* past visits in, in one transaction, then the people who are inside."""
        self.rows.execute("BEGIN IMMEDIATE")
        self.rows.execute("INSERT INTO head VALUES (1, 0, ?)", (bytes(32),))
        for _ in range(visits):
            self._enter()
            self._leave()
        for _ in range(INSIDE):
            self._enter()
        self.rows.execute("COMMIT")
        self.settle()

    def commit(self, *, entering: bool) -> None:
        """One transaction of the door, measured."""
        before, wall, cpu = process_write_bytes(), time.perf_counter(), time.thread_time()
        self.rows.execute("BEGIN IMMEDIATE")
        self._enter() if entering else self._leave()
        self.rows.execute("COMMIT")
        self.wall_ms.append((time.perf_counter() - wall) * 1000)
        self.cpu_ms.append((time.thread_time() - cpu) * 1000)
        self.process_bytes += process_write_bytes() - before

    def settle(self) -> None:
        """Bring everything to the device: the checkpoint, then the file system."""
        before = process_write_bytes()
        self.rows.execute("PRAGMA wal_checkpoint(RESTART)")
        self.process_bytes += process_write_bytes() - before
        subprocess.run(["sync", "-f", str(self.folder)], check=True)

    def read_log_us(self) -> float:
        """Microseconds per entry to read the log from end to end, as verifying does; pages from the cache."""
        began = time.perf_counter()
        count = sum(1 for _ in self.rows.execute("SELECT sequence, commitment, body FROM entry ORDER BY sequence"))
        return (time.perf_counter() - began) * 1e6 / count

    def _record(self, kind: str) -> int:
        self.sequence += 1
        body = self.random.randbytes(self.entry_bytes - 120)
        self.rows.execute(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self.sequence, kind, bytes(8), bytes(16), self.sequence, 1_700_000_000_000 + self.sequence, "set", "main",
             self.random.randbytes(32), body),
        )  # fmt: skip
        self.rows.execute("UPDATE head SET sequence = ?, chain = ?", (self.sequence, self.random.randbytes(32)))
        return self.sequence

    def _enter(self) -> None:
        at, pseudonym = self._record("scan"), self.random.randbytes(16)
        shown = self.random.randbytes(230)
        visit = self.rows.execute(
            "INSERT INTO visit (key_id, pseudonym, entered_ms, ticket, shown) VALUES (?, ?, ?, ?, ?)",
            (bytes(8), pseudonym, at, f"A{at:03}", shown),
        ).lastrowid
        assert visit is not None
        self.rows.execute("INSERT INTO alias VALUES (?, ?)", (self.random.randbytes(16), visit))
        self.rows.execute("INSERT INTO spool (number, fields) VALUES (?, ?)", (at, "x" * 150))
        self.inside.append((visit, pseudonym))

    def _leave(self) -> None:
        at, (visit, pseudonym) = self._record("scan"), self.inside.pop(self.random.randrange(len(self.inside)))
        self.rows.execute("SELECT id FROM visit WHERE pseudonym = ? AND left_ms IS NULL", (pseudonym,)).fetchone()
        self.rows.execute("UPDATE visit SET left_ms = ? WHERE id = ?", (at, visit))


def process_write_bytes() -> int:
    """Bytes that this process has caused to be written, by the kernel's count; 0 where it does not tell."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/io").read_text().splitlines():
            if line.startswith("write_bytes:"):
                return int(line.split()[1])
    return 0


def device_counts(device: Path) -> tuple[int, int, int]:
    """Writes, bytes written and flushes that *device* was given (Linux, Documentation/block/stat.rst)."""
    counts = [int(word) for word in (Path("/sys/block") / device.name / "stat").read_text().split()]
    return counts[4], counts[6] * SECTOR_BYTES, counts[15] if len(counts) > 15 else 0


@contextlib.contextmanager
def own_device(folder: Path) -> Iterator[tuple[Path, Path | None]]:
    """A folder on an ext4 of its own and its loop device; *folder* itself and None where that cannot be had."""
    image, mounted = folder / "card.img", folder / "card"
    mounted.mkdir()
    with contextlib.ExitStack() as undo:
        try:
            with image.open("wb") as file:
                file.truncate(512 << 20)
            # Blocks of 4096 as on a card: mkfs would take 1024 for so small a file, which flatters small pages.
            # Nothing lazy: mkfs must not leave writing behind that would be counted as ours.
            run("mkfs.ext4", "-q", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
            device = Path(run("losetup", "--find", "--show", str(image)))
            undo.callback(run, "losetup", "--detach", str(device))
            run("mount", "-o", "noatime", str(device), str(mounted))
            undo.callback(run, "umount", str(mounted))
        except (OSError, subprocess.CalledProcessError):
            yield folder, None
        else:
            yield mounted, device


def run(*command: str) -> str:
    """What a command that must succeed prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def measure(cases: list[Case], commits: int) -> list[tuple[int, int, int]]:
    """Run *commits* on every case, in a new order each round; what each device was given meanwhile."""
    before = [device_counts(case.device) if case.device else (0, 0, 0) for case in cases]
    for case in cases:
        case.process_bytes = 0
    order = list(cases)
    for turn in range(commits):
        random.shuffle(order)
        for case in order:
            case.commit(entering=turn % 2 == 0)
    for case in cases:
        case.settle()
    after = [device_counts(case.device) if case.device else (0, case.process_bytes, 0) for case in cases]
    return [(a[0] - b[0], a[1] - b[1], a[2] - b[2]) for a, b in zip(after, before, strict=True)]


def report(cases: list[Case], written: list[tuple[int, int, int]], commits: int) -> None:
    """The table: one line a case."""
    counted = "its own loop device, ext4 journal included" if cases[0].device else "/proc/self/io, no journal"
    print(f"SQLite {sqlite3.sqlite_version}, {commits} commits each; bytes counted at {counted}")
    print(
        "page  checkpoint    KiB/commit  writes  flushes  p50 ms  p95 ms  p99 ms  CPU p50 ms  read us/entry  file MiB"
    )
    for case, (writes, size, flushes) in zip(cases, written, strict=True):
        cuts = statistics.quantiles(case.wall_ms, n=100)
        file_mib = (case.folder / "log.sqlite").stat().st_size / (1 << 20)
        print(
            f"{case.page_size:4}  {case.wal_pages:5} pages  {size / commits / 1024:10.1f}  {writes / commits:6.2f}  "
            f"{flushes / commits:7.2f}  {cuts[49]:6.3f}  {cuts[94]:6.3f}  {cuts[98]:6.3f}  "
            f"{statistics.median(case.cpu_ms):10.3f}  {case.read_log_us():13.2f}  {file_mib:8.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="SQLite's page size for the door's transaction, measured.")
    parser.add_argument("--commits", type=int, default=3000)
    parser.add_argument("--entry-bytes", type=int, default=900)
    parser.add_argument("--history", type=int, default=10_000, help="past visits in the database")
    parser.add_argument("--dir", type=Path, default=Path("build"), help="folder on the disk to measure")
    wish = parser.parse_args()
    wish.dir.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as undo:
        top = Path(undo.enter_context(tempfile.TemporaryDirectory(dir=wish.dir)))
        cases = []
        for wal_pages in (None, 1000):
            for page_size in PAGE_SIZES:
                home = top / f"{page_size}-{wal_pages}"
                home.mkdir()
                folder, device = undo.enter_context(own_device(home))
                pages = wal_pages or (WAL_MIB << 20) // page_size
                case = Case(page_size, pages, folder, device, wish.entry_bytes)
                undo.callback(case.rows.close)
                case.fill(wish.history)
                cases.append(case)
        report(cases, measure(cases, wish.commits), wish.commits)


if __name__ == "__main__":
    main()
