"""How far a hub's lake is up to its logs: what was projected of which branch, which days' files are to be made anew."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from kiosk.store.hub_database import HubDatabase


@dataclass(frozen=True, slots=True)
class Part:
    """What the lake has of one day key of *kiosk*: its *days* (ISO), and the *state* of the logs it was made of.

    It is kept as long as is said from the day *aged* on.
    """

    kiosk: str
    key_id: bytes
    state: str
    days: frozenset[str]
    aged: str


class LakeState:
    """What *database* knows of the lake. Threads may share it. Raises StoreError."""

    def __init__(self, database: HubDatabase) -> None:
        self._database = database

    def behind(self, most: int) -> list[str]:
        """At most *most* kiosks of whose logs more has arrived than was projected, the longest waiting first."""
        with self._database.transaction() as db:
            rows = db.execute(
                "SELECT b.kiosk FROM branch AS b LEFT JOIN lake_branch AS l USING (kiosk, name)"
                " WHERE b.sequence > ifnull(l.sequence, 0) GROUP BY b.kiosk"
                " ORDER BY min(ifnull(l.at_ms, 0)), b.kiosk LIMIT ?",
                (most,),
            )
            return [row[0] for row in rows]

    def branches(self, kiosk: str) -> dict[str, int]:
        """The branches of the log of *kiosk*, and the entry up to which each was projected."""
        with self._database.transaction() as db:
            rows = db.execute(
                "SELECT b.name, ifnull(l.sequence, 0) FROM branch AS b LEFT JOIN lake_branch AS l USING (kiosk, name)"
                " WHERE b.kiosk = ? ORDER BY b.name",
                (kiosk,),
            )
            return dict(rows.fetchall())

    def parts(self, kiosk: str) -> dict[bytes, Part]:
        """The parts of *kiosk*, by day key."""
        with self._database.transaction() as db:
            rows = db.execute("SELECT kiosk, key_id, state, days, aged FROM lake_part WHERE kiosk = ?", (kiosk,))
            parts = [_part(*row) for row in rows]
        return {part.key_id: part for part in parts}

    def parts_of(self, day: str) -> list[tuple[str, bytes]]:
        """Kiosk and day key of each part that has anything of *day*."""
        with self._database.transaction() as db:
            query = "SELECT kiosk, key_id FROM lake_part WHERE instr(days, ?) ORDER BY kiosk, key_id"
            return db.execute(query, (f'"{day}"',)).fetchall()

    def aged_before(self, day: str) -> list[Part]:
        """Each part that has aged since before *day*."""
        with self._database.transaction() as db:
            query = "SELECT kiosk, key_id, state, days, aged FROM lake_part WHERE aged < ? ORDER BY kiosk, key_id"
            return [_part(*row) for row in db.execute(query, (day,))]

    def changed(self, part: Part, before: Part | None) -> None:
        """*part* is there, in place of the one *before*; one without days is none. The files of both's days are due."""
        touched = part.days | (before.days if before else frozenset())
        with self._database.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO lake_due VALUES (?, ?)", [(day, part.kiosk) for day in sorted(touched)]
            )
            if part.days:
                row = (part.kiosk, part.key_id, part.state, json.dumps(sorted(part.days)), part.aged)
                db.execute("INSERT OR REPLACE INTO lake_part VALUES (?, ?, ?, ?, ?)", row)
            else:
                db.execute("DELETE FROM lake_part WHERE kiosk = ? AND key_id = ?", (part.kiosk, part.key_id))

    def projected(self, kiosk: str, through: dict[str, int], at_ms: int) -> None:
        """The branches of *kiosk* were projected *through* those entries."""
        with self._database.transaction() as db:
            rows = [(kiosk, name, sequence, at_ms) for name, sequence in through.items()]
            db.executemany("INSERT OR REPLACE INTO lake_branch VALUES (?, ?, ?, ?)", rows)

    def due(self) -> list[str]:
        """The days (ISO) whose files are to be made anew, the newest first."""
        with self._database.transaction() as db:
            return [row[0] for row in db.execute("SELECT DISTINCT day FROM lake_due ORDER BY day DESC")]

    def made(self, days: Iterable[str]) -> None:
        """The files of those days are made."""
        with self._database.transaction() as db:
            db.executemany("DELETE FROM lake_due WHERE day = ?", [(day,) for day in days])


def _part(kiosk: str, key_id: bytes, state: str, days: str, aged: str) -> Part:
    return Part(kiosk, key_id, state, frozenset(json.loads(days)), aged)
