"""Eight writers at once: no error, no lost entry, no doubled ticket number; house work beside them changes nothing.

Two door processes (one with a scanner, a desk and a page on its socket), a desk's door, and three that call
``check_in`` directly. Fifty people show their cards to all eight at the same moment.
At a site with counters eight doors give numbers in two lines, from which four counters call.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kiosk.rules import invented
from kiosk.rules.model import Kind

SCANS = TICKETS = 10_000
WRITERS, SHARED = 8, 50


def ran(program: str, *words: str) -> dict[str, Any]:
    """What a program of the tests reports."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(program)), *words],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def figures(took_ms: list[float]) -> str:
    """The median and the 99th percentile of some times."""
    hundredths = statistics.quantiles(took_ms, n=100)
    return f"p50 {hundredths[49]:.1f} ms, p99 {hundredths[98]:.1f} ms"


def competed(data: Path, beside: str) -> dict[str, Any]:
    """What eight writers were told and what stands in the log; prints how long the doors took."""
    report = ran("rivals.py", str(data), str(SCANS), beside)
    for name in ("camera", "keyboard"):
        took = figures(report["told"][name]["took_ms"])
        print(f"{beside}: door with {name}: {took} among {WRITERS} writers")
    print(f"{beside}: {SCANS} scans in {report['took_s']:.1f} s, beside them {report['done']}")
    return report


@pytest.mark.slow
@pytest.mark.parametrize("beside", ["alone", "with-house-work"])
def test_eight_writers_lose_nothing_and_double_nothing(tmp_path: Path, beside: str) -> None:
    report = competed(tmp_path / "data", beside)
    told = {name: writer["outcomes"] for name, writer in report["told"].items()}
    recorded: Counter[str] = sum(map(Counter, report["recorded"].values()), Counter())
    assert report["faults"] == []
    assert {name: report["recorded"][name] for name in told} == told
    assert (report["kinds"]["scan"], recorded.total()) == (SCANS, SCANS)
    assert recorded["admitted"] == report["people"], "everybody was admitted, by one writer only"
    assert recorded["already_in"] == (WRITERS - 1) * SHARED
    assert set(recorded) == {"admitted", "already_in", "let_out"}


@pytest.mark.slow
def test_eight_doors_give_numbers_without_gap_or_double_while_four_counters_call_each_once(tmp_path: Path) -> None:
    report = ran("rivals_queue.py", str(tmp_path / "data"), str(TICKETS))
    numbers = report["numbers"]
    given = " + ".join(f"{len(line)} {service}" for service, line in numbers.items())
    issued_s, called_s = report["took_s"]
    print(f"{given} tickets in {issued_s:.1f} s, all called after {called_s:.1f} s: {report['calls']}")
    print(f"a number: {figures(report['issuing_ms'])}; a call: {figures(report['calling_ms'])}")
    assert report["faults"] == []
    assert numbers == {service: list(range(1, len(line) + 1)) for service, line in numbers.items()}
    assert len(report["visits"]) == TICKETS
    assert report["called"] == report["visits"], "everybody was called, by one counter only"
    assert all(report["calls"].values()), "every counter had its share"


def test_several_commands_may_begin_a_fresh_directory_at_once(tmp_path: Path) -> None:
    commands = [
        subprocess.Popen(
            [sys.executable, "-m", "kiosk", "--data", str(tmp_path / "data"), "scan", "--json", "-"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    codes = (invented.codes(invented.person(person))[Kind.ID_CARD] for person in range(4))
    answers = [command.communicate(code) for command, code in zip(commands, codes, strict=True)]
    assert [command.returncode for command in commands] == [0] * 4, [error for _, error in answers]
    assert [json.loads(line)["outcome"] for line, _ in answers] == ["admitted"] * 4
