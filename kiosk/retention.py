"""What time does to the log: closing, the turn of the day key, and the end of keeping."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kiosk.config import Settings
from kiosk.day_settings import settings_today
from kiosk.rules import admission, clock
from kiosk.rules.entries import Body, EntryKind
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.numbers import as_table, without_rare_kinds
from kiosk.rules.stays import zones_as_body
from kiosk.rules.true_times import FAR_MS, Source, clock_of
from kiosk.store import spool
from kiosk.store.clocks import anchors, reads, shown_before, true_times
from kiosk.store.day_settings import day_settings_in_force
from kiosk.store.days import present_span
from kiosk.store.head import read_head
from kiosk.store.log import KeyTurned, Store, Writing, open_visits
from kiosk.store.numbers import counted
from kiosk.store.purging import BATCH_ROWS, ClosedDay, closed_days, erase, erase_settled, forget, is_owed
from kiosk.vault import Vault

BATCH = 200
# Between batches, so that a person at the door never waits for house work.
PAUSE_S = 0.01
DAY_MS = 86_400_000


def local_time(at_ms: int, zone: ZoneInfo) -> datetime:
    """The site's local time at *at_ms*."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)


def key_day(at_ms: int, zone: ZoneInfo, turn_at: str) -> str:
    """The local date, as ISO 8601, that a day key begun at *at_ms* serves: it begins at *turn_at*."""
    hours, minutes = (int(part) for part in turn_at.split(":"))
    return (local_time(at_ms, zone) - timedelta(hours=hours, minutes=minutes)).date().isoformat()


def day_began_ms(day: str, settings: Settings) -> int:
    """When the day of the key that serves the local date *day* began, in milliseconds; 0 while there is none."""
    if not day:
        return 0
    began = datetime.fromisoformat(f"{day}T{settings.vault.turn_at}").replace(tzinfo=settings.zone)
    return round(began.timestamp() * 1000)


def turn_if_due(store: Store, vault: Vault, settings: Settings, now: Moment) -> bool:
    """Turn the day key where the rules say so; True where it turned. A lost key turns at once."""
    head = store.head()
    today = key_day(now.wall_ms, settings.zone, settings.vault.turn_at)
    sure = now.clock is not ClockState.UNKNOWN
    due = not head.key_id or admission.turn_is_due(
        key_day=_day_served(store, settings) if sure and head.key_day != today else head.key_day,
        today=today,
        date_is_sure=sure,
        ran_ms=head.key_ran_ms,
        longest_ms=round(settings.vault.longest_key_s * 1000),
    )
    if head.key_id and vault.key_id != head.key_id:
        due = not vault.use(head.key_id) or due
    return due and turn(store, vault, settings, now, head.key_id)


def _day_served(store: Store, settings: Settings) -> str:
    """The day of the key in use, by what has set the clock since it began; the earliest that it may be of."""
    span = present_span(store.db)
    assert span is not None, "a key is in use"
    began = true_times(store.db, believed=False).of(span.first, reads(store.db, [span.first])[span.first])
    return "" if began.earliest_ms is None else key_day(began.earliest_ms, settings.zone, settings.vault.turn_at)


def turn(store: Store, vault: Vault, settings: Settings, now: Moment, old: bytes) -> bool:
    """End the day of the key *old*: open visits close as inferred, a new key is in the log, the old one is destroyed.

    The sealed copy of the new key is durable before its first use; whatever moment the power fails at,
    the log names exactly one key and the key file holds it. False where another process turned it first.
    """
    close_if_due(store, settings, now)
    close_open_visits(store, settings, now, store.shown_ms(now))
    day = _day_in_numbers(store.db, settings)  # before the lock, for it takes longer than a person waits
    try:
        with store.writing(old) as log:
            if old:
                vault.use(old)
            new = vault.new_day_key()
            while _close_some(log, settings, now, log.shown_ms(now)):
                pass
            if old:
                if day.through != log.head.sequence:
                    day = _day_in_numbers(log.db, settings)
                closing: Body = {"counts": log.counts().as_table(), "numbers": day.table}
                log.append(EntryKind.DAY_CLOSE, "", now, closing)
            body = {"sealed": new.sealed.hex(), "tracing": vault.tracing_fingerprint, "demo": vault.demo}
            body["zones"] = zones_as_body((settings.gate(gate.id) for gate in settings.gates), settings.plan())
            local_day = key_day(clock.told_ms(log.shown_ms(now), now), settings.zone, settings.vault.turn_at)
            log.append(EntryKind.DAY_KEY, "", now, body, key=(new.key_id, local_day))
            spool.forget_all(log.db)  # a ticket dies with its visit, and its slip with the day
    except KeyTurned as turned:
        vault.use(turned.key_id)
        return False
    used = vault.use(new.key_id)
    forget(store)
    return used


@dataclass(frozen=True, slots=True)
class _Counted:
    """The day in numbers, as its closing entry keeps them, *through* an entry."""

    through: int
    table: Body


