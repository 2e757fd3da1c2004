"""A Spark cluster of this machine's own: a master and workers as processes, on loopback, on ports that are free."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_S = 120
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

_MASTER = re.compile(r"Starting Spark master at (spark://\S+)")
_JOINED = "Successfully registered with master"


@dataclass
class Cluster:
    """A master's address, and its workers as groups of processes: a worker has its executors in its own."""

    master: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def kill(self, number: int) -> None:
        """Take a worker away, with all that it runs, in mid-sentence."""
        os.killpg(self.workers[number].pid, signal.SIGKILL)
        self.workers[number].wait()


def small(folder: Path) -> dict[str, str]:
    """What makes of a machine's Spark one for little work, as environment of who asks; *folder* is made for it."""
    folder.mkdir()
    told = {
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.codegen.wholeStage": "false",  # compiling takes longer than such answers
        "spark.driver.extraJavaOptions": QUICK_START,
        "spark.executor.extraJavaOptions": QUICK_START,
    }
    (folder / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in told.items()))
    return {"SPARK_CONF_DIR": str(folder), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": str(folder)}


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A master and *workers* with a core each, that keep what they write in *folder*; gone at the end."""
    folder.mkdir()
    running: list[subprocess.Popen[bytes]] = []
    try:
        running.append(_start(folder, "master", "Master", "--host", "127.0.0.1", "--port", "0"))
        there = Cluster(_said(folder / "master.log", _MASTER, running[0]))
        for number in range(workers):
            name = f"worker-{number}"
            of_it = ("--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--work-dir", str(folder / name))
            there.workers.append(_start(folder, name, "Worker", *of_it, there.master))
            running.append(there.workers[-1])
        for number, worker in enumerate(there.workers):
            _said(folder / f"worker-{number}.log", re.compile(f"({_JOINED})"), worker)
        yield there
    finally:
        for process in reversed(running):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _start(folder: Path, name: str, what: str, *words: str) -> subprocess.Popen[bytes]:
    import pyspark

    home = Path(pyspark.__file__).parent
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder),
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": QUICK_START,
        "PYSPARK_PYTHON": sys.executable,
    }
    command = [
        str(home / "bin/spark-class"),
        f"org.apache.spark.deploy.{what.lower()}.{what}",
        "--webui-port",
        "0",
        *words,
    ]
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)


def _said(log: Path, what: re.Pattern[str], process: subprocess.Popen[bytes]) -> str:
    until_s = time.monotonic() + PATIENCE_S
    while not (said := what.search(log.read_text(encoding="utf-8", errors="replace"))):
        assert process.poll() is None, f"{log.name}: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
        assert time.monotonic() < until_s, f"{log.name} does not say {what.pattern}"
        time.sleep(0.1)
    return said[1]
