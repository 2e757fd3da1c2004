"""SQLite's write-ahead log from outside: which pages were written into it (sqlite.org/fileformat2.html, section 4)."""

from __future__ import annotations

import sqlite3
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

HEADER = struct.Struct(">8I")
FRAME = struct.Struct(">6I")


def pages_in(database: Path, after: int = 0) -> Iterator[int]:
    """The number of each page in the write-ahead log of *database*, in the order of writing, *after* so many."""
    with database.with_name(f"{database.name}-wal").open("rb") as log:
        header = log.read(HEADER.size)
        if not header:
            return
        _, _, page_bytes, _, *salts, _, _ = HEADER.unpack(header)
        log.seek(after * (FRAME.size + page_bytes), 1)
        while len(frame := log.read(FRAME.size + page_bytes)) == FRAME.size + page_bytes:
            number, _, *of, _, _ = FRAME.unpack_from(frame)
            if of != salts:
                return
            yield number


def owners(db: sqlite3.Connection, pages: Iterable[int]) -> Counter[str]:
    """How many of *pages* belong to each table and index; ``-`` is what belongs to none any more."""
    owner: dict[int, str] = dict(db.execute("SELECT pageno, name FROM dbstat"))
    return Counter(owner.get(page, "-") for page in pages)