def _day_in_numbers(db: sqlite3.Connection, settings: Settings) -> _Counted:
    through, span = read_head(db).sequence, present_span(db)
    if span is None:
        return _Counted(through, {})
    try:
        capacity = settings_today(settings, day_settings_in_force(db)).site.capacity
        return _Counted(through, as_table(without_rare_kinds(counted(db, span, capacity))))
    except (sqlite3.Error, ValueError, LookupError, TypeError):
        # The key must turn whatever somebody has done to the records; verification says what that was.
        return _Counted(through, {})


def close_if_due(store: Store, settings: Settings, now: Moment) -> None:
    """Close every visit that began before the latest closing time as inferred to have ended then.

    While nothing has set the clock, it may have jumped over the closing time: then only those are closed who came
    before this machine has been running for ``[door] forgotten_s``.
    """
    shown_ms = store.shown_ms(now)
    now_ms = clock.told_ms(shown_ms, now)
    closing_ms = last_closing(settings_today(settings, day_settings_in_force(store.db)), now_ms)
    if closing_ms is None:
        return
    closing_ms += shown_ms - now_ms
    if now.clock is ClockState.UNKNOWN:
        forgotten_ms = round(settings.door.forgotten_s * 1000)
        closing_ms = min(closing_ms, shown_before(store.db, now.boot_id, now.monotonic_ms - forgotten_ms))
    close_open_visits(store, settings, now, closing_ms)


def close_open_visits(store: Store, settings: Settings, now: Moment, ended_ms: int) -> None:
    """Close every visit open at *ended_ms* as inferred to have ended then, in short transactions."""
    while open_visits(store.db, ended_ms, limit=1):
        with store.writing(None) as log:
            _close_some(log, settings, now, ended_ms)
        time.sleep(PAUSE_S)


def _close_some(log: Writing, settings: Settings, now: Moment, ended_ms: int) -> bool:
    ids = open_visits(log.db, ended_ms, BATCH)
    if ids:
        longest_ms = round(settings.door.forgotten_s * 1000)
        body = {"first": ids[0], "last": ids[-1], "ended_ms": ended_ms, "longest_ms": longest_ms}
        log.append(EntryKind.CLOSING, "", now, body)
    return bool(ids)


def last_closing(settings: Settings, now_ms: int) -> int | None:
    """The latest closing time that is not after *now_ms*; None for a site that never closes."""
    if not settings.site.closes:
        return None
    hours, minutes = (int(part) for part in settings.site.closes.split(":"))
    now = local_time(now_ms, settings.zone)
    closing = now.replace(hour=hours, minute=minutes, second=0, microsecond=0)
    if closing > now:
        closing -= timedelta(days=1)
    return round(closing.timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A hub has all entries up to *acknowledged*; later ones wait for it until they were kept for *longest_days*."""

    acknowledged: int
    longest_days: int

    def has(self, day: ClosedDay) -> bool:
        """Whether the hub has all of *day*."""
        return day.last <= self.acknowledged


def purge(
    store: Store,
    now: Moment,
    keep_days: int,
    on_progress: Callable[[int], None] | None = None,
    *,
    waiting: Waiting | None = None,
) -> int:
    """Erase the bodies of every day that was kept for *keep_days*; returns how many entries.

    A day was kept so long when a clock that is sure says so of its last passage's true time, or when as many
    later days have closed. The chain still proves order and completeness; the counts of the day stay. The
    entry that says so is written first, then the bodies go in short transactions. Where a hub is *waiting*, what it
    has not acknowledged is kept as long as that says, and the entry tells when it goes all the same.
    """
    erased = 0
    days = closed_days(store.db)
    ended = _latest_ends(store.db, days)
    knows = _knows_what_is_old(store, now)
    for later, day, ended_ms in zip(reversed(range(len(days))), days, ended, strict=True):
        kept_days, said = keep_days, dict[str, object]()
        if waiting and not waiting.has(day):
            kept_days, said = max(keep_days, waiting.longest_days), {"unacknowledged": True}
        oldest_ms = now.wall_ms - kept_days * DAY_MS if knows else -FAR_MS
        if ended_ms >= oldest_ms and later < kept_days:
            continue
        with store.writing(None) as log:
            log.append(EntryKind.PURGE, "", now, {"through": day.last, "keep_days": kept_days, **said})
        for first in range(day.first, day.last + 1, BATCH_ROWS):
            erased += erase(store, first, min(first + BATCH_ROWS - 1, day.last))
            if on_progress:
                on_progress(erased)
            time.sleep(PAUSE_S)
    erased += erase_settled(store)
    if erased or is_owed(store):
        forget(store)
    return erased


def _knows_what_is_old(store: Store, now: Moment) -> bool:
    """Whether the clock is sure enough to delete by: no hub ends the time of keeping by saying that it is later."""
    if now.clock is not ClockState.TOLD:
        return now.clock is not ClockState.UNKNOWN
    return all(anchor.source is not Source.HUB for anchor in clock_of(now.boot_id, anchors(store.db, now.boot_id)))


def _latest_ends(db: sqlite3.Connection, days: list[ClosedDay]) -> list[int]:
    """When somebody passed last on each of *days*, at the latest; FAR_MS where nothing tells."""
    times, known = true_times(db, believed=False), reads(db, [day.last_passage for day in days])
    ends = [times.of(day.last_passage, known[day.last_passage]).latest_ms for day in days]
    return [FAR_MS if end is None else end for end in ends]
