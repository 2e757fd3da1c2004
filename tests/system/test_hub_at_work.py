"""The hub's unit and the kiosk's, as the package brings them: the log arrives, whoever is killed meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from packages import PYTHONS, ROOT
from syncing import entries

from kiosk.joined import state_of
from system.conftest import SETTINGS, suite
from system.containers import Container, Containers, eventually
from system.people import Crowd

KILLS = 20
HUB, SYNC = "kiosk-hub.service", "kiosk-sync.service"
URL = "https://127.0.0.1:9443"
HUB_DATA = "/var/lib/kiosk-hub"
HUB_SETTINGS = '[hub]\nnames = ["127.0.0.1"]\n'
HASTE = "[sync]\nevery_s = 1\nlongest_wait_s = 1\n"
AS_HUB = ("runuser", "-u", "kiosk-hub", "--", "env", "KIOSK_CONFIG=/etc/kiosk-hub.toml", f"KIOSK_DATA={HUB_DATA}")
CODE = ("kiosk", "hub-kiosk", "code", "kiosk-1", "--site", "site", "--url", URL)
# How the processes are found: by their unit, or as the child of one.
ENDED = {
    "hub": f"systemctl show --value --property=MainPID {HUB}",
    "HAProxy": f"cat /proc/$(systemctl show --value --property=MainPID {HUB})/task/*/children",
    "sync": f"systemctl show --value --property=MainPID {SYNC}",
}
SCORES = {SYNC: 1.5, HUB: 1.0}


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> str:
    """systemd-nspawn's option for what a hub needs beside the package, as pip installs it for all of a Debian."""
    folder, python = tmp_path_factory.mktemp("libraries"), PYTHONS[suite()]
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--target", folder)
    chosen = ("--no-deps", "--only-binary", ":all:", "--python-version", python, "--require-hashes", "--requirement")
    subprocess.run([*pip, *chosen, ROOT / "kiosk/hub/requirements.lock"], check=True)
    folder.chmod(0o755)
    return f"--bind-ro={folder}:/usr/local/lib/python{python}/dist-packages"


@pytest.fixture(scope="module")
def machine(installed: Containers, libraries: str) -> Iterator[Container]:
    """A kiosk and its hub on one machine, which was started again since they know each other."""
    with installed.booted(libraries) as first:
        eventually(first.door_answers, "the door answers")
        first.write("/etc/kiosk-hub.toml", HUB_SETTINGS)
        first.write("/etc/kiosk/kiosk.toml", SETTINGS + HASTE)
        first.run("systemctl", "add-wants", "multi-user.target", "kiosk-hub.socket", HUB)
        first.run("systemctl", "start", HUB)
        made = json.loads(first.run(*AS_HUB, *CODE, "--json"))
        first.kiosk("enrol", "-", stdin=made["code"])
        eventually(lambda: first.show(SYNC, "ActiveState") == "active", "sync begins once a hub is joined")
        first.power_off()
    with installed.booted(libraries, place=first.place) as second:
        eventually(second.door_answers, "the door answers")
        yield second


def all_serve(machine: Container) -> bool:
    """Whether sync runs, and the hub answers."""
    return len(machine.pids(ENDED)) == len(ENDED) and "BEGIN CERTIFICATE" in machine.page(f"{URL}/kiosk/ca")


def acknowledged(machine: Container) -> int:
    """The last entry that the kiosk knows to be at the hub."""
    known = state_of(machine.data).acknowledged
    return known.through if known else 0


def await_all(machine: Container) -> None:
    last = machine.entries()[-1]["seq"]
    eventually(lambda: acknowledged(machine) >= last, f"the hub acknowledges entry {last}")


def at_hub(machine: Container, folder: Path) -> list[tuple[object, ...]]:
    """The entries that the hub has of the kiosk; it is stopped."""
    machine.run("systemctl", "stop", "kiosk-hub.socket", HUB)
    (log,) = Path(f"/proc/{machine.leader}/root{HUB_DATA}/logs/kiosk-1").iterdir()
    return copied(log, folder)


def copied(log: Path, folder: Path) -> list[tuple[object, ...]]:
    folder.mkdir()
    for file in log.glob("kiosk.db*"):
        (folder / file.name).write_bytes(file.read_bytes())
    return entries(folder / "kiosk.db")


def test_both_start_with_the_machine_and_nothing_has_failed(machine: Container) -> None:
    eventually(lambda: all_serve(machine), "hub and sync serve")
    await_all(machine)
    machine.fails_nowhere()
    assert machine.show(SYNC, "NRestarts") == machine.show(HUB, "NRestarts") == "0"


def test_the_sandboxes_at_work_are_as_tight_as_on_paper(machine: Container) -> None:
    eventually(lambda: all_serve(machine), "hub and sync serve")
    scores = {unit: machine.exposure(unit) for unit in SCORES}
    print(scores)
    spare = 0.0 if machine.has_users_of_its_own() else 0.2  # what PrivateUsers= is worth
    assert {unit: score for unit, score in scores.items() if score > SCORES[unit] + spare} == {}


def test_killed_twenty_times_the_hub_has_each_entry_once_as_it_was_recorded(machine: Container, tmp_path: Path) -> None:
    crowd = Crowd()
    eventually(lambda: all_serve(machine), "hub and sync serve")
    with crowd.coming(machine):
        for _ in range(KILLS):
            before = machine.pids(ENDED)
            machine.run("sh", "-c", f"kill -KILL {' '.join(before.values())}", check=False)
            eventually(partial(machine.are_others, ENDED, before), "others run")
            eventually(lambda: all_serve(machine), "all serve again")
    await_all(machine)
    machine.fails_nowhere()
    machine.stop_kiosk()
    arrived, recorded = at_hub(machine, tmp_path / "hub"), copied(machine.data, tmp_path / "kiosk")
    print(f"{len(crowd.recorded())} people were let in, {len(arrived)} entries are at the hub")
    assert arrived == recorded[: len(arrived)]
    assert crowd.recorded()
    assert {row[0] for row in arrived} >= set(crowd.recorded())
