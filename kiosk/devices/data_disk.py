"""Whether what the door records outlives a power cut: on which device the data directory lies, as Linux tells."""

from __future__ import annotations

import os
from pathlib import Path

_OF_MEMORY = ("overlay", "ramfs", "tmpfs")


def system_is_in_memory(proc: Path = Path("/proc")) -> bool:
    """Whether the system was started so that its changes lie in memory (kernel word ``overlayroot=``)."""
    try:
        words = (proc / "cmdline").read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return False
    return any(word.startswith("overlayroot=") and word != "overlayroot=disabled" for word in words)


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
    """The kind of file system on *device*; see proc_pid_mountinfo(5). Empty where it is not told."""
    number = f"{os.major(device)}:{os.minor(device)}"
    with (proc / "self/mountinfo").open(encoding="utf-8", errors="replace") as mounts:
        for line in mounts:
            fields = line.split()
            if fields[2] == number:
                return fields[fields.index("-") + 1]
    return ""
