"""A kiosk's log as the hub has it: the same tables, brought up by the same rules from the segments that arrive.

A replica is what the kiosk's own database is, under another seal: whatever reads one reads the other.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from kiosk.rules import entries
from kiosk.rules.entries import EntryKind
from kiosk.rules.segments import Fault, Line, Segment, SegmentRefused
from kiosk.store import schema
from kiosk.store.checking import project_again, repair
from kiosk.store.epochs import end_epochs, epoch_of, forget_epochs
from kiosk.store.head import Head, read_head, write_first_head, write_head
from kiosk.store.locking import naming, transaction
from kiosk.store.log import Seal
from kiosk.store.migrations import migrate
from kiosk.store.projections import Projections, fill_new
from kiosk.store.purging import OUTLIVE

WAIT_S = 30.0
_INSERT = "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
# What a hostile or newer kiosk's bodies may do to rules that expect ours.
_UNPROJECTED = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RecursionError)
# Texts where numbers belong, and lists where either does: an InterfaceError to Python 3.11, to later ones the other.
_UNFIT = (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, sqlite3.DataError)


class Replica:
    """One writing connection to the log of *kiosk* under *epoch* in the file *path*, made when it is missing.

    *seal* is the hub's. Not for two threads at once. Raises StoreError.
    """

    def __init__(self, path: Path, seal: Seal, kiosk: str, epoch: str) -> None:
        self.path = path
        self._seal = seal
        self.db = schema.connect(path)
        self._projections = Projections(self.db)
        with naming(self.path):
            with schema.waiting(self.db):
                migrate(self.db, path, fill_new)
            self.db.execute("PRAGMA busy_timeout = 0")
            if not self.db.execute("SELECT count(*) FROM head").fetchone()[0]:
                with transaction(self.db, WAIT_S):
                    write_first_head(self.db, Head(kiosk, epoch, 0, entries.START, 0, 0, "", b"", "", 0))

    def head(self) -> Head:
        """The end of what has arrived. Raises StoreError."""
        with naming(self.path):
            return read_head(self.db)

    def take(self, segment: Segment) -> int:
        """Append what is new in *segment*, durably; how many entries that were. What is known already changes nothing.

        Raises SegmentRefused, with nothing taken: GAP, FORKED or BROKEN; StoreError where the disk fails.
        """
        with naming(self.path), transaction(self.db, WAIT_S):
            head = read_head(self.db)
            self._agree(head, segment)
            new = segment.lines[max(0, head.sequence + 1 - segment.first) :]
            for line, chain in zip(new, segment.chain[len(segment.lines) - len(new) :], strict=True):
                head = self._append(head, line, chain)
            if new:
                write_head(self.db, head._replace(seal=self._seal(head.message())))
        return len(new)

    def copy(self, path: Path, sequence: int) -> None:
        """Make the database *path* what this one was after entry *sequence*. Raises StoreError."""
        with naming(self.path), closing(schema.connect(path)) as copied:
            self.db.backup(copied)
            with copied:
                _rewind(copied, sequence, self._seal)
            project_again(copied)
            repair(copied)

    def forget(self, sequence: int) -> None:
        """Erase what the kiosk's own purge would, through entry *sequence*, from the disk too. Raises StoreError."""
        with naming(self.path):
            with transaction(self.db, WAIT_S):
                self._erase_through(sequence)
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def follow(self, epoch: str) -> None:
        """Go on under *epoch*, as the kiosk's log did after this replica's last entry. Raises StoreError."""
        with naming(self.path), transaction(self.db, WAIT_S):
            head = read_head(self.db)
            end_epochs(self.db, [(head.sequence, head.kiosk, head.epoch)])
            head = head._replace(epoch=epoch)
            write_head(self.db, head._replace(seal=self._seal(head.message())))

    def chain_after(self, sequence: int) -> bytes | None:
        """The chain after entry *sequence* (0: before the first); None where that has not arrived."""
        if sequence == 0:
            return entries.START
        row = self.db.execute("SELECT chain FROM entry WHERE sequence = ?", (sequence,)).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Close the connection."""
        self.db.close()

    def agrees_through(self, segment: Segment) -> int | None:
        """The last entry that *segment* and this log have in common; None where not even what is before it is."""
        if self.chain_after(segment.first - 1) != segment.previous:
            return None
        same = segment.first - 1
        for sequence, chain in enumerate(segment.chain, segment.first):
            if self.chain_after(sequence) != chain:
                break
            same = sequence
        return same

    def _agree(self, head: Head, segment: Segment) -> None:
        if segment.first > head.sequence + 1:
            raise SegmentRefused(Fault.GAP, f"entry {head.sequence + 1} has not arrived yet")
        same = self.agrees_through(segment)
        if same is None or same < min(head.sequence, segment.last):
            raise SegmentRefused(Fault.FORKED, f"another entry {(same or segment.first - 2) + 1} is known")

    def _append(self, head: Head, line: Line, chain: bytes) -> Head:
        header, moment = line.header, line.header.moment
        row = (
            *(header.sequence, header.kind, header.key_id, header.gate, header.at_ms),
            *(moment.wall_ms, moment.monotonic_ms, moment.boot_id, moment.clock),
            *(line.commitment, chain, line.salt, line.body),
        )
        self.db.execute(_INSERT, row)
        try:
            self._projections.apply(line.entry)
            self._erase_as_said(line)
        except (*_UNPROJECTED, *_UNFIT) as error:
            said = f"entry {header.sequence} says what this program cannot read: {type(error).__name__} {error}"
            raise SegmentRefused(Fault.BROKEN, said) from error
        clocks = (header.at_ms, moment.monotonic_ms, moment.boot_id)
        return head._replace(sequence=header.sequence, chain=chain, key_id=header.key_id)._replace(
            at_ms=clocks[0], monotonic_ms=clocks[1], boot_id=clocks[2]
        )

    def _erase_as_said(self, line: Line) -> None:
        """What the kiosk has erased goes here, too."""
        if line.body is None:
            return
        body = json.loads(line.body)
        if line.header.kind == EntryKind.PURGE:
            self._erase_through(body["through"])
        elif line.header.kind == EntryKind.ERASURE:
            gone = [(sequence,) for sequence in body["sequences"]]
            self.db.executemany("UPDATE entry SET salt = NULL, body = NULL WHERE sequence = ?", gone)

    def _erase_through(self, sequence: int) -> None:
        marks = ", ".join("?" for _ in OUTLIVE)
        erase = f"UPDATE entry SET salt = NULL, body = NULL WHERE sequence <= ? AND kind NOT IN ({marks})"
        self.db.execute(erase, (sequence, *OUTLIVE))
        for table, key in (("visit", "id"), ("queue_ticket", "id"), ("queue_turn", "sequence")):
            self.db.execute(f"DELETE FROM {table} WHERE {key} <= ?", (sequence,))


def _rewind(db: sqlite3.Connection, sequence: int, seal: Seal) -> None:
    """End the log with entry *sequence*."""
    head = read_head(db)
    kiosk, epoch = epoch_of(db, head)(sequence)
    db.execute("DELETE FROM entry WHERE sequence > ?", (sequence,))
    forget_epochs(db, sequence)
    query = "SELECT chain, at_ms, monotonic_ms, boot_id, key_id FROM entry WHERE sequence = ?"
    chain, *clocks, key_id = db.execute(query, (sequence,)).fetchone()
    at_ms, monotonic_ms, boot_id = clocks
    head = Head(kiosk, epoch, sequence, chain, at_ms, monotonic_ms, boot_id, key_id, "", 0)
    write_head(db, head._replace(seal=seal(head.message())))
