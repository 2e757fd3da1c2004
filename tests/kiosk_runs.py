"""``kiosk run`` as a person starts it, with tablets let in on loopback."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from patience import PATIENCE_S
from tablets import LOOPBACK, NAME
from terminal import Terminal


@dataclass(frozen=True, slots=True)
class Run:
    """``kiosk run`` with its pages up."""

    process: subprocess.Popen[str]
    settings: Path
    line: str  # what it said of the tablets
    pages_port: int  # of this machine

    @property
    def port(self) -> int:
        """The tablets' port."""
        return int(self.line.split("/")[2].partition(":")[2])


@contextmanager
def kiosk_run(data: Path, https_port: int = 0) -> Iterator[Run]:
    """``kiosk run``, killed in the end where it still runs."""
    settings = data.with_suffix(".toml")
    settings.write_text(f'[web]\naddress = "{LOOPBACK}"\nhttps_port = {https_port}\nnames = ["{NAME}"]\n')
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk", "--config", settings, "run", "--simulate", "--port", "0"],
        env=Terminal(data).environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("https://"):
                break
        yield Run(process, settings, said[-1], int(said[0].split("/")[2].partition(":")[2]))
    finally:
        process.kill()
        process.communicate()


def haproxy_of(pid: int) -> tuple[int, int]:
    """The HAProxy below *pid*, and who began it, once it is there."""
    until_s = time.monotonic() + PATIENCE_S
    while True:
        with suppress(OSError):  # somebody ended while we looked
            for child, parent, name in descendants(pid):
                if name == "haproxy":
                    return child, parent
        assert time.monotonic() < until_s, "there is no HAProxy"
        time.sleep(0.02)


def descendants(pid: int) -> Iterator[tuple[int, int, str]]:
    """Every process that *pid* has begun, and they: itself, who began it, its name."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            yield child, pid, Path(f"/proc/{child}/comm").read_text().strip()
            yield from descendants(child)
