"""A door whose files may not grow, in a process of its own that the tests kill: python crowded.py DIRECTORY.

Prints a line for each person: the outcome, and what the lamp shows.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from conftest import local_ms, settings_with

from kiosk.devices import clock
from kiosk.devices.simulated import SimulatedPanel
from kiosk.house import open_house
from kiosk.rules import invented
from kiosk.rules.model import Kind, Reading

PEOPLE = 20
ROOM_BYTES = 100_000  # for a few entries more
SETTINGS = settings_with()
MORNING = clock.stated(local_ms("2026-11-20T08:00", SETTINGS))


def crowd(data: Path) -> None:
    """Let everybody in, while the disk takes less and less."""
    with open_house(SETTINGS, data, demo=True, now=MORNING) as house:
        panel = SimulatedPanel()
        door = house.door(panel)
        largest = max(path.stat().st_size for path in data.glob("kiosk.db*"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + ROOM_BYTES, resource.RLIM_INFINITY))
        for person in range(PEOPLE):
            code = invented.codes(invented.person(person))[Kind.ID_CARD]
            scan = door.present([code], SETTINGS.gate("in"), Reading(code, "crowd", MORNING))
            print(scan.decision.outcome, panel.state().lamp, flush=True)
        sys.stdin.read()  # until the kill


if __name__ == "__main__":
    crowd(Path(sys.argv[1]))
