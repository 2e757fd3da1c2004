"""What vanishes with the day key, when, and what of it leaves the kiosk first: sealed to the tracing team."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kiosk.config import Settings
from kiosk.retention import local_time
from kiosk.rules import clock
from kiosk.rules.model import ClockState, Moment
from kiosk.store.head import Head
from kiosk.store.reading import VisitRow
from kiosk.times import VisitTimes, told
from kiosk.vault import Shown, Vault

WARNED_MS = 3_600_000  # so long before the key turns, staff are told what will vanish


def turns_ms(head: Head, settings: Settings, now: Moment) -> int:
    """When the day key of *head* turns, as far as can be told *now*: at its hour, or after its longest running time.

    Without a sure date only the running time turns it.
    """
    ran_ms = head.key_ran_ms + clock.ran_ms(head.shown, now)
    by_running_ms = now.wall_ms + max(0, round(settings.vault.longest_key_s * 1000) - ran_ms)
    if now.clock is ClockState.UNKNOWN:
        return by_running_ms
    return min(by_running_ms, _next_hour_ms(now.wall_ms, settings))


def _next_hour_ms(now_ms: int, settings: Settings) -> int:
    hours, minutes = map(int, settings.vault.turn_at.split(":"))
    now = local_time(now_ms, settings.zone)
    turns = now.replace(hour=hours, minute=minutes, second=0, microsecond=0)
    if turns <= now:
        turns += timedelta(days=1)
    return round(turns.timestamp() * 1000)


def sealed_day(visits: Iterable[tuple[VisitRow, VisitTimes]], vault: Vault, zone: ZoneInfo) -> bytes:
    """The file in which *visits* of today leave the kiosk: a JSON line each, with what staff see, and no more.

    Raises VaultError when no day key is in use, or there are too many.
    """
    lines = (json.dumps(_record(visit, time, vault, zone), ensure_ascii=False) for visit, time in visits)
    return vault.seal_today("".join(f"{line}\n" for line in lines).encode(errors="replace"))


def _record(visit: VisitRow, time: VisitTimes, vault: Vault, zone: ZoneInfo) -> dict[str, object]:
    shown = (vault.reveal(visit.shown) if visit.shown else None) or Shown()
    return {
        "visit": visit.id,
        "ticket": visit.ticket,
        "name": shown.name,
        "number": shown.number,
        "birth": shown.birth,
        "sex": shown.sex,
        "unit": shown.unit,
        "kind": visit.kind,
        **told("entered", time.entered, zone),
        "entered_as_read": _iso(visit.entered_ms, zone),
        "gate_in": visit.gate_in,
        **told("left", time.left, zone),
        "left_as_read": _iso(visit.left_ms, zone),
        "gate_out": visit.gate_out,
        "inferred": visit.exit_inferred,
    }


def _iso(at_ms: int | None, zone: ZoneInfo) -> str | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).isoformat()
