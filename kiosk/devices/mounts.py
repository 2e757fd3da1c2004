"""On what files lie, as Linux tells it: proc_pid_mountinfo(5)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

# Kinds of file systems of which a restart leaves nothing.
_IN_MEMORY = ("overlay", "ramfs", "tmpfs")


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system in its place: the device's number, the options in force there, its kind and its source."""

    device: str
    place: str
    options: str
    kind: str
    source: str


def mounts(proc: Path = Path("/proc")) -> list[Mount]:
    """What is mounted, the latest last; nothing where it is not told."""
    try:
        lines = (proc / "self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [_mount(*(half.split(" ") for half in line.split(" - ", 1))) for line in lines]


def mount_of(path: Path, proc: Path = Path("/proc")) -> Mount | None:
    """What *path* lies on; None where it is not told. Raises OSError where there is no such file."""
    device = path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    return next((mount for mount in reversed(mounts(proc)) if mount.device == number), None)


def kind_in_memory(path: Path, proc: Path = Path("/proc")) -> str:
    """The kind of memory that *path* lies in; empty where a restart leaves it, or nothing is told. Raises OSError."""
    mount = mount_of(path, proc)
    return mount.kind if mount and mount.kind in _IN_MEMORY else ""


def _mount(before: list[str], after: list[str]) -> Mount:
    return Mount(device=before[2], place=before[4], options=before[5], kind=after[0], source=after[1])
