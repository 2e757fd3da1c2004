"""Whatever ends or hangs, comes back by itself, and what was announced is in the log."""

from __future__ import annotations

from functools import partial

from system.conftest import Boot, drop_in
from system.containers import Container, eventually
from system.people import Crowd

KILLS = 20
# How the processes are found: by their unit, or as the child of one.
ENDED = {
    "door": "systemctl show --value --property=MainPID kiosk-door.service",
    "pages": "systemctl show --value --property=MainPID kiosk-web.service",
    "HAProxy": "cat /proc/$(systemctl show --value --property=MainPID kiosk-web.service)/task/*/children",
    "observer": "systemctl show --value --property=MainPID kiosk-observer.service",
}
DOOR_PROCESS = "/usr/lib/kiosk/lib/python3.*/site-packages/kiosk/door_process.py"

# House work that hangs once, and seconds for the minutes that it may take.
HANGING = """
HOUSE_BOUND_S = 15.0
_works = Door.keep_house


def _hangs(door: Door, now: Moment) -> None:
    if Path("/run/kiosk/hang").exists() and threading.current_thread() is not threading.main_thread():
        Path("/run/kiosk/hang").unlink()
        time.sleep(1000)
    _works(door, now)


Door.keep_house = _hangs
"""


def all_serve(machine: Container) -> bool:
    """Whether door, pages, tablets' port and observer answer."""
    ports = ("http://127.0.0.1:8080/trust", "https://127.0.0.1:8443/trust", "http://127.0.0.1/")
    return machine.door_answers() and all(machine.page(address) for address in ports) and len(machine.pids(ENDED)) == 4


def test_each_service_is_killed_twenty_times_and_nothing_that_was_announced_is_lost(boot: Boot) -> None:
    crowd = Crowd()
    with boot() as machine:
        eventually(lambda: all_serve(machine), "all serve")
        with crowd.coming(machine):
            for _ in range(KILLS):
                before = machine.pids(ENDED)
                # One that ended by itself meanwhile, as HAProxy does that only looks at its settings, is no fault.
                machine.run("sh", "-c", f"kill -KILL {' '.join(before.values())} || true")
                # Each fault in a row makes the door pause longer; these are as if they lay days apart.
                machine.run("rm", "-f", "/run/kiosk/door-faults.json")
                eventually(partial(machine.are_others, ENDED, before), "others run")
                eventually(lambda: all_serve(machine), "all serve again")
        print(f"{len(crowd.announced)} people were answered, {len(crowd.recorded())} let in")
        assert crowd.recorded()
        assert crowd.lost(machine) == []
        print(machine.kiosk("verify"))
        machine.fails_nowhere()


def bitten_by_watchdog(machine: Container, unit: str) -> bool:
    """Whether systemd has ended *unit* because it gave no sign of life."""
    return f"{unit}: Failed with result 'watchdog'." in machine.journal(f"--unit={unit}")


def test_a_door_that_hangs_at_its_work_and_pages_that_stand_still_are_started_anew(boot: Boot) -> None:
    crowd = Crowd()
    with boot() as machine:
        machine.run("sh", "-c", f"cat >>$(echo {DOOR_PROCESS})", stdin=HANGING)
        drop_in(machine, "kiosk-door.service", "[Service]\nWatchdogSec=15s\n")
        machine.run("systemctl", "restart", "kiosk-door.service", "kiosk-web.service")
        crowd.somebody(machine)
        before = machine.pids(ENDED)
        machine.run("touch", "/run/kiosk/hang")
        machine.run("sh", "-c", f"kill -STOP {before['pages']}")
        for unit in ("kiosk-door.service", "kiosk-web.service"):
            bitten = partial(bitten_by_watchdog, machine, unit)
            eventually(bitten, f"the watchdog ends {unit}")
        eventually(lambda: all_serve(machine), "all serve again")
        print("\n".join(line for line in machine.journal("--boot") if "watchdog" in line or "no sign of life" in line))
        crowd.somebody(machine)
        assert crowd.lost(machine) == []
