"""The hub's word for what it has recorded: its tamper log, and the checkpoints by which anybody can hold it to that."""

from __future__ import annotations

from collections.abc import Collection

from kiosk.rules.checkpoints import Checkpoint
from kiosk.rules.entries import Body
from kiosk.rules.tamper_proofs import Proof
from kiosk.store import tamper_log, tamper_proofs
from kiosk.store.hub_database import HubDatabase
from kiosk.store.tamper_log import Leaf
from kiosk.vault.notes import Signer


class Witness:
    """Signs what the tamper log in *database* says, as *origin*. Threads may share it. Raises StoreError."""

    def __init__(self, database: HubDatabase, signer: Signer, origin: str) -> None:
        self._database = database
        self._signer = signer
        self._origin = origin

    @property
    def verifier(self) -> str:
        """The key by which checkpoints are checked, as C2SP's signed notes write it."""
        return self._signer.verifier

    def record(self, at_ms: int, said: Body) -> int:
        """Put what was *said* into the tamper log, durably; its number, from 0."""
        with self._database.transaction() as db:
            return tamper_log.append(db, at_ms, said)

    def checkpoint(self) -> str:
        """The signed word for the whole tamper log as it is now (C2SP tlog-checkpoint)."""
        with self._database.transaction() as db:
            size, root = tamper_log.size_and_root(db)
        return self._signer.sign(Checkpoint(self._origin, size, root).text)

    def leaves(self, limit: int, before: int | None = None, *, heads: bool = True) -> list[Leaf]:
        """What was recorded, the newest first, at most *limit*, those *before* a number where given.

        *heads*: also each kiosk's log that arrived.
        """
        with self._database.transaction() as db:
            return tamper_log.leaves(db, limit, before, heads=heads)

    def leaves_about(self, what: str, limit: int) -> list[Leaf]:
        """The newest *limit* of what was recorded about *what*, which is not the log of a kiosk."""
        with self._database.transaction() as db:
            return tamper_log.leaves_about(db, what, limit)

    def consistency(self, old: int) -> list[bytes]:
        """What proves that the log begins with its first *old* leaves (RFC 6962, 2.1.2)."""
        with self._database.transaction() as db:
            return tamper_log.consistency(db, old)

    def proof(self, sizes: Collection[int], chain: bytes) -> Proof:
        """What holds the log, as it is now, to what was signed at *sizes*, and has the head *chain* of a kiosk's."""
        with self._database.transaction() as db:
            now = Checkpoint(self._origin, *tamper_log.size_and_root(db))
            grown, (leaf, number, path) = tamper_proofs.growth(db, sizes), tamper_proofs.leaf_with(db, chain)
        return Proof(self._signer.sign(now.text), grown, leaf, number, path)
