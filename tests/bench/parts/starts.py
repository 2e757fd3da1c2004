"""How long a process of the kiosk takes until it serves, and the memory that it has then."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from kiosk.door_server import DoorBusy
from kiosk.door_socket import DoorAway, DoorClient

PROJECT = Path(__file__).parents[3]
LOOPBACK = "127.0.0.1"
LONGEST_S = 60.0
POLL_S = 0.002


class Start(NamedTuple):
    """One start: seconds until it serves, of them on a processor, and memory then in MiB.

    PSS divides what several processes share (Linux, proc_pid_smaps(5)).
    """

    wall_s: float
    cpu_s: float
    rss_mib: float
    pss_mib: float


def python() -> Start:
    """A Python that has nothing to do, as a measure for the others."""
    code = "import time; print(flush=True); time.sleep(60)"
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        return _stopped(process, began)


def door(data: Path) -> Start:
    """``kiosk door``, until its socket answers."""
    return _started(data, ["door"], lambda: DoorClient(data).panel())


def web(data: Path) -> Start:
    """``kiosk web``, until the staff page is there."""
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]

    def ask() -> None:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
        connection.request("GET", "/")
        connection.getresponse().read()
        connection.close()

    return _started(data, ["web", "--port", str(port)], ask)


def _started(data: Path, command: list[str], ask: Callable[[], object]) -> Start:
    began = time.perf_counter()
    whole = [sys.executable, "-m", "kiosk", "--data", str(data), *command]
    with subprocess.Popen(whole, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while process.poll() is None and time.perf_counter() - began < LONGEST_S:
            with contextlib.suppress(OSError, DoorAway, DoorBusy, http.client.HTTPException):
                ask()
                return _stopped(process, began)
            time.sleep(POLL_S)
        process.kill()
        assert process.stderr
        raise SystemExit(f"kiosk {command[0]} did not start: {process.stderr.read().decode()}")


def _stopped(process: subprocess.Popen[bytes], began: float) -> Start:
    wall_s = time.perf_counter() - began
    folder = Path(f"/proc/{process.pid}")
    ticks = sum(int(word) for word in folder.joinpath("stat").read_text().rsplit(")")[1].split()[11:13])
    sizes = dict(line.split(":") for line in folder.joinpath("smaps_rollup").read_text().splitlines()[1:])
    rss_mib, pss_mib = (int(sizes[name].split()[0]) / 1024 for name in ("Rss", "Pss"))
    process.send_signal(signal.SIGTERM)
    process.wait(LONGEST_S)
    return Start(wall_s, ticks / os.sysconf("SC_CLK_TCK"), rss_mib, pss_mib)
