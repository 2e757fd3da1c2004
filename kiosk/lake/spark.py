"""Spark answers from a lake: what the embedded engine asks, put into its dialect.

For lakes that are more than one machine's work: starting takes seconds, any answer at least one. Every machine of a
cluster sees the lake under the same path. What else a cluster needs to know stands in its ``spark-defaults.conf``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from kiosk.lake.dialect import for_spark
from kiosk.lake.duck import TRIES, DuckEngine
from kiosk.lake.tables import COLUMNS, LakeError
from kiosk.rules.tracing import MOST_MET

if TYPE_CHECKING:
    import pyarrow
    from duckdb import DuckDBPyConnection
    from pyspark.sql import DataFrame, SparkSession

Answer = TypeVar("Answer")
Settings = dict[str, bool | float | int | str | None]

TYPES = {"VARCHAR": "STRING", "BLOB": "BINARY", "BIGINT": "BIGINT", "BOOLEAN": "BOOLEAN"}
GONE = ("PATH_NOT_FOUND", "FAILED_READ_FILE")  # a newer one has taken its place
SETTINGS: Settings = {
    "spark.app.name": "kiosk trace",
    "spark.log.level": "OFF",
    "spark.ui.enabled": "false",  # it would show what is asked to whoever reaches this machine
    "spark.ui.showConsoleProgress": "false",
}
LOCAL = "local"
LOOPBACK: Settings = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


class SparkEngine(DuckEngine):
    """Answers from the *lake* as ``DuckEngine`` does, by the cluster *master* (``spark://HOST:PORT``, ``local[2]``).

    No answer is of more than *most*. Raises LakeError, also where Spark or Java is not here, or no worker has come
    *workers_within_s* after the start.
    """

    def __init__(self, lake: Path, master: str, *, workers_within_s: float = 60, most: int = MOST_MET) -> None:
        self._lake = lake
        self._most = most
        self._spark = _session(master)
        if not master.startswith(LOCAL):
            self._await_worker(master, workers_within_s)

    def close(self) -> None:
        """End the session, and what its workers do."""
        self._spark.stop()

    def _await_worker(self, master: str, within_s: float) -> None:
        """Without any worker a question would wait for ever."""
        until_s = time.monotonic() + within_s
        context = self._spark.sparkContext._jsc.sc()
        while context.getExecutorMemoryStatus().size() < 2:  # the first is this process
            if time.monotonic() > until_s:
                self.close()
                raise LakeError(f"{master}: no worker has come within {within_s:.0f} s")
            time.sleep(0.2)

    def _answered(self, ask: Callable[[DuckDBPyConnection], Answer]) -> Answer:
        from py4j.protocol import Py4JJavaError
        from pyspark.errors import PySparkException

        for tried in range(TRIES):
            cursor = _Cursor(self._spark.newSession())  # its tables are its own
            try:
                return ask(cast("DuckDBPyConnection", cursor))
            except (PySparkException, Py4JJavaError) as error:
                if tried == TRIES - 1 or not any(gone in str(error) for gone in GONE):
                    raise LakeError(f"Spark could not answer: {_sentence(error)}") from error
            finally:
                cursor.close()
        raise AssertionError


class _Cursor:
    """As much of DuckDB's connection as the embedded engine uses, spoken by Spark."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._kept: list[DataFrame] = []
        self._answer: DataFrame | None = None

    def register(self, name: str, rows: pyarrow.Table) -> None:
        """Rows from here are few beside the lake's, so each worker gets them all."""
        from pyspark.sql.functions import broadcast

        broadcast(self._spark.createDataFrame(rows)).createOrReplaceTempView(name)

    def unregister(self, name: str) -> None:
        self._spark.catalog.dropTempView(name)

    def execute(self, text: str) -> _Cursor:
        statement = for_spark(text)
        for name, paths in statement.reads.items():
            read = self._spark.read.schema(_schema(Path(paths[0]).parents[1].name))
            read.parquet(*paths).createOrReplaceTempView(name)
        self._answer = self._spark.sql(statement.query)
        if statement.makes:
            if statement.is_table:
                self._kept.append(self._answer.persist())
            self._answer.createOrReplaceTempView(statement.makes)
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        assert self._answer is not None
        columns = self._answer.toArrow().itercolumns()
        return list(zip(*(column.to_pylist() for column in columns), strict=True))

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(iter(self.fetchall()), None)

    def close(self) -> None:
        for frame in self._kept:
            frame.unpersist()


def _schema(table: str) -> str:
    """The columns of *table*, told so that nobody has to look into a file for them."""
    return ", ".join(f"{name} {TYPES[kind]}" for name, kind in COLUMNS[table].items())


def _session(master: str) -> SparkSession:
    """Raises LakeError."""
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise LakeError("this needs Spark, which is not here: install kiosk[spark]") from error
    try:
        alone = LOOPBACK if master.startswith(LOCAL) else {}
        spark = SparkSession.builder.master(master).config(map=SETTINGS | alone).getOrCreate()
    except (PySparkException, OSError) as error:
        raise LakeError(f"Spark cannot be started, which needs Java 17 or 21: {_sentence(error)}") from error
    return spark


def _sentence(error: Exception) -> str:
    """What was at the root of it."""
    cause = getattr(error, "java_exception", None)
    while cause is not None and cause.getCause() is not None:
        cause = cause.getCause()
    said = str(error if cause is None else cause.toString())
    return (said.strip() or type(error).__name__).splitlines()[0]
