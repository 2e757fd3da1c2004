"""The story of the clock: whatever sets it, or makes it jump, is an entry from which true times follow."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from kiosk.devices import clock
from kiosk.rules.clock import NotSet, anchor_body, why_not_from_hub, why_not_told
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.true_times import Anchor, LastSet, Source, clock_of, drift_ms, more_trusted
from kiosk.store.clocks import anchors
from kiosk.store.log import Store

JUMP_MS = 1000  # a clock that is only kept right is moved by less
AGAIN_MS = 24 * 3_600_000  # so that the drift since the last anchor never makes a time unsure
HUB_ERROR_MS = 1000  # of its own clock, which time servers keep
TYPED_ERROR_MS = 60_000  # of a time that somebody typed to the minute


class ClockWatch:
    """Looks at the clock again and again; *last_set* tells what set it, how long ago, and how right."""

    def __init__(self, store: Store, last_set: Callable[[], LastSet] = clock.last_set) -> None:
        self._store = store
        self._last_set = last_set
        self._last: Anchor | None = None

    def look(self, now: Moment) -> bool:
        """Record that the clock was set, or has jumped, since the last look; True where it was.

        Raises StoreError where it cannot be recorded; the next look tries again.
        """
        if now.clock is ClockState.STATED:
            return False
        last = self._known(now.boot_id)
        if now.clock is ClockState.TOLD:
            return False
        seen = _seen(now, self._last_set() if now.clock is ClockState.SET else LastSet(), last)
        if last is None and seen.source is Source.UNKNOWN:
            self._last = seen
        if not _is_news(last, seen):
            return False
        self._last = seen
        _record(self._store, seen, now.wall_ms if last is None else now.monotonic_ms + last.offset_ms, now)
        return True

    def _known(self, boot_id: str) -> Anchor | None:
        """The last anchor of this boot, by whatever process; where there is none, the clock at the first look."""
        kept = follow_told(self._store.db, boot_id)
        if kept:
            self._last = kept[-1]
        return self._last if self._last and self._last.boot_id == boot_id else None


def _seen(now: Moment, by: LastSet, last: Anchor | None) -> Anchor:
    """The clock as it is *now*; what set it before the *last* anchor says nothing new of it, nor of why it jumped."""
    if by.source is Source.UNKNOWN or (last and by.ago_ms >= now.monotonic_ms - last.monotonic_ms):
        return Anchor(now.boot_id, now.monotonic_ms, now.wall_ms, Source.UNKNOWN, 0)
    return Anchor(now.boot_id, now.monotonic_ms, now.wall_ms, by.source, by.error_ms + drift_ms(by.ago_ms))


def _is_news(last: Anchor | None, seen: Anchor) -> bool:
    if last is None:
        return seen.source is not Source.UNKNOWN
    if abs(seen.offset_ms - last.offset_ms) >= JUMP_MS or more_trusted(seen.source, last.source):
        return True
    return seen.source is not Source.UNKNOWN and seen.monotonic_ms - last.monotonic_ms >= AGAIN_MS


def follow_told(db: sqlite3.Connection, boot_id: str) -> list[Anchor]:
    """Let the clock of this process follow what the log knows of it in this boot; returns the boot's anchors."""
    known = anchors(db, boot_id)
    best = clock_of(boot_id, known)
    clock.follow(boot_id, best[-1].offset_ms if best else None)
    return known


def take_told(store: Store, wall_ms: int, now: Moment, *, by: str, monotonic_ms: int | None = None) -> int | NotSet:
    """Somebody (*by*) says that it was *wall_ms* when the machine had run for *monotonic_ms* (None: it is *now*).

    Returns the sequence of the entry that says so; from then on this process follows it. The system's clock stays as
    it is: whoever keeps it would set it back, and the kiosk needs no right to set it.
    """
    running_ms = now.monotonic_ms if monotonic_ms is None else monotonic_ms
    if why_not := why_not_told(wall_ms, running_ms, now):
        return why_not
    anchor = Anchor(now.boot_id, running_ms, wall_ms, Source.STAFF, TYPED_ERROR_MS)
    told = Moment(now.monotonic_ms + anchor.offset_ms, now.monotonic_ms, now.boot_id, ClockState.TOLD)
    sequence = _record(store, anchor, now.wall_ms - now.monotonic_ms + running_ms, told, by)
    follow_told(store.db, now.boot_id)
    return sequence


def take_from_hub(store: Store, wall_ms: int, asked: Moment, now: Moment) -> int | NotSet:
    """The hub says *now* that it was *wall_ms* at some time since it was *asked*, in this boot.

    As ``take_told``: the sequence of the entry that says so, or why it does not count.
    """
    way_ms = (now.monotonic_ms - asked.monotonic_ms + 1) // 2
    running_ms = asked.monotonic_ms + way_ms
    anchor = Anchor(now.boot_id, running_ms, wall_ms, Source.HUB, way_ms + HUB_ERROR_MS)
    if why_not := why_not_from_hub(anchor, anchors(store.db, now.boot_id), store.shown_ms(now), now):
        return why_not
    told = Moment(now.monotonic_ms + anchor.offset_ms, now.monotonic_ms, now.boot_id, ClockState.TOLD)
    sequence = _record(store, anchor, now.wall_ms - now.monotonic_ms + running_ms, told)
    follow_told(store.db, now.boot_id)
    return sequence


def _record(store: Store, anchor: Anchor, before_ms: int, now: Moment, by: str = "") -> int:
    with store.writing(None) as writing:
        return writing.append(EntryKind.CLOCK, "", now, anchor_body(anchor, before_ms, by)).sequence
