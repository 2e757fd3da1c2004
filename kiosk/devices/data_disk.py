"""Whether what the door records outlives a power cut: on which device the data directory lies, as Linux tells."""

from __future__ import annotations

import os
from pathlib import Path

from kiosk.devices.mounts import kind_in_memory, mounts


def system_is_in_memory(proc: Path = Path("/proc")) -> bool:
    """Whether the system was started so that its changes lie in memory: Debian's overlayroot has mounted its root."""
    return any(mount.place == "/" and mount.source == "overlayroot" for mount in mounts(proc))


def fault_of_data_disk(data: Path, proc: Path = Path("/proc"), root: Path = Path("/")) -> str:
    """Why *data* is not on a writable device of its own, apart from *root*'s; empty where it is."""
    there = next(place for place in (data, *data.absolute().parents) if place.exists())
    if there.stat().st_dev == root.stat().st_dev:
        return "it lies on the system's own device"
    if kind := kind_in_memory(there, proc):
        return f"it lies in memory ({kind})"
    if os.statvfs(there).f_flag & os.ST_RDONLY:
        return "its device can only be read"
    return ""
