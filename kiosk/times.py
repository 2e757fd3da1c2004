"""The true times of a log as every reader shows them: repaired by the anchors, with how sure they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kiosk.clock_watch import follow_told
from kiosk.devices import clock
from kiosk.rules.entries import Entry
from kiosk.rules.true_times import Read, Sureness, TrueTime, TrueTimes
from kiosk.store.clocks import (
    TimesState,
    first_entry,
    of_shown,
    reads,
    run_ends,
    state_of_times,
    true_times,
    visit_times,
)
from kiosk.store.days import KeySpan
from kiosk.store.reading import Reader, VisitRow


@dataclass(frozen=True, slots=True)
class VisitTimes:
    """When a visit began and ended, in truth; None where it did not, or nobody knows."""

    entered: TrueTime | None
    left: TrueTime | None


def sureness_text(time: TrueTime) -> str:
    """How sure *time* is, as files say it: ``sure``, ``within 720 s``, or ``order only``."""
    if time.sureness is Sureness.WITHIN:
        return f"within {-(-(time.within_ms or 0) // 1000)} s"
    return {Sureness.SURE: "sure", Sureness.ORDER: "order only"}[time.sureness]


def told(name: str, time: TrueTime | None, zone: ZoneInfo) -> dict[str, str | None]:
    """A true time and how sure it is, as records have them: *name*, and *name* with ``_sureness``."""
    if time is None:
        return {name: None, f"{name}_sureness": None}
    at = datetime.fromtimestamp(time.at_ms / 1000, UTC).astimezone(zone)
    return {name: at.isoformat(timespec="milliseconds"), f"{name}_sureness": sureness_text(time)}


class Times:
    """Repairs the times of the log that *reader* reads; threads may share it.

    *believed*: on a kiosk for trying out, the machine's clock counts as set.
    """

    def __init__(self, reader: Reader, *, believed: bool) -> None:
        self._reader = reader
        self._believed = believed
        self._made: tuple[TimesState, TrueTimes] | None = None

    def of(self, entries: Iterable[Entry]) -> list[TrueTime]:
        """When each of *entries* was recorded."""
        times = self._reader.ask(self._times)
        return [times.of(entry.sequence, Read(entry.header.moment, entry.header.at_ms)) for entry in entries]

    def of_visits(self, rows: Iterable[VisitRow]) -> list[VisitTimes]:
        """When those visits began and ended."""
        return self._reader.ask(lambda db: self._of_visits(db, list(rows)))

    def of_shown(self, at_ms: int) -> TrueTime:
        """What is true of a time that was shown, or reckoned from one: of a call, a closing, a correction."""
        return self._reader.ask(lambda db: of_shown(db, self._times(db), at_ms))

    def are_sure(self, spans: Iterable[KeySpan]) -> bool:
        """Whether every hour of those days may be relied on. What is true of the ends of a run is of all of it."""
        return self._reader.ask(lambda db: all(self._is_sure(db, span) for span in spans))

    def _is_sure(self, db: sqlite3.Connection, span: KeySpan) -> bool:
        times, ends = self._times(db), reads(db, run_ends(db, span.first, span.last))
        return all(times.of(sequence, read).sureness is Sureness.SURE for sequence, read in ends.items())

    def sequence_at(self, at_ms: int) -> int:
        """The sequence of the first entry recorded at or after *at_ms* in truth (one past the end if there is none)."""

        def find(db: sqlite3.Connection) -> int:
            times = self._times(db)
            return first_entry(db, lambda sequence, read: times.of(sequence, read).at_ms >= at_ms)

        return self._reader.ask(find)

    def _times(self, db: sqlite3.Connection) -> TrueTimes:
        """What is known of the clocks now. This process follows what somebody told of them, too."""
        state, made = state_of_times(db), self._made
        if made is None or not state.is_like(made[0]):
            self._made = made = state, true_times(db, believed=self._believed)
            follow_told(db, clock.boot_id())
        return made[1]

    def _of_visits(self, db: sqlite3.Connection, rows: list[VisitRow]) -> list[VisitTimes]:
        moments = [(row.id, row.entered_ms, row.left_ms, row.exit_sequence) for row in rows]
        return [VisitTimes(*found) for found in visit_times(db, self._times(db), moments)]
