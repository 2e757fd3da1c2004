"""What becomes of a segment that arrives, by network or on a stick: the one way into the hub."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kiosk.hub.down import Down
from kiosk.hub.logs import Branch, Logs
from kiosk.hub.room import demand_room
from kiosk.hub.witness import Witness
from kiosk.rules.segments import Fault, Segment, SegmentRefused, segment_of
from kiosk.store.catalogue import Catalogue, Enrolled
from kiosk.vault.segments import signer_of, unpacked


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the hub has of a kiosk's log, without a gap: up to the end of *branch*; the hub's signed word for it.

    *forked*: two cards say that they are this kiosk, each of which is told.
    """

    branch: Branch
    new: int
    forked: bool
    checkpoint: str


class Intake:
    """Takes segments into *folder*; *down* hears what they say of orders. Threads may share it.

    Raises StoreError and OSError where the disk fails.
    """

    def __init__(self, folder: Path, catalogue: Catalogue, logs: Logs, witness: Witness, down: Down) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._logs = logs
        self._witness = witness
        self._down = down

    def take(self, blob: bytes, now_ms: int) -> Receipt:
        """Take a packed segment, once however often it comes; durable when this returns.

        Raises SegmentRefused; the segment is then kept and shown, but for a GAP, which the kiosk fills itself.
        """
        demand_room(self._folder.parent)
        sender: Enrolled | None = None
        try:
            sender = self._catalogue.of_mark(signer_of(blob))
            segment = _segment(blob, sender)
            taken = self._logs.take(segment)
        except SegmentRefused as refused:
            if refused.fault is not Fault.GAP:
                self._keep(blob, sender, refused, now_ms)
            raise
        branch = taken.branch
        end = (branch.kiosk, branch.name, branch.epoch, branch.sequence, branch.chain)
        self._down.note_answers(segment.kiosk, segment.answers)
        forked = self._catalogue.heard(end, now_ms, forked=taken.forked)
        if taken.new and segment.holes:
            lost = ", ".join(map(str, segment.holes))
            self._keep(blob, sender, SegmentRefused(Fault.LOST, f"lost on the kiosk itself: entry {lost}"), now_ms)
        return Receipt(branch, taken.new, forked, self._witness.checkpoint())

    def _keep(self, blob: bytes, sender: Enrolled | None, refused: SegmentRefused, now_ms: int) -> None:
        """Of a stranger's only that it came: nobody else's disk is for them."""
        digest = hashlib.sha256(blob).digest()
        if sender:
            self._folder.mkdir(mode=0o750, exist_ok=True)
            (self._folder / digest.hex()).write_bytes(blob)
        name = sender.id if sender else ""
        for gone in self._catalogue.refuse(digest, name, refused.fault, str(refused), now_ms):
            with suppress(FileNotFoundError):
                (self._folder / gone.hex()).unlink()


def _segment(blob: bytes, sender: Enrolled | None) -> Segment:
    if sender is None:
        raise SegmentRefused(Fault.STRANGER, "no kiosk with this key is enrolled here")
    if sender.revoked_ms is not None:
        raise SegmentRefused(Fault.REVOKED, f"{sender.id} was revoked")
    segment = segment_of(unpacked(blob, sender.public))
    if segment.kiosk != sender.id:
        raise SegmentRefused(Fault.FORGED, f"{sender.id} has signed what says it is of {segment.kiosk}")
    return segment
