"""The story of a machine that keeps falling over: the third start in a row leaves out what is optional.

No clock is needed: a start has lasted once the door answered three minutes after it (kiosk-boot-ok.timer), and starts
that end before that are counted. A kiosk that has no log yet is being set up, and is not counted.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from kiosk.config import Settings
from kiosk.rules.alarm import CALM_MS, faults_in_a_row
from kiosk.store.schema import DATABASE
from kiosk.vault.files import replace_whole

RUN = Path("/run/kiosk")  # gone at the next start of the machine
FILE = "boots.json"
FAULTS_FILE = "door-faults.json"
PATIENT_FROM = 2
SAFE_FILE = "safe.env"
SAFE_VARIABLE = "KIOSK_SAFE"
SAFE_FROM = 3
LEFT_OUT = (
    "Chế độ an toàn: máy khởi động lại ba lần liền nên lần này không bật; xin dùng máy quét cầm tay hoặc gõ số"
    " · Safe mode: left out after three starts in a row; use the hand scanner or type the number"
)


@dataclass(frozen=True, slots=True)
class Start:
    """How a door starts after what came before: *safe* without what is optional; where it is *patient*, a camera that
    does not work is told of and tried again, and ends the door no more."""

    safe: bool = False
    patient: bool = False


AS_EVER = Start()


def this_start(run: Path, now_ms: int) -> Start:
    """What this process's start has to be, *now_ms* after the machine's."""
    faults, at_ms = _faults(run)
    patient = faults >= PATIENT_FROM and 0 <= now_ms - at_ms < CALM_MS
    return Start(bool(os.environ.get(SAFE_VARIABLE)), patient)


def count_fault(run: Path, now_ms: int) -> int:
    """The door has ended with a fault, *now_ms* after the machine's start: how many that makes in a row."""
    before, at_ms = _faults(run)
    faults = faults_in_a_row(before, now_ms - at_ms)
    (run / FAULTS_FILE).write_text(json.dumps({"faults": faults, "at_ms": now_ms}), encoding="utf-8")
    return faults


def _faults(run: Path) -> tuple[int, int]:
    with suppress(OSError, ValueError, TypeError, KeyError):
        counted = json.loads((run / FAULTS_FILE).read_text(encoding="utf-8"))
        return int(counted["faults"]), int(counted["at_ms"])
    return 0, 0


def begin(data: Path, run: Path, boot_id: str) -> int:
    """Count the start called *boot_id*, and tell the others by a file in *run* where it is to be a safe one.

    Returns how many starts there were in a row that have not lasted, this one included. Raises VaultError.
    """
    starts, last = _counted(data)
    if (data / DATABASE).exists() and last != boot_id:
        starts += 1
        _count(data, starts, boot_id)
    if starts >= SAFE_FROM:
        (run / SAFE_FILE).write_text(f"{SAFE_VARIABLE}=yes\n", encoding="ascii")
    else:
        (run / SAFE_FILE).unlink(missing_ok=True)
    return starts


def lasted(data: Path, boot_id: str) -> None:
    """This start has lasted: count from none again. Raises VaultError."""
    if _counted(data) != (0, boot_id):
        _count(data, 0, boot_id)


def without_optional(settings: Settings) -> tuple[Settings, tuple[str, ...]]:
    """What a door of *settings* does with in a safe start, and the names of the devices that are left out.

    The camera draws most power and has the most code behind it, the loudspeaker is next; scanners, typed numbers,
    lamps and printer stay.
    """
    sources = tuple(source for source in settings.sources if source.kind != "camera")
    left_out = ("camera",) * (len(sources) < len(settings.sources)) + ("voice",) * (settings.voice.kind != "none")
    return replace(settings, sources=sources, voice=replace(settings.voice, kind="none")), left_out


def _counted(data: Path) -> tuple[int, str]:
    with suppress(OSError, ValueError, TypeError, KeyError):  # a count that cannot be read begins anew
        counted = json.loads((data / FILE).read_text(encoding="utf-8"))
        return int(counted["starts"]), str(counted["boot"])
    return 0, ""


def _count(data: Path, starts: int, boot_id: str) -> None:
    replace_whole(data / FILE, json.dumps({"starts": starts, "boot": boot_id}).encode())
