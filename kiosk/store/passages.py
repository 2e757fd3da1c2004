"""Visits of a day in a log, with their true times. For ``Reader.ask``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.rules.entries import Entry, EntryKind
from kiosk.rules.stays import Passed
from kiosk.rules.true_times import TrueTime, TrueTimes
from kiosk.store.clocks import reads, run_ends, visit_times
from kiosk.store.days import KeySpan
from kiosk.store.head import read_head
from kiosk.store.stored import entries_where

_VISITS = (
    "SELECT id, entered_ms, left_ms, exit_sequence, who, coalesce(nullif(gate_in, ''), gate_out), exit_inferred"
    " FROM visit WHERE id BETWEEN ? AND ? AND who IS NOT NULL ORDER BY id"
)
_SAID = ("scan", "desk", "call", "correction", "erasure")
Ends = tuple[tuple[int, TrueTime], ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """The visit of *who* that entry *id* began; *gate* is that of their arrival, or of their exit where only that was
    seen.
    """

    id: int
    who: bytes
    gate: str
    passed: Passed


def passages(db: sqlite3.Connection, times: TrueTimes, span: KeySpan) -> list[Passage]:
    """The visits of *span*, but for those of nobody, whom staff only counted."""
    rows = db.execute(_VISITS, (span.first, span.last)).fetchall()
    known = visit_times(db, times, [row[:4] for row in rows])
    return [
        Passage(visit, who, gate, Passed(entered, left, bool(inferred)))
        for (visit, *_, who, gate, inferred), (entered, left) in zip(rows, known, strict=True)
    ]


def said_of_people(db: sqlite3.Connection, span: KeySpan) -> Iterator[Entry]:
    """The entries of *span* that say anything of visits or tickets and are not erased, in order."""
    marks = ", ".join("?" * len(_SAID))
    where = f"sequence BETWEEN ? AND ? AND kind IN ({marks}) AND body IS NOT NULL"
    return (stored.entry for stored in entries_where(db, read_head(db), where, span.first, span.last, *_SAID))


def key_entry(db: sqlite3.Connection, span: KeySpan) -> Entry | None:
    """The entry of the day key of *span*; None where it is erased."""
    where = "sequence BETWEEN ? AND ? AND kind = ? AND body IS NOT NULL"
    found = entries_where(db, read_head(db), where, span.first, min(span.first + 1, span.last), EntryKind.DAY_KEY)
    return next((stored.entry for stored in found), None)


def erased_keys(db: sqlite3.Connection, after: int) -> set[bytes]:
    """The day keys of whose entries some were erased one by one, by entries after *after*."""
    found = entries_where(db, read_head(db), "kind = ? AND sequence > ? AND body IS NOT NULL", EntryKind.ERASURE, after)
    return {bytes.fromhex(stored.entry.body["key"]) for stored in found if stored.entry.body}


def true_ends(db: sqlite3.Connection, times: TrueTimes, span: KeySpan) -> Ends:
    """The true times of the ends of each run in *span*, by which those of all its entries are given."""
    known = reads(db, run_ends(db, span.first, span.last))
    return tuple((sequence, times.of(sequence, read)) for sequence, read in sorted(known.items()))
