"""What of the lake a question needs, as text: the fewest files and, in each, one range for each place and time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kiosk.lake.tables import COLUMNS, MOST_LONGEST_MS, STAYS, day_of, days, files
from kiosk.rules.contacts import Question
from kiosk.rules.tracing import BETWEEN, SITE_ZONES, By, KeyedStay, Scope

LONG_AGO_MS = -(1 << 36)  # before every clock that was not set
MOST_RANGES = 64  # with more of them, one look at everything between is cheaper

# As the texts of ``questions`` have it.
PLACE = {By.SITE: "site", By.ZONE: f"site || '{BETWEEN}' || zone"}
_TIMES = "came_ms, surely_came_ms, surely_went_ms, went_ms"


@dataclass(frozen=True, slots=True)
class Range:
    """Stays at *site* (at *sites*, where empty) that began, at the earliest, from *first_ms* to *last_ms*."""

    site: str
    first_ms: int
    last_ms: int
    sites: tuple[str, ...] = ()


def near(stays: Iterable[KeyedStay], question: Question) -> list[Range]:
    """Where all lie that can overlap with *stays*."""
    before_ms, tail_ms = question.longest_ms, question.tail_ms
    return merged(Range(stay.site, stay.came_ms - before_ms, stay.went_ms + tail_ms) for stay in stays)


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same in ranges of which no two overlap; of very many one that has them all."""
    by_site: defaultdict[str, list[Range]] = defaultdict(list)
    for one in sorted(ranges, key=lambda one: one.first_ms):
        known = by_site[one.site]
        if known and one.first_ms <= known[-1].last_ms + 1:
            known[-1] = Range(one.site, known[-1].first_ms, max(one.last_ms, known[-1].last_ms))
        else:
            known.append(one)
    few = [one for some in by_site.values() for one in some]
    if len(few) <= MOST_RANGES:
        return few
    return [Range("", min(one.first_ms for one in few), max(one.last_ms for one in few), tuple(sorted(by_site)))]


def stays_text(lake: Path, ranges: Iterable[Range], scope: Scope) -> str:
    """The stays in *ranges*, as ``stay`` of the texts."""
    columns = f"key_id, who, {PLACE[scope.by]} AS place, {_TIMES}"
    return "\nUNION ALL\n".join(_range_text(lake, one, scope, columns) for one in ranges) or nothing(STAYS, columns)


def _range_text(lake: Path, one: Range, scope: Scope, columns: str) -> str:
    sites = ", ".join(map(quoted, [one.site] if one.site else one.sites))
    wanted = [f"came_ms BETWEEN {one.first_ms} AND {one.last_ms}", zones_text(scope), f"site IN ({sites})"]
    return table_text(lake, STAYS, one.first_ms, one.last_ms, columns) + f" WHERE {' AND '.join(wanted)}"


def zones_text(scope: Scope) -> str:
    """The condition for stays at places as *scope* tells them apart."""
    return f"zone IN ({', '.join(map(quoted, sorted(SITE_ZONES)))})" if scope.by is By.SITE else "zone <> ''"


def touching_text(scope: Scope) -> str:
    """The condition for the stays of *scope*, as ``Scope.has``."""
    sites = f" AND site IN ({', '.join(map(quoted, sorted(scope.sites)))})" if scope.sites else ""
    return f"{zones_text(scope)} AND came_ms <= {scope.until_ms} AND went_ms >= {scope.from_ms}{sites}"


def table_text(lake: Path, table: str, from_ms: int, until_ms: int, columns: str = "*") -> str:
    """What *table* has of the days from *from_ms* to *until_ms*."""
    first, last = day_of(max(from_ms, LONG_AGO_MS)), day_of(until_ms)
    paths = files(lake, table, [day for day in days(lake, table) if first <= day <= last])
    if not paths:
        return nothing(table, columns)
    return f"SELECT {columns} FROM read_parquet([{', '.join(quoted(str(path)) for path in paths)}])"


def nothing(table: str, columns: str = "*") -> str:
    """A *table* without rows."""
    typed = ", ".join(f"NULL::{kind} AS {name}" for name, kind in COLUMNS[table].items())
    return f"SELECT {columns} FROM (SELECT {typed} LIMIT 0)"


def since(scope: Scope) -> int:
    """From when on stays may have begun that touch the time of *scope*."""
    return scope.from_ms - MOST_LONGEST_MS


def quoted(text: str) -> str:
    """*text* as a literal."""
    return "'" + text.replace("'", "''") + "'"
