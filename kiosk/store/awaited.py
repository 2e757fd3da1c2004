"""Kiosks that a hub awaits: for whom each one-time code was made, until when, and whose key has used it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Awaited:
    """*kiosk* of *site*, by the secret with the SHA-256 *digest* until *ends_ms*; *mark* is of the key that came."""

    digest: bytes
    kiosk: str
    site: str
    made_ms: int
    ends_ms: int
    mark: bytes | None = None


def await_kiosk(db: sqlite3.Connection, awaited: Awaited) -> None:
    """Await it, by no earlier code any more; codes that are over go."""
    db.execute("DELETE FROM awaited WHERE kiosk = ? OR ends_ms <= ?", (awaited.kiosk, awaited.made_ms))
    row = (awaited.digest, awaited.kiosk, awaited.site, awaited.made_ms, awaited.ends_ms, awaited.mark)
    db.execute("INSERT INTO awaited VALUES (?, ?, ?, ?, ?, ?)", row)


def awaited_by(db: sqlite3.Connection, digest: bytes) -> Awaited | None:
    """The one whose secret has *digest*."""
    row = db.execute("SELECT * FROM awaited WHERE digest = ?", (digest,)).fetchone()
    return Awaited(*row) if row else None


def has_come(db: sqlite3.Connection, digest: bytes, mark: bytes) -> None:
    """The key with *mark* has used the secret; no other key may."""
    db.execute("UPDATE awaited SET mark = ? WHERE digest = ?", (mark, digest))
