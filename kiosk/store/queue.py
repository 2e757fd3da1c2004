"""The queue in tables: the SQL twin of ``rules.queueing.Queue``, written with the log and read by rules and pages."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import astuple, fields
from operator import attrgetter
from typing import Any

from kiosk.rules.model import TicketNumber
from kiosk.rules.queueing import (
    Change,
    Desk,
    Ended,
    Erased,
    Issued,
    Moved,
    NewDay,
    Numbering,
    QueueTicket,
    Restated,
    State,
    TurnBegan,
    TurnEnded,
    TurnUndone,
    Worked,
    ending,
)
from kiosk.rules.waits import Turn

TICKET_COLUMNS = tuple(field.name for field in fields(QueueTicket))
TURN_COLUMNS = tuple(field.name for field in fields(Turn))
QUEUE_TABLES = {
    "queue_ticket": TICKET_COLUMNS,
    "queue_desk": ("counter", "last", "streak"),
    "queue_number": ("numbering", "last"),
    "queue_turn": ("sequence", *TURN_COLUMNS),
}
FARTHEST_BACK = 20_000  # entries: how much of a day waits are learned from
_STATE, _FINAL, _PRIORITY = map(TICKET_COLUMNS.index, ("state", "final", "priority"))
_ticket_row = attrgetter(*TICKET_COLUMNS)
_TICKET = f"SELECT {', '.join(TICKET_COLUMNS)} FROM {{prefix}}queue_ticket"
_WAITING = "closed_ms IS NULL AND state = 'waiting'"
_AT_COUNTER = "closed_ms IS NULL AND state IN ('called', 'serving')"
_PRESENT = "closed_ms IS NULL AND state IN ('called', 'serving', 'observing')"
# Each state by name, or the tickets of every kept day would be read: the index of the open ones begins with it.
_OPEN = "closed_ms IS NULL AND state IN ('waiting', 'called', 'serving', 'held', 'absent', 'observing', 'done')"


class QueueTables:
    """Answers ``queueing.View``, and what pages ask, from the tables whose names begin with *prefix*."""

    def __init__(self, db: sqlite3.Connection, prefix: str = "") -> None:
        self._db = db
        self._prefix = prefix
        self._ticket = _TICKET.format(prefix=prefix)
        self._count_tickets = f"SELECT count(*) FROM {prefix}queue_ticket WHERE "
        marks = ", ".join("?" * len(TICKET_COLUMNS))
        self._insert_ticket = f"INSERT INTO {prefix}queue_ticket VALUES ({marks})"
        self._give_number = (
            f"INSERT INTO {prefix}queue_number VALUES (?, ?) ON CONFLICT (numbering) DO UPDATE"
            " SET last = max(last, excluded.last)"
        )
        self._close_ticket = f"UPDATE {prefix}queue_ticket SET state = ?, closed_ms = ? WHERE id = ?"
        turn_marks = ", ".join("?" * (1 + len(TURN_COLUMNS)))
        self._insert_turn = f"INSERT INTO {prefix}queue_turn VALUES ({turn_marks})"
        self._last_turn = (
            f"UPDATE {prefix}queue_turn SET ended_ms = ? WHERE sequence ="
            f" (SELECT sequence FROM {prefix}queue_turn WHERE ticket = ? ORDER BY sequence DESC LIMIT 1)"
        )

    def apply(self, change: Change) -> None:
        """Apply one change, as ``Queue.apply`` does."""
        match change:
            case Issued(ticket, numbering):
                self._issue(ticket, numbering)
            case Moved(ticket_id, values):
                self._set("queue_ticket", "id", ticket_id, values)
            case Worked(counter, values):
                self._db.execute(f"INSERT OR IGNORE INTO {self._prefix}queue_desk VALUES (?, 0, 0)", (counter,))
                self._set("queue_desk", "counter", counter, values)
            case Ended():
                self._end(change)
            case NewDay():
                self._db.execute(f"DELETE FROM {self._prefix}queue_desk")
                self._db.execute(f"DELETE FROM {self._prefix}queue_number")
            case TurnBegan() | TurnEnded() | TurnUndone():
                self._turn(change)
            case Erased() | Restated():
                self._erase(change)

    def _issue(self, ticket: QueueTicket, numbering: Numbering) -> None:
        self._db.execute(self._insert_ticket, _ticket_row(ticket))
        self._db.execute(self._give_number, (_name(numbering), ticket.number))

    def _set(self, table: str, key: str, value: object, values: dict[str, Any]) -> None:
        if values:
            columns = ", ".join(f"{column} = ?" for column in values)
            row = (*values.values(), value)
            self._db.execute(f"UPDATE {self._prefix}{table} SET {columns} WHERE {key} = ?", row)

    def _end(self, change: Ended) -> None:
        for ticket in self._tickets("WHERE id BETWEEN ? AND ? AND closed_ms IS NULL", change.first, change.last):
            if ticket.state in (State.CALLED, State.SERVING):
                self._turn(TurnEnded(ticket.id, change.at_ms))
            self._db.execute(self._close_ticket, (ending(ticket, change.at_ms), change.at_ms, ticket.id))

    def _turn(self, change: TurnBegan | TurnEnded | TurnUndone) -> None:
        match change:
            case TurnBegan(sequence, ticket_id, ahead):
                self._db.execute(
                    f"INSERT INTO {self._prefix}queue_turn SELECT ?, counter, since_ms, called_ms, NULL, ?, priority,"
                    f" id, service FROM {self._prefix}queue_ticket WHERE id = ?",
                    (sequence, ahead, ticket_id),
                )
            case TurnEnded(ticket_id, at_ms):
                self._db.execute(self._last_turn, (at_ms, ticket_id))
            case TurnUndone(sequence):
                self._db.execute(f"DELETE FROM {self._prefix}queue_turn WHERE sequence = ?", (sequence,))

    def _erase(self, change: Erased | Restated) -> None:
        gone = change.tickets if isinstance(change, Erased) else {change.id}
        for ticket_id in gone:
            self._db.execute(f"DELETE FROM {self._prefix}queue_ticket WHERE id = ?", (ticket_id,))
            self._db.execute(f"DELETE FROM {self._prefix}queue_turn WHERE ticket = ?", (ticket_id,))
        if isinstance(change, Erased):
            for numbering, last in change.numbers:
                self._db.execute(self._give_number, (_name(numbering), last))
        elif change.ticket:
            self._db.execute(self._insert_ticket, _ticket_row(change.ticket))
            for sequence, turn in change.turns:
                self._db.execute(self._insert_turn, (sequence, *astuple(turn)))

    def turns_of(self, ticket_id: int) -> list[tuple[int, Turn]]:
        """The turns of a ticket, each with the entry that called."""
        columns = ", ".join(("sequence", *TURN_COLUMNS))
        rows = self._db.execute(
            f"SELECT {columns} FROM {self._prefix}queue_turn WHERE ticket = ? ORDER BY sequence", (ticket_id,)
        )
        return [(sequence, _turn_of(row)) for sequence, *row in rows]

    def ticket(self, ticket_id: int) -> QueueTicket | None:
        """The ticket of that visit."""
        return self._first("WHERE id = ?", ticket_id)

    def at_counter(self, counter: str) -> QueueTicket | None:
        """Who is called to *counter* or served there."""
        return self._first(f"WHERE counter = ? AND {_AT_COUNTER}", counter)

    def line(self, service: str, *, priority: bool, place: int = 1) -> QueueTicket | None:
        """Who stands at that place, from 1."""
        where = f"WHERE service = ? AND priority = ? AND {_WAITING} ORDER BY place, behind LIMIT 1 OFFSET ?"
        return self._first(where, service, priority, place - 1)

    def waiting(self, service: str, *, priority: bool | None = None) -> int:
        """How many stand in line for *service*, or in one of its lanes."""
        if priority is None:
            return self._count(f"service = ? AND {_WAITING}", service)
        return self._count(f"service = ? AND priority = ? AND {_WAITING}", service, priority)

    def in_front(self, ticket: QueueTicket) -> int:
        """How many are in front of *ticket* in its line: those before it in its lane, and every priority one."""
        before = self._count(
            f"service = ? AND priority = ? AND {_WAITING} AND (place, behind) < (?, ?)",
            *(ticket.service, ticket.priority, ticket.place, ticket.behind),
        )
        return before if ticket.priority else before + self.waiting(ticket.service, priority=True)

    def present(self, service: str) -> int:
        """How many are called, served or observed for *service*."""
        return self._count(f"service = ? AND {_PRESENT}", service)

    def numbered(self, series: str, number: int) -> list[QueueTicket]:
        """Tickets of open visits with that number, the newest first; an empty *series* fits any."""
        found = self._tickets(f"WHERE {_OPEN} AND number = ? ORDER BY id DESC", number)
        return [ticket for ticket in found if series.upper() in ("", ticket.series.upper())]

    def last_number(self, numbering: Numbering) -> int:
        """The last number given under the present day key; 0 for none."""
        query = f"SELECT last FROM {self._prefix}queue_number WHERE numbering = ?"
        row = self._db.execute(query, (_name(numbering),)).fetchone()
        return int(row[0]) if row else 0

    def desk(self, counter: str) -> Desk:
        """The counter's desk."""
        query = f"SELECT counter, last, streak FROM {self._prefix}queue_desk WHERE counter = ?"
        row = self._db.execute(query, (counter,)).fetchone()
        return Desk(*row) if row else Desk(counter)

    def standing(self, service: str, limit: int) -> list[QueueTicket]:
        """Who stands in line for *service*, priority first, at most *limit*."""
        where = f"WHERE service = ? AND {_WAITING} ORDER BY priority DESC, place, behind LIMIT ?"
        return self._tickets(where, service, limit)

    def called(self) -> list[QueueTicket]:
        """Who is called to a counter or served there, the latest call first."""
        return self._tickets(f"WHERE {_AT_COUNTER} ORDER BY called_ms DESC, acted DESC")

    def in_state(self, state: State) -> list[QueueTicket]:
        """Every ticket of an open visit in *state*, in the order in which they came to it."""
        return self._tickets("WHERE state = ? AND closed_ms IS NULL ORDER BY acted", state)

    def astray(self, services: Collection[str], counters: Collection[str], limit: int) -> list[QueueTicket]:
        """Open tickets that stand for none of *services* or are at none of *counters*, as the settings changed."""
        (for_service, at_counter) = (", ".join("?" * len(some)) for some in (services, counters))
        where = (
            f"WHERE {_OPEN} AND (state IN ('waiting', 'held', 'absent') AND service NOT IN ({for_service})"
            f" OR state IN ('called', 'serving') AND counter NOT IN ({at_counter})) ORDER BY id LIMIT ?"
        )
        return self._tickets(where, *services, *counters, limit)

    def last_called(self, service: str) -> str:
        """The number called last for *service* today, as shown; empty where none was."""
        row = self._db.execute(
            f"SELECT series, number FROM {self._prefix}queue_ticket WHERE key_id = (SELECT key_id FROM head) AND id ="
            f" (SELECT ticket FROM {self._prefix}queue_turn WHERE service = ? ORDER BY sequence DESC LIMIT 1)",
            (service,),
        ).fetchone()
        return str(TicketNumber(service, *row)) if row else ""

    def turns(self, since_ms: int) -> list[Turn]:
        """Calls since then, in their order."""
        columns = ", ".join(TURN_COLUMNS)
        rows = self._db.execute(
            f"SELECT {columns} FROM {self._prefix}queue_turn WHERE called_ms >= ? AND sequence >"
            f" (SELECT max(sequence) FROM {self._prefix}queue_turn) - ? ORDER BY sequence",
            (since_ms, FARTHEST_BACK),
        )
        return [_turn_of(row) for row in rows]

    def _count(self, where: str, *values: object) -> int:
        count = self._db.execute(self._count_tickets + where, values).fetchone()[0]
        assert isinstance(count, int)
        return count

    def _first(self, where: str, *values: object) -> QueueTicket | None:
        row = self._db.execute(f"{self._ticket} {where}", values).fetchone()
        return None if row is None else ticket_of(row)

    def _tickets(self, where: str, *values: object) -> list[QueueTicket]:
        return [ticket_of(row) for row in self._db.execute(f"{self._ticket} {where}", values).fetchall()]


def ticket_of(row: Sequence[Any]) -> QueueTicket:
    """A ticket from its row of queue_ticket."""
    values = list(row)
    values[_STATE] = State(values[_STATE])
    values[_FINAL], values[_PRIORITY] = bool(values[_FINAL]), bool(values[_PRIORITY])
    return QueueTicket(*values)


def _turn_of(row: Sequence[Any]) -> Turn:
    values = dict(zip(TURN_COLUMNS, row, strict=True))
    return Turn(**values | {"priority": bool(values["priority"])})


def _name(numbering: Numbering) -> str:
    # One column, for a projection is compared and repaired by its first.
    return "\n".join((numbering.series, numbering.half))
