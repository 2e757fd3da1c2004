"""Proof that nothing was changed, inserted or dropped, and projections made anew."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from kiosk.rules import entries
from kiosk.rules.entries import EntryKind
from kiosk.store import schema
from kiosk.store.clocks import RUN
from kiosk.store.erasing import erased_one_by_one, purged_through
from kiosk.store.head import Head, read_head
from kiosk.store.locking import begin
from kiosk.store.log import Seal
from kiosk.store.projections import BY_ENTRY, EVERY_TABLE, Projections
from kiosk.store.stored import StoredEntry, stored_entries

PREFIX = "again_"
BATCH_ROWS = 100
PAUSE_S = 0.005
WAIT_S = 30.0  # nobody stands at the door for a rebuild


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: *fault* is empty when all is well, else one sentence; *sequence* the first bad entry."""

    entries: int
    erased: int = 0
    fault: str = ""
    sequence: int | None = None


def verify_log(db: sqlite3.Connection, seal: Seal) -> Verdict:
    """Check sequence, commitments, chain and the sealed head of the whole log."""
    db.execute("BEGIN")
    try:
        return _verify(db, read_head(db), seal)
    finally:
        db.execute("ROLLBACK")


def _verify(db: sqlite3.Connection, head: Head, seal: Seal) -> Verdict:
    walk = Walk()
    try:
        for stored in stored_entries(db, head):
            fault = walk.fault_at(stored)
            if fault:
                return walk.verdict(fault, min(stored.entry.sequence, walk.count + 1))
    except ValueError as error:
        return walk.verdict(str(error), walk.count + 1)
    return walk.end(head, seal)


@dataclass(slots=True)
class Walk:
    """How far the log was found whole."""

    count: int = 0
    chain: bytes = entries.START
    purged_to: int = 0
    erased: list[int] = field(default_factory=list)
    alone: set[int] = field(default_factory=set)  # erased one by one

    def fault_at(self, stored: StoredEntry) -> str:
        """What is wrong with the next entry; where nothing is, it is walked over."""
        fault = _fault_of(stored, self.count + 1, self.chain)
        if fault:
            return fault
        self.chain, self.count = stored.chain, self.count + 1
        body = stored.entry.body
        if body is None:
            self.erased.append(self.count)
        elif stored.entry.header.kind == EntryKind.PURGE:
            self.purged_to = max(self.purged_to, body["through"])
        elif stored.entry.header.kind == EntryKind.ERASURE:
            self.alone.update(body["sequences"])
        return ""

    def end(self, head: Head, seal: Seal) -> Verdict:
        """What is said of the log that ends with *head*, once every entry is walked over."""
        fault = _fault_of_the_end(self.count, self.chain, head)
        if fault:
            return self.verdict(fault, min(self.count, head.sequence) + (self.count != head.sequence))
        if seal(head.message()) != head.seal:
            return self.verdict(f"the end of the log at entry {self.count} was not written by this kiosk", self.count)
        lost = (sequence for sequence in self.erased if sequence > self.purged_to and sequence not in self.alone)
        if first := next(lost, None):
            return self.verdict(f"the body of entry {first} is gone although no purge covers it", first)
        return self.verdict()

    def verdict(self, fault: str = "", sequence: int | None = None) -> Verdict:
        return Verdict(self.count, len(self.erased), fault, sequence)


def _fault_of(stored: StoredEntry, expected: int, previous: bytes) -> str:
    header = stored.entry.header
    if header.sequence != expected:
        return f"entry {expected} is missing; the next one is {header.sequence}"
    if entries.link(previous, header.encode(), stored.commitment) != stored.chain:
        return f"entry {expected} does not follow the one before it: it was changed, inserted or exchanged"
    if stored.encoded is not None and entries.commitment(stored.salt or b"", stored.encoded) != stored.commitment:
        return f"the body of entry {expected} was changed"
    if header.kind == EntryKind.BROKEN_SEAL:
        return f"before entry {expected} another hand had put its end to the log; what is older may be forged"
    return ""


def _fault_of_the_end(count: int, chain: bytes, head: Head) -> str:
    if count < head.sequence:
        return f"entries after {count} are missing: the log ends at {head.sequence}"
    if count > head.sequence:
        return f"entries after {head.sequence}, where the log ends, were added"
    if chain != head.chain:
        return f"entry {count} is not the one with which the log ended: entries were changed and chained anew"
    return ""


