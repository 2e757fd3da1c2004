"""Tickets that wait for the printer. Fields, never pixels; gone from the disk once printed.

Every function but ``add`` is one statement, and so a short transaction of its own. All raise
sqlite3.Error where the database cannot be used.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, fields, replace

from kiosk.rules.model import Queued, Ticket

_FIELDS = tuple(field.name for field in fields(Ticket))
_JSON = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Job:
    """A ticket to print now. Its ``copy`` is set where an earlier try may have put some of it on paper."""

    id: int
    visit: int
    ticket: Ticket
    attempts: int
    queued_ms: int


def draft(ticket: Ticket) -> str:
    """All of *ticket* but what is known only once the log is locked: its number, and all that goes with it."""
    return _JSON.encode({field: getattr(ticket, field) for field in _FIELDS})


def add(db: sqlite3.Connection, visit: int, draft: str, queued: Queued | None, *, queued_ms: int) -> int:
    """Queue a ticket within the caller's transaction: number and paper are promised together. Returns its id.

    Without a number it is a slip for the way out.
    """
    number, ahead = (str(queued.number), queued.ahead) if queued else ("", 0)
    added = db.execute(
        "INSERT INTO spool (visit, ticket, number, people_ahead, told, state, queued_ms)"
        " VALUES (?, ?, ?, ?, ?, 'queued', ?)",
        (visit, draft, number, ahead, _told(queued), queued_ms),
    )
    assert added.lastrowid is not None
    return added.lastrowid


def _told(queued: Queued | None) -> str:
    if queued is None:
        return "{}"
    return _JSON.encode({"service": queued.service, "wait_min": queued.wait_min, "serving": queued.serving})


def next_job(db: sqlite3.Connection) -> Job | None:
    """The oldest ticket not yet printed, or None. One that was being printed when the power went is among them."""
    row = db.execute(
        "SELECT id, visit, ticket, number, people_ahead, told, attempts, queued_ms FROM spool ORDER BY id LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    job_id, visit, drafted, number, people_ahead, told, attempts, queued_ms = row
    values = json.loads(drafted) | json.loads(told) | {"number": number, "people_ahead": people_ahead}
    wait_min = values.get("wait_min")
    values |= {"guidance": tuple(values["guidance"]), "wait_min": tuple(wait_min) if wait_min else None}
    ticket = Ticket(**values)
    return Job(job_id, visit, replace(ticket, copy=ticket.copy or attempts > 0), attempts, queued_ms)


def mark_printing(db: sqlite3.Connection, job_id: int) -> None:
    """Count an attempt; on disk before the printer gets its first byte, so that no second paper is unmarked."""
    db.execute("UPDATE spool SET state = 'printing', attempts = attempts + 1 WHERE id = ?", (job_id,))


def mark_printed(db: sqlite3.Connection, job_id: int) -> None:
    """It is on paper: it leaves the disk, and with it the slip code."""
    db.execute("DELETE FROM spool WHERE id = ?", (job_id,))


def mark_queued_again(db: sqlite3.Connection, job_id: int, note: str, *, sent: bool = True) -> None:
    """It failed, for the reason *note*. An attempt that surely *sent* nothing does not count."""
    db.execute(
        "UPDATE spool SET state = 'queued', attempts = attempts - ?, note = ? WHERE id = ?",
        (0 if sent else 1, note, job_id),
    )


def waiting(db: sqlite3.Connection) -> int:
    """How many tickets are not yet printed."""
    count = db.execute("SELECT count(*) FROM spool").fetchone()[0]
    assert isinstance(count, int)
    return count


def forget_all(db: sqlite3.Connection) -> None:
    """Drop every ticket: of a day that is over, or of invented people."""
    db.execute("DELETE FROM spool")
