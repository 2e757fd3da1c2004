"""Sticks at the hub: what kiosks have written for it goes the way of every segment, and receipts go back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.backup_folder import FolderError
from kiosk.files import FOR_ALL, replace_whole
from kiosk.hub.intake import Intake, Receipt
from kiosk.rules.segments import Fault, SegmentRefused
from kiosk.rules.sticks import RECEIPT_SUFFIX, SEGMENTS_SUFFIX, StickReceipt, unbundled
from kiosk.sticks import LARGEST_FILE_BYTES, files_in, read_file
from kiosk.vault import VaultError
from kiosk.vault.age import AgeKey
from kiosk.vault.notes import Signer


@dataclass(slots=True)
class Import:
    """What came of a stick: *new* entries, *faults* by file, and the last receipt of each kiosk."""

    new: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)


class Sticks:
    """Takes what lies on sticks: opened by *age*, taken by *intake*, receipts signed by *signer*."""

    def __init__(self, age: AgeKey, intake: Intake, signer: Signer, now_ms: Callable[[], int]) -> None:
        self._age = age
        self._intake = intake
        self._signer = signer
        self._now_ms = now_ms

    def take(self, folder: Path) -> Import:
        """Take all that kiosks wrote into *folder*, in whatever order; leave receipts. The files stay as they are.

        Raises FolderError, and StoreError and OSError where the hub's own disk fails.
        """
        came, waiting = Import(), files_in(folder, SEGMENTS_SUFFIX)
        while waiting:
            left = [path for path in waiting if self._is_early(path, came)]
            if len(left) == len(waiting):
                break
            waiting = left
        for kiosk, receipt in came.receipts.items():
            self._leave(folder, kiosk, receipt)
        return came

    def _is_early(self, path: Path, came: Import) -> bool:
        """Take a file; whether entries before it have not arrived, so that it is worth another try."""
        came.faults.pop(path.name, None)
        try:
            blobs = list(unbundled(self._age.decrypted(read_file(path, LARGEST_FILE_BYTES))))
        except (FolderError, VaultError, SegmentRefused) as error:
            came.faults[path.name] = str(error)
            return False
        return sum(self._is_taken(blob, path.name, came) for blob in blobs) < len(blobs)

    def _is_taken(self, blob: bytes, name: str, came: Import) -> bool:
        """Whether the segment need not be tried again; one that is at fault does not stop those after it."""
        try:
            receipt = self._intake.take(blob, self._now_ms())
        except SegmentRefused as refused:
            came.faults[name] = f"{refused.fault}: {refused}"
            return refused.fault is not Fault.GAP
        came.new += receipt.new
        came.receipts[receipt.branch.kiosk] = receipt
        return True

    def _leave(self, folder: Path, kiosk: str, receipt: Receipt) -> None:
        branch = receipt.branch
        end = (branch.epoch, branch.sequence, branch.chain.hex())
        said = StickReceipt(kiosk, *end, receipt.checkpoint, receipt.forked)
        try:
            replace_whole(folder / f"{kiosk}{RECEIPT_SUFFIX}", self._signer.sign(said.text).encode(), FOR_ALL)
        except OSError as error:
            raise FolderError(f"{folder}: takes no receipt: {error.strerror}") from error
