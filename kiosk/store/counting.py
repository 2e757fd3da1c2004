"""How much of what a log has, and when; nothing of whom."""

from __future__ import annotations

import sqlite3

from kiosk.rules.entries import EntryKind
from kiosk.rules.model import ClockState
from kiosk.store.projections import EVERY_TABLE

_TABLES = ("entry", "spool", "roster_list", "roster_row", *EVERY_TABLE)


def kinds_and_times(db: sqlite3.Connection, most: int) -> tuple[dict[str, int], list[tuple[int, str, str]]]:
    """How many entries there are of each kind; time, kind and clock of the last *most*, the oldest first.

    Kinds and clocks that this program does not know are ``other``: somebody may have written them.
    """
    counts: dict[str, int] = {}
    for kind, count in db.execute("SELECT kind, count(*) FROM entry GROUP BY kind"):
        counts[_known(kind, EntryKind)] = counts.get(_known(kind, EntryKind), 0) + count
    rows = db.execute("SELECT at_ms, kind, clock FROM entry ORDER BY sequence DESC LIMIT ?", (most,)).fetchall()
    return counts, [(at_ms, _known(kind, EntryKind), _known(state, ClockState)) for at_ms, kind, state in rows[::-1]]


def sizes_of_tables(db: sqlite3.Connection) -> dict[str, int]:
    """Rows of each table."""
    return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _TABLES}


def _known(text: str, kinds: type[EntryKind] | type[ClockState]) -> str:
    return text if text in list(kinds) else "other"
