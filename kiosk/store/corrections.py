"""What the rules of corrections ask about today, answered from the tables and the log. For one transaction."""

from __future__ import annotations

import json
import sqlite3
from functools import cached_property

from kiosk.rules.corrections import Exit
from kiosk.rules.entries import Body, EntryKind
from kiosk.rules.presence import Visit
from kiosk.rules.queueing import QueueTicket
from kiosk.store.days import present_span
from kiosk.store.projections import VISIT_COLUMNS, visit_of
from kiosk.store.queue import QueueTables

_VISITS = f"SELECT {', '.join(VISIT_COLUMNS)} FROM visit WHERE "


class CorrectionTables:
    """Answers ``corrections.View``, and what pages ask."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._queue = QueueTables(db)
        self._of_who: dict[bytes, list[Visit]] = {}
        self._names: dict[int, list[bytes]] = {}

    def visit(self, visit_id: int) -> Visit | None:
        """That visit, of whichever day."""
        return next(iter(self._visits("id = ?", visit_id)), None)

    def visits_of(self, who: bytes) -> list[Visit]:
        """Today's visits of that pseudonym."""
        # All of today are looked through: an index of visits that are over is what every passage would pay for.
        if who not in self._of_who:
            self._of_who[who] = self._visits("id >= ? AND who = ? ORDER BY id", self._first, who)
        return self._of_who[who]

    def unfinished(self, like: bytes | None = None) -> list[Visit]:
        """Today's visits whose beginning or end nobody saw; and whoever looks *like* that."""
        where = "id >= ? AND (left_ms IS NULL OR exit_inferred OR entered_ms IS NULL OR like = ?) ORDER BY id"
        return self._visits(where, self._first, like)

    def stays_ms(self) -> list[int]:
        """How long those stayed whose beginning and end today were seen."""
        rows = self._db.execute(
            "SELECT left_ms - entered_ms FROM visit WHERE id >= ? AND left_ms IS NOT NULL AND entered_ms IS NOT NULL"
            " AND NOT exit_inferred",
            (self._first,),
        )
        return [row[0] for row in rows]

    def numbered(self, series: str, number: int) -> int:
        """Today's latest visit with that ticket number, 0 for none; an empty *series* fits any."""
        row = self._db.execute(
            "SELECT max(id) FROM visit WHERE id >= ? AND number = ? AND (? = '' OR upper(series) = ?)",
            (self._first, number, series, series),
        ).fetchone()
        return row[0] or 0

    def names_of(self, visit_id: int) -> list[bytes]:
        """The pseudonyms that lead to that visit, in their order."""
        if visit_id not in self._names:
            rows = self._db.execute("SELECT who FROM name WHERE visit = ? ORDER BY who", (visit_id,))
            self._names[visit_id] = [row[0] for row in rows]
        return self._names[visit_id]

    def leads_to(self, who: bytes) -> int:
        """The visit to which a pseudonym leads; 0 for none."""
        row = self._db.execute("SELECT visit FROM name WHERE who = ?", (who,)).fetchone()
        return int(row[0]) if row else 0

    def exit_of(self, visit: Visit) -> Exit:
        """The scan by which *visit* ended, with the names that the scan of its beginning had not."""
        ended, began = self._body_of(visit.exit_sequence), self._body_of(visit.id)
        own = _names(began)
        return Exit(ended.get("kind", ""), tuple(bytes.fromhex(who) for who in _names(ended) if who not in own))

    def led_by(self, visit_id: int) -> int:
        """The visit that *visit_id* accompanies; 0 for none."""
        return int(self._body_of(visit_id).get("beside", 0))

    def ticket(self, ticket_id: int) -> QueueTicket | None:
        """The ticket of that visit."""
        return self._queue.ticket(ticket_id)

    def turns_of(self, ticket_id: int) -> list[tuple[str, str, int]]:
        """Counter, service and time of each call of that ticket."""
        return self._db.execute(
            "SELECT counter, service, called_ms FROM queue_turn WHERE sequence > ? AND ticket = ? ORDER BY sequence",
            (ticket_id, ticket_id),
        ).fetchall()

    def at_counter(self, counter: str) -> QueueTicket | None:
        """Who is called to *counter* or served there."""
        return self._queue.at_counter(counter)

    def correction_of_today(self, sequence: int) -> Body | None:
        """The body of correction *sequence*; None where that is no correction, or not of today."""
        query = "SELECT body FROM entry WHERE sequence = ? AND kind = ? AND key_id = (SELECT key_id FROM head)"
        return _body(self._db.execute(query, (sequence, EntryKind.CORRECTION)).fetchone())

    def _body_of(self, sequence: int | None) -> Body:
        return _body(self._db.execute("SELECT body FROM entry WHERE sequence = ?", (sequence,)).fetchone()) or {}

    @cached_property
    def _first(self) -> int:
        span = present_span(self._db)
        return span.first if span else 1

    def _visits(self, where: str, *values: object) -> list[Visit]:
        return [visit_of(row) for row in self._db.execute(_VISITS + where, values)]


def _body(row: tuple[bytes | None] | None) -> Body | None:
    return json.loads(row[0]) if row and row[0] is not None else None


def _names(body: Body) -> list[str]:
    return [*([body["who"]] if "who" in body else []), *body.get("also", ())]
