"""``power.py MACHINE``: cut the power of a working appliance at random, and see that all it announced is in its log.

Each start is either from power on or from memory kept at rest; people come at once, and after a random while the
power goes, with what its disk had not flushed: mostly amid a write, the rest at any moment. Then the disk is looked at
as the next start will find it. The same seed cuts alike, as far as an emulated machine is alike. To prove itself, the
harness then cuts appliances that cannot keep their word: one whose SQLite does not flush, one whose disk lies about it.
There it must find that something announced is lost.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.config import Settings
from machine.announced import Perceived, faults_of, kinds_unseen, perceived
from machine.appliance import DATA, RESIDENT_MIB, STATE, Appliance, Line, copy_disk, make_data_disk
from machine.cut_disk import Cut, CutDisk, CutDiskServer
from machine.services import unwell

CUTS, COLD_EVERY, PROOFS = 30, 10, 4
EARLY, EARLY_S = 0.15, 15.0  # this many are cut while they start; after how long, at most
ANNOUNCED = {"lamp": 3, "answer": 8}  # the others after so many, at most, and then this long, at most
LATE_S = 1.0
AMID, WRITES, AMID_S = 2 / 3, 40, 5.0  # so many are cut within one of the next writes, of which there may be none
PAUSE_S = 0.2
TYPED = 1 / 3  # so often people come to the scanner, where each waits for the lamp; else many to a tablet
PEOPLE = 10_000  # numbers of people for each start: nobody comes twice by chance
# Debian's own Python reads this at each start: SQLite then leaves it to the kernel when to write.
NO_FLUSH = """
import sqlite3
class Hasty(sqlite3.Connection):
    def execute(self, statement, *rest):
        return super().execute(statement.replace("synchronous = FULL", "synchronous = OFF"), *rest)
