"""The lake: tables of Parquet files by day, which several engines read while hubs write.

    lake/TABLE/day=YYYY-MM-DD/HUB.NUMBER.parquet

A day is one of UTC. A hub's file of a day is written anew, under the next number, when something of that day has
changed; the highest number of each hub is the one to read, those before it go once nobody can be reading them. So
several hubs share one lake without knowing of each other, and to forget a day is to delete its folders.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

DAY_MS = 86_400_000
MOST_LONGEST_MS = 3 * DAY_MS  # whatever a hub sets: how many days before a moment stays lie that touch it

STAYS = "stays"  # as people are looked for at a place
PEOPLE = "people"  # the same rows, as stays are looked for of a person, by a tag that is quick to compare
KEYS = "keys"
SEALED = "sealed"  # apart: see ``lake.sealed``
ALIASES = "aliases"

_STAY = {
    "site": "VARCHAR",
    "zone": "VARCHAR",  # '' the whole site, '.' the same where no parts are known; else a part of it
    "key_id": "BLOB",  # 8 bytes
    "who": "BLOB",  # 16 bytes
    "came_ms": "BIGINT",
    "surely_came_ms": "BIGINT",
    "surely_went_ms": "BIGINT",
    "went_ms": "BIGINT",
    "inferred": "BOOLEAN",
    "sure": "BOOLEAN",
    "gate": "VARCHAR",
    "kiosk": "VARCHAR",  # with the next two the entry that opened the visit
    "epoch": "VARCHAR",
    "sequence": "BIGINT",
}

# Columns with their types (DuckDB's). A stay lies in the day in which it began at the earliest, an alias in that of the
# entry that has it, a key in the one in which it came into use.
COLUMNS: dict[str, dict[str, str]] = {
    STAYS: _STAY,
    PEOPLE: _STAY | {"tag": "BIGINT"},  # the first 60 bits of who
    KEYS: {"site": "VARCHAR", "key_id": "BLOB", "sealed": "BLOB", "from_ms": "BIGINT", "until_ms": "BIGINT"},
    ALIASES: {"key_id": "BLOB", "alias": "BLOB", "who": "BLOB"},  # who is asked for as *alias* has stays as *who*
}

TAG = "('0x' || substr(hex(who), 1, 15))::BIGINT"  # as ``tag_of``, in DuckDB's dialect

# How the rows of each file are sorted, so that a reader skips most of them.
SORTED_BY: dict[str, tuple[str, ...]] = {
    STAYS: ("site", "zone", "came_ms", "key_id", "who"),
    PEOPLE: ("key_id", "who", "came_ms", "site", "zone"),
    KEYS: ("site", "key_id"),
    ALIASES: ("key_id", "alias"),
}

_DAY = "day="
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_000  # the years 1 to 9999
_FILE = re.compile(r"(?P<hub>[\w.-]{1,64})\.(?P<number>\d{1,12})\.parquet", re.ASCII)


class LakeError(Exception):
    """The lake cannot be read or written; one sentence says why."""


def day_of(at_ms: int) -> date:
    """The day in which *at_ms* lies; of a time that no calendar has, the first or last that it has."""
    return datetime.fromtimestamp(min(max(at_ms, _FIRST_MS), _LAST_MS) / 1000, UTC).date()


def folder_of(lake: Path, table: str, day: date) -> Path:
    """Where the files of *day* lie."""
    return lake / table / f"{_DAY}{day.isoformat()}"


def days(lake: Path, table: str) -> list[date]:
    """The days of which *table* has anything, oldest first."""
    home = lake / table
    names = [path.name.removeprefix(_DAY) for path in home.iterdir()] if home.is_dir() else []
    return sorted(day for name in names if (day := _date(name)))


def files(lake: Path, table: str, wanted: list[date]) -> list[Path]:
    """The files to read for those days: of each hub the newest. None for a day of which nothing is there."""
    newest: dict[tuple[date, str], tuple[int, Path]] = {}
    for day in wanted:
        folder = folder_of(lake, table, day)
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if named := _FILE.fullmatch(path.name):
                known = (day, named["hub"])
                newest[known] = max(newest.get(known, (-1, path)), (int(named["number"]), path))
    return [path for _, path in newest.values()]


def own_files(lake: Path, table: str, day: date, hub: str) -> dict[int, Path]:
    """The files that *hub* has of a day, by number, the newest last."""
    folder = folder_of(lake, table, day)
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    named = [(found, path) for path in paths if (found := _FILE.fullmatch(path.name)) and found["hub"] == hub]
    return dict(sorted((int(found["number"]), path) for found, path in named))


def tag_of(who: bytes) -> int:
    """The tag of *who*."""
    return int.from_bytes(who[:8], "big") >> 4


def file_name(hub: str, number: int) -> str:
    """What the file *number* of *hub* is called."""
    return f"{hub}.{number:06}.parquet"


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
