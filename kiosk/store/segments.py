"""Reading a log in segments."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from kiosk.rules import entries
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.segments import MOST_ENTRIES, Line, Segment, fitting, hole
from kiosk.store.epochs import epoch_of
from kiosk.store.head import Head, read_head
from kiosk.store.stored import StoredEntry, entries_where, stored_entries

_NO_CHAIN = bytes(len(entries.START))
_PRIMARY = 0xFF  # of SQLite's extended result codes


def segment_after(db: sqlite3.Connection, sequence: int, most: int = MOST_ENTRIES) -> Segment | None:
    """The segment of at most *most* entries that follows *sequence*; None where there is no more. For ``Reader.ask``.

    An entry that was damaged since it was recorded goes without its body, or as a hole: the log goes on after it.
    """
    head = read_head(db)
    if sequence >= head.sequence:
        return None
    last, previous = min(sequence + most, head.sequence), _chain(db, sequence)
    lines = _whole(db, head, sequence, last, previous) or list(_mended(db, head, sequence, last, previous))
    first = lines[0].header
    same_epoch = [line for line in lines if line.header.epoch == first.epoch]
    return Segment(first.kiosk, first.epoch, first.sequence, previous, tuple(fitting(same_epoch)))


def chain_after(db: sqlite3.Connection, sequence: int) -> bytes | None:
    """The chain after entry *sequence* (0: before the first); None past the end of the log.

    Zeros where it is damaged: that is what a hub is told of a hole, too.
    """
    if sequence == 0:
        return entries.START
    try:
        row = db.execute("SELECT chain FROM entry WHERE sequence = ?", (sequence,)).fetchone()
    except sqlite3.DatabaseError as error:
        _raise_unless_damaged(error)
        row = None
    if row and len(row[0]) == len(_NO_CHAIN):
        return bytes(row[0])
    return _NO_CHAIN if 0 < sequence <= read_head(db).sequence else None


def _whole(db: sqlite3.Connection, head: Head, after: int, last: int, previous: bytes) -> list[Line]:
    """The entries after *after* up to *last*; none where one of them is damaged."""
    lines, chain = [], previous
    try:
        for number, stored in enumerate(islice(stored_entries(db, head, after), last - after), after + 1):
            line = _line(stored)
            chain = entries.link(chain, line.header.encode(), line.commitment)
            if (line.header.sequence, chain) != (number, stored.chain) or not _says_it(line):
                return []
            lines.append(line)
    except ValueError:
        return []
    except sqlite3.DatabaseError as error:
        _raise_unless_damaged(error)
        return []
    return lines if len(lines) == last - after else []


def _mended(db: sqlite3.Connection, head: Head, after: int, last: int, previous: bytes) -> Iterator[Line]:
    """The same where some are damaged."""
    chain, like = previous, _name(db, head, after)
    for sequence in range(after + 1, last + 1):
        stored, own = _stored(db, head, sequence), _chain(db, sequence)
        line = _line(stored) if stored else None
        if line and entries.link(chain, line.header.encode(), line.commitment) == own:
            like = line.header
            yield line if _says_it(line) else replace(line, salt=None, body=None)
        else:
            kiosk, epoch = epoch_of(db, head)(sequence)
            like = replace(like, kiosk=kiosk, epoch=epoch, sequence=sequence)
            yield hole(like, own)
        chain = own


def _name(db: sqlite3.Connection, head: Head, sequence: int) -> entries.Header:
    """The header of entry *sequence*, by which a hole after it is told; a blank one where it cannot be read."""
    if stored := _stored(db, head, sequence):
        return stored.entry.header
    moment = Moment(0, 0, "", ClockState.UNKNOWN)
    return entries.Header(head.kiosk, head.epoch, sequence, entries.EntryKind.HOLE, b"", "", 0, moment)


def _stored(db: sqlite3.Connection, head: Head, sequence: int) -> StoredEntry | None:
    try:
        return next(entries_where(db, head, "sequence = ?", sequence), None)
    except ValueError:
        return None
    except sqlite3.DatabaseError as error:
        _raise_unless_damaged(error)
        return None


def _says_it(line: Line) -> bool:
    """Whether the body is the one that was recorded, or was erased."""
    if line.salt is None or line.body is None:
        return line.salt is line.body
    return entries.commitment(line.salt, line.body) == line.commitment


def _line(stored: StoredEntry) -> Line:
    return Line(stored.entry.header, stored.commitment, stored.salt, stored.encoded)


def _chain(db: sqlite3.Connection, sequence: int) -> bytes:
    chain = chain_after(db, sequence)
    assert chain is not None, "only what the log has is asked for"
    return chain


def _raise_unless_damaged(error: sqlite3.DatabaseError) -> None:
    """A card that has forgotten a page, or a letter, has lost what was there; whatever else fails is tried again."""
    code = getattr(error, "sqlite_errorcode", None)
    forgotten = "UTF-8" in str(error) if code is None else code & _PRIMARY == sqlite3.SQLITE_CORRUPT
    if not forgotten:
        raise error
