"""The memory of ``kiosk door`` while people come and go: the shipped process, asked over its socket."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from terminal import Terminal

from kiosk.door_socket import DoorAway, DoorClient
from kiosk.rules import invented
from kiosk.rules.model import Kind

# Without a printer: its simulated twin keeps the pictures of a hundred papers, which a real one does not.
SETTINGS = """
[[gates]]
id = "in"
name = "In"
direction = "in"
[[gates]]
id = "out"
name = "Out"
direction = "out"
[outputs]
kind = "simulated"
[printer]
kind = "none"
[voice]
kind = "simulated"
"""
INSIDE = 20  # people come before somebody leaves
REPEAT_EVERY = 5
PATIENCE_S = 60


@contextmanager
def door_at_work(home: Path) -> Iterator[tuple[int, DoorClient]]:
    """``kiosk door`` on a fresh data directory in *home*: its process and the way to it."""
    settings, data = home / "kiosk.toml", home / "data"
    settings.write_text(SETTINGS)
    kiosk = Terminal(data)
    made = kiosk("keys", "new", "--out", str(home / "tracing.json"))
    assert made.returncode == 0, made.stderr
    with subprocess.Popen(
        [sys.executable, "-m", "kiosk", "--config", settings, "--data", data, "door"],
        env=kiosk.environment, stdout=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            client, until_s = DoorClient(data), time.monotonic() + PATIENCE_S
            while not _is_there(client) and process.poll() is None and time.monotonic() < until_s:
                time.sleep(0.05)
            yield process.pid, client
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _is_there(client: DoorClient) -> bool:
    try:
        return client.answers()
    except DoorAway:
        return False


def people_pass(client: DoorClient, first: int, scans: int) -> int:
    """People come, some show their card twice, and leave, until the door was shown *scans*; the next person."""
    person, shown = first, 0
    while shown < scans:
        shown += _show(client, person, "in", "admitted")
        if person % REPEAT_EVERY == 0:
            shown += _show(client, person, "in", "")
        if person >= INSIDE:
            shown += _show(client, person - INSIDE, "out", "let_out")
        person += 1
    return person


def _show(client: DoorClient, person: int, gate: str, outcome: str) -> int:
    said = client.present_text(invented.codes(invented.person(person))[Kind.ID_CARD], gate)
    assert said["outcome"] == outcome or not outcome, said
    return 1


def memory_mib(pid: int) -> tuple[float, float]:
    """RSS and PSS of a process (Linux, proc_pid_smaps(5))."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, value = line.partition(":")
        found[name] = value
    return int(found["Rss"].split()[0]) / 1024, int(found["Pss"].split()[0]) / 1024
