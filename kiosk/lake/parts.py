"""What a hub puts into its files of the lake, apart by kiosk and day key, so that each can be made anew by itself.

    PARTS/KIOSK/KEY.TABLE.parquet

Only the hub reads these: its files of a day are made of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from kiosk.files import flush
from kiosk.lake.tables import ALIASES, COLUMNS, KEYS, STAYS, LakeError, day_of

DAY_COLUMN = "day"
TABLES = (STAYS, KEYS, ALIASES)

Rows = Mapping[str, Sequence[tuple[int, tuple[Any, ...]]]]  # by table: when the row is of, and its columns


class Parts:
    """The parts in *folder*. Raises LakeError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, kiosk: str, key_id: bytes, rows: Rows) -> set[date]:
        """Make the part of that key of *rows*, durably; the days that they are of."""
        try:
            (self._folder / kiosk).mkdir(mode=0o750, parents=True, exist_ok=True)
            for table in TABLES:
                dated = [(*row, day_of(at_ms)) for at_ms, row in rows.get(table, ())]
                write_rows(self._path(kiosk, key_id, table), COLUMNS[table] | {DAY_COLUMN: "DATE"}, dated)
        except OSError as error:
            raise LakeError(f"{self._folder}: cannot be written: {error.strerror}") from error
        return {day_of(at_ms) for some in rows.values() for at_ms, _ in some}

    def of(self, table: str, named: Iterable[tuple[str, bytes]]) -> Iterator[Path]:
        """The files of *table* for those kiosks and keys, where they have any."""
        return filter(Path.exists, (self._path(kiosk, key_id, table) for kiosk, key_id in named))

    def stays(self, kiosk: str, key_id: bytes) -> int:
        """How many rows the part of that key has of stays."""
        from pyarrow import ArrowException, parquet

        path = self._path(kiosk, key_id, STAYS)
        try:
            return int(parquet.read_metadata(path).num_rows) if path.exists() else 0
        except (ArrowException, OSError) as error:
            raise LakeError(f"{path}: cannot be read: {error}") from error

    def _path(self, kiosk: str, key_id: bytes, table: str) -> Path:
        return self._folder / kiosk / f"{key_id.hex()}.{table}.parquet"


def write_rows(path: Path, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Make the file *path* of *rows*, whose columns have those types, durably; of none, none. Raises OSError."""
    if not rows:
        path.unlink(missing_ok=True)
        return
    import pyarrow
    from pyarrow import parquet

    kinds = {
        "BLOB": pyarrow.binary(),
        "VARCHAR": pyarrow.string(),
        "BIGINT": pyarrow.int64(),
        "BOOLEAN": pyarrow.bool_(),
        "DATE": pyarrow.date32(),
    }
    arrays = [
        pyarrow.array(some, kinds[kind]) for some, kind in zip(zip(*rows, strict=True), columns.values(), strict=True)
    ]
    part = path.with_name(f".{path.name}.part")
    parquet.write_table(pyarrow.table(arrays, names=list(columns)), part, compression="zstd")
    flush(part)
    part.replace(path)
    flush(path.parent)
