"""A lake of invented stays of any size, the same each time: who was where and when as at busy and quiet sites.

Few sites have most visits (Zipf-Mandelbrot), people come at four times of a day, fewer of them at weekends, for half
an hour or for three, and three visits of five go to one of three places that a person likes best. One visit in twenty
has no end, and is closed after four hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from kiosk.lake.duck import fill
from kiosk.lake.tables import COLUMNS, PEOPLE, STAYS
from kiosk.lake.writing import LakeWriter
from kiosk.rules.plain_engine import Who

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FIRST_DAY = date(2026, 1, 5)
DAYS = 21
LONGEST_MS = 4 * 3_600_000
_WEEK = (1.1, 1.05, 1.0, 1.05, 1.1, 0.9, 0.8)

_MACROS = """
CREATE MACRO draw(a, b, c) AS (hash(hash(a, b, c)) >> 11)::DOUBLE / 9007199254740992;
CREATE MACRO bell(a, b, c) AS sqrt(-2 * ln(1 - draw(a, b, c))) * cos(2 * pi() * draw(a, b, c + 100));
CREATE MACRO key_of(site, day) AS unhex(lpad(to_hex(hash(site::BIGINT, day::BIGINT)), 16, '0'));
CREATE MACRO who_of(person, site, day) AS
    unhex(lpad(to_hex(hash(person::BIGINT, site::BIGINT, day::BIGINT)), 16, '0')
          || lpad(to_hex(hash(person::BIGINT, site::BIGINT, day::BIGINT, 1)), 16, '0'));
CREATE MACRO named(number) AS printf('site-%05d', number);
"""

_SITE = "least({sites} - 1, pow({u} * (pow({sites} + 5, 0.2) - pow(5, 0.2)) + pow(5, 0.2), 5) - 5)::BIGINT"

_VISITS = """
SELECT {day} AS day, i AS sequence, hash(hash(i, {day}, 0)) % {people} AS person,
       CASE WHEN draw(i, {day}, 1) < 0.6 THEN {liked} ELSE {any} END AS site,
       86400000::BIGINT * {day} + (3600000 * least(23.5, greatest(0, 1.1 * bell(i, {day}, 5)
           + [1.5, 4, 7.5, 10.5][1 + (hash(hash(i, {day}, 4)) % 4)::INTEGER])))::BIGINT AS came_ms,
       draw(i, {day}, 6) < 0.05 AS inferred,
       (60000 * least(240, greatest(5, CASE WHEN draw(i, {day}, 7) < 0.88 THEN exp(ln(32) + 0.8 * bell(i, {day}, 8))
                                            ELSE 200 + 25 * bell(i, {day}, 9) END)))::BIGINT AS lasted_ms
FROM range({visits}) AS numbers(i)
"""

_ROWS = """
SELECT named(site) AS site, {zone} AS zone, key_of(site, day) AS key_id, who_of(person, site, day) AS who,
       came_ms, came_ms AS surely_came_ms,
       CASE WHEN inferred THEN came_ms ELSE came_ms + lasted_ms END AS surely_went_ms,
       came_ms + CASE WHEN inferred THEN {longest_ms} ELSE lasted_ms END AS went_ms,
       inferred, NOT inferred AS sure, 'main' AS gate, named(site) AS kiosk, 'e' AS epoch, sequence
