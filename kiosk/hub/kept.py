"""What a hub keeps, and of how many bytes: the logs as they came, and the lake day by day."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kiosk.lake.tables import COLUMNS, days, folder_of

LAKE, LOGS, REFUSED = "lake", "logs", "refused"


@dataclass(frozen=True, slots=True)
class Kept:
    """The *days* of the lake with their bytes, the newest first; the bytes of the rest, and of the whole disk."""

    days: tuple[tuple[date, int], ...]
    logs_bytes: int
    refused_bytes: int
    free_bytes: int
    disk_bytes: int


def kept(data: Path) -> Kept:
    """What lies in the hub's data directory *data*. Raises OSError where it cannot be read."""
    lake = data / LAKE
    found = {day for table in COLUMNS for day in days(lake, table)}
    of_days = tuple(
        (day, sum(_size(folder_of(lake, table, day)) for table in COLUMNS)) for day in sorted(found, reverse=True)
    )
    disk = shutil.disk_usage(data)
    return Kept(of_days, _size(data / LOGS), _size(data / REFUSED), disk.free, disk.total)


def _size(folder: Path) -> int:
    """Of all files below *folder*; what goes meanwhile counts nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except FileNotFoundError:
            continue
    return total
