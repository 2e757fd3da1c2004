"""Eight writers at once: no error, no lost entry, no doubled ticket number; house work beside them changes nothing.

Two door processes (one with a scanner, a desk and a page on its socket), a desk's door, and three that call
``check_in`` directly. Fifty people show their cards to all eight at the same moment.
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

SCANS = 10_000
WRITERS, SHARED = 8, 50
RIVALS = Path(__file__).with_name("rivals.py")


def competed(data: Path, beside: str) -> dict[str, Any]:
    """What eight writers were told and what stands in the log; prints how long the doors took."""
    done = subprocess.run(
        [sys.executable, str(RIVALS), str(data), str(SCANS), beside],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    for name in ("camera", "keyboard"):
        hundredths = statistics.quantiles(report["told"][name]["took_ms"], n=100)
        figures = f"p50 {hundredths[49]:.1f} ms, p99 {hundredths[98]:.1f} ms"
        print(f"{beside}: door with {name}: {figures} among {WRITERS} writers")
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
