"""Eight writers at once on one log, with and without house work beside them; started by tests.

    python rivals.py DIRECTORY SCANS alone|with-house-work

Prints a report as JSON. A program of its own, because it forks.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from children import Child, Say, fork
from conftest import GATES, settings_with
from faults import faults_of

from kiosk import retention
from kiosk.checkin import check_in
from kiosk.config import GateSettings, Settings
from kiosk.devices import clock
from kiosk.devices.base import Deliver
from kiosk.devices.simulated import SimulatedPanel
from kiosk.door_process import DoorParts, DoorProcess
from kiosk.door_socket import DoorClient
from kiosk.house import House, open_house
from kiosk.preparing import Consents, Recorder
from kiosk.rules import credentials, invented
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import Direction, Kind, Moment, Reading
from kiosk.store import schema
from kiosk.store.checking import drop_side_tables, project_again, repair
from kiosk.store.locking import begin
from kiosk.store.reading import Reader
from kiosk.wiring import make_decoder

DAY_MS = 86_400_000
SOURCES = {"lines": "-", "file": "photo.jpg"}
SHARED = range(900_000, 900_050)  # people whom every writer sees, all at the same time
CLOSED_DAYS, PEOPLE_A_DAY = 6, 120
BATCH_ROWS, BATCH_PAUSE_S = 20, 0.01


def make_settings() -> Settings:
    """A site whose day does not end during the test, with a second way in."""
    an_hour_ago = retention.local_time(clock.now().wall_ms, settings_with().zone) - timedelta(hours=1)
    settings = settings_with(vault={"turn_at": f"{an_hour_ago:%H:%M}"}, door={"min_stay_s": 36000.0, "answer_s": 30.0})
    return replace(settings, gates=(*GATES, GateSettings("side", "Cổng phụ", Direction.IN)))


SETTINGS = make_settings()


@dataclass(frozen=True, slots=True)
class Showing:
    """One scan that a writer is to make."""

    person: int
    code: bytes
    gate: str
    typed: bool


def tally(present: Callable[[Showing], str], planned: list[Showing]) -> dict[str, Any]:
    """Make every planned scan; what the writer was told, and how long each took."""
    outcomes: Counter[str] = Counter()
    took_ms = []
    for showing in planned:
        started = time.perf_counter()
        outcomes[present(showing)] += 1
        took_ms.append((time.perf_counter() - started) * 1000)
    return {"outcomes": outcomes, "took_ms": took_ms}


def plan(writer: int, scans: int, *, typed: bool = False, way_in: str = "in", way_out: str = "out") -> list[Showing]:
    """The people whom all see, then the writer's own, every other one of whom leaves at once (nobody without exit)."""
    kind = Kind.TYPED if typed else Kind.ID_CARD
    showings = [(person, way_in) for person in SHARED]
    own = writer * 10_000
    while len(showings) < scans:
        showings += [(own, way_in), (own + 1, way_in), (own + 1, way_out or way_in)][: 3 if way_out else 2]
        own += 2
    return [Showing(who, invented.codes(invented.person(who))[kind], gate, typed) for who, gate in showings[:scans]]


def at_a_door(data: Path, name: str, planned: list[Showing], start_s: float, say: Say) -> None:
    """A door in a process of its own."""
    with opened(data, start_s) as house:
        door = house.door(SimulatedPanel())

        def present(showing: Showing) -> str:
            reading = Reading(showing.code, name, clock.now(), typed=showing.typed)
            return door.present([showing.code], SETTINGS.gate(showing.gate), reading).decision.outcome

        say(tally(present, planned))


def directly(data: Path, name: str, planned: list[Showing], start_s: float, say: Say) -> None:
    """Calls of check_in, with no door before it that forgives a fault."""
    with opened(data, start_s) as house:
        recorder = Recorder(SETTINGS, house.vault, house.store, Consents(0))
        trust = credentials.Trust(house.vault.verify_slip, 0)

        def present(showing: Showing) -> str:
            reading = Reading(showing.code, name, clock.now())
            credential = credentials.read_credential(showing.code, trust=trust, at_ms=reading.at.wall_ms)
            return check_in(recorder, reading, SETTINGS.gate(showing.gate), credential).decision.outcome

        say(tally(present, planned))


def through_the_socket(data: Path, name: str, planned: list[Showing], start_s: float, say: Say) -> None:
    """What desk and pages do: they ask the door process, which records it as *name*."""
    client = DoorClient(data)
    wait_until(start_s)
    say(tally(lambda one: client.present_text(one.code, one.gate, typed=one.typed)["outcome"], planned))


@dataclass(slots=True)
class Scanner:
    """A Source that reads what is planned as fast as the door takes it."""

    planned: list[Showing]
    start_s: float
    gate: str = "in"
    name: str = "serial"
    done: threading.Event = field(default_factory=threading.Event)

    def run(self, deliver: Deliver, stop: threading.Event) -> None:
        """Read everything once."""
        wait_until(self.start_s)
        for showing in self.planned:
            deliver(showing.code)
        self.done.set()
        stop.wait()


def door_process(data: Path, planned: list[Showing], start_s: float, say: Say) -> None:
    """A whole door with scanner and socket, until it is asked to end."""
    with open_house(SETTINGS, data, demo=True) as house:
        scanner = Scanner(planned, start_s)
        panel = SimulatedPanel()
        process = DoorProcess(DoorParts(house.door(panel), data, panel, partial(make_decoder, SETTINGS), [scanner]))
        signal.signal(signal.SIGTERM, lambda number, frame: process.stop("" if scanner.done.wait(60) else "unfinished"))
        say("listening")
        fault = process.run()
        if fault:
            raise RuntimeError(fault)


