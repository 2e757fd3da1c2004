"""What each kiosk has told its hub of itself, the last time."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from kiosk.rules.kiosk_health import KioskHealth, health_of


@dataclass(frozen=True, slots=True)
class Told:
    """*health* as its kiosk told it, which the hub heard at *at_ms*."""

    at_ms: int
    health: KioskHealth


def keep(db: sqlite3.Connection, kiosk: str, told: Told) -> None:
    """Keep what *kiosk* has told in place of what it told before; it was heard."""
    said = json.dumps(told.health.as_said(), ensure_ascii=False)
    db.execute("INSERT OR REPLACE INTO kiosk_health VALUES (?, ?, ?)", (kiosk, told.at_ms, said))
    db.execute("UPDATE kiosk SET heard_ms = ? WHERE id = ?", (told.at_ms, kiosk))


def told_by_all(db: sqlite3.Connection) -> dict[str, Told]:
    """What every kiosk has told that has told anything."""
    rows = db.execute("SELECT kiosk, at_ms, said FROM kiosk_health")
    return {kiosk: Told(at_ms, health_of(json.loads(said))) for kiosk, at_ms, said in rows}
