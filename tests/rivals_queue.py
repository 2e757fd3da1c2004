"""Eight doors that give numbers at once while four counters call them; started by tests.

    python rivals_queue.py DIRECTORY TICKETS

Prints a report as JSON. A program of its own, because it forks.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from children import Say, fork
from faults import faults_of
from rivals import make_settings, wait_until

from kiosk.checkin import check_in
from kiosk.config.queueing import CounterSettings, ServiceSettings, StageSettings
from kiosk.devices import clock
from kiosk.house import open_house
from kiosk.preparing import Consents, Recorder
from kiosk.queue import Counters
from kiosk.rules import credentials, invented
from kiosk.rules.model import Kind, Reading
from kiosk.rules.queueing import Act, Refusal, Wish

DOORS = 8
COUNTERS = ("1", "2", "3", "4")  # the first two call for one service each, the others for both
SERVICES = (ServiceSettings("new", "Tiêm mới", "first", "A"), ServiceSettings("again", "Tiêm nhắc", "first", "B"))
SETTINGS = replace(
    make_settings(),
    stages=(StageSettings("first", "Đón tiếp"),),
    services=SERVICES,
    counters=tuple(
        CounterSettings(counter, f"Quầy {counter}", called)
        for counter, called in zip(COUNTERS, (("new",), ("again",), ("new", "again"), ("again", "new")), strict=True)
    ),
)
PAUSE_S = 0.001


def give_numbers(data: Path, people: range, start_s: float, say: Say) -> None:
    """A door: everybody comes in; says the number of each, and how long it took in milliseconds."""
    codes = [invented.codes(invented.person(person))[Kind.ID_CARD] for person in people]
    given, took_ms = [], []
    with open_house(SETTINGS, data, demo=True) as house:
        recorder = Recorder(SETTINGS, house.vault, house.store, Consents(0))
        trust = credentials.Trust(house.vault.verify_slip, 0)
        wait_until(start_s)
        for code in codes:
            reading = Reading(code, "rival", clock.now())
            began = time.perf_counter()
            credential = credentials.read_credential(code, trust=trust, at_ms=reading.at.wall_ms)
            scan = check_in(recorder, reading, SETTINGS.gate("in"), credential)
            took_ms.append((time.perf_counter() - began) * 1000)
            assert scan.ticket
            given.append([scan.sequence, scan.ticket.service, scan.ticket.number])
    say({"given": given, "took_ms": took_ms})


def call_numbers(data: Path, counter: str, start_s: float, say: Say) -> None:
    """A counter: calls the next again and again, until nobody waits and nobody will come."""
    called, took_ms = [], []
    with open_house(SETTINGS, data, demo=True) as house:
        counters = Counters(SETTINGS.plan())
        wait_until(start_s)
        while True:
            all_came = (data / "over").exists()
            began = time.perf_counter()
            entry = counters.act(house.store, Wish(Act.CALL, counter), clock.now())
            if not isinstance(entry, Refusal) and entry.body:
                took_ms.append((time.perf_counter() - began) * 1000)
                called += [entry.body["ticket"]] if entry.body["act"] == Act.CALL else []
            elif all_came:
                break
            time.sleep(PAUSE_S)
    say({"called": called, "took_ms": took_ms})


def compete(data: Path, tickets: int) -> dict[str, Any]:
    """Let doors and counters make *tickets* numbers and calls; what they were told, and what is wrong in the house."""
    with open_house(SETTINGS, data, demo=True):
        each, start_s = tickets // DOORS, time.monotonic() + 5
    crowds = [range(door * each, (door + 1) * each) for door in range(DOORS)]
    doors = [fork(partial(give_numbers, data, crowd, start_s)) for crowd in crowds]
    counters = [fork(partial(call_numbers, data, counter, start_s)) for counter in COUNTERS]
    gave = [door.wait()[0] for door in doors]
    given_s = time.monotonic() - start_s
    (data / "over").touch()
    calls = [counter.wait()[0] for counter in counters]
    numbers = defaultdict[str, list[int]](list)
    for _, service, number in (one for door in gave for one in door["given"]):
        numbers[service].append(number)
    with open_house(SETTINGS, data, demo=True) as house:
        faults = faults_of(house)
    return {
        "numbers": {service: sorted(given) for service, given in numbers.items()},
        "visits": sorted(visit for door in gave for visit, _, _ in door["given"]),
        "called": sorted(ticket for counter in calls for ticket in counter["called"]),
        "calls": {counter: len(call["called"]) for counter, call in zip(COUNTERS, calls, strict=True)},
        "issuing_ms": [ms for door in gave for ms in door["took_ms"]],
        "calling_ms": [ms for counter in calls for ms in counter["took_ms"]],
        "took_s": [given_s, time.monotonic() - start_s],
        "faults": faults,
    }


if __name__ == "__main__":
    place, number = sys.argv[1:]
    print(json.dumps(compete(Path(place), int(number))))
