"""The logs of all kiosks as segments bring them: ``logs/KIOSK/BRANCH/kiosk.db``, each a data directory to read.

A log that goes on under a new epoch, or that two cards go on with, is another branch: it begins as a copy of what both
have in common. So nothing that a kiosk recorded is refused because another card says something else.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.files import flush
from kiosk.rules.segments import NAME, Fault, Segment, SegmentRefused
from kiosk.store.log import Seal
from kiosk.store.replica import Replica

MOST_BRANCHES = 20  # of one kiosk: cards die, and are copied by mistake, but not that often
MOST_BYTES = 20 * 10**9
DATABASE = "kiosk.db"
PART = ".part"
LOCK = "%s:lock"  # no kiosk has a name with a colon


@dataclass(frozen=True, slots=True)
class Branch:
    """The end of one branch of a kiosk's log."""

    kiosk: str
    name: str
    epoch: str
    sequence: int
    chain: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """What a segment did: *new* entries, now the end of *branch*. *forked*: another card has said something else."""

    branch: Branch
    new: int
    forked: bool = False


class Logs:
    """The branches in *folder*, sealed by *seal*; threads and processes may share it. Raises StoreError and OSError.

    A kiosk that has more than *most_bytes* there adds nothing; a copy that was begun before may double it.
    """

    def __init__(self, folder: Path, seal: Seal, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._seal = seal
        self._most_bytes = most_bytes

    def take(self, segment: Segment) -> Taken:
        """Append what is new. Raises SegmentRefused, with nothing taken: GAP, BROKEN, FORKED or FULL."""
        with self._alone(segment.kiosk):
            self._demand_room(segment.kiosk)
            forked = False
            with closing(self._branches(segment.kiosk)) as branches:
                for branch, replica in branches:
                    if branch.epoch != segment.epoch:
                        continue
                    forked = True
                    try:
                        return _taken(replica, branch.name, segment)
                    except SegmentRefused as refused:
                        if refused.fault not in (Fault.FORKED, Fault.GAP):
                            raise
            return self._branch_off(segment, forked=forked)

    def branches(self, kiosk: str) -> list[Branch]:
        """Where each branch of *kiosk* ends."""
        with self._alone(kiosk):
            return [branch for branch, _ in self._branches(kiosk)]

    def containing(self, kiosk: str, sequence: int, chain: bytes) -> list[Branch]:
        """The branches of *kiosk* that have *chain* after entry *sequence*, as they end now."""
        with self._alone(kiosk):
            return [branch for branch, log in self._branches(kiosk) if log.chain_after(sequence) == chain]

    def path(self, branch: Branch) -> Path:
        """The directory of *branch*."""
        return self._folder / branch.kiosk / branch.name

    def forget(self, kiosk: str, name: str, through: int) -> None:
        """Erase what people did from a branch, through an entry; its chain stays. Raises StoreError."""
        with self._alone(kiosk), closing(self._open(kiosk, name, "")) as replica:
            replica.forget(through)

    @contextmanager
    def _alone(self, kiosk: str) -> Iterator[None]:
        """Nobody else, neither thread nor process, works on the log of *kiosk*: each call has a handle of its own."""
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        handle = os.open(self._folder / (LOCK % kiosk), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
        try:
            self._give_to_its_owner(handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _give_to_its_owner(self, handle: int) -> None:
        """What the administrator makes is the service's at once, which may wait for it already."""
        owner = self._folder.stat()
        if os.geteuid() == 0 and owner.st_uid != 0 and os.fstat(handle).st_uid == 0:
            os.fchown(handle, owner.st_uid, owner.st_gid)

    def _append(self, name: str, segment: Segment) -> Taken:
        with closing(self._open(segment.kiosk, name, segment.epoch)) as replica:
            return _taken(replica, name, segment)

    def _branch_off(self, segment: Segment, *, forked: bool) -> Taken:
        """A branch for *segment*, from the one that has most in common with it."""
        if segment.first == 1 and not forked:
            self._begin(segment.kiosk, segment.epoch)
            return self._append(segment.epoch, segment)
        branches = self._branches(segment.kiosk)
        common = [(same, branch) for branch, log in branches if (same := log.agrees_through(segment))]
        if not common:
            raise SegmentRefused(Fault.GAP, f"entry {segment.first - 1} of {segment.kiosk} has not arrived as it was")
        same, origin = max(common, key=lambda one: one[0])
        name = f"{segment.epoch}-{same}-{segment.chain[-1].hex()[:8]}" if forked else segment.epoch
        self._copy(origin, name, same, segment.epoch)
        taken = self._append(name, segment)
        return Taken(taken.branch, taken.new, forked)

    def _begin(self, kiosk: str, epoch: str) -> None:
        """Make the branch with which the log of *kiosk* begins."""
        with self._making(kiosk, epoch) as part:
            Replica(part / DATABASE, self._seal, kiosk, epoch).close()

    def _copy(self, origin: Branch, name: str, sequence: int, epoch: str) -> None:
        """Make the branch *name* of what *origin* was after *sequence*."""
        with self._making(origin.kiosk, name) as part:
            with closing(self._open(origin.kiosk, origin.name, origin.epoch)) as replica:
                replica.copy(part / DATABASE, sequence)
            with closing(Replica(part / DATABASE, self._seal, origin.kiosk, epoch)) as copied:
                if copied.head().epoch != epoch:
                    copied.follow(epoch)

    @contextmanager
    def _making(self, kiosk: str, name: str) -> Iterator[Path]:
        """A directory that becomes a branch, wholly or not at all. Raises SegmentRefused where there may be none."""
        target = self._folder / kiosk / name
        if not NAME.fullmatch(name) or name.endswith(PART) or target.exists():
            raise SegmentRefused(Fault.BROKEN, f"its epoch {name} has a name that no kiosk gives")
        if len(list(self._folders(kiosk))) >= MOST_BRANCHES:
            said = f"{kiosk} has gone on in {MOST_BRANCHES} ways already; as another kiosk it may go on"
            raise SegmentRefused(Fault.FORKED, said)
        if not target.parent.is_dir():
            target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            flush(target.parent.parent)
        part = target.with_name(name + PART)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o750)
        yield part
        part.rename(target)
        flush(target.parent)

    def _branches(self, kiosk: str) -> Generator[tuple[Branch, Replica], None, None]:
        """Each branch as it ends now, with its log, which is open until the next one is asked for."""
        for path in self._folders(kiosk):
            with closing(self._open(kiosk, path.name, "")) as replica:
                yield _end_of(replica, kiosk, path.name), replica

    def _folders(self, kiosk: str) -> Iterator[Path]:
        home = self._folder / kiosk
        return (path for path in sorted(home.iterdir()) if path.suffix != PART) if home.is_dir() else iter(())

    def _demand_room(self, kiosk: str) -> None:
        used = sum(file.stat().st_size for path in self._folders(kiosk) for file in path.glob(f"{DATABASE}*"))
        if used > self._most_bytes:
            raise SegmentRefused(Fault.FULL, f"{kiosk} has filled the {self._most_bytes / 10**9:g} GB that are for it")

    def _open(self, kiosk: str, name: str, epoch: str) -> Replica:
        return Replica(self._folder / kiosk / name / DATABASE, self._seal, kiosk, epoch)


def _taken(replica: Replica, name: str, segment: Segment) -> Taken:
    new = replica.take(segment)
    return Taken(_end_of(replica, segment.kiosk, name), new)


def _end_of(replica: Replica, kiosk: str, name: str) -> Branch:
    head = replica.head()
    return Branch(kiosk, name, head.epoch, head.sequence, head.chain)
