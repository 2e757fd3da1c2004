"""Writing the lake: a hub's file of a day as a whole, so that whoever reads meanwhile reads the one before."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.files import flush
from kiosk.lake.duck import connected, fill
from kiosk.lake.scanning import quoted
from kiosk.lake.tables import COLUMNS, PEOPLE, SORTED_BY, STAYS, TAG, LakeError, days, file_name, folder_of, own_files

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS_OF_GROUP = 16_384  # what a reader takes or skips at once
READ_WITHIN_S = 60.0  # whoever still reads a file that was made anew longer ago looks again
LONG_AGO_S = -math.inf


class LakeWriter:
    """Writes what *hub* has into the *lake*. Raises LakeError, also where the disk is full; nothing is half there."""

    def __init__(self, lake: Path, hub: str, *, threads: int = 1, memory_mb: int = 1024) -> None:
        self._lake = lake
        self._hub = hub
        lake.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._db = connected(threads, memory_mb)
        self._old: dict[Path, float] = {}
        for table in COLUMNS:
            for day in days(lake, table):
                self._old |= dict.fromkeys(list(own_files(lake, table, day, hub).values())[:-1], LONG_AGO_S)

    def close(self) -> None:
        """End; nothing can be written any more."""
        self._db.close()

    def write_rows(self, table: str, day: date, rows: Iterable[Mapping[str, Any]]) -> None:
        """Make the hub's file of *day* in *table* of *rows*, by column; of none, none. People's are stays."""
        columns = COLUMNS[STAYS if table == PEOPLE else table]
        with closing(self._db.cursor()) as db:
            fill(db, "row", columns, (tuple(row[name] for name in columns) for row in rows))
            self._write(db, table, day, "SELECT * FROM row")

    def write_parts(self, table: str, day: date, parts: Iterable[Path], where: str = "true") -> None:
        """Make the hub's file of *day* in *table* of those rows of the files *parts* for which *where* holds."""
        paths = ", ".join(quoted(str(path)) for path in parts)
        with closing(self._db.cursor()) as db:
            self._write(db, table, day, f"SELECT * FROM read_parquet([{paths}]) WHERE {where}" if paths else "")

    def sweep(self, grace_s: float = READ_WITHIN_S) -> None:
        """Delete what newer files stand in for since *grace_s*; what was forgotten is then nowhere."""
        for path in [path for path, since_s in self._old.items() if time.monotonic() - since_s >= grace_s]:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise LakeError(f"{path}: cannot be deleted: {error.strerror}") from error
            with suppress(OSError):  # another hub has something there, or we do
                path.parent.rmdir()
            del self._old[path]

    def _write(self, db: DuckDBPyConnection, table: str, day: date, text: str) -> None:
        import duckdb

        folder = folder_of(self._lake, table, day)
        known = own_files(self._lake, table, day, self._hub)
        part = folder / f".{self._hub}.part"
        try:
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            rows = _copied(db, table, text, part) if text else 0
            if rows:
                part.replace(folder / file_name(self._hub, max(known, default=0) + 1))
                flush(folder)
            for path in known.values():
                self._old.setdefault(path, time.monotonic() if rows else LONG_AGO_S)
            self.sweep()
        except (duckdb.Error, OSError) as error:
            raise LakeError(f"{folder}: cannot be written: {str(error).splitlines()[0]}") from error
        finally:
            part.unlink(missing_ok=True)
            with suppress(OSError):
                folder.rmdir()


def _copied(db: DuckDBPyConnection, table: str, text: str, part: Path) -> int:
    """Write what *text* selects, durably; how many rows."""
    columns = ", ".join(f"{TAG} AS tag" if name == "tag" else name for name in COLUMNS[table])
    order = ", ".join(SORTED_BY[table])
    row = db.execute(
        f"COPY (SELECT {columns} FROM ({text}) ORDER BY {order}) TO {quoted(str(part))}"
        f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROWS_OF_GROUP})"
    ).fetchone()
    flush(part)
    assert row
    rows = row[0]
    assert isinstance(rows, int)
    return rows