def project_again(db: sqlite3.Connection) -> dict[str, int]:
    """Make every projection anew in side tables and count, per table, the rows in which they differ.

    The side tables are temporary ones of this connection, in one read snapshot: nobody is kept waiting.
    They stay until ``drop_side_tables``.
    """
    drop_side_tables(db)
    for statement in (schema.PROJECTIONS + schema.QUEUE + RUN).format(temp="TEMP", prefix=PREFIX).split(";"):
        if statement.strip():
            # Not unique: until an erasure is read, whose visit an erased entry had ended is inside twice.
            db.execute(statement.replace("UNIQUE ", "").replace(f"INDEX {PREFIX}", f"INDEX temp.{PREFIX}"))
    db.execute(f"CREATE TEMP TABLE {PREFIX}end AS SELECT 0 AS sequence")
    db.execute("BEGIN")
    with _caught_up(db):
        return {table: len(_differences(db, table)) for table in EVERY_TABLE}


def drop_side_tables(db: sqlite3.Connection) -> None:
    """Forget the side tables of ``project_again``."""
    for table in (*EVERY_TABLE, "end"):
        db.execute(f"DROP TABLE IF EXISTS temp.{PREFIX}{table}")


@contextlib.contextmanager
def _caught_up(db: sqlite3.Connection) -> Iterator[None]:
    """The rest of the transaction, in which the side tables have all that the log has."""
    try:
        _catch_up(db)
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _catch_up(db: sqlite3.Connection) -> None:
    head, side = read_head(db), Projections(db, PREFIX)
    (reached,) = db.execute(f"SELECT sequence FROM temp.{PREFIX}end").fetchone()
    for stored in stored_entries(db, head, reached):
        side.apply(stored.entry)
    # A correction or an erasure may have put back a visit of a day that is erased already, or in part.
    purged, said = purged_through(db), _said_to_be_purged(db)
    for table in BY_ENTRY:
        key = EVERY_TABLE[table][0]
        db.execute(
            f"DELETE FROM temp.{PREFIX}{table} WHERE {key} <= ?"
            f" OR ({key} <= ? AND {key} NOT IN (SELECT {key} FROM main.{table}))",
            (purged, said),
        )
    db.execute(f"UPDATE temp.{PREFIX}end SET sequence = ?", (head.sequence,))


def _said_to_be_purged(db: sqlite3.Connection) -> int:
    """The last entry of the newest day that a purge covers, whose bodies go soon or went one by one before."""
    query = "SELECT max(json_extract(CAST(body AS TEXT), '$.through')) FROM entry WHERE kind = ?"
    return db.execute(query, (EntryKind.PURGE,)).fetchone()[0] or 0


def _differences(db: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    columns = ", ".join(EVERY_TABLE[table])
    live, again = f"SELECT {columns} FROM main.{table}", f"SELECT {columns} FROM temp.{PREFIX}{table}"
    key = EVERY_TABLE[table][0]
    return db.execute(
        f"SELECT {key} FROM ({live} EXCEPT {again}) UNION SELECT {key} FROM ({again} EXCEPT {live})"
    ).fetchall()


def repair(db: sqlite3.Connection) -> int:
    """Put the rows of the side tables in place of the live rows that differ; returns how many.

    Works in short transactions with pauses, while doors record and days are erased. Raises sqlite3.Error.
    """
    db.execute("PRAGMA busy_timeout = 0")  # from here on, begin waits
    repaired = 0
    for table in EVERY_TABLE:
        db.execute("BEGIN")
        with _caught_up(db):
            keys = _differences(db, table)
        for start in range(0, len(keys), BATCH_ROWS):
            begin(db, WAIT_S)
            with _caught_up(db):
                for (key,) in keys[start : start + BATCH_ROWS]:
                    _put_back(db, table, key)
            repaired += len(keys[start : start + BATCH_ROWS])
            time.sleep(PAUSE_S)
    return repaired


def _put_back(db: sqlite3.Connection, table: str, key: object) -> None:
    columns, name = ", ".join(EVERY_TABLE[table]), EVERY_TABLE[table][0]
    db.execute(f"DELETE FROM main.{table} WHERE {name} = ?", (key,))
    if table in BY_ENTRY and _is_erased(db, key):
        return
    # OR REPLACE: a row that holds this one's ticket number wrongly is among those that are put back, too.
    db.execute(
        f"INSERT OR REPLACE INTO main.{table} ({columns}) SELECT {columns} FROM temp.{PREFIX}{table} WHERE {name} = ?",
        (key,),
    )


def _is_erased(db: sqlite3.Connection, sequence: object) -> bool:
    """Whether the entry went after the side tables had read it."""
    query = "SELECT 1 FROM entry WHERE sequence = ? AND body IS NULL"
    return db.execute(query, (sequence,)).fetchone() is not None and sequence not in erased_one_by_one(db)
