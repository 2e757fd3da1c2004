"""Holding a hub to its word: what it has signed at any time, against what it signs now and what is recorded here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.hub_link import HubAway, HubRefuses
from kiosk.joined import Acknowledged, Joined, state_of
from kiosk.rules.checkpoints import Checkpoint, NoteRefused, checkpoint_of
from kiosk.rules.tamper_proofs import Proof, proof_of
from kiosk.store.reading import Reader
from kiosk.store.segments import chain_after
from kiosk.vault.notes import opened_note

PROOF = "/kiosk/proof"

Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]


class ProofFault(Exception):  # noqa: N818  # it is what is told
    """The hub's word does not hold, or cannot be proven; one sentence."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What was proven: the hub's log of *size* leaves begins with all that it has signed, and has ours to *through*."""

    size: int
    through: int


def prove(data: Path, hub: Joined, reader: Reader, note: str, ask: Ask) -> Proven:
    """Hold *hub* to what this kiosk was given, and to *note*, a checkpoint from anywhere, if any. Raises ProofFault."""
    known = state_of(data).acknowledged
    if known is None:
        raise ProofFault("the hub has acknowledged nothing of this log yet")
    chain = reader.ask(lambda db: chain_after(db, known.through))
    if chain is None or chain.hex() != known.chain:
        raise ProofFault(f"entry {known.through} is not the one that the hub has acknowledged: this log is another one")
    signed = [_opened(text, hub) for text in (known.checkpoint, note) if text]
    proof = _asked(ask, signed, known)
    now = _opened(proof.checkpoint, hub)
    for old in signed:
        if not proof.proves_growth(old, now):
            raise ProofFault(f"the hub's log of {now.size} does not begin with the {old.size} that it had signed")
    _prove_head(proof, now, hub, known)
    return Proven(now.size, known.through)


def _asked(ask: Ask, signed: list[Checkpoint], known: Acknowledged) -> Proof:
    said = {"sizes": [one.size for one in signed], "chain": known.chain}
    try:
        return proof_of(ask(PROOF, said))
    except (HubAway, HubRefuses) as error:
        raise ProofFault(f"the hub has signed it, but gives no proof now: {error}") from error
    except ValueError as error:
        raise ProofFault("what the hub answers is no proof") from error


def _prove_head(proof: Proof, now: Checkpoint, hub: Joined, known: Acknowledged) -> None:
    head = {"kiosk": hub.kiosk, "epoch": known.epoch, "sequence": known.through, "chain": known.chain}
    try:
        said = json.loads(proof.leaf)[1] if proof.leaf else {}
        told = {name: said.get(name) for name in head}
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        told = {}
    if told != head or not proof.proves_leaf(now):
        raise ProofFault(f"the hub's log does not have entry {known.through} of this log, which it has acknowledged")


def _opened(note: str, hub: Joined) -> Checkpoint:
    try:
        return checkpoint_of(opened_note(note, hub.verifier))
    except NoteRefused as error:
        raise ProofFault(f"it is not the word of {hub.name}: {error}") from error
