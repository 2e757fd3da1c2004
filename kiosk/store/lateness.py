"""Up to when a hub has all that its kiosks have recorded, and what of that it does not answer from yet."""

from __future__ import annotations

import sqlite3

from kiosk.store.kiosk_health import told_by_all

_LAST = (
    "SELECT id, site, ifnull((SELECT max(heard_ms) FROM branch WHERE kiosk = kiosk.id), 0),"
    " (SELECT min(ifnull(l.at_ms, 0)) FROM branch AS b LEFT JOIN lake_branch AS l USING (kiosk, name)"
    " WHERE b.kiosk = kiosk.id AND b.sequence > ifnull(l.sequence, 0))"
    " FROM kiosk WHERE revoked_ms IS NULL ORDER BY site, id"
)


def complete_until(db: sqlite3.Connection) -> list[tuple[str, int]]:
    """Site and time (ms) for each kiosk: when it said last that the hub has everything, or gave a piece of its log; of
    one whose log waits to be projected, or cannot be, when that was done last.
    """
    told = told_by_all(db)
    rows = db.execute(_LAST).fetchall()
    whole = {kiosk: one.at_ms for kiosk, one in told.items() if one.health.behind == 0}
    found = []
    for kiosk, site, given_ms, projected_ms in rows:
        arrived_ms = max(given_ms, whole.get(kiosk, 0))
        found.append((site, arrived_ms if projected_ms is None else min(arrived_ms, projected_ms)))
    return found


def being_read(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """Site and day (ISO, UTC) of what has arrived, but stands in no file of the lake yet."""
    query = "SELECT DISTINCT site, day FROM lake_due JOIN kiosk ON kiosk.id = lake_due.kiosk ORDER BY site, day"
    return db.execute(query).fetchall()
