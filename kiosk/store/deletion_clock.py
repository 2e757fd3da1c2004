"""By which time a hub deletes, kept in its database: a restart neither forgets a leap of its clock nor believes it."""

from __future__ import annotations

from kiosk.rules.leaps import Leap, Standing
from kiosk.rules.model import Moment
from kiosk.store.hub_database import HubDatabase

STEP_MS = 3_600_000  # written no more often than that


class DeletionClock:
    """What stands in *database*. Threads may share it. Raises StoreError."""

    def __init__(self, database: HubDatabase) -> None:
        self._database = database

    def at(self, now: Moment) -> Standing:
        """What stands *now*, which is kept. A hub's first clock is believed."""
        with self._database.transaction() as db:
            row = db.execute("SELECT by_ms, boot_id, monotonic_ms FROM deletion_clock").fetchone()
            before = _standing(*row) if row else None
            stands = before.at(now) if before else Standing(now.wall_ms)
            if before is None or stands.leap != before.leap or abs(stands.by_ms - before.by_ms) >= STEP_MS:
                leap = (stands.leap.boot_id, stands.leap.monotonic_ms) if stands.leap else (None, None)
                db.execute("DELETE FROM deletion_clock")
                db.execute("INSERT INTO deletion_clock VALUES (?, ?, ?)", (stands.by_ms, *leap))
        return stands


def _standing(by_ms: int, boot_id: str | None, monotonic_ms: int | None) -> Standing:
    return Standing(by_ms, None if boot_id is None or monotonic_ms is None else Leap(boot_id, monotonic_ms))
