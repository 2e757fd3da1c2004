"""Kills a hub and its kiosks while these send, and looks whether what arrived is what was recorded; started by tests.

    python killing_hub.py DIRECTORY KIOSKS PEOPLE KILLS SEED

PEOPLE come to each kiosk in an hour; there are as many hours as KILLS need. Prints a report as JSON. Connections go
through a relay that cuts many of them at any byte. A hub in a file system of its own (DIRECTORY/hub) has its disk
filled, too. A program of its own, for the reason of ``killing``.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

from children import Child, Say, fork
from conftest import local_ms, settings_with
from hub_equality import differences, untrue_words
from hubs import hub_settings
from small_disks import fill_disk

from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.devices.simulated import SimulatedPanel
from kiosk.house import House, open_house
from kiosk.hub.house import HubHouse
from kiosk.hub.web.server import make_hub
from kiosk.joined import JoinError, joined
from kiosk.joining import Joiner, join
from kiosk.rules import invented
from kiosk.rules.model import Kind, Moment, Reading
from kiosk.store.reading import Reader
from kiosk.sync import HUB_FAULTS
from kiosk.sync_round import Round, behind

AT_ONCE = 8
PEOPLE_OF_A_ROUND = 12  # come between two rounds to the hub
HOUR_MS = 3_600_000
AWAY_S, LISTENING_S = 0.05, 15.0
FULL = "full"


@dataclass(slots=True)
class Report:
    """What the tests assert on; each fault is a sentence."""

    hours: int = 1
    kiosks_killed: int = 0
    hub_killed: int = 0
    disk_filled: int = 0
    connections_cut: int = 0
    entries: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Kiosk:
    """One that still has people to let in, from *next* on; *child* is its process, where it has one."""

    name: str
    settings: Settings
    data: Path
    code: str
    next: int = 0
    child: Child | None = None
    done: bool = False


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
    return port


def at(settings: Settings, hours: float) -> Moment:
    """The moment when so many *hours* of the day's work are over."""
    return clock.stated(local_ms("2026-11-20T08:00", settings) + round(HOUR_MS * hours))


def serve_hub(data: Path, settings: Settings, say: Say) -> None:
    """A hub, until it is killed."""
    house = HubHouse.open(data, settings)
    server = make_hub(house, {})
    say("listening")
    signal.pause()
    server.close()


def make_codes(data: Path, settings: Settings, kiosks: dict[str, str], url: str, say: Say) -> None:
    """Say an enrolment code for each of *kiosks*, which are at those sites."""
    house = HubHouse.open(data, settings)
    with contextlib.closing(house):
        for kiosk, site in kiosks.items():
            code = house.enrolling.make_code(kiosk, site, url, by="test", now_ms=clock.now().wall_ms)
            say([kiosk, code.text])


def relay(listening: socket.socket, hub: int, seed: int, say: Say) -> None:
    """Pass connections on to the port *hub*; a third of them is cut after some bytes, each telling so."""
    chance = random.Random(seed)
    while True:
        near, _ = listening.accept()
        left = [chance.randint(1, 40_000) if chance.random() < 1 / 3 else 1 << 60]
        threading.Thread(target=_connect, args=(near, hub, left, say), daemon=True).start()


def _connect(near: socket.socket, hub: int, left: list[int], say: Say) -> None:
    try:
        far = socket.create_connection(("127.0.0.1", hub), 5)
    except OSError:
        near.close()
        return
    far.settimeout(None)
    ways = [threading.Thread(target=_pass_on, args=(*way, left), daemon=True) for way in ((near, far), (far, near))]
    for way in ways:
        way.start()
    for way in ways:
        way.join()
    if left[0] <= 0:
        say("cut")
    for one in (near, far):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.close()


def _pass_on(source: socket.socket, target: socket.socket, left: list[int]) -> None:
    with contextlib.suppress(OSError):
        while left[0] > 0 and (piece := source.recv(4096)):
            target.sendall(piece[: left[0]])
            left[0] -= len(piece)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def live(kiosk: Kiosk, people: int, hours: int, say: Say) -> None:
    """A kiosk at work: *people* an hour come and go, the hub is given what is recorded, until it has all of it."""
    settings = kiosk.settings
    with open_house(settings, kiosk.data, demo=True, now=at(settings, kiosk.next / people)) as house:
        door, gates = house.door(SimulatedPanel()), ("in", "both", "out")
        for person in range(kiosk.next, people * hours):
            code = invented.codes(invented.person(person))[Kind.ID_CARD]
            for n, gate in enumerate(gates[: 2 + person % 2]):
                shown = Reading(code, f"chaos:{n}", at(settings, (person + n / 4) / people))
                door.present([code], settings.gate(gate), shown)
            say(person)
            if person % PEOPLE_OF_A_ROUND == 0:
                go_round(house, kiosk, hours)
        while go_round(house, kiosk, hours):
            time.sleep(AWAY_S)


