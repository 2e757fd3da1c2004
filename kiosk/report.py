"""The story of a report for support: how the machine and the kiosk are, and nothing of people.

Every text that somebody may have typed goes through ``rules.scrubbing``; of entries only kind and time are told.
"""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import kiosk
from kiosk.config import Settings
from kiosk.devices import clock, system
from kiosk.devices.machine import Machine
from kiosk.rules import invented
from kiosk.rules.scrubbing import scrubbed, settings_without_texts, vocabulary
from kiosk.store import schema
from kiosk.store.counting import kinds_and_times, sizes_of_tables
from kiosk.store.schema import DATABASE, StoreError

ENTRIES = 2000
_OURS = (
    *("kiosk.db", "kiosk.db-wal", "kiosk.db-shm", "staff.db", "staff.db-wal", "day.key", "kiosk.key", "tracing.json"),
    *("demo-tracing.key", "recovery.key", "site-ca.pem", "https.pem", "reserve", "gap", "backups.json"),
)
# What systemd says of a unit; capitals make no name of these.
SYSTEM_WORDS = (
    "Starting Started Stopping Stopped Failed Main Finished Scheduled Traceback Watchdog Deactivated Consumed"
)
_OF_SYSTEM = (
    "systemd process exited with result deactivated successfully restart job counter watchdog timeout killed signal"
)


def words_of_the_program() -> frozenset[str]:
    """What may stay in a report: the words of our own source, but for those that invented people are called by."""
    folder = Path(kiosk.__file__).parent
    aside = (folder / "rules" / "invented.py", folder / "demo_hall.py")
    sources = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py") if path not in aside]
    return vocabulary([*sources, _OF_SYSTEM], invented.every_name()) | frozenset(SYSTEM_WORDS.split())


def report(
    settings: Settings, data: Path, found: Iterable[dict[str, Any]], journal: Iterable[tuple[str, str, str]]
) -> bytes:
    """A zip archive: what ``kiosk health`` *found*, the last lines of the *journal*, and the rest of it."""
    words = words_of_the_program()
    lines = [f"{_iso(int(at) // 1000)} {unit} {scrubbed(message, words)}" for at, unit, message in journal]
    content = {
        "version": kiosk.__version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": system.versions(),
        "settings": settings_without_texts(settings),
        "checks": [_finding(check, words) for check in found],
        "machine": _machine(data),
        "units": system.units(),
        "kernel": system.kernel_troubles(),
        "files": _files(data),
        "log": _log(data, words),
    }
    return _zipped({"report.json": json.dumps(content, ensure_ascii=False, indent=1), "journal.txt": "\n".join(lines)})


def _finding(check: dict[str, Any], words: frozenset[str]) -> dict[str, Any]:
    name, note = (scrubbed(str(check.get(field, "")), words) for field in ("name", "note"))
    return {"name": name, "ok": bool(check.get("ok")), "note": note}


def _machine(data: Path) -> dict[str, Any]:
    measured = Machine(data).measure()
    return {
        "clock": measured.clock,
        "running_s": clock.now().monotonic_ms // 1000,
        "temperature_c": measured.temperature_c,
        "undervoltage": measured.undervoltage,
        "hardware_clock": measured.hardware_clock,
        "memory_kb": system.memory(),
        "disk": system.disk_of(data),
    }


def _files(data: Path) -> dict[str, int]:
    """Bytes of each file that a kiosk has; of others how many there are."""
    sizes = {path.name: path.stat().st_size for path in data.iterdir() if path.is_file()}
    known = {name: size for name, size in sizes.items() if name in _OURS}
    lists = sum(name.startswith("list-") for name in sizes)
    return {**known, "keys of lists": lists, "others": len(sizes) - len(known) - lists}


def _log(data: Path, words: frozenset[str]) -> dict[str, Any]:
    try:
        with closing(schema.connect_read_only(data / DATABASE)) as db:
            counts, last = kinds_and_times(db, ENTRIES)
            tables = sizes_of_tables(db)
    except (StoreError, sqlite3.Error) as error:
        return {"fault": scrubbed(str(error), words)}
    return {"kinds": counts, "tables": tables, "last": [[_iso(at_ms), kind, state] for at_ms, kind, state in last]}


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def _zipped(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text.encode("utf-8", "replace"), zipfile.ZIP_DEFLATED)
    return content.getvalue()