@contextmanager
def opened(data: Path, start_s: float) -> Iterator[House]:
    """The house of a writer, and a start at the same moment as the others."""
    with open_house(SETTINGS, data, demo=True) as house:
        wait_until(start_s)
        yield house


def wait_until(start_s: float) -> None:
    """Wait until the monotonic clock shows *start_s*."""
    time.sleep(max(0.0, start_s - time.monotonic()))


# House work, until the file *over* is there.


def rebuild(data: Path, say: Say) -> None:
    """Make the projections anew, again and again, and put right what somebody spoils in between."""
    db = schema.connect(data / "kiosk.db")
    db.execute("PRAGMA busy_timeout = 0")
    done = repaired = 0
    while not (data / "over").exists():
        begin(db, 30)
        db.execute("UPDATE visit SET gate_in = 'spoilt' WHERE id IN (SELECT id FROM visit ORDER BY random() LIMIT 3)")
        db.execute("COMMIT")
        project_again(db)
        repaired += repair(db)
        done += 1
        time.sleep(0.1)
    drop_side_tables(db)
    db.close()
    say({"rebuilds": done, "rows put right": repaired})


def purge(data: Path, now: Moment, say: Say) -> None:
    """Erase the closed days, the oldest first."""
    erased = 0
    with open_house(SETTINGS, data, demo=True) as house:
        for keep_days in range(CLOSED_DAYS, -1, -1):
            erased += retention.purge(house.store, replace(now, wall_ms=now.wall_ms + 1), keep_days)
            time.sleep(0.5)
    say({"bodies erased": erased})


def bulk(data: Path, say: Say) -> None:
    """What an import does: small batches with pauses."""
    rows = 0
    with open_house(SETTINGS, data, demo=True) as house:
        while not (data / "over").exists():
            with house.store.writing(None) as writing:
                for _ in range(BATCH_ROWS):
                    writing.append(EntryKind.DESK, "", clock.now(), {"import": rows})
                    rows += 1
            time.sleep(BATCH_PAUSE_S)
    say({"rows imported": rows})


def keep_closed_days(data: Path) -> Moment:
    """A log whose past days are over; returns the moment now."""
    now = clock.now()
    first = clock.stated(now.wall_ms - CLOSED_DAYS * DAY_MS)
    with open_house(SETTINGS, data, demo=True, now=first) as house:
        door = house.door()
        for day in range(CLOSED_DAYS):
            today = clock.stated(first.wall_ms + day * DAY_MS)
            for showing in plan(90 + day, PEOPLE_A_DAY + len(SHARED)):
                door.present([showing.code], SETTINGS.gate(showing.gate), Reading(showing.code, "past", today))
            tomorrow = clock.stated(today.wall_ms + DAY_MS)
            retention.turn_if_due(house.store, house.vault, SETTINGS, tomorrow)
    return now


def compete(data: Path, scans: int, *, house_work: bool) -> dict[str, Any]:
    """Let the eight make *scans* together; what they were told, what stands in the log, what is wrong."""
    now = keep_closed_days(data) if house_work else clock.now()
    with open_house(SETTINGS, data, demo=True, now=now) as house:
        before = house.store.head().sequence
    each, start_s = scans // 8, time.monotonic() + 2
    plans = make_plans(each)
    server = fork(partial(door_process, data, plans["serial"], start_s))
    next(server.hear())  # it listens
    writers: dict[str, Child] = {
        name: fork(partial(body, data, SOURCES.get(name, name), plans[name], start_s)) for name, body in BODIES.items()
    }
    works = [partial(rebuild, data), partial(purge, data, now), partial(bulk, data)] if house_work else []
    workers = [fork(work) for work in works]
    told = {name: writer.wait()[0] for name, writer in writers.items()}
    took_s = time.monotonic() - start_s
    (data / "over").touch()
    done = [worker.wait()[0] for worker in workers]
    os.kill(server.pid, signal.SIGTERM)
    server.wait()
    people = {showing.person for planned in plans.values() for showing in planned}
    return {"people": len(people), "told": told, "took_s": took_s, "done": done} | look(data, before)


def make_plans(each: int) -> dict[str, list[Showing]]:
    """What each of the eight writers is to do, by the name under which the log has it."""
    return {
        "serial": plan(1, each, way_out=""),
        "camera": plan(2, each),
        "keyboard": plan(3, each, typed=True),
        "typed": plan(4, each, typed=True, way_in="side"),
        "page": plan(5, each, way_in="both"),
        "demo": plan(6, each),
        "file": plan(7, each),
        "lines": plan(8, each),
    }


Body = Callable[[Path, str, list[Showing], float, Say], None]
BODIES: dict[str, Body] = {
    "camera": at_a_door,
    "keyboard": at_a_door,
    "typed": through_the_socket,
    "page": through_the_socket,
    "demo": directly,
    "file": directly,
    "lines": directly,
}


def look(data: Path, before: int) -> dict[str, Any]:
    """What stands in the log after sequence *before*, by writer, and what is wrong in the house."""
    with open_house(SETTINGS, data, demo=True) as house:
        entries = Reader(house.database).events_after(before, 1 << 62)
        recorded: dict[str, Counter[str]] = {}
        for body in (entry.body for entry in entries if entry.header.kind == EntryKind.SCAN and entry.body):
            recorded.setdefault(body["source"], Counter())[body["outcome"]] += 1
        kinds = Counter(entry.header.kind for entry in entries)
        return {"recorded": recorded, "kinds": kinds, "faults": faults_of(house)}


if __name__ == "__main__":
    place, number, beside = sys.argv[1:]
    print(json.dumps(compete(Path(place), int(number), house_work=beside == "with-house-work")))
