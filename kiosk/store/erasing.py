"""What the log has of one person, found by their pseudonyms or visits, and erasing it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kiosk.rules.entries import Entry, EntryKind
from kiosk.rules.erasure import PERSONAL, Remains, Subject, Touched, erased_by, erasure_body
from kiosk.rules.model import Moment
from kiosk.rules.presence import Counts
from kiosk.store import days
from kiosk.store.corrections import CorrectionTables
from kiosk.store.days import KeySpan
from kiosk.store.head import read_head
from kiosk.store.log import Writing
from kiosk.store.queue import QueueTables
from kiosk.store.schema import RARE
from kiosk.store.stored import entries_where

AT_ONCE = 200  # needles: SQLite nests an OR of a thousand no deeper


@dataclass(frozen=True, slots=True)
class Kept:
    """What the log has of *subject* up to entry *through*: entries that speak of them; *open* visits, if any."""

    subject: Subject
    entries: tuple[Entry, ...]
    open: tuple[int, ...]
    through: int


def kept_of(
    db: sqlite3.Connection,
    span: KeySpan,
    whos: Iterable[bytes],
    visits: Iterable[int] = (),
    also: Iterable[Entry] = (),
) -> Kept:
    """All that is kept of the holder of *whos* and *visits* under the key of *span*, and of who came beside them.

    Entries *also* are theirs whatever they say.
    """
    subject = _subject(db, span, set(whos), set(visits))
    found = {entry.sequence: entry for entry in _said_of(db, span, subject) if subject.is_spoken_of(entry)}
    found |= {entry.sequence: entry for entry in also}
    entries = tuple(found[sequence] for sequence in sorted(found))
    tables = CorrectionTables(db)
    rows = [visit for visit in map(tables.visit, subject.visits) if visit]
    return Kept(subject, entries, tuple(v.id for v in rows if v.left_ms is None), read_head(db).sequence)


def _subject(db: sqlite3.Connection, span: KeySpan, whos: set[bytes], visits: set[int]) -> Subject:
    """Every code that leads to them, every visit of theirs, and who was let in beside them and has no document."""
    tables, known = CorrectionTables(db), (-1, -1)
    while known != (len(whos), len(visits)):
        known = len(whos), len(visits)
        for who in tuple(whos):
            visits |= _visits_of(db, span, who)
            if (leads := tables.leads_to(who)) and tables.visit(leads):
                visits.add(leads)
        visits |= _beside(db, span, visits)
        for visit in tuple(visits):
            row = tables.visit(visit)
            whos |= {*tables.names_of(visit), *([row.who] if row and row.who else [])}
    return Subject(span.key_id, frozenset(whos), frozenset(visits))


def _visits_of(db: sqlite3.Connection, span: KeySpan, who: bytes) -> set[int]:
    rows = db.execute("SELECT id FROM visit WHERE id BETWEEN ? AND ? AND who = ?", (span.first, span.last, who))
    return {row[0] for row in rows}


def _beside(db: sqlite3.Connection, span: KeySpan, visits: set[int]) -> set[int]:
    found = _containing(db, span, (EntryKind.SCAN,), (f'"beside":{visit}' for visit in visits))
    return {entry.sequence for entry in found if entry.body and entry.body.get("beside") in visits}


def _said_of(db: sqlite3.Connection, span: KeySpan, subject: Subject) -> Iterator[Entry]:
    """The entries that may speak of them; each body is asked by itself then."""
    needles = [who.hex() for who in subject.whos]
    needles += [f'"{name}":{visit}' for visit in subject.visits for name in ("closes", "names", "visit", "id")]
    own = _entries(db, f"sequence IN ({_marks(subject.visits)})", *subject.visits)
    found = {entry.sequence: entry for entry in (*own, *_containing(db, span, PERSONAL, needles))}
    # An erasure may have been ordered on a later day.
    found |= {e.sequence: e for e in _entries(db, f"{RARE} AND kind = ? AND body IS NOT NULL", EntryKind.ERASURE)}
    return iter([found[sequence] for sequence in sorted(found)])


def _containing(
    db: sqlite3.Connection, span: KeySpan, kinds: tuple[EntryKind, ...], needles: Iterable[str]
) -> list[Entry]:
    found: list[Entry] = []
    wanted = [needle.encode() for needle in needles]
    for first in range(0, len(wanted), AT_ONCE):
        some = wanted[first : first + AT_ONCE]
        contains = " OR ".join("instr(body, ?)" for _ in some)
        where = f"sequence BETWEEN ? AND ? AND kind IN ({_marks(kinds)}) AND ({contains})"
        found += _entries(db, where, span.first, span.last, *kinds, *some)
    return found


def entries_after(db: sqlite3.Connection, sequence: int) -> list[Entry]:
    """What was recorded after *sequence*, in order."""
    return _entries(db, "sequence > ?", sequence)


def named_entries(db: sqlite3.Connection, sequences: Iterable[int]) -> list[Entry]:
    """The entries of those *sequences* whose bodies are still there, in order."""
    wanted = list(sequences)
    return _entries(db, f"sequence IN ({_marks(wanted)}) AND body IS NOT NULL", *wanted)


def subject_of(entries: Iterable[Entry]) -> tuple[set[bytes], set[int]]:
    """The pseudonyms and the visits of whom *entries*, of one person, speak."""
    whos: set[bytes] = set()
    visits: set[int] = set()
    for entry in entries:
        body = entry.body or {}
        whos |= {bytes.fromhex(body[name]) for name in ("who", "code") if name in body}
        visits |= {body[name] for name in ("closes", "names") if isinstance(body.get(name), int)}
        visits |= {entry.sequence} if body.get("opens") else set()
    return whos, visits


def erase_of(writing: Writing, kept: Kept, now: Moment, by: str) -> Entry:
    """Erase what is *kept* within the caller's transaction; the entry that says so, and carries what others need.

    The write-ahead log still has them, until ``purging.forget``.
    """
    touched = Touched()
    for entry in kept.entries:
        touched.take(entry)
    counts = writing.counts() if kept.subject.key_id == writing.head.key_id else None
    remains = _remains(writing.db, kept.subject, touched, counts)
    body = erasure_body(kept.entries, kept.subject, touched, remains)
    said = writing.append(EntryKind.ERASURE, "", now, body | ({"by": by} if by else {}))
    gone = [(entry.sequence,) for entry in kept.entries]
    writing.db.executemany("UPDATE entry SET salt = NULL, body = NULL WHERE sequence = ?", gone)
    writing.db.executemany("DELETE FROM spool WHERE visit = ?", [*gone, *((v,) for v in kept.subject.visits)])
    for table in ("name", "waiting"):
        writing.db.executemany(f"DELETE FROM {table} WHERE who = ?", [(who,) for who in kept.subject.whos])
    return said


def _remains(db: sqlite3.Connection, subject: Subject, touched: Touched, counts: Counts | None) -> Remains:
    tables, queue = CorrectionTables(db), QueueTables(db)
    names = [(who, _name_row(db, who)) for who in sorted(touched.names - subject.whos)]
    return Remains(
        counts,
        tuple((visit, tables.visit(visit)) for visit in sorted(touched.visits - subject.visits)),
        tuple((who, *row) for who, row in names if row),
        tuple(
            (ticket, queue.ticket(ticket), tuple(queue.turns_of(ticket)))
            for ticket in sorted(touched.tickets - subject.visits)
        ),
    )


def _name_row(db: sqlite3.Connection, who: bytes) -> tuple[int, bool] | None:
    row = db.execute("SELECT visit, sealed FROM name WHERE who = ?", (who,)).fetchone()
    return (row[0], bool(row[1])) if row else None


def erased_one_by_one(db: sqlite3.Connection) -> set[int]:
    """The entries whose bodies went by themselves, and not with their day."""
    return erased_by(body for *_, body in days.bodies(db, EntryKind.ERASURE))


def purged_through(db: sqlite3.Connection) -> int:
    """The newest entry whose body went with its day; 0 while none did."""
    query = "SELECT sequence FROM entry WHERE body IS NULL ORDER BY sequence DESC"
    alone = erased_one_by_one(db)
    return next((sequence for (sequence,) in db.execute(query) if sequence not in alone), 0)


def _entries(db: sqlite3.Connection, where: str, *values: object) -> list[Entry]:
    return [stored.entry for stored in entries_where(db, read_head(db), where, *values)]


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
