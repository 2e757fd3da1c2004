"""What a hub knows of its kiosks: their keys, how far their logs have arrived, what was refused."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from kiosk.rules.entries import Body
from kiosk.store import tamper_log
from kiosk.store.hub_database import HubDatabase

FORK_TOLD_MS = 30 * 86_400_000  # after which a card that is heard no more is one that was put away
REFUSED_KEPT = 100  # of each kiosk; older ones make room


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A kiosk that may send: *public* is its key (base64); revoked from ``revoked_ms`` on."""

    id: str
    site: str
    public: str
    mark: bytes
    enrolled_ms: int
    revoked_ms: int | None = None
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A segment that was not taken, whose bytes have the SHA-256 *digest*; how often it came."""

    digest: bytes
    kiosk: str
    fault: str
    found: str
    first_ms: int
    last_ms: int
    times: int


class Catalogue:
    """The kiosks of the hub whose tables *database* has. Threads may share it. Raises StoreError."""

    def __init__(self, database: HubDatabase) -> None:
        self._database = database

    def enrol(self, kiosk: Enrolled, said: Body) -> None:
        """Let *kiosk* send; as the function ``enrol``."""
        with self._database.transaction() as db:
            enrol(db, kiosk, said)

    def revoke(self, kiosk: str, at_ms: int, said: Body) -> None:
        """Take nothing more from *kiosk*."""
        with self._database.transaction() as db:
            tamper_log.append(db, at_ms, said)
            db.execute("UPDATE kiosk SET revoked_ms = ? WHERE id = ?", (at_ms, kiosk))
            db.execute("DELETE FROM awaited WHERE kiosk = ?", (kiosk,))

    def of_mark(self, mark: bytes) -> Enrolled | None:
        """The kiosk whose key has *mark*."""
        with self._database.transaction() as db:
            row = db.execute("SELECT * FROM kiosk WHERE mark = ?", (mark,)).fetchone()
        return Enrolled(*row) if row else None

    def kiosks(self) -> list[Enrolled]:
        """All of them, by name."""
        with self._database.transaction() as db:
            return [Enrolled(*row) for row in db.execute("SELECT * FROM kiosk ORDER BY id")]

    def heard(self, branch: tuple[str, str, str, int, bytes], at_ms: int, *, forked: bool) -> bool:
        """A kiosk was heard. Where its *branch* (kiosk, name, epoch, sequence, chain) has grown the tamper log has it.

        Called again with what it has said already, it says nothing new. Whether two cards say that they are this kiosk:
        it has *forked*, now or once, and more than one branch was heard in the last FORK_TOLD_MS.
        """
        kiosk, name, epoch, sequence, chain = branch
        query = "SELECT sequence, chain FROM branch WHERE kiosk = ? AND name = ?"
        with self._database.transaction() as db:
            if db.execute(query, (kiosk, name)).fetchone() != (sequence, chain):
                end = {"kiosk": kiosk, "epoch": epoch, "sequence": sequence, "chain": chain.hex()}
                tamper_log.append(db, at_ms, {"what": "head", **end, **({"forked": True} if forked else {})})
            db.execute(
                "INSERT INTO branch VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kiosk, name) DO UPDATE SET epoch ="
                " excluded.epoch, sequence = excluded.sequence, chain = excluded.chain, heard_ms = excluded.heard_ms,"
                " forked = max(forked, excluded.forked)",
                (*branch, at_ms, int(forked)),
            )
            db.execute("UPDATE kiosk SET heard_ms = ? WHERE id = ?", (at_ms, kiosk))
            both = "SELECT ifnull(max(forked), 0) AND sum(heard_ms > ?) > 1 FROM branch WHERE kiosk = ?"
            return forked or bool(db.execute(both, (at_ms - FORK_TOLD_MS, kiosk)).fetchone()[0])

    def refuse(self, digest: bytes, kiosk: str, fault: str, found: str, at_ms: int) -> list[bytes]:
        """Remember a segment that was not taken; the digests of those that made room for it."""
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO refused (digest, kiosk, fault, found, first_ms, last_ms, times)"
                " VALUES (?, ?, ?, ?, ?, ?, 1) ON CONFLICT (digest) DO UPDATE SET kiosk = excluded.kiosk,"
                " fault = excluded.fault, found = excluded.found, last_ms = excluded.last_ms, times = times + 1",
                (digest, kiosk, fault, found, at_ms, at_ms),
            )
            return [
                row[0]
                for row in db.execute(
                    "DELETE FROM refused WHERE kiosk = ? AND id NOT IN"
                    " (SELECT id FROM refused WHERE kiosk = ? ORDER BY last_ms DESC, id DESC LIMIT ?) RETURNING digest",
                    (kiosk, kiosk, REFUSED_KEPT),
                ).fetchall()
            ]

    def refused(self, kiosk: str | None = None, limit: int = -1) -> list[Refused]:
        """The segments that were not taken, the newest first; of one *kiosk* where given, at most *limit*."""
        columns = "digest, kiosk, fault, found, first_ms, last_ms, times"
        with self._database.transaction() as db:
            query = f"SELECT {columns} FROM refused WHERE ? IS NULL OR kiosk = ? ORDER BY last_ms DESC, id DESC LIMIT ?"
            rows = db.execute(query, (kiosk, kiosk, limit))
            return [Refused(*row) for row in rows]


def enrol(db: sqlite3.Connection, kiosk: Enrolled, said: Body) -> None:
    """Let *kiosk* send, under a new key if it was known; the tamper log has what was *said* first.

    Raises KeyError with the id of another kiosk that has this very key.
    """
    owner = db.execute("SELECT id FROM kiosk WHERE mark = ? AND id != ?", (kiosk.mark, kiosk.id)).fetchone()
    if owner:
        raise KeyError(owner[0])
    tamper_log.append(db, kiosk.enrolled_ms, said)
    row = (kiosk.id, kiosk.site, kiosk.public, kiosk.mark, kiosk.enrolled_ms)
    db.execute("INSERT OR REPLACE INTO kiosk VALUES (?, ?, ?, ?, ?, NULL, NULL)", row)


def kiosk_of(db: sqlite3.Connection, kiosk: str) -> Enrolled | None:
    """The kiosk that is called so."""
    row = db.execute("SELECT * FROM kiosk WHERE id = ?", (kiosk,)).fetchone()
    return Enrolled(*row) if row else None
