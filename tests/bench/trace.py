"""What a contact query costs over a lake of 1, 10 and 100 million visits in 21 days, and by plain SQL over the same.

    python tests/bench/trace.py [--large] [--spark]

The visits are invented (tests/invented_lake.py): 100 sites and 30,000 people for a million, 1,000 sites and 3 million
people for a hundred. Of a case it is asked with whom somebody was present for 15 minutes in a week, with half an hour
in the air that they left: where the case was, how many would be named, and whom. Plain SQL joins what overlaps at a
site, over the same files by the same DuckDB, and must find the same. A second order of more than an answer may be of is
counted, as at a hub. Each line has a process of its own, whose most memory is told, and whose processor time where
others share the machine; who is asked about is found out in further ones. --spark asks a local one, with two cores.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple, TypeVar

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

import invented_lake
from invented_lake import Size, at
from parts.figures import print_table

from kiosk.lake.duck import DuckEngine, fill
from kiosk.lake.questions import ASKED
from kiosk.rules.contacts import MINUTE_MS, Contact, Question
from kiosk.rules.plain_engine import Who
from kiosk.rules.tracing import Index, Met, Scope, SealedKey, TooManyError, asked_of
from kiosk.vault.linking import KeyRing
from kiosk.vault.sealing import Purpose, seal
from kiosk.vault.tracing import new_private_key

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WHOLE = 10_000_000  # of more visits only those of the week and a day before are written; nobody reads the others
SIZES = [Size(1_000_000, 100, 30_000), Size(10_000_000, 100, 300_000), Size(100_000_000, 1_000, 3_000_000)]
WEEK = invented_lake.days()[-7:]
SCOPE = Scope(at(WEEK[0]), at(WEEK[-1], 23) + 59 * MINUTE_MS)
QUESTION = Question(15 * MINUTE_MS, 30 * MINUTE_MS, invented_lake.LONGEST_MS)
CASES, AT_ONCE, LATER, PLAINLY = 50, 1_000, 5, 5
ANYBODY = sys.maxsize
SITES, DAYS = 1_000, 14  # whose keys are opened
HEADS = {"": "", "s": ".3f", "p95 s": ".3f", "CPU s": ".3f", "found": ".0f", "most MB": ".0f"}

_PLAINLY = """
SELECT w.key_id, w.who, count(*), sum(CASE WHEN certain_ms >= {least} THEN 1 ELSE 0 END), sum(last_ms - first_ms),
       sum(certain_ms), min(first_ms), max(last_ms)
FROM (SELECT w.key_id, w.who, greatest(i.came_ms, w.came_ms) AS first_ms,
             least(i.went_ms + {tail}, w.went_ms) AS last_ms,
             greatest(0, least(i.surely_went_ms + {tail}, w.surely_went_ms)
                         - greatest(i.surely_came_ms, w.surely_came_ms)) AS certain_ms
      FROM asked AS i JOIN read_parquet('{lake}/stays/*/*.parquet') AS w
           ON w.site = i.site AND w.came_ms <= i.went_ms + {tail} - {least} AND w.went_ms >= i.came_ms + {least}
      WHERE last_ms - first_ms >= {least} AND w.who NOT IN (SELECT who FROM asked)) AS w
GROUP BY ALL ORDER BY 1, 2
"""

BUILD = Path(__file__).parents[2] / "build"
Answer = TypeVar("Answer")


class Took(NamedTuple):
    """How long something took by the clock, and how much processor time of this process."""

    s: float
    cpu_s: float


class Line(NamedTuple):
    """A line of a table: what, how often it was timed, what it found (the middle of some), the most memory in MB."""

    what: str
    took: list[Took]
    found: list[int]
    most_mb: float = 0

    def cells(self) -> tuple[str, float, float, float, float, float]:
        """As the table has it: medians, but for the 95th percentile."""
        seconds = [took.s for took in self.took] * 2  # of a single one there are no quantiles
        p95_s = statistics.quantiles(seconds, n=20, method="inclusive")[18]
        cpu_s = statistics.median(took.cpu_s for took in self.took)
        return self.what, statistics.median(seconds), p95_s, cpu_s, statistics.median(self.found), self.most_mb


def alone(work: Callable[..., list[Line]], *given: object) -> list[Line]:
    """The lines of *work* in a process of its own, with the most memory that it had."""
    lines, most_mb = elsewhere(_measured, work, *given)
    return [line._replace(most_mb=most_mb) for line in lines]


def elsewhere(work: Callable[..., Answer], *given: object) -> Answer:
    """What *work* gives, whose memory is not measured."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(work, *given).result()


