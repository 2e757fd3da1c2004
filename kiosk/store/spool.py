"""Tickets that wait for the printer. Fields, never pixels; gone from the disk once printed.

What all tickets of a gate say stays on the disk, once (the table ``form``), so that a ticket fits on a page.
Every function but ``add`` and ``forget_all`` is one statement, and so a short transaction of its own. All raise
sqlite3.Error where the database cannot be used.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, fields, replace

from kiosk.rules.model import Queued, Ticket

_FIELDS = tuple(field.name for field in fields(Ticket))
_JSON = json.JSONEncoder(ensure_ascii=False)
_FORM_BEGINS = "\n"  # no JSON of ours has one


@dataclass(frozen=True, slots=True)
class Job:
    """A ticket to print now. Its ``copy`` is set where an earlier try may have put some of it on paper.

    *begun* is it where that it may be on paper stands on the disk already.
    """

    id: int
    visit: int
    ticket: Ticket
    attempts: int
    queued_ms: int
    begun: bool = False


def draft(ticket: Ticket, form: Ticket | None = None) -> str:
    """All of *ticket* but what is known only once the log is locked: its number, and all that goes with it.

    What it has from *form*, which names nobody, is kept once for all tickets.
    """
    if form is None:
        return _JSON.encode({field: getattr(ticket, field) for field in _FIELDS})
    own = {field: getattr(ticket, field) for field in _FIELDS if getattr(ticket, field) != getattr(form, field)}
    return _JSON.encode(own) + _FORM_BEGINS + draft(form)


def add(
    db: sqlite3.Connection, visit: int, draft: str, queued: Queued | None, *, queued_ms: int, begun_by: str = ""
) -> int:
    """Queue a ticket within the caller's transaction: number and paper are promised together. Returns its id.

    Without a number it is a slip for the way out. The spooler *begun_by* prints it at once, without noting that it
    begins: for any other it may be on paper.
    """
    number, ahead = (str(queued.number), queued.ahead) if queued else ("", 0)
    own, _, form = draft.partition(_FORM_BEGINS)
    state = "printing" if begun_by else "queued"
    added = db.execute(
        "INSERT INTO spool (visit, ticket, form, number, people_ahead, told, state, attempts, begun_by, queued_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (visit, own, _form(db, form), number, ahead, _told(queued), state, int(bool(begun_by)), begun_by, queued_ms),
    )
    assert added.lastrowid is not None
    return added.lastrowid


def _form(db: sqlite3.Connection, form: str) -> int | None:
    if not form:
        return None
    known = db.execute("SELECT id FROM form WHERE ticket = ?", (form,)).fetchone()
    return known[0] if known else db.execute("INSERT INTO form (ticket) VALUES (?)", (form,)).lastrowid


def _told(queued: Queued | None) -> str:
    if queued is None:
        return "{}"
    return _JSON.encode({"service": queued.service, "wait_min": queued.wait_min, "serving": queued.serving})


def next_job(db: sqlite3.Connection, spooler: str = "", tried: int | None = None) -> Job | None:
    """The oldest ticket not yet printed, or None. One that was being printed when the power went is among them.

    *spooler* is who asks: of what was queued for it to print at once it has *tried* that job alone.
    """
    row = db.execute(
        "SELECT spool.id, visit, spool.ticket, form.ticket, number, people_ahead, told, attempts, begun_by, queued_ms"
        " FROM spool LEFT JOIN form ON form.id = form ORDER BY spool.id LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    job_id, visit, own, form, number, people_ahead, told, attempts, begun_by, queued_ms = row
    begun = bool(spooler) and begun_by == spooler and job_id != tried
    values = json.loads(form or "{}") | json.loads(own) | json.loads(told)
    values |= {"number": number, "people_ahead": people_ahead}
    wait_min = values.get("wait_min")
    values |= {"guidance": tuple(values["guidance"]), "wait_min": tuple(wait_min) if wait_min else None}
    ticket = Ticket(**values)
    return Job(job_id, visit, replace(ticket, copy=ticket.copy or attempts > begun), attempts, queued_ms, begun)


def mark_printing(db: sqlite3.Connection, job_id: int) -> None:
    """Count an attempt; on disk before the printer gets its first byte, so that no second paper is unmarked."""
    db.execute("UPDATE spool SET state = 'printing', attempts = attempts + 1 WHERE id = ?", (job_id,))


def mark_printed(db: sqlite3.Connection, job_id: int) -> None:
    """It is on paper: it leaves the disk, and with it the slip code."""
    db.execute("DELETE FROM spool WHERE id = ?", (job_id,))


def mark_queued_again(db: sqlite3.Connection, job_id: int, note: str, *, sent: bool = True) -> None:
    """It failed, for the reason *note*. An attempt that surely *sent* nothing does not count."""
    db.execute(
        "UPDATE spool SET state = 'queued', begun_by = '', attempts = attempts - ?, note = ? WHERE id = ?",
        (0 if sent else 1, note, job_id),
    )


def waiting(db: sqlite3.Connection) -> int:
    """How many tickets are not yet printed."""
    count = db.execute("SELECT count(*) FROM spool").fetchone()[0]
    assert isinstance(count, int)
    return count


def forget_all(db: sqlite3.Connection) -> None:
    """Drop every ticket: of a day that is over, or of invented people. For the caller's transaction."""
    db.execute("DELETE FROM spool")
    db.execute("DELETE FROM form")
