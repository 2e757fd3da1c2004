"""The machine's own limits, and figures that a person can read."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

FILE_BYTES = 4 << 20  # SQLite's write-ahead log is of this order


class Spread(NamedTuple):
    """The median, the 10th and the 99th percentile of some times."""

    p50: float
    p10: float
    p99: float


def spread(times: Sequence[float]) -> Spread:
    """How *times* are spread; at least two."""
    hundredths = statistics.quantiles(times, n=100, method="inclusive")
    return Spread(hundredths[49], hundredths[9], hundredths[98])


def print_table(title: str, heads: dict[str, str], rows: Iterable[Sequence[object]]) -> None:
    """A titled table; *heads* gives each column's name and the format of its values. The first column is a text."""
    print(f"\n{title}")
    print("  " + "".join(f"{head:<14}" if not place else f"{head:>10}" for place, head in enumerate(heads)))
    for first, *values in rows:
        cells = (f"{format(value, form):>10}" for value, form in zip(values, list(heads.values())[1:], strict=True))
        print(f"  {first:<14}" + "".join(cells))


class Floor:
    """Writes as many bytes as somebody else did: into a file that is there, in place and round and round, then flushed.

    That is the least a durable record can cost on this disk; SQLite's write-ahead log writes in the same way.
    """

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "floor", os.O_RDWR | os.O_CREAT, 0o600)
        os.pwrite(self._file, os.urandom(FILE_BYTES), 0)
        os.fsync(self._file)
        self._place = 0

    def write_us(self, size: int) -> float:
        """Microseconds to write *size* bytes durably."""
        content = os.urandom(size)
        if self._place + size > FILE_BYTES:
            self._place = 0
        began = time.perf_counter()
        os.pwrite(self._file, content, self._place)
        os.fdatasync(self._file)
        taken_us = (time.perf_counter() - began) * 1e6
        self._place += size
        return taken_us

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def written_bytes() -> int:
    """Bytes that this process has handed to ``write`` and its kin so far, by the kernel's count (Linux)."""
    counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(counts["wchar"])
