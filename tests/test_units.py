"""The units in systemd/: each is in its list, systemd understands it, and its sandbox is as tight as was promised.

What they do once they are booted is told by tests/system/.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from exposures import DOOR, MOST, too_much

ROOT = Path(__file__).parent.parent
UNITS = ROOT / "systemd"

NETWORK_PRINTER = "kiosk-door-network-printer.conf"

LIST = {
    "kiosk.target",
    "kiosk-door.service",
    "kiosk-web.service",
    "kiosk-web.socket",
    "kiosk-sync.service",
    "kiosk-sync.path",
    "kiosk-tablets.socket",
    "kiosk-display.service",
    "kiosk-check.service",
    "kiosk-check.timer",
    "kiosk-observer.service",
    "kiosk-observer.socket",
    "kiosk-backup.service",
    "kiosk-backup.timer",
    "kiosk-purge.service",
    "kiosk-purge.timer",
    "media-kioskbackup.mount",
    "kiosk-failure@.service",
    "kiosk-boot-ok.service",
    "kiosk-boot-ok.timer",
    "kiosk-safe.service",
    "kiosk-first-settings.service",
    "kiosk-setup.service",
    "kiosk-hotspot.service",
    "kiosk-firewall.service",
    "kiosk-hardware-clock.service",
    "kiosk-hub.service",
    "kiosk-hub.socket",
}

# What Debian 12's systemd says of settings that only Debian 13's knows, and any of a machine without the kiosk.
NO_FAULT = re.compile(
    r"Unknown key( name)? '?(RestartSteps|RestartMaxDelaySec)'?"
    r"|is not executable: No such file or directory"
    r"|Unit (seatd|kiosk-[a-z-]+)\.[a-z]+ not found"
)

needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"),
    reason="systemd-analyze is not installed (Debian's package systemd): the units' sandboxes were not measured",
)


def services() -> list[str]:
    return sorted(name for name in LIST if name.endswith(".service"))


def settings_of(file: Path) -> list[tuple[str, str, str]]:
    """Every setting of a unit: section, name, value."""
    found, section, text = [], "", file.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.append((section, name, value))
    return found


def values(unit: str, name: str) -> list[str]:
    return [value for _, key, value in settings_of(UNITS / unit) if key == name]


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units, that with an instance under the name of one, for systemd-analyze; with a network printer apart."""
    folder = tmp_path_factory.mktemp("systemd") / "units"
    shutil.copytree(UNITS, folder)
    (folder / "kiosk-failure@.service").rename(folder / "kiosk-failure@kiosk-door.service.service")
    return folder


def analyze(*arguments: str) -> str:
    command = ["systemd-analyze", "--no-pager", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


def exposure(unit: Path) -> float:
    said = analyze("security", "--offline=true", str(unit))
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found, said
    return float(found[1])


def test_every_unit_is_in_the_list_and_every_one_of_the_list_is_there() -> None:
    there = {path.name for path in UNITS.iterdir() if path.is_file() and path.name != NETWORK_PRINTER}
    assert there == LIST, "units that are not in both this list and systemd/"


@needs_systemd
def test_systemd_understands_every_one(named: Path) -> None:
    units = [str(path) for path in sorted(named.iterdir()) if path.is_file() and path.suffix != ".conf"]
    said = analyze("verify", "--man=no", *units)
    assert [line for line in said.splitlines() if not NO_FAULT.search(line)] == []


@needs_systemd
@pytest.mark.parametrize("unit", services())
def test_its_sandbox_is_as_tight_as_promised(named: Path, unit: str) -> None:
    path = named / unit.replace("@.", "@kiosk-door.service.")
    assert not too_much({unit: exposure(path)})


@needs_systemd
def test_a_printer_in_the_network_costs_the_door_no_more_than_that(named: Path, tmp_path: Path) -> None:
    shutil.copytree(named, tmp_path / "units")
    drop_in = tmp_path / "units" / "kiosk-door.service.d"
    drop_in.mkdir(exist_ok=True)
    shutil.copy(UNITS / NETWORK_PRINTER, drop_in / "network-printer.conf")
    with_printer = exposure(tmp_path / "units" / "kiosk-door.service")
    assert exposure(named / DOOR) < with_printer <= MOST[DOOR]


@needs_systemd
def test_a_door_without_its_sandbox_would_not_pass(named: Path, tmp_path: Path) -> None:
    """What is measured is the sandbox that all units share, not only what stands in each."""
    shutil.copy(named / DOOR, tmp_path)
    assert exposure(tmp_path / DOOR) > MOST[DOOR]


def test_nothing_waits_for_a_network_or_for_the_right_time() -> None:
    waits = [
        (unit, name, value)
        for unit in LIST
        for _, name, value in settings_of(UNITS / unit)
        if name in ("After", "Requires", "Wants", "BindsTo", "Requisite")
        and re.search(r"network-online|network\.target|time-sync|time-wait", value)
    ]
    assert waits == []


def test_only_who_must_has_a_network() -> None:
    """Some ask the pages as a browser does, sync asks the hub; only the set-up answers others, for ports are systemd's
    own."""
    outside = {unit for unit in services() if values(unit, "PrivateNetwork") != ["yes"]}
    here = {"kiosk-check.service", "kiosk-display.service"}
    afar = {"kiosk-sync.service"}
    assert outside == here | afar | {"kiosk-setup.service", "kiosk-firewall.service"}
    assert {tuple(values(unit, "IPAddressAllow")) for unit in here} == {("localhost",)}
    assert {tuple(values(unit, "IPAddressDeny")) for unit in {*services()} - afar} == {("any",)}


def test_whom_people_need_is_started_again_for_ever() -> None:
    for unit in ("kiosk-door.service", "kiosk-web.service", "kiosk-sync.service"):
        found = {name: value for _, name, value in settings_of(UNITS / unit)}
        told = {name: found[name] for name in ("Type", "Restart", "StartLimitIntervalSec")}
        assert told == {"Type": "notify", "Restart": "always", "StartLimitIntervalSec": "0"}
        assert "WatchdogSec" in found


def test_what_names_people_reaches_no_disk_by_way_of_memory() -> None:
    sandbox = [(name, value) for _, name, value in settings_of(UNITS / "kiosk-.service.d" / "10-sandbox.conf")]
    assert {("LimitCORE", "0"), ("MemorySwapMax", "0")} <= set(sandbox)


def test_each_service_has_a_bound_of_memory_and_all_of_them_fit() -> None:
    """The screen's browser apart, which has its own; what runs for a moment only is not added up."""
    bounds = {unit: int(values(unit, "MemoryMax")[0].removesuffix("M")) for unit in services()}
    lasting = ("kiosk-door.service", "kiosk-web.service", "kiosk-observer.service")
    assert sum(bounds[unit] for unit in lasting) < 512


def test_the_target_starts_all_that_a_kiosk_is() -> None:
    """The rest is started by one of these, by what is plugged in, or by who wants a screen."""
    wanted = {name for value in values("kiosk.target", "Wants") for name in value.split()}
    wanted |= {unit for unit in LIST if values(unit, "WantedBy") == ["kiosk.target"]}
    begun = {unit for unit in LIST if Path(unit).stem in {Path(other).stem for other in wanted}}
    assert LIST - wanted - begun == {
        "kiosk.target",
        "kiosk-display.service",
        "kiosk-failure@.service",
        "kiosk-firewall.service",
        "kiosk-hardware-clock.service",
        "kiosk-hotspot.service",
        "kiosk-hub.service",
        "kiosk-hub.socket",
        "media-kioskbackup.mount",
    }