def go_round(house: House, kiosk: Kiosk, hours: int) -> int:
    """One round to the hub, joined first; how many entries it has not yet acknowledged."""
    reader, now = Reader(house.database), partial(at, house.settings, hours)
    with contextlib.suppress(JoinError, *HUB_FAULTS):
        if joined(house.data) is None:
            joiner = Joiner(house.data, house.settings, house.vault, kiosk.name)
            join(joiner, kiosk.code, now())
        Round(house.settings, house.data, house.vault, reader, now).go()
    return behind(house.data, reader)


class Chaos:
    """Kiosks and a hub in *folder*; all that is done to them follows from *seed*."""

    def __init__(self, folder: Path, kiosks: int, people: int, seed: int) -> None:
        self.report = Report()
        self._chance = random.Random(seed)
        self._people = people
        self._hub_data = folder / "hub"
        self._hub_settings = hub_settings(settings_with(hub={"code_valid_s": 10_000.0}))
        self._hub_settings = replace(self._hub_settings, hub=replace(self._hub_settings.hub, port=free_port()))
        listening = socket.create_server(("127.0.0.1", 0))
        url = f"https://localhost:{listening.getsockname()[1]}"
        sites = {f"kiosk-{n:02}": f"site-{n % 10}" for n in range(kiosks)}
        coded = dict(fork(partial(make_codes, self._hub_data, self._hub_settings, sites, url)).wait())
        self.kiosks = [self._kiosk(folder, name, site, coded[name]) for name, site in sites.items()]
        self._relay = fork(partial(relay, listening, self._hub_settings.hub.port, seed))
        self._hub = self._start_hub()
        self._acts: list[Callable[[], None]] = []

    def go(self, kills: int) -> None:
        """Let everybody work until all has arrived; until there were *kills*, someone is killed again and again."""
        report = self.report
        while (rough := report.kiosks_killed + report.hub_killed < kills) or self._waiting():
            if not self._waiting():
                report.hours += 1
                for kiosk in self.kiosks:
                    kiosk.done = False
            self._let_work()
            if rough:
                self._disturb()
            else:
                self._wait_for_one()

    def _waiting(self) -> list[Kiosk]:
        return [kiosk for kiosk in self.kiosks if not kiosk.done]

    def _let_work(self) -> None:
        """Processes for as many as may work at once."""
        idle = [kiosk for kiosk in self._waiting() if kiosk.child is None]
        room = AT_ONCE - sum(kiosk.child is not None for kiosk in self.kiosks)
        for kiosk in self._chance.sample(idle, min(room, len(idle))):
            kiosk.child = fork(partial(live, kiosk, self._people, self.report.hours))

    def end(self) -> None:
        """Stop the hub and look what is there."""
        self._hub.kill()
        self.report.connections_cut = len(self._relay.kill())
        house = HubHouse.open(self._hub_data, self._hub_settings)
        with closing(house):
            for kiosk in self.kiosks:
                entries, faults = differences(kiosk.data, house.logs, kiosk.name)
                self.report.entries += entries
                self.report.faults += faults + untrue_words(kiosk.data, house.witness)

    def _kiosk(self, folder: Path, name: str, site: str, code: str) -> Kiosk:
        settings = settings_with(kiosk={"id": name}, site={"id": site}, sync={"answer_s": 30.0})
        return Kiosk(name, settings, folder / name, code)

    def _start_hub(self) -> Child:
        hub = fork(partial(serve_hub, self._hub_data, self._hub_settings))
        next(hub.hear())
        return hub

    def _disturb(self) -> None:
        time.sleep(self._chance.uniform(0.02, 0.5))
        if not self._acts:
            self._acts = [self._kill_kiosk] * 6 + [self._kill_hub]
            self._acts += [self._fill_disk] * os.path.ismount(self._hub_data)
            self._chance.shuffle(self._acts)
        self._acts.pop()()

    def _kill_kiosk(self) -> None:
        kiosk = self._chance.choice([one for one in self.kiosks if one.child])
        self.report.kiosks_killed += self._ended(kiosk, kill=True)

    def _kill_hub(self) -> None:
        self._hub.kill()
        self.report.hub_killed += 1
        self._hub = self._start_hub()

    def _fill_disk(self) -> None:
        fill_disk(self._hub_data, FULL)
        self.report.disk_filled += 1
        time.sleep(self._chance.uniform(0.5, 2.0))
        (self._hub_data / FULL).unlink()

    def _wait_for_one(self) -> None:
        self._ended(next(one for one in self.kiosks if one.child), kill=False)

    def _ended(self, kiosk: Kiosk, *, kill: bool) -> bool:
        """Take leave of its process; whether it had to be killed."""
        assert kiosk.child
        said, killed = kiosk.child.end(kill=kill)
        kiosk.child, kiosk.done = None, not killed
        kiosk.next = max([kiosk.next, *(person + 1 for person in said)])
        return killed


def main(folder: str, kiosks: str, people: str, kills: str, seed: str) -> None:
    """See above."""
    chaos = Chaos(Path(folder), int(kiosks), int(people), int(seed))
    chaos.go(int(kills))
    chaos.end()
    print(json.dumps(asdict(chaos.report)))


if __name__ == "__main__":
    main(*sys.argv[1:])
