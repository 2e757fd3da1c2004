"""Whether what a hub has is what its kiosks have recorded: entry by entry, and word by word of what it has signed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from kiosk.hub.logs import Logs
from kiosk.hub.witness import Witness
from kiosk.joined import state_of
from kiosk.rules.checkpoints import checkpoint_of
from kiosk.rules.merkle import is_consistent
from kiosk.store.schema import DATABASE
from kiosk.vault.notes import opened_note

ROWS = "SELECT * FROM entry ORDER BY sequence"


def differences(kiosk_data: Path, logs: Logs, kiosk: str) -> tuple[int, list[str]]:
    """How many entries *kiosk* has recorded, and how the hub's *logs* differ from them, in sentences."""
    recorded = _rows(kiosk_data / DATABASE)
    branches = logs.branches(kiosk)
    if len(branches) != 1:
        return len(recorded), [f"{kiosk}: the hub has {len(branches)} branches of one log"]
    arrived = _rows(logs.path(branches[0]) / DATABASE)
    faults = [f"{kiosk}: entry {row[0]} was lost or changed" for row in recorded if row not in set(arrived)]
    faults += [f"{kiosk}: entry {row[0]} was never recorded so" for row in arrived if row not in set(recorded)]
    return len(recorded), faults


def untrue_words(kiosk_data: Path, witness: Witness) -> list[str]:
    """Where what the hub has signed to a kiosk is not what its tamper log begins with."""
    known = state_of(kiosk_data).acknowledged
    if known is None:
        return [f"{kiosk_data.name}: nothing was acknowledged"]
    said = checkpoint_of(opened_note(known.checkpoint, witness.verifier))
    now = checkpoint_of(opened_note(witness.checkpoint(), witness.verifier))
    proof = witness.consistency(said.size)
    if is_consistent(said.size, now.size, proof, said.root, now.root):
        return []
    return [f"{kiosk_data.name}: the hub's tamper log is not the one that it had signed"]


def _rows(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(ROWS).fetchall()