FROM ({visits})
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is in all days; each visit is also in one of *zones* parts of its site, where there are any."""

    visits: int
    sites: int
    people: int
    zones: int = 0

    def of_day(self, day: date) -> int:
        """The visits of *day*."""
        return round(self.visits * _WEEK[day.weekday()] / sum(_WEEK) * 7 / DAYS)


def days() -> list[date]:
    """The days that there are."""
    return [FIRST_DAY + timedelta(days=number) for number in range(DAYS)]


def write(lake: Path, size: Size, wanted: Iterable[date] | None = None) -> Iterator[tuple[date, int]]:
    """Write the *wanted* days (all) into *lake*; tells each with its visits once it is there."""
    with TemporaryDirectory(dir=lake.parent) as folder, closing(LakeWriter(lake, "hub")) as writer:
        part = Path(folder) / "part"
        for day in wanted or days():
            with closing(database()) as db:
                db.execute(f"COPY ({rows(size, day)}) TO '{part}' (FORMAT parquet)")
            for table in (STAYS, PEOPLE):
                writer.write_parts(table, day, [part])
            yield day, size.of_day(day)


def rows(size: Size, day: date) -> str:
    """The rows of *day* as the lake has them, as a text for ``database``."""
    text = visits(size, day)
    zones = ["'.'"] if not size.zones else ["''", f"'part-' || hash(sequence) % {size.zones}"]
    of_zones = (_ROWS.format(zone=zone, visits=text, longest_ms=LONGEST_MS) for zone in zones)
    return f"SELECT {', '.join(COLUMNS[STAYS])} FROM ({' UNION ALL '.join(of_zones)})"


def visits(size: Size, day: date) -> str:
    """The visits of *day*, each with the number of its person and site, as a text for ``database``."""
    number = (day - date(1970, 1, 1)).days
    likes = f"draw(hash(hash(i, {number}, 0)) % {size.people}, (hash(hash(i, {number}, 2)) % 3)::INTEGER, 3)"
    return _VISITS.format(
        day=number,
        people=size.people,
        visits=size.of_day(day),
        liked=_SITE.format(sites=size.sites, u=likes),
        any=_SITE.format(sites=size.sites, u=f"draw(i, {number}, 10)"),
    )


def pseudonyms(db: DuckDBPyConnection, size: Size, people: Iterable[int], wanted: Iterable[date]) -> set[Who]:
    """(Key id, pseudonym) of *people* at all sites on the *wanted* days, as a console would make them."""
    of_people = ", ".join(f"({one})" for one in people)
    numbers = ", ".join(f"({(day - date(1970, 1, 1)).days})" for day in wanted)
    return set(
        db.execute(
            "SELECT key_of(site, day), who_of(person, site, day)"
            f" FROM (VALUES {of_people}) AS p(person), (VALUES {numbers}) AS d(day), range({size.sites}) AS s(site)"
        ).fetchall()
    )


def seen(db: DuckDBPyConnection, size: Size, people: Iterable[int], wanted: Iterable[date]) -> set[Who]:
    """(Key id, pseudonym) of *people* where they were."""
    of_days = " UNION ALL ".join(visits(size, day) for day in wanted)
    listed = ", ".join(map(str, people))
    return set(
        db.execute(
            f"SELECT key_of(site, day), who_of(person, site, day) FROM ({of_days}) WHERE person IN ({listed})"
        ).fetchall()
    )


def everywhere(
    db: DuckDBPyConnection, size: Size, since_ms: Mapping[Who, int], wanted: Iterable[date]
) -> dict[Who, int]:
    """All pseudonyms of those people where they were, and the earliest time that is given for any of one person's."""
    fill(db, "given_one", {"who": "BLOB", "since_ms": "BIGINT"}, [(who, ms) for (_, who), ms in since_ms.items()])
    of_days = " UNION ALL ".join(visits(size, day) for day in wanted)
    found = db.execute(
        f"WITH v AS (SELECT person, key_of(site, day) AS key_id, who_of(person, site, day) AS who FROM ({of_days})),"
        " p AS (SELECT person, min(since_ms) AS since_ms FROM v JOIN given_one USING (who) GROUP BY person)"
        " SELECT DISTINCT key_id, who, since_ms FROM v JOIN p USING (person)"
    ).fetchall()
    return {(key_id, who): ms for key_id, who, ms in found}


def at(day: date, hour: int = 0) -> int:
    """The time of an hour of *day* in milliseconds."""
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp() * 1000)


def database() -> DuckDBPyConnection:
    """DuckDB, with the words that the texts here use."""
    import duckdb

    db = duckdb.connect()
    db.execute(_MACROS)
    return db
