"""Two processes of a hub share its logs: its service, and a stick that somebody imports beside it."""

from __future__ import annotations

import multiprocessing
import shutil
import threading
from collections.abc import Sequence
from contextlib import closing
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

from conftest import OpenSite, Site
from test_hub_logs import arrived, come, database_of, sent
from test_replica import hub_seal, pieces

from kiosk.hub.logs import LOCK, Logs
from kiosk.rules.segments import Segment

AT_ONCE = multiprocessing.get_context("spawn")  # the test has threads
PROCESSES = 2
LONG_S = 60


def segments(site: Site, size: int) -> list[Segment]:
    with closing(database_of(site)) as db:
        return list(pieces(db, size=size))


def take_all(folder: Path, given: Sequence[Segment], begin: Barrier, new: Queue[int]) -> None:
    """Take *given* as soon as everybody is there; the number of entries that were new."""
    logs = Logs(folder, hub_seal)
    begin.wait(LONG_S)
    new.put(sum(logs.take(one).new for one in given))


def hold(folder: Path, kiosk: str, holds: Event, end: Event) -> None:
    with Logs(folder, hub_seal)._alone(kiosk):
        holds.set()
        end.wait(LONG_S)


def test_what_two_processes_take_at_once_is_there_once_and_whole(open_site: OpenSite, tmp_path: Path) -> None:
    """Both make the branch with which the log begins, and the one of a card that was copied."""
    card = open_site(data=tmp_path / "card")
    come(card, 1, "08:00")
    shutil.copytree(tmp_path / "card", tmp_path / "copy")
    come(card, 2, "08:10")
    copy = open_site(data=tmp_path / "copy")
    come(copy, 3, "08:20")
    given = [*segments(card, 200), *segments(copy, 200)]
    folder, begin, new = tmp_path / "logs", AT_ONCE.Barrier(PROCESSES), AT_ONCE.Queue()
    takers = [AT_ONCE.Process(target=take_all, args=(folder, given, begin, new)) for _ in range(PROCESSES)]
    for taker in takers:
        taker.start()
    counts = [new.get(timeout=LONG_S) for _ in takers]
    for taker in takers:
        taker.join(LONG_S)
    assert [taker.exitcode for taker in takers] == [0] * PROCESSES
    logs = Logs(folder, hub_seal)
    assert len(logs.branches(given[0].kiosk)) == 2
    first, second = (logs.take(piece) for piece in (segments(card, 200)[-1], segments(copy, 200)[-1]))
    assert (arrived(logs, first), arrived(logs, second)) == (sent(card), sent(copy))
    assert sum(counts) == first.branch.sequence + second.branch.sequence - common(given)


def common(given: Sequence[Segment]) -> int:
    first, second = (one.chain for one in given)
    return sum(a == b for a, b in zip(first, second, strict=False))


def test_whoever_works_on_a_kiosk_in_another_process_is_waited_for(site: Site, tmp_path: Path) -> None:
    come(site, 1, "08:00")
    (whole,) = segments(site, 200)
    folder, holds, end, done = tmp_path / "logs", AT_ONCE.Event(), AT_ONCE.Event(), threading.Event()
    other = AT_ONCE.Process(target=hold, args=(folder, whole.kiosk, holds, end))
    other.start()
    assert holds.wait(LONG_S)
    logs = Logs(folder, hub_seal)

    def work() -> None:
        logs.take(whole)
        logs.containing(whole.kiosk, whole.last, whole.chain[-1])
        done.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert logs.branches("another") == []  # which nobody works on
    assert not done.wait(0.5)
    assert sorted(folder.iterdir()) == sorted([folder / (LOCK % "another"), folder / (LOCK % whole.kiosk)])
    end.set()
    worker.join(LONG_S)
    other.join(LONG_S)
    assert done.is_set()
    assert [branch.sequence for branch in logs.branches(whole.kiosk)] == [whole.last]
