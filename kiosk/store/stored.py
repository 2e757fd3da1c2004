"""Entries as they lie on disk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kiosk.rules.entries import Entry, Header
from kiosk.rules.model import ClockState, Moment
from kiosk.store.epochs import EpochOf, epoch_of
from kiosk.store.head import Head


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it lies on disk, before anything about it is believed."""

    entry: Entry
    commitment: bytes
    chain: bytes
    salt: bytes | None
    encoded: bytes | None


def stored_entries(db: sqlite3.Connection, head: Head, after: int = 0) -> Iterator[StoredEntry]:
    """Every entry after sequence *after*, in order. Raises ValueError for one that cannot be read at all."""
    return entries_where(db, head, "sequence > ?", after)


def entries_where(db: sqlite3.Connection, head: Head, where: str, *values: object) -> Iterator[StoredEntry]:
    """The entries of which the SQL condition *where* holds, in order. Raises ValueError as ``stored_entries``."""
    epoch = epoch_of(db, head)
    rows = db.execute(
        "SELECT sequence, kind, key_id, gate, at_ms, wall_ms, monotonic_ms, boot_id, clock, commitment, chain,"
        f" salt, body FROM entry WHERE {where} ORDER BY sequence",
        values,
    )
    for row in rows:
        yield stored_entry(row, epoch)


def stored_entry(row: Sequence[Any], epoch: EpochOf) -> StoredEntry:
    """A *row* of the table ``entry``, its columns in their order. Raises ValueError as ``stored_entries``."""
    sequence, kind, key_id, gate, at_ms, wall_ms, monotonic_ms, boot_id, clock, *rest = row
    try:
        moment = Moment(wall_ms, monotonic_ms, boot_id, ClockState(clock))
        body = None if rest[3] is None else json.loads(rest[3])
    except (ValueError, RecursionError) as error:
        raise ValueError(f"entry {sequence} was changed: {error}") from error
    header = Header(*epoch(sequence), sequence, kind, key_id, gate, at_ms, moment)
    return StoredEntry(Entry(header, body), *rest)