connect = sqlite3.connect
sqlite3.connect = lambda *given, **named: connect(*given, **(named | {"factory": Hasty}))
"""
PACKAGES = "/usr/lib/python3/dist-packages"
HASTY = f"cat >{PACKAGES}/hasty.py <<'END'\n{NO_FLUSH}END\necho 'import hasty' >{PACKAGES}/hasty.pth"


@dataclass(slots=True)
class Row:
    """One cut, for the table at the end."""

    name: str
    seed: int
    start_s: float = 0.0
    seen: Perceived = field(default_factory=Perceived)
    cut: Cut | None = None
    faults: list[str] = field(default_factory=list)  # what was announced and is lost
    mishaps: list[str] = field(default_factory=list)  # whatever else went wrong, which proves no loss
    took_s: float = 0.0

    def __str__(self) -> str:
        """The row as text."""
        cut = f"{self.cut.lost:5} of {self.cut.unflushed:5}" if self.cut else " " * 14
        found = "; ".join([*self.faults[:1], *self.mishaps]) or "whole"
        seen = f"{self.seen.greens:2} green {len(self.seen.answers):3} answered {len(self.seen.papers):3} printed"
        begun = f"{self.name:<14} seed {self.seed:<8} after {self.start_s:5.1f} s"
        return f"{begun}  {seen}  {cut} lost  {found}  {self.took_s:.0f} s"


class Site:
    """An appliance whose power goes again and again; its records go on from cut to cut."""

    def __init__(self, appliance: Appliance, data: Path, run: Path, *, lies: bool = False, before: str = "") -> None:
        self._appliance = appliance
        self._data = data
        self._run = run
        self._lies = lies
        self._before = before
        self.starts: list[Perceived] = []

    def cut(self, row: Row, *, cold: bool, early: float) -> None:
        """Start, let people come, cut, and look. *early* is the chance that it is cut while it starts."""
        began = time.monotonic()
        chance = random.Random(row.seed)
        disk = CutDiskServer(CutDisk(self._data, chance, lies=self._lies), self._run / "disk")
        machine, line = self._appliance.cold(disk) if cold else self._appliance.restored(disk)
        try:
            boot = f"{chance.getrandbits(128):032x}"
            if cold:
                boot = line.await_told("ready")[0].replace("-", "")  # as systemd's %b writes it
            if self._before:
                line.order(do="run", command=self._before)
                line.await_told("done")
            started = time.monotonic()
            typed, first = chance.random() < TYPED, 1 + len(self.starts) * PEOPLE
            new = {} if cold else {"boot": boot}
            line.order(do="start", seed=row.seed, first=first, pause_s=PAUSE_S, typed=typed, **new)
            if chance.random() < early:
                time.sleep(chance.uniform(0, EARLY_S))
            else:
                row.mishaps += _come_up(line, chance, "lamp" if typed else "answer", looks=cold)
            if chance.random() < AMID:
                disk.stop_after(chance.randint(1, WRITES))
                disk.await_stop(AMID_S)
            else:
                time.sleep(chance.uniform(0, LATE_S))
            row.start_s = time.monotonic() - started
        finally:
            machine.cut_power()
            row.cut = disk.cut()
            told = line.close()
        row.seen = perceived(boot, told)
        self.starts.append(row.seen)
        self._look(row)
        row.took_s = time.monotonic() - began

    def comes_up(self) -> list[str]:
        """Faults of a start from power on that nobody cuts: door and pages, and what the kiosk says of itself."""
        disk = CutDiskServer(CutDisk(self._data, random.Random(0)), self._run / "disk")
        machine, line = self._appliance.cold(disk)
        try:
            line.await_told("ready")
            line.order(do="start", seed=0, first=1 + len(self.starts) * PEOPLE, pause_s=PAUSE_S)
            line.await_told("page")
            wrong = _unwell(line)
            line.order(do="run", command="runuser -u kiosk -- kiosk verify")
            [(failed, said)] = line.await_told("done")
        finally:
            machine.cut_power()
            disk.cut()
            line.close()
        wrong += [said.strip()] * bool(failed)
        print(f"  after the last cut: {'; '.join(wrong) or 'all units are well'}; {said.strip()}", flush=True)
        return wrong

    def _look(self, row: Row) -> None:
        with tempfile.TemporaryDirectory() as place:
            found, data = Path(place) / "disk", Path(place) / "data"
            copy_disk(self._data, found)
            mended = subprocess.run(["e2fsck", "-p", found], capture_output=True, text=True, check=False)
            if mended.returncode > 1:
                row.mishaps.append(f"the file system is broken: {' '.join(mended.stdout.split())[:100]}")
                return
            data.mkdir()
            subprocess.run(["debugfs", "-R", f"rdump / {data}", found], capture_output=True, check=True)
            data.chmod(0o2770)  # as on an appliance, where the services' group reads the secrets
            row.faults += verified(data) or faults_of(data, Settings(), self.starts)


def _come_up(line: Line, chance: random.Random, announced: str, *, looks: bool) -> list[str]:
    """Wait amid announcements. What is wrong with the start, where one *looks* also with any unit."""
    try:
        only = "green" if announced == "lamp" else None
        line.await_told(announced, only, chance.randint(1, ANNOUNCED[announced]))
        return _unwell(line) if looks else []
    except TimeoutError as error:
        return [f"the kiosk did not come up by itself: {error}"]


def _unwell(line: Line) -> list[str]:
    line.order(do="state")
    return unwell(line.await_told("state")[0])


def verified(data: Path) -> list[str]:
    """What ``kiosk verify`` says of *data*; nothing where all is well."""
    verify = [sys.executable, "-m", "kiosk", "--data", str(data), "verify"]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    return [(done.stdout + done.stderr).strip()] if done.returncode else []


def _unproven(rows: Sequence[Row]) -> list[str]:
    """What *rows* would have to have met, and did not; their sums are printed."""
    cuts = [row.cut for row in rows if row.cut]
    amid, lost = sum(cut.unflushed > 0 for cut in cuts), sum(cut.lost for cut in cuts)
    print(
        f"  {amid} of {len(cuts)} cuts found sectors unflushed, {sum(cut.lost > 0 for cut in cuts)} took some: {lost}"
    )
    return kinds_unseen([row.seen for row in rows]) + ["no cut took a sector"] * (not lost)


class Campaign:
    """All cuts of one run, with its proofs."""

    def __init__(self, machine: Path, place: Path, run: Path, seed: int) -> None:
        self._place = place
        self._run = run
        self._seed = seed
        self._appliance = Appliance(machine, place, run)
        self.rows: list[Row] = []
        self._unproven = list[str]()

    def prepare(self) -> bool:
        """Set up the appliance whose power is cut. Whether its services are as small as promised."""
        print("setting the appliance up", flush=True)
        make_data_disk(self._place / DATA)
        disk = CutDiskServer(CutDisk(self._place / DATA, random.Random(0)), self._run / "disk")
        try:
            resident_mib = self._appliance.prepare(disk, lambda said: print(f"  {said}", flush=True))
        finally:
            disk.cut()
        return resident_mib <= RESIDENT_MIB

    def cut(self, cuts: int) -> bool:
        """Whether nothing announced was lost in *cuts* cuts."""
        site = self._site("honest")
        cold = [number % COLD_EVERY == COLD_EVERY - 1 for number in range(cuts)]
        rows = [self._cut(site, "cut", number, cold=cold[number], early=EARLY) for number in range(cuts)]
        self._unproven = _unproven(rows)
        return not any(row.faults or row.mishaps for row in rows) and not site.comes_up()

    def cut_amid_all(self) -> bool:
        """Whether these cuts took announcements of all kinds, and unflushed sectors: else they prove little."""
        print("\n".join(f"  {lack}" for lack in self._unproven), flush=True)
        return not self._unproven

    def proves_itself(self, name: str, *, lies: bool = False, before: str = "") -> bool:
        """Whether loss is found where there must be some, within a few cuts of a fresh appliance each."""
        for number in range(PROOFS):
            if self._cut(self._site(name, lies=lies, before=before), name, number).faults:
                return True
        return False

    def _site(self, name: str, *, lies: bool = False, before: str = "") -> Site:
        data = self._run / f"{name}.img"
        copy_disk(self._place / DATA, data)
        return Site(self._appliance, data, self._run, lies=lies, before=before)

    def _cut(self, site: Site, name: str, number: int, *, cold: bool = False, early: float = 0.0) -> Row:
        row = Row(f"{name} {number + 1}{' cold' if cold else ''}", self._seed * 1000 + number)
        self.rows.append(row)
        site.cut(row, cold=cold, early=early)
        print(f"  {row}", flush=True)
        return row


def main(words: Sequence[str]) -> int:
    """Exit status: 0 where all that was announced is in the log, and the harness can tell when it is not."""
    parser = argparse.ArgumentParser(description="Cut the power of a working appliance at random.")
    parser.add_argument("machine", type=Path, help="what image.sh and disk.sh made")
    parser.add_argument("--cuts", type=int, default=CUTS)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(100_000), help="of an earlier run")
    parser.add_argument("--kept", action="store_true", help="take the appliance that an earlier run set up")
    asked = parser.parse_args(words)
    place = asked.machine.resolve() / "power"
    print(f"power cuts, seed {asked.seed}; again: make test-machine ARGS='power --seed {asked.seed}'", flush=True)
    with tempfile.TemporaryDirectory() as run:
        campaign = Campaign(asked.machine.resolve(), place, Path(run), asked.seed)
        place.mkdir(exist_ok=True)
        held = {}
        if not (asked.kept and (place / STATE).exists()):
            held[f"all services at work are within {RESIDENT_MIB} MiB"] = campaign.prepare()
        verdicts: dict[str, Callable[[], bool]] = {
            "SQLite without flushing loses, and it is found": lambda: campaign.proves_itself("hasty", before=HASTY),
            "a disk that lies loses, and it is found": lambda: campaign.proves_itself("lying", lies=True),
            f"{asked.cuts} cuts lose nothing that was announced, and the services come up by themselves": lambda: (
                campaign.cut(asked.cuts)
            ),
            "they came amid announcements of every kind, and took sectors that were not flushed": campaign.cut_amid_all,
        }
        held |= {promise: judge() for promise, judge in verdicts.items()}
    print("\n".join(["", *map(str, campaign.rows), "", *(f"{'ok  ' if ok else 'FAIL'} {p}" for p, ok in held.items())]))
    return 0 if all(held.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
