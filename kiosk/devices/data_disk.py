"""Whether what the door records outlives a power cut: on which device the data directory lies, as Linux tells."""

from __future__ import annotations

import os
from pathlib import Path

_OF_MEMORY = ("overlay", "ramfs", "tmpfs")


def system_is_in_memory(proc: Path = Path("/proc")) -> bool:
    """Whether the system was started so that its changes lie in memory: Debian's overlayroot has mounted its root."""
    return any(fields[4] == "/" and fields[fields.index("-") + 2] == "overlayroot" for fields in _mounts(proc))


def fault_of_data_disk(data: Path, proc: Path = Path("/proc"), root: Path = Path("/")) -> str:
    """Why *data* is not on a writable device of its own, apart from *root*'s; empty where it is."""
    there = next(place for place in (data, *data.absolute().parents) if place.exists())
    device = there.stat().st_dev
    if device == root.stat().st_dev:
        return "it lies on the system's own device"
    kind = _file_system(device, proc)
    if kind in _OF_MEMORY:
        return f"it lies in memory ({kind})"
    if os.statvfs(there).f_flag & os.ST_RDONLY:
        return "its device can only be read"
    return ""


def _file_system(device: int, proc: Path) -> str:
    """The kind of file system on *device*; empty where it is not told."""
    number = f"{os.major(device)}:{os.minor(device)}"
    return next((fields[fields.index("-") + 1] for fields in _mounts(proc) if fields[2] == number), "")


def _mounts(proc: Path) -> list[list[str]]:
    """The fields of each mount; see proc_pid_mountinfo(5). None where they are not told."""
    try:
        text = (proc / "self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [line.split() for line in text.splitlines()]
