"""Spark, on a cluster of a master and two workers, answers row for row what the embedded engine answers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import invented_lake
import pytest
from invented_lake import LONGEST_MS, Size, at
from spark_cluster import PATIENCE_S, Cluster, cluster, small

from kiosk.lake.duck import DuckEngine
from kiosk.lake.spark import SparkEngine
from kiosk.lake.tables import LakeError
from kiosk.rules.contacts import MINUTE_MS, Question
from kiosk.rules.plain_engine import Who
from kiosk.rules.tracing import By, Engine, Index, Scope, TooManyError, asked_of, nobody

pytestmark = pytest.mark.slow
pytest.importorskip("duckdb", reason="DuckDB is not here: it comes with kiosk[hub]")
pytest.importorskip("pyspark", reason="Spark is not here: it comes with kiosk[spark]")
if not shutil.which("java") and "JAVA_HOME" not in os.environ:
    pytest.skip("Java is not here: apt-get install default-jre-headless", allow_module_level=True)

SIZE = Size(visits=120_000, sites=6, people=3_000, zones=3)
WEEK = invented_lake.days()[:7]
SCOPE = Scope(at(WEEK[2]), at(WEEK[5]))
QUESTION = Question(15 * MINUTE_MS, 30 * MINUTE_MS, LONGEST_MS)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub") / "lake"
    for _ in invented_lake.write(folder, SIZE, WEEK):
        pass
    return folder


@pytest.fixture(scope="module")
def duck(lake: Path) -> Iterator[DuckEngine]:
    with closing(DuckEngine(lake)) as engine:
        yield engine


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with pytest.MonkeyPatch.context() as patch, cluster(folder / "machines") as there:
        for name, value in small(folder / "small").items():
            patch.setenv(name, value)
        yield there


@pytest.fixture(scope="module")
def spark(lake: Path, machines: Cluster) -> Iterator[SparkEngine]:
    with closing(SparkEngine(lake, machines.master, workers_within_s=PATIENCE_S)) as engine:
        yield engine


def whos_of_people(*people: int) -> set[Who]:
    with closing(invented_lake.database()) as db:
        return invented_lake.pseudonyms(db, SIZE, people, WEEK)


def index(engine: Engine, scope: Scope, *people: int) -> Index:
    selves = asked_of(whos_of_people(*people))
    return Index(engine.stays_of(selves, scope), selves)


@pytest.mark.parametrize(
    ("by", "people"),
    [(By.SITE, range(7, 8)), (By.ZONE, range(300))],
    ids=["one by site", "many by zone"],
)
def test_every_answer_is_that_of_the_embedded_engine(
    duck: DuckEngine, spark: SparkEngine, by: By, people: range
) -> None:
    scope = replace(SCOPE, by=by)
    asked = index(duck, scope, *people)
    met = duck.met(asked, scope, QUESTION)
    first_ms = {(one.key_id, one.who): one.contact.first_ms for one in met}
    later = duck.met_later(first_ms, asked.selves, scope, QUESTION)
    assert met
    assert index(spark, scope, *people) == asked
    assert spark.met(asked, scope, QUESTION) == met
    assert spark.count(asked, scope, QUESTION) == duck.count(asked, scope, QUESTION)
    assert spark.met_later(first_ms, asked.selves, scope, QUESTION) == later


def test_a_place_and_what_is_not_there_are_asked_about_alike(
    duck: DuckEngine, spark: SparkEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = replace(SCOPE, sites=frozenset({"site-00002"}))
    place = nobody("site-00002", "", at(WEEK[3], 2), at(WEEK[3], 5))
    met = duck.met(place, scope, QUESTION)
    assert spark.met(place, scope, QUESTION) == met != []
    monkeypatch.setattr(spark, "_most", len(met) - 1)
    with pytest.raises(TooManyError, match=f"of {len(met)}, more than"):
        spark.met(place, scope, QUESTION)
    assert spark.keys(scope) == duck.keys(scope) == []
    assert spark.people(asked_of(whos_of_people(7))) == []
    elsewhere = replace(SCOPE, sites=frozenset({"nowhere"}))
    assert (index(spark, elsewhere, 7).stays, spark.met(place, elsewhere, QUESTION)) == ([], [])


def test_a_file_that_goes_before_or_while_it_is_read_is_looked_for_again(
    lake: Path, spark: SparkEngine, tmp_path: Path
) -> None:
    file = tmp_path / "stays" / "day=2026-01-05" / "hub.000001.parquet"
    file.parent.mkdir(parents=True)
    shutil.copy(next(lake.glob("stays/*/*.parquet")), file)
    tries: list[bool] = []

    def ask(db: Any) -> int:
        tries.append(file.exists())
        if len(tries) == 3:
            return 3
        rows = db.execute(f"SELECT count(gate) AS n FROM read_parquet(['{file}'])")
        file.unlink()
        return len(rows.fetchall())

    assert spark._answered(ask) == 3
    assert tries == [True, False, False]


def test_a_worker_that_dies_in_the_middle_of_an_answer_changes_nothing_of_it(
    duck: DuckEngine, spark: SparkEngine, machines: Cluster
) -> None:
    asked = index(duck, SCOPE, *range(600))
    expected = duck.met(asked, SCOPE, QUESTION)
    with ThreadPoolExecutor(1) as asking:
        answer = asking.submit(spark.met, asked, SCOPE, QUESTION)
        await_half_done(spark)
        machines.kill(0)
        assert not answer.done()
        assert answer.result() == expected
    assert workers(spark) == 1


def test_without_any_worker_it_does_not_wait_for_ever(lake: Path, spark: SparkEngine, machines: Cluster) -> None:
    spark.close()
    machines.kill(1)
    with pytest.raises(LakeError, match="no worker has come within 3 s"):
        SparkEngine(lake, machines.master, workers_within_s=3)


def test_without_java_a_sentence_says_so(lake: Path) -> None:
    told = f"""
from pathlib import Path
from kiosk.lake.spark import SparkEngine
from kiosk.lake.tables import LakeError
try:
    SparkEngine(Path({str(lake)!r}), "local[1]")
except LakeError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", told], env={"PATH": "/nowhere"}, capture_output=True, text=True, check=True
    )
    assert "needs Java 17 or 21" in done.stdout


def await_half_done(spark: SparkEngine) -> None:
    """Until some of what an answer needs is done and some is being done."""
    until_s = time.monotonic() + PATIENCE_S
    seen = spark._spark.sparkContext.statusTracker()
    while time.monotonic() < until_s:
        for stage in seen.getActiveStageIds():
            known = seen.getStageInfo(stage)
            if known and known.numCompletedTasks and known.numActiveTasks > 1:
                return
    raise AssertionError("it was never at work")


def workers(spark: SparkEngine) -> int:
    until_s = time.monotonic() + PATIENCE_S
    context = spark._spark.sparkContext._jsc.sc()
    while (known := int(context.getExecutorMemoryStatus().size()) - 1) > 1 and time.monotonic() < until_s:
        time.sleep(0.1)
    return known
