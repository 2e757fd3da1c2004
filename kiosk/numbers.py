"""The story of the numbers: every day of the log as counts that name nobody, and today's as of now."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field
from functools import partial
from itertools import islice

from kiosk.config import Settings
from kiosk.day_settings import settings_today
from kiosk.retention import key_day
from kiosk.rules.numbers import Numbers, without_rare_kinds
from kiosk.rules.presence import Counts
from kiosk.store import days, numbers
from kiosk.store.day_settings import day_settings_in_force
from kiosk.store.days import KeySpan
from kiosk.store.head import read_head
from kiosk.store.projections import counts_of
from kiosk.store.reading import Reader

FRESH_S = 10.0  # whoever asks again within it gets the same: fifty tablets count a busy day no oftener than one


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the log (ISO). Of one that was closed before days kept more than their counts, *numbers* is None."""

    day: str
    counts: Counts
    numbers: Numbers | None
    is_open: bool = False
    spans: tuple[KeySpan, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class _Present:
    key_id: bytes
    sequence: int
    counted_s: float
    numbers: Numbers


class DayBook:
    """Every day's numbers, the newest first; threads may share it.

    Days that are over are read from the entries that closed them, today's are counted once for all who ask.
    """

    def __init__(self, reader: Reader, settings: Settings) -> None:
        self._reader = reader
        self._settings = settings
        self._counting = threading.Lock()
        self._present: _Present | None = None
        self._over: tuple[bytes, dict[str, list[KeySpan]]] = b"", {}

    def days(self) -> list[str]:
        """Every day of the log (ISO)."""
        return list(self._reader.ask(self._spans))

    def newest(self, number: int) -> list[Day]:
        """The newest days, at most *number*."""
        return self._reader.ask(partial(self._newest, number=number))

    def day(self, day: str) -> Day | None:
        """One day (ISO); None where the log knows none."""
        return self._reader.ask(partial(self._one, day=day))

    def _newest(self, db: sqlite3.Connection, number: int) -> list[Day]:
        return [self._read(db, day, spans) for day, spans in islice(self._spans(db).items(), number)]

    def _one(self, db: sqlite3.Connection, day: str) -> Day | None:
        spans = self._spans(db).get(day)
        return self._read(db, day, spans) if spans else None

    def _spans(self, db: sqlite3.Connection) -> dict[str, list[KeySpan]]:
        """The day keys of each day: one, but for a lost key or a wrong clock."""
        present = days.present_span(db)
        if present is None:
            return {}
        if self._over[0] != present.key_id:  # else no day has ended since
            self._over = present.key_id, self._by_day(db, days.key_spans(db)[1:])
        (today,) = self._by_day(db, [present])
        return {today: [present, *self._over[1].get(today, ())], **_without(self._over[1], today)}

    def _by_day(self, db: sqlite3.Connection, spans: Sequence[KeySpan]) -> dict[str, list[KeySpan]]:
        found: defaultdict[str, list[KeySpan]] = defaultdict(list)
        for span, began_ms in zip(spans, days.began_ms(db, spans), strict=True):
            found[key_day(began_ms, self._settings.zone, self._settings.vault.turn_at)].append(span)
        return dict(found)

    def _read(self, db: sqlite3.Connection, day: str, spans: list[KeySpan]) -> Day:
        key_id = read_head(db).key_id
        parts = [self._now(db, span) if span.key_id == key_id else numbers.kept(db, span) for span in spans]
        known = [part for part in parts if part is not None]
        return Day(
            day,
            _sum(counts_of(db, span.key_id) for span in spans),
            sum(known, Numbers()) if len(known) == len(parts) else None,
            is_open=spans[0].key_id == key_id,
            spans=tuple(spans),
        )

    def _now(self, db: sqlite3.Connection, span: KeySpan) -> Numbers:
        with self._counting:
            now, now_s = self._present, time.monotonic()
            if now is None or now.key_id != span.key_id or _is_stale(now, span, now_s):
                capacity = settings_today(self._settings, day_settings_in_force(db)).site.capacity
                found = without_rare_kinds(numbers.counted(db, span, capacity))
                self._present = now = _Present(span.key_id, span.last, now_s, found)
            return now.numbers


def _is_stale(now: _Present, span: KeySpan, now_s: float) -> bool:
    return now.sequence != span.last and now_s - now.counted_s > FRESH_S


def _without(spans: dict[str, list[KeySpan]], day: str) -> dict[str, list[KeySpan]]:
    return {each: theirs for each, theirs in spans.items() if each != day}


def _sum(each: Iterable[Counts]) -> Counts:
    return Counts(*map(sum, zip(*map(astuple, each), strict=True)))
