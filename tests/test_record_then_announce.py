"""Recorded first, then announced: whenever a door or a counter is killed, what it had said stands in the log, once.

A number, its place in the queue and its paper are there together, or none of them.

A SIGKILL takes what the process has not yet handed to the kernel; power cuts are tested on a machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def killed(what: str, data: Path, kills: int, program: str = "killing.py") -> dict[str, Any]:
    """What is wrong after *kills* at moments that are the same in every run of the test."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(program)), what, str(data), str(kills), "20261120"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=3000,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    figures = {name: value for name, value in report.items() if name != "faults"}
    print(f"{what}: {figures}, {len(report['faults'])} faults")
    return report


@pytest.mark.slow
def test_200_kills_lose_no_announced_entry_and_double_no_ticket_number(tmp_path: Path) -> None:
    report = killed("doors", tmp_path, 200)
    assert (report["kills"], report["faults"]) == (200, [])
    assert report["announced"] > 200


def test_a_door_that_announces_before_the_commit_is_caught_by_the_same_look(tmp_path: Path) -> None:
    report = killed("hasty doors", tmp_path, 200)
    assert any(fault.startswith("announced, but not in the log") for fault in report["faults"])


@pytest.mark.slow
def test_200_kills_leave_no_number_without_its_place_and_paper_and_nobody_at_two_counters(tmp_path: Path) -> None:
    report = killed("queue", tmp_path, 200, "killing_queue.py")
    assert (report["kills"], report["faults"]) == (201, []), "a door and two of the staff are killed in each round"
    assert report["announced"] > 500


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "fault"),
    [
        ("paper in a second step", "tickets in the spool"),
        ("hasty staff", "told at a counter, but not in the log"),
        ("early staff", "was taken as entry"),
    ],
)
def test_a_queue_that_is_not_one_transaction_is_caught_by_the_same_look(tmp_path: Path, what: str, fault: str) -> None:
    report = killed(what, tmp_path, 200, "killing_queue.py")
    assert any(fault in each for each in report["faults"])


@pytest.mark.slow
def test_a_kill_while_the_day_key_turns_leaves_one_key_that_the_log_names(tmp_path: Path) -> None:
    report = killed("turns", tmp_path, 60)
    assert (report["kills"], report["faults"]) == (60, [])


@pytest.mark.slow
def test_a_kill_while_days_are_erased_leaves_the_log_whole_and_the_rest_to_the_next_purge(tmp_path: Path) -> None:
    report = killed("purges", tmp_path, 40)
    assert (report["kills"], report["faults"]) == (40, [])
