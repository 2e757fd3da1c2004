"""``clocks.py MACHINE``: the machine starts with a hardware clock in 1970, then with one in 2038.

The first has no battery, and nothing may go by it: the shipped door lets people in all the same, and what staff type
later repairs what was recorded. The other works, whatever it shows: the shipped unit sets the system's clock by it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from machine.appliance import NEW_KEYS, UP_S
from machine.boot import Machine, booted

SET_UP = f"""
printf '[outputs]\\nkind = "simulated"\\n[printer]\\nkind = "simulated"\\n' >/etc/kiosk/kiosk.toml
chgrp kiosk /etc/kiosk/kiosk.toml
cd /tmp && {NEW_KEYS}
systemctl start kiosk.target kiosk-door
"""
PRESENT = """cd /tmp && runuser -u kiosk -- /usr/lib/kiosk/bin/python3 -c '
from pathlib import Path
from kiosk.door_socket import DoorClient
from kiosk.rules.invented import person
print(DoorClient(Path("/var/lib/kiosk")).present_text(person(0).id_card_text.encode())["outcome"])
'"""
MARK = "test -e /run/kiosk-hardware-clock/set && echo set by the unit || echo left alone"
TOLD = "2026-11-21T09:00"


def without_battery(machine: Machine) -> list[str]:
    """What is so where the hardware clock tells nothing, then once staff have typed the time."""
    machine.says(SET_UP, UP_S)
    found = [machine.says(command).strip() for command in (PRESENT, MARK)]
    found += [_first(machine, "clock")["clock"], _first(machine, "visits")["entered_sureness"]]
    told, visit = (_first(machine, command) for command in (f"clock --set {TOLD}", "visits"))
    return [*found, told["clock"], visit["entered"][:10], visit["entered_sureness"]]


def working(machine: Machine) -> list[str]:
    """What is so where it does."""
    found = _first(machine, "clock")
    return [machine.says(MARK).strip(), found["clock"], found["source"], found["at"][:10]]


STARTS = {
    "1970-01-01": (without_battery, "admitted, left alone, unknown, order only, told, 2026-11-21, sure"),
    "2038-02-01": (working, "set by the unit, set, rtc, 2038-02-01"),
}


def _first(machine: Machine, command: str) -> dict[str, str]:
    said = machine.says(f"cd /tmp && runuser -u kiosk -- kiosk {command} --json")
    found: dict[str, str] = json.loads(said.splitlines()[0])
    return found


def main(files: Path) -> int:
    """Exit status: 0 where all is as it should be at every start."""
    wrong = 0
    for base, (look, expected) in STARTS.items():
        began_s = time.monotonic()
        with booted(files, more=("-rtc", f"base={base}")) as machine:
            found = ", ".join(look(machine))
        print(f"{base}: {found}; {time.monotonic() - began_s:.0f} s", flush=True)
        if found != expected:
            print(f"{base}: SHOULD BE {expected}", flush=True)
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
