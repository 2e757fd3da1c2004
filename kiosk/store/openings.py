"""Openings of cases as ``hub.db`` keeps them: what was asked, approved, handed out, found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from kiosk.rules.openings import Opening, State
from kiosk.rules.tracing import Asked
from kiosk.rules.tracing_wire import request_in, request_out

_COLUMNS = "id, request, asked_by, asked_ms, state, decided_by, decided_ms, ended_ms, found, named, present"


class OpeningTables:
    """The tables, as long as the transaction of *db* lasts."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def next_id(self) -> int:
        """The number that the next opening gets."""
        (number,) = self._db.execute("SELECT ifnull(max(id), 0) + 1 FROM opening").fetchone()
        assert isinstance(number, int)
        return number

    def opening(self, number: int) -> Opening | None:
        """The opening with that *number*."""
        row = self._db.execute(f"SELECT {_COLUMNS} FROM opening WHERE id = ?", (number,)).fetchone()
        return _opening(row) if row else None

    def openings(self, limit: int = 200, before: int | None = None) -> list[Opening]:
        """The newest first, at most *limit*; those older than *before* where given."""
        query = f"SELECT {_COLUMNS} FROM opening WHERE id < ? ORDER BY id DESC LIMIT ?"
        return [_opening(row) for row in self._db.execute(query, (before or 1 << 62, limit))]

    def save(self, opening: Opening) -> None:
        """Keep *opening* as it is now."""
        request = json.dumps(request_out(opening.request), ensure_ascii=False)
        numbers = (opening.found, opening.named, opening.present)
        decided = (opening.state, opening.decided_by, opening.decided_ms, opening.ended_ms)
        self._db.execute(
            f"INSERT OR REPLACE INTO opening ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (opening.id, request, opening.asked_by, opening.asked_ms, *decided, *numbers),
        )

    def count(self, number: int, act: str, count: int, at_ms: int) -> None:
        """Under the opening *number*, something was handed out: how many rows."""
        self._db.execute("INSERT INTO opening_act VALUES (?, ?, ?, ?)", (number, at_ms, act, count))

    def acts(self, number: int) -> list[tuple[int, str, int]]:
        """When what was handed out under the opening *number*, and how much of it."""
        query = "SELECT at_ms, act, count FROM opening_act WHERE opening = ? ORDER BY rowid"
        return self._db.execute(query, (number,)).fetchall()

    def add_found(self, number: int, people: Iterable[tuple[bytes, bytes]]) -> None:
        """The opening *number* has found *people*, so that who they are may be handed out to it."""
        rows = [(number, key_id, who) for key_id, who in people]
        self._db.executemany("INSERT OR IGNORE INTO opening_found VALUES (?, ?, ?)", rows)

    def are_found(self, number: int, asked: Asked) -> bool:
        """Whether all of *asked* were found under the opening *number*."""
        query = "SELECT who FROM opening_found WHERE opening = ? AND key_id = ?"
        return all(
            whos <= {who for (who,) in self._db.execute(query, (number, key_id))} for key_id, whos in asked.items()
        )

    def forget_found_before(self, at_ms: int) -> None:
        """Forget whom openings have found that were last decided on before *at_ms*: nothing is asked under them."""
        over = "SELECT id FROM opening WHERE ifnull(decided_ms, asked_ms) < ?"
        self._db.execute(f"DELETE FROM opening_found WHERE opening IN ({over})", (at_ms,))

    def forget_found(self, number: int) -> None:
        """Forget whom the opening *number* has found; how many they were stays."""
        self._db.execute("DELETE FROM opening_found WHERE opening = ?", (number,))


def _opening(row: tuple[Any, ...]) -> Opening:
    number, request, asked_by, asked_ms, state, *rest = row
    return Opening(number, request_in(json.loads(request)), asked_by, asked_ms, State(state), *rest)
