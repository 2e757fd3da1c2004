"""Whether the kiosk came up by itself, as systemd sees it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Any

# These are at work only while there is something for them to do.
ONCE = {"kiosk-first-settings.service", "kiosk-setup.service", "kiosk-sync.service"}
GOOD = {"success", "exec-condition"}  # the latter: asked, and found that there is nothing to do
SHOWN = ("Id", "ActiveState", "Result", "NRestarts")


def systemctl(*words: str) -> str:
    """What systemctl prints, whatever its exit status: a machine with a failed unit makes it 1."""
    return subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False).stdout.strip()


def state() -> dict[str, Any]:
    """How systemd finds the machine once it has booted: what failed, and each unit that the kiosk's target wants."""
    system = systemctl("is-system-running", "--wait")
    wanted = systemctl("show", "--property=Wants", "--value", "kiosk.target").split()
    blocks = systemctl("show", f"--property={','.join(SHOWN)}", *wanted).split("\n\n")
    return {
        "system": system,
        "failed": [line.split()[0] for line in systemctl("--failed", "--plain", "--no-legend").splitlines()],
        "units": [dict(line.split("=", 1) for line in block.splitlines()) for block in blocks],
    }


def unwell(found: Mapping[str, Any]) -> list[str]:
    """A sentence for whatever is wrong with a ``state``."""
    units = [unit for unit in found["units"] if unit]
    wrong = [f"{unit} failed" for unit in found["failed"]]
    if found["system"] != "running":
        wrong.append(f"systemd finds the machine {found['system']}")
    if not units:
        wrong.append("kiosk.target wants nothing")
    return wrong + [" ".join(unit.values()) for unit in units if not _is_well(unit)]


def _is_well(unit: Mapping[str, str]) -> bool:
    at_work = unit["ActiveState"] == "active" or (unit["Id"] in ONCE and unit["ActiveState"] == "inactive")
    return at_work and unit.get("Result", "success") in GOOD and unit.get("NRestarts", "0") == "0"
