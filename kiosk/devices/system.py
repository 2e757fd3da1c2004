"""What the operating system tells of itself and of the kiosk's units, as far as it has such things."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from kiosk.devices.mounts import mount_of

ANSWER_S = 20.0
LINES = 400
_UNIT = re.compile(r"kiosk-?[a-z-]{0,30}\.(service|socket|timer|target)")
_SHOWN = ("Id", "ActiveState", "SubState", "Result", "NRestarts", "MemoryCurrent")
_TROUBLES = ("Under-voltage", "under-voltage", "I/O error", "EXT4-fs error", "USB disconnect", "Out of memory", "mmc")


def versions() -> dict[str, str]:
    """Of kernel, Python, the operating system, and the libraries in this environment."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    libraries = {each.name: each.version for each in distributions()}
    system = {"system": release.get("PRETTY_NAME", ""), "kernel": platform.release(), "machine": platform.machine()}
    return {**system, "python": platform.python_version(), **dict(sorted(libraries.items()))}


def memory() -> dict[str, int]:
    """Kilobytes, as the kernel has them."""
    found = {}
    with suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines()[:5]:
            name, number, *_ = line.replace(":", "").split()
            found[name] = int(number)
    return found


def disk_of(folder: Path) -> dict[str, Any]:
    """The file system that *folder* lies on: its kind, its options, sizes in bytes, inodes."""
    disk = os.statvfs(folder)
    found: dict[str, Any] = {"bytes": disk.f_blocks * disk.f_frsize, "free_bytes": disk.f_bavail * disk.f_frsize}
    found |= {"inodes": disk.f_files, "free_inodes": disk.f_favail}
    if mount := mount_of(folder):
        found |= {"options": mount.options, "kind": mount.kind}
    return found


def units() -> list[dict[str, str]]:
    """How the kiosk's units are; nothing where there is no systemd."""
    text = _told("/usr/bin/systemctl", "show", "--property", ",".join(_SHOWN), "--", "kiosk*")
    shown = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in text.split("\n\n") if block]
    return [unit for unit in shown if _UNIT.fullmatch(unit.get("Id", ""))]


def journal() -> Iterator[tuple[str, str, str]]:
    """Time (microseconds since 1970), unit and message of the last lines of the kiosk's units, the oldest first."""
    text = _told("/usr/bin/journalctl", "--quiet", "--lines", str(LINES), "--output", "json", "--unit", "kiosk*")
    for line in text.splitlines():
        with suppress(ValueError, AttributeError):
            entry = json.loads(line)
            unit, message = entry.get("_SYSTEMD_UNIT", entry.get("UNIT", "")), entry.get("MESSAGE")
            if _UNIT.fullmatch(unit) and isinstance(message, str):
                yield str(int(entry["__REALTIME_TIMESTAMP"])), unit, message


def kernel_troubles() -> dict[str, int]:
    """How often the kernel told of each of some troubles since the start."""
    text = _told("/usr/bin/journalctl", "--quiet", "--dmesg", "--output", "cat")
    return {trouble: count for trouble in _TROUBLES if (count := text.count(trouble))}


def _told(*command: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # fixed programs with fixed arguments
            command, capture_output=True, timeout=ANSWER_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")