def _measured(work: Callable[..., list[Line]], *given: object) -> tuple[list[Line], float]:
    lines = work(*given)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (most,) = (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return lines, most / 1024


def timed(work: Callable[[], Answer]) -> tuple[Answer, Took]:
    """What *work* gives, and what it took."""
    began_s, cpu_s = time.perf_counter(), time.process_time()
    answer = work()
    return answer, Took(time.perf_counter() - began_s, time.process_time() - cpu_s)


def written(lake: Path, size: Size) -> list[Line]:
    """Inventing all stays, and writing both copies of them, sorted."""
    wanted = invented_lake.days()[0 if size.visits <= WHOLE else -8 :]
    days, took = timed(lambda: list(invented_lake.write(lake, size, wanted)))
    visits = sum(visits for _, visits in days)
    bytes_of_one = sum(path.stat().st_size for path in lake.rglob("*.parquet")) / visits
    return [Line(f"written, {bytes_of_one:.0f} bytes each", [took], [visits])]


def case(lake: Path, size: Size, people: Sequence[int]) -> Index:
    """Where *people* were in the week, and under which pseudonyms."""
    with closing(invented_lake.database()) as db, closing(DuckEngine(lake)) as engine:
        selves = asked_of(invented_lake.seen(db, size, people, WEEK))
        return Index(engine.stays_of(selves, SCOPE), selves)


def contacts_of(size: Size, first_ms: dict[Who, int]) -> dict[Who, int]:
    """Those contacts under all their pseudonyms, and from when on."""
    with closing(invented_lake.database()) as db:
        return invented_lake.everywhere(db, size, first_ms, WEEK)


def one_by_one(lake: Path, size: Size) -> list[Line]:
    """A case's three questions; its pseudonyms are those of all site days, as a console has them."""
    where, counted, whom = (Line(what, [], []) for what in ("a case: its stays", "  how many", "  whom"))
    with closing(invented_lake.database()) as db, closing(DuckEngine(lake, most=ANYBODY)) as engine:
        for person in range(CASES):
            selves = asked_of(invented_lake.pseudonyms(db, size, [person], WEEK))
            stays = noted(where, lambda: engine.stays_of(selves, SCOPE))  # noqa: B023
            index = Index(stays, selves)
            noted(counted, lambda: [None] * engine.count(index, SCOPE, QUESTION).met)  # noqa: B023
            noted(whom, lambda: engine.met(index, SCOPE, QUESTION))  # noqa: B023
    assert counted.found == whom.found
    return [where, counted, whom]


def noted(line: Line, work: Callable[[], Sequence[Answer]]) -> Sequence[Answer]:
    """What *work* gives; what it took is noted in *line*."""
    answer, took = timed(work)
    line.took.append(took)
    line.found.append(len(answer))
    return answer


def at_once(lake: Path, size: Size) -> list[Line]:
    """How many any of a thousand people met, which holds none of them in memory; and whom."""
    index = elsewhere(case, lake, size, range(AT_ONCE))
    counted, line = Line(f"{AT_ONCE} at once, counted", [], []), Line(f"{AT_ONCE} at once, named", [], [])
    with closing(DuckEngine(lake, most=ANYBODY)) as engine:
        count, took = timed(lambda: engine.count(index, SCOPE, QUESTION))
        counted.took.append(took)
        counted.found.append(count.met)
        if size.visits <= WHOLE:  # else 12 million
            noted(line, lambda: engine.met(index, SCOPE, QUESTION))
    return [one for one in (counted, line) if one.took]


def second_orders(lake: Path, size: Size) -> list[Line]:
    """Whom a case's contacts met after that, asked under all their pseudonyms."""
    line = Line("second order", [], [])
    with closing(DuckEngine(lake)) as engine:
        for person in range(LATER if size.visits <= WHOLE else 1):
            index = elsewhere(case, lake, size, [person])
            first_ms = {(one.key_id, one.who): one.contact.first_ms for one in engine.met(index, SCOPE, QUESTION)}
            known = elsewhere(contacts_of, size, first_ms)
            noted(line, lambda: range(later(engine, known, index)))  # noqa: B023
    return [line]


def later(engine: DuckEngine, known: dict[Who, int], index: Index) -> int:
    """How many *known* met later, who are named where they are few."""
    try:
        return len(engine.met_later(known, index.selves, SCOPE, QUESTION))
    except TooManyError as refused:
        return refused.met


def plainly(lake: Path, size: Size, groups: Sequence[Sequence[int]]) -> list[Line]:
    """Whom each group of people met, by plain SQL; it must be the same."""
    line = Line("  by plain SQL", [], [])
    with closing(invented_lake.database()) as db, closing(DuckEngine(lake, most=ANYBODY)) as engine:
        for people in groups:
            index = elsewhere(case, lake, size, people)
            assert noted(line, lambda: plain(db, lake, index)) == engine.met(index, SCOPE, QUESTION)  # noqa: B023
    return [line]


def plain(db: DuckDBPyConnection, lake: Path, index: Index) -> list[Met]:
    """Who was met by *index*, by the definition."""
    columns = {"who": "BLOB", "site": "VARCHAR"} | dict.fromkeys(ASKED[1:], "BIGINT")
    values = attrgetter(*columns)
    fill(db, "asked", columns, [values(stay) for stay in index.stays])
    rows = db.execute(_PLAINLY.format(lake=lake, least=QUESTION.least_ms, tail=QUESTION.tail_ms)).fetchall()
    return [Met(key_id, who, Contact(*map(int, numbers))) for key_id, who, *numbers in rows]


def by_spark(lake: Path, size: Size) -> list[Line]:
    """Spark's start, one case and a thousand at once, by two cores; what is found must be the same."""
    from kiosk.lake.spark import SparkEngine

    (lake / "spark-defaults.conf").write_text("spark.driver.memory 6g\n")
    os.environ["SPARK_CONF_DIR"] = str(lake)
    lines = [Line(what, [], []) for what in ("Spark: a case: whom", f"  {AT_ONCE} at once")]
    with (
        closing(SparkEngine(lake, "local[2]", most=ANYBODY)) as spark,
        closing(DuckEngine(lake, most=ANYBODY)) as duck,
    ):
        for line, people in zip(lines, (range(1), range(AT_ONCE)), strict=True):
            index = elsewhere(case, lake, size, people)
            spark.count(index, SCOPE, QUESTION)  # so that Java has compiled what is timed
            met = noted(line, lambda: spark.met(index, SCOPE, QUESTION))  # noqa: B023
            assert met == duck.met(index, SCOPE, QUESTION)
    return lines


def opened(folder: Path) -> list[Line]:
    """A thousand sites' day keys of a fortnight opened, a person's pseudonyms made, and where those were found."""
    lake, size, fortnight = folder / "lake", Size(1_000_000, SITES, 30_000), invented_lake.days()[-DAYS:]
    written(lake, size)
    ring, keys = sealed_keys(folder)
    opening, making, finding = (Line(what, [], []) for what in ("day keys opened", "pseudonyms made", "stays found"))
    noted(opening, lambda: [None] * (len(keys) - len(ring.unlock(keys))))
    noted(making, lambda: list(ring.pseudonyms([ring.subject("079090000011")])))
    with closing(invented_lake.database()) as db, closing(DuckEngine(lake)) as engine:
        asked = asked_of(invented_lake.pseudonyms(db, size, [0], fortnight))
        noted(finding, lambda: engine.stays_of(asked, Scope(at(fortnight[0]), SCOPE.until_ms)))
    return [opening, making, finding]


def sealed_keys(folder: Path) -> tuple[KeyRing, list[SealedKey]]:
    """A tracing team's key, and day keys that kiosks have sealed for it."""
    private = new_private_key(folder / "tracing.key")
    keys = []
    for number in range(SITES * DAYS):
        site, key_id = f"site-{number % SITES:05}", number.to_bytes(8, "big")
        sealed = seal(os.urandom(32), private.key.public_key(), site=site, key_id=key_id, purpose=Purpose.DAY_KEY)
        keys.append(SealedKey(site, key_id, sealed, 0, 0))
    return KeyRing([private]), keys


def lines_of(lake: Path, size: Size, *, spark: bool) -> Iterator[Line]:
    """The lines about one size."""
    yield from alone(written, lake, size)
    yield from alone(one_by_one, lake, size)
    yield from alone(plainly, lake, size, [[person] for person in range(PLAINLY)])
    yield from alone(at_once, lake, size)
    if size.visits <= WHOLE:
        yield from alone(plainly, lake, size, [range(AT_ONCE)])
    yield from alone(second_orders, lake, size)
    if spark:
        yield from alone(by_spark, lake, size)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="how long a contact query takes")
    parser.add_argument("--large", action="store_true", help="100 million visits, too: for that 15 GB of disk")
    parser.add_argument("--spark", action="store_true", help="Spark with two cores, too")
    parser.add_argument("--only", type=int, metavar="MILLIONS", help="only so many visits: 1, 10 or 100")
    arguments = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    if not arguments.only:
        with TemporaryDirectory(dir=BUILD) as folder:
            opening = alone(opened, Path(folder))
        print_table(f"{DAYS} days of {SITES} sites", HEADS, [line.cells() for line in opening])
    most = max((arguments.only or 10) * 1_000_000, SIZES[-1].visits if arguments.large else 0)
    for size in SIZES:
        if size.visits <= most and arguments.only in (None, size.visits // 1_000_000):
            title = f"{size.visits:,} visits, {size.sites:,} sites, {size.people:,} people"
            with TemporaryDirectory(dir=BUILD) as folder:
                lines = lines_of(Path(folder) / "lake", size, spark=arguments.spark)
                print_table(title, HEADS, (line.cells() for line in lines))


if __name__ == "__main__":
    main()
