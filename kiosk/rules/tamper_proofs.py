"""What a hub answers who wants to hold it to its word: that its log only grew, and that a kiosk's log stands in it.

RFC 6962, 2.1.1 and 2.1.2; the checkpoint (C2SP tlog-checkpoint) to which the proofs lead is signed with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kiosk.rules.checkpoints import Checkpoint
from kiosk.rules.merkle import HASH_BYTES, is_consistent, is_included, leaf_hash

MOST_SIZES = 4
_LONGEST_PATH = 64


@dataclass(frozen=True, slots=True)
class Proof:
    """From each size to that of the signed *checkpoint*; for *leaf*, which is empty or has the *number*, its *path*."""

    checkpoint: str
    grown: Mapping[int, tuple[bytes, ...]]
    leaf: bytes = b""
    number: int = 0
    path: tuple[bytes, ...] = ()

    def as_said(self) -> dict[str, Any]:
        """What is sent, which ``proof_of`` reads."""
        grown = {str(size): [one.hex() for one in path] for size, path in self.grown.items()}
        leaf = {"said": self.leaf.decode(), "number": self.number, "path": [one.hex() for one in self.path]}
        return {"checkpoint": self.checkpoint, "grown": grown, "leaf": leaf}

    def proves_growth(self, old: Checkpoint, now: Checkpoint) -> bool:
        """Whether the log of *now*, which ``checkpoint`` says, begins with that of *old*."""
        if old.origin != now.origin or not 0 < old.size <= now.size:
            return False
        return is_consistent(old.size, now.size, self.grown.get(old.size, ()), old.root, now.root)

    def proves_leaf(self, now: Checkpoint) -> bool:
        """Whether the leaf stands in the log of *now*."""
        return is_included(leaf_hash(self.leaf), self.number, now.size, self.path, now.root)


def proof_of(said: Mapping[str, Any]) -> Proof:
    """The proof that *said* is. Raises ValueError."""
    try:
        grown = {int(size): _path(path) for size, path in said["grown"].items()}
        leaf, number = said["leaf"]["said"].encode(), said["leaf"]["number"]
        proof = Proof(said["checkpoint"], grown, leaf, number, _path(said["leaf"]["path"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("this is no proof") from error
    if not isinstance(proof.checkpoint, str) or type(number) is not int:
        raise ValueError("this is no proof")
    return proof


def _path(words: list[str]) -> tuple[bytes, ...]:
    path = tuple(map(bytes.fromhex, words[:_LONGEST_PATH]))
    if any(len(one) != HASH_BYTES for one in path):
        raise ValueError("this is no proof")
    return path
