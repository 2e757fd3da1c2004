"""Proofs from a hub's tamper log."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from kiosk.rules import merkle
from kiosk.store.tamper_log import nodes, size

# A kiosk asks for what it was acknowledged a moment ago: far behind the end nobody looks.
_LOOKED_THROUGH = 200_000


def growth(db: sqlite3.Connection, sizes: Collection[int]) -> dict[int, tuple[bytes, ...]]:
    """What proves of each of *sizes* that the log begins with its first so many leaves; larger ones are left out."""
    now, known = size(db), nodes(db)
    return {old: tuple(merkle.consistency(old, now, known)) for old in sizes if 0 < old <= now}


def leaf_with(db: sqlite3.Connection, chain: bytes) -> tuple[bytes, int, tuple[bytes, ...]]:
    """The newest leaf about the head *chain* of a log, its number, and what proves it; empty where there is none."""
    now = size(db)
    query = "SELECT said, number FROM leaf WHERE number >= ? AND instr(said, ?) > 0 ORDER BY number DESC LIMIT 1"
    row = db.execute(query, (now - _LOOKED_THROUGH, f'"chain":"{chain.hex()}"'.encode())).fetchone()
    if row is None:
        return b"", 0, ()
    said, number = row
    return bytes(said), number, tuple(merkle.inclusion(number, now, nodes(db)))
