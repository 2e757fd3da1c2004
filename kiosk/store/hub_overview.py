"""All kiosks of a hub at one glance: what is known of each, in one question."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from kiosk.rules.kiosk_health import health_of
from kiosk.store.catalogue import Enrolled
from kiosk.store.kiosk_health import Told

_EVERYTHING = """
SELECT kiosk.*, ifnull(ends.entries, 0), ifnull(ends.forked, 0), ifnull(refusals.times, 0), told.at_ms, told.said
FROM kiosk
LEFT JOIN (SELECT kiosk, max(sequence) AS entries, max(forked) AS forked FROM branch GROUP BY kiosk) AS ends
    ON ends.kiosk = kiosk.id
LEFT JOIN (SELECT kiosk, count(*) AS times FROM refused GROUP BY kiosk) AS refusals ON refusals.kiosk = kiosk.id
LEFT JOIN kiosk_health AS told ON told.kiosk = kiosk.id
ORDER BY kiosk.site, kiosk.id
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A kiosk as the hub sees it: up to which entry its log has arrived, whether two cards go on with it, how many of
    its segments were *refused*, and what it has *told* of itself."""

    kiosk: Enrolled
    entries: int
    forked: bool
    refused: int
    told: Told | None

    def is_silent(self, now_ms: int, silent_ms: int) -> bool:
        """Whether it should have been heard in the last *silent_ms*, and was not."""
        heard_ms = self.kiosk.enrolled_ms if self.kiosk.heard_ms is None else self.kiosk.heard_ms
        return self.kiosk.revoked_ms is None and now_ms - heard_ms > silent_ms

    @property
    def has_trouble(self) -> bool:
        """Whether somebody should look at it."""
        told = self.told is not None and bool(self.told.health.faults)
        return self.kiosk.revoked_ms is None and (told or self.forked or self.refused > 0)


def overview(db: sqlite3.Connection) -> list[Seen]:
    """Every kiosk, by site and name."""
    return [_seen(*row) for row in db.execute(_EVERYTHING)]


def _seen(*row: object) -> Seen:
    *enrolled, entries, forked, refused, at_ms, said = row
    told = Told(at_ms, health_of(json.loads(said))) if isinstance(at_ms, int) and isinstance(said, str) else None
    assert isinstance(entries, int)
    assert isinstance(refused, int)
    return Seen(Enrolled(*enrolled), entries, bool(forked), refused, told)  # type: ignore[arg-type]  # STRICT tables
