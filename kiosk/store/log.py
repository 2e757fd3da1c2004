"""The append-only log, and the transaction in which an entry and its projections become durable."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from kiosk.rules import clock, entries, presence
from kiosk.rules.entries import Body, Entry, EntryKind, Header
from kiosk.rules.model import ClockState, Moment
from kiosk.store import schema
from kiosk.store.epochs import end_epochs
from kiosk.store.head import Head, read_head, write_first_head, write_head
from kiosk.store.locking import naming, transaction
from kiosk.store.migrations import migrate
from kiosk.store.news import Nudge
from kiosk.store.projections import Projections, counts_of, fill_new
from kiosk.store.queue import QueueTables

Seal = Callable[[bytes], bytes]


class KeyTurned(Exception):  # noqa: N818  # an event, after which the caller prepares again
    """The day key that the caller prepared with is no longer current; prepare again with *key_id*."""

    def __init__(self, key_id: bytes) -> None:
        super().__init__(key_id.hex())
        self.key_id = key_id


class Store:
    """One writing connection. Not for use by two threads at once: each opens its own."""

    def __init__(self, path: Path, seal: Seal, *, answer_s: float = 5.0) -> None:
        self.path = path
        self._seal = seal
        self._answer_s = answer_s
        self.db = schema.connect(path)
        self.db.execute("PRAGMA busy_timeout = 0")  # begin waits, and nobody waits for a checkpoint
        self._projections = Projections(self.db)
        self._nudge = Nudge(path.parent)
        self._own_head: Head | None = None

    def start(self, kiosk: str, moment: Moment, said: Body | None = None) -> bool:
        """Make or migrate the tables; in a fresh database begin the log of *kiosk* with a new epoch.

        Its first entry says what was *said*, if anything. Returns True where the log is fresh. Raises StoreError for
        a newer or damaged database.
        """
        with naming(self.path.name, "opened"):
            with schema.waiting(self.db):
                migrate(self.db, self.path, fill_new)
            if self.db.execute("SELECT count(*) FROM head").fetchone()[0]:
                return False
            self._begin_log(kiosk, moment, said or {})
        return True

    def _begin_log(self, kiosk: str, moment: Moment, said: Body) -> None:
        clocks = (moment.wall_ms, moment.monotonic_ms, moment.boot_id)
        head = Head(kiosk, secrets.token_hex(8), 0, entries.START, *clocks, b"", "", 0)
        with self._locked():
            write_first_head(self.db, head)
            Writing(self, head, self._projections).append(EntryKind.START, "", moment, said)

    def begin_epoch(self, moment: Moment, body: Body) -> None:
        """Go on under a new epoch, whose first entry says *body*. Raises StoreError as ``writing`` does."""
        with self.writing(None) as writing:
            head = writing.head
            end_epochs(self.db, [(head.sequence, head.kiosk, head.epoch)])
            writing.head = head._replace(epoch=secrets.token_hex(8))
            writing.append(EntryKind.START, "", moment, {**body, "follows": [head.epoch, head.sequence]})

    def head(self) -> Head:
        """The end of the log as it is now. Raises StoreError when it cannot be read."""
        with naming(self.path.name, "read"):
            return read_head(self.db)

    def shown_ms(self, moment: Moment) -> int:
        """The time that an entry made at *moment* would show. Raises StoreError when the log cannot be read."""
        return clock.shown_ms(self.head().shown, moment)

    def kind_of(self, sequence: int) -> str | None:
        """The kind of entry *sequence*, or None where there is none."""
        row = self.db.execute("SELECT kind FROM entry WHERE sequence = ?", (sequence,)).fetchone()
        return row[0] if row else None

    @contextlib.contextmanager
    def writing(self, key_id: bytes | None) -> Iterator[Writing]:
        """One ``BEGIN IMMEDIATE`` transaction, durable when the block has ended.

        *key_id* names the day key that the caller prepared with (None where none was used); KeyTurned
        is raised, with nothing written, when another is current. Raises StoreError when the database
        cannot be written, or stays busy longer than a person waits.
        """
        with naming(self.path.name, "written"), self._locked():
            head = read_head(self.db)
            if key_id is not None and key_id != head.key_id:
                raise KeyTurned(head.key_id)
            writing = Writing(self, head, self._projections)
            if head != self._own_head and head.seal != self._seal(head.message()):
                writing.tell_of_broken_seal()
            yield writing
        self._nudge.send()

    def _locked(self) -> AbstractContextManager[None]:
        return transaction(self.db, self._answer_s)

    def save_head(self, head: Head) -> Head:
        """Write *head*, sealed, within the current transaction; returns it with its seal."""
        sealed = head._replace(seal=self._seal(head.message()))
        write_head(self.db, sealed)
        self._own_head = sealed
        return sealed

    def close(self) -> None:
        """Close the connection."""
        self._nudge.close()
        self.db.close()


class Writing:
    """What can be read and appended inside one transaction."""

    def __init__(self, store: Store, head: Head, projections: Projections) -> None:
        self._store = store
        self._projections = projections
        self.db = store.db
        self.head = head

    def shown_ms(self, moment: Moment) -> int:
        """The time an entry made at *moment* will show."""
        return clock.shown_ms(self.head.shown, moment)

    def tell_of_broken_seal(self) -> None:
        """Record that another hand had put its end to the log: verification says so for ever."""
        shown = self.head.shown
        moment = Moment(shown.at_ms, shown.monotonic_ms, shown.boot_id, ClockState.UNKNOWN)
        self.append(EntryKind.BROKEN_SEAL, "", moment, {"at": self.head.sequence})

    def append(
        self, kind: EntryKind, gate: str, moment: Moment, body: Body, *, key: tuple[bytes, str] | None = None
    ) -> Entry:
        """Append one entry and bring the projections up to it. *key* (id, local day) begins a new day key."""
        head = self.head
        at_ms = self.shown_ms(moment)
        ran_ms = 0 if key else head.key_ran_ms + clock.ran_ms(head.shown, moment)
        key_id, key_day = key or (head.key_id, head.key_day)
        header = Header(head.kiosk, head.epoch, head.sequence + 1, kind, key_id, gate, at_ms, moment)
        body = {"v": entries.BODY_VERSION, **body}
        encoded, salt = entries.encode(body), os.urandom(entries.SALT_BYTES)
        commitment = entries.commitment(salt, encoded)
        chain = entries.link(head.chain, header.encode(), commitment)
        self.db.execute(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(header.sequence, kind, key_id, gate, at_ms),
                *(moment.wall_ms, moment.monotonic_ms, moment.boot_id, moment.clock),
                *(commitment, chain, salt, encoded),
            ),
        )
        clocks = (at_ms, moment.monotonic_ms, moment.boot_id)
        end = Head(head.kiosk, head.epoch, header.sequence, chain, *clocks, key_id, key_day, ran_ms)
        self.head = self._store.save_head(end)
        entry = Entry(header, body)
        self._projections.apply(entry)
        return entry

    def body_of(self, sequence: int) -> Body | None:
        """The body of entry *sequence*; None where there is none, or none any more."""
        row = self.db.execute("SELECT body FROM entry WHERE sequence = ?", (sequence,)).fetchone()
        return json.loads(row[0]) if row and row[0] is not None else None

    @property
    def queue(self) -> QueueTables:
        """The queue as it is now."""
        return self._projections.queue

    def counts(self) -> presence.Counts:
        """The counts of the current day key."""
        return counts_of(self.db, self.head.key_id)


def open_visits(db: sqlite3.Connection, by_ms: int, limit: int) -> list[int]:
    """Ids of the oldest open visits that had begun by *by_ms*, at most *limit*, in order."""
    rows = db.execute(
        "SELECT id FROM visit WHERE left_ms IS NULL AND entered_ms <= ? ORDER BY id LIMIT ?", (by_ms, limit)
    )
    return [row[0] for row in rows]
