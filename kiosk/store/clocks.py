"""The runs of the machine, kept beside the log, and the true times that follow from them and from the anchors."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from kiosk.rules.clock import anchor_of
from kiosk.rules.entries import Header
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.true_times import FAR_MS, Anchor, Read, Run, TrueTime, TrueTimes

# A run begins with another boot, and where times stated on the command line begin or end.
RUN = """
CREATE {temp} TABLE {prefix}run (first INTEGER PRIMARY KEY, boot_id TEXT NOT NULL, stated INTEGER NOT NULL) STRICT;
"""
RUN_TABLES = {"run": ("first", "boot_id", "stated")}
CLOCK_INDEX = "CREATE INDEX entry_clock ON entry (kind) WHERE kind = 'clock'"  # few: the log need not be read for them

_READ = "SELECT sequence, wall_ms, monotonic_ms, boot_id, clock, at_ms FROM entry WHERE sequence"
_AT_ONCE = 500
_HARDLY_MS = 1000
_STATES = {str(state): state for state in ClockState}


class RunTable:
    """The table of runs, whose name begins with *prefix*."""

    def __init__(self, db: sqlite3.Connection, prefix: str = "") -> None:
        self._db = db
        self._last = f"SELECT boot_id, stated FROM {prefix}run ORDER BY first DESC LIMIT 1"
        self._begin = f"INSERT INTO {prefix}run VALUES (?, ?, ?)"

    def apply(self, header: Header) -> None:
        """Bring the table up to the next entry."""
        run = (header.moment.boot_id, int(header.moment.clock is ClockState.STATED))
        if self._db.execute(self._last).fetchone() != run:
            self._db.execute(self._begin, (header.sequence, *run))


def fill_runs(db: sqlite3.Connection) -> None:
    """Make the table from the log, within the current transaction. Raises sqlite3.Error."""
    db.execute("DELETE FROM run")
    db.execute(
        "INSERT INTO run SELECT sequence, boot_id, stated FROM (SELECT sequence, boot_id, clock = 'stated' AS stated,"
        " lag(boot_id) OVER by_order AS boot_before, lag(clock = 'stated') OVER by_order AS stated_before FROM entry"
        " WINDOW by_order AS (ORDER BY sequence)) WHERE boot_before IS NOT boot_id OR stated_before IS NOT stated"
    )


def reads(db: sqlite3.Connection, sequences: Iterable[int]) -> dict[int, Read]:
    """The clocks of entries, by sequence; those that are not there are left out."""
    wanted, found = sorted(set(sequences)), {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        rows = db.execute(f"{_READ} IN ({', '.join('?' * len(some))})", some)
        for sequence, wall_ms, monotonic_ms, boot_id, clock, at_ms in rows:
            state = _STATES.get(clock, ClockState.UNKNOWN)
            found[sequence] = Read(Moment(wall_ms, monotonic_ms, boot_id, state), at_ms)
    return found


def run_ends(db: sqlite3.Connection, first: int, last: int) -> set[int]:
    """Of the entries *first* to *last*, those with which a run begins or ends there."""
    begins = [row[0] for row in db.execute("SELECT first FROM run WHERE first > ? AND first <= ?", (first, last))]
    return {first, last, *begins, *(begin - 1 for begin in begins)}


def anchors(db: sqlite3.Connection, boot_id: str = "") -> list[Anchor]:
    """The anchors of the log (of one boot), oldest first."""
    rows = db.execute(
        "SELECT boot_id, body FROM entry WHERE kind = 'clock' AND body IS NOT NULL AND ? IN ('', boot_id)"
        " ORDER BY sequence",
        (boot_id,),
    )
    return [anchor for boot, body in rows if (anchor := anchor_of(boot, body))]


def true_times(db: sqlite3.Connection, *, believed: bool) -> TrueTimes:
    """The true times of the whole log. *believed* as ``TrueTimes`` has it."""
    rows = db.execute("SELECT first, stated FROM run ORDER BY first").fetchall()
    (last,) = db.execute("SELECT sequence FROM head").fetchone()
    ends = [*(later[0] - 1 for _, later in pairwise(rows)), last]
    known = reads(db, [*(first for first, _ in rows), *ends])
    runs = [Run(first, known[first], known[end], bool(stated)) for (first, stated), end in zip(rows, ends, strict=True)]
    return TrueTimes(runs, anchors(db), believed=believed)


@dataclass(frozen=True, slots=True)
class TimesState:
    """What true times depend on. *offset_ms* is between the clocks of the last entry."""

    offset_ms: int
    clock: str
    runs: int
    anchors: int

    def is_like(self, other: TimesState) -> bool:
        """Whether the same true times follow from the *other*: a clock that is only kept right moves none."""
        return abs(self.offset_ms - other.offset_ms) < _HARDLY_MS and replace(self, offset_ms=other.offset_ms) == other


def state_of_times(db: sqlite3.Connection) -> TimesState:
    """What ``true_times`` depends on now."""
    row = db.execute(
        "SELECT wall_ms - entry.monotonic_ms, clock, (SELECT max(first) FROM run),"
        " (SELECT ifnull(max(sequence), 0) FROM entry WHERE kind = 'clock') FROM entry JOIN head USING (sequence)"
    ).fetchone()
    return TimesState(*row)


def of_shown(db: sqlite3.Connection, times: TrueTimes, at_ms: int) -> TrueTime:
    """What is true of a time that was shown, or reckoned from one: by the nearest entry."""
    after = first_entry(db, lambda _, read: read.at_ms >= at_ms)
    sequence, read = min(reads(db, [after - 1, after]).items(), key=lambda item: abs(item[1].at_ms - at_ms))
    return times.of(sequence, read).moved(at_ms - read.at_ms)


VisitMoments = tuple[int, int | None, int | None, int | None]  # id, entered_ms, left_ms, exit_sequence


def visit_times(
    db: sqlite3.Connection, times: TrueTimes, visits: Sequence[VisitMoments]
) -> list[tuple[TrueTime | None, TrueTime | None]]:
    """When those visits began and ended in truth; None where they did not, or nobody knows."""
    known = reads(
        db, [sequence for visit, *_, exit_sequence in visits for sequence in (visit, exit_sequence) if sequence]
    )

    def of(at_ms: int | None, sequence: int | None) -> TrueTime | None:
        read = known.get(sequence or 0)
        if at_ms is None or sequence is None:
            return None
        return times.of(sequence, read) if read and read.at_ms == at_ms else of_shown(db, times, at_ms)

    return [(of(entered_ms, visit), of(left_ms, ended)) for visit, entered_ms, left_ms, ended in visits]


def first_entry(db: sqlite3.Connection, reached: Callable[[int, Read], bool], first: int = 1) -> int:
    """The sequence of the first entry (not before *first*) from which on *reached* holds; one past the end if none."""
    low, high = first, db.execute("SELECT sequence FROM head").fetchone()[0] + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle, reads(db, [middle])[middle]) else (middle + 1, high)
    return low


def shown_before(db: sqlite3.Connection, boot_id: str, monotonic_ms: int) -> int:
    """The time shown of the last entry before this boot had run for *monotonic_ms*; below any where there is none."""
    (first,) = db.execute("SELECT max(first) FROM run").fetchone()
    if monotonic_ms < 0 or reads(db, [first])[first].moment.boot_id != boot_id:
        return -FAR_MS
    end = first_entry(db, lambda _, read: read.moment.monotonic_ms >= monotonic_ms, first)
    before = reads(db, [end - 1])
    return before[end - 1].at_ms if before else -FAR_MS
