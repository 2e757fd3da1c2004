"""Whatever is killed, cut or full while kiosks send to their hub: each entry is there in the end, once, as recorded.

A SIGKILL takes what the process has not yet handed to the kernel; power cuts are tested on a machine.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import Site
from hub_equality import differences
from small_disks import MountDisk, mounting_in
from test_hub_intake import Hub, busy, hub, sent  # noqa: F401  # fixtures

from kiosk.hub.logs import DATABASE, Logs
from kiosk.web import haproxy

needs_haproxy = pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)


@pytest.fixture
def mount_disk(tmp_path: Path) -> Iterator[MountDisk]:
    with mounting_in(tmp_path, "hub", size_mb=64) as mount:
        yield mount


def endured(folder: Path, kiosks: int, people: int, kills: int) -> dict[str, Any]:
    """What is wrong after *kills*, at moments that follow from a seed."""
    program = str(Path(__file__).with_name("killing_hub.py"))
    done = subprocess.run(
        [sys.executable, program, str(folder), str(kiosks), str(people), str(kills), "20261121"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    report: dict[str, Any] = json.loads(done.stdout)
    print({name: value for name, value in report.items() if name != "faults"}, f"{len(report['faults'])} faults")
    return report


@needs_haproxy
@pytest.mark.slow
def test_an_hour_of_50_kiosks_arrives_whole_and_once_while_both_sides_are_killed_and_cut(tmp_path: Path) -> None:
    report = endured(tmp_path, kiosks=50, people=100, kills=70)
    assert report["faults"] == []
    assert report["entries"] > 50 * 200
    assert min(report["kiosks_killed"], report["hub_killed"], report["connections_cut"]) >= 10


@needs_haproxy
@pytest.mark.slow
def test_a_hub_whose_disk_fills_loses_nothing_that_it_has_acknowledged(tmp_path: Path, mount_disk: MountDisk) -> None:
    mount_disk("tmpfs")
    report = endured(tmp_path, kiosks=6, people=150, kills=25)
    assert report["faults"] == []
    assert report["disk_filled"] >= 2


@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        ("DELETE FROM entry WHERE sequence = 3", "entry 3 was lost or changed"),
        ("UPDATE entry SET gate = 'out' WHERE sequence = 2", "entry 2 was never recorded so"),
    ],
)
def test_an_entry_that_was_lost_or_changed_is_found_by_the_same_look(
    hub: Hub,  # noqa: F811
    busy: Site,  # noqa: F811
    harm: str,
    fault: str,
) -> None:
    kiosk, logs = hub.enrol(busy), Logs(hub.home / "logs", lambda message: bytes(32))
    for blob in sent(busy):
        hub.intake.take(blob, 0)
    assert differences(busy.house.data, logs, kiosk)[1] == []
    (branch,) = logs.branches(kiosk)
    with closing(sqlite3.connect(logs.path(branch) / DATABASE)) as db, db:
        db.execute(harm)
    assert f"{kiosk}: {fault}" in differences(busy.house.data, logs, kiosk)[1]
