"""What the package's scripts do when it is upgraded, gone back on and purged; dpkg is real, systemd is told."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from forgetting import ForgettingSystem, forgetting_system

CONFIG = Path(__file__).parent.parent / "firmware_config"
WELL = "active active"
STARTING = "activating active"
STOPPED = "inactive inactive"
HALF_STOPPED = "inactive active"

# A package with the real scripts, and nothing else that could take room.
MAKE = f"""set -e
mkdir -p /root/tree/DEBIAN /root/tree/usr/lib/kiosk/tools /root/tree/usr/sbin
cp {CONFIG}/tools/keep-package /root/tree/usr/lib/kiosk/tools
cp {CONFIG}/sbin/kiosk-go-back /root/tree/usr/sbin
install -m 755 {CONFIG}/debian/preinst /root/tree/DEBIAN
for version in 1 2; do
  printf 'Package: kiosk\\nArchitecture: all\\nMaintainer: Nobody <nobody@kiosk.invalid>\\n' >/root/tree/DEBIAN/control
  printf 'Version: %s\\nDescription: tried\\n' $version >>/root/tree/DEBIAN/control
  dpkg-deb --build /root/tree /root/kiosk_$version.deb
done
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[ForgettingSystem]:
    with forgetting_system(tmp_path) as system:
        yield system


@pytest.fixture
def upgraded(machine: ForgettingSystem) -> ForgettingSystem:
    """A machine with version 2 of a package, which was 1; its apt-get is dpkg."""
    machine.write("/usr/local/sbin/apt-get", '#!/bin/sh\nfor package; do :; done\nexec dpkg -i "$package"\n', 0o755)
    machine.run("rm", "-rf", "/run/systemd", "/var/cache/kiosk")
    made = machine.run("sh", "-c", f"{MAKE}\ndpkg -i /root/kiosk_1.deb\ndpkg -i /root/kiosk_2.deb")
    assert made.returncode == 0, made.stderr
    return machine


def version(machine: ForgettingSystem) -> str:
    return machine.run("dpkg-query", "--show", "--showformat=${Version}", "kiosk").stdout


def test_who_goes_back_does_not_come_back_to_what_was_broken(upgraded: ForgettingSystem) -> None:
    assert version(upgraded) == "2"
    back = upgraded.run("kiosk-go-back")
    assert (version(upgraded), back.returncode) == ("1", 0), back.stderr
    again = upgraded.run("kiosk-go-back")
    assert (version(upgraded), again.returncode) == ("1", 1)
    assert "no package from before is kept" in again.stderr


def test_a_way_back_that_failed_is_still_there(upgraded: ForgettingSystem) -> None:
    upgraded.write("/usr/local/sbin/apt-get", "#!/bin/sh\nexit 100\n", 0o755)
    assert upgraded.run("kiosk-go-back").returncode != 0
    assert upgraded.run("sh", "-c", "ls /var/cache/kiosk/previous").stdout.split() == ["kiosk_1_all.deb"]


def test_what_a_system_in_memory_forgets_anyway_takes_no_room_in_it(upgraded: ForgettingSystem) -> None:
    again = upgraded.run(
        "sh", "-ec", f"rm -r /var/cache/kiosk; {upgraded.CARD}; dpkg -i /root/kiosk_2.deb; ls /var/cache/kiosk || true"
    )
    assert (again.returncode, "No such file" in again.stderr) == (0, True), again.stderr


def test_an_upgrade_that_was_refused_once_tells_the_next_nothing(machine: ForgettingSystem) -> None:
    machine.write("/run/kiosk-was-well", "")
    machine.run("mkdir", "-p", "/run/systemd/system")
    machine.write("/usr/local/sbin/systemctl", "#!/bin/sh\nexit 3\n", 0o755)
    assert machine.run("sh", CONFIG / "debian/preinst", "upgrade", "1").returncode == 0
    assert machine.run("test", "-e", "/run/kiosk-was-well").returncode == 1


@pytest.mark.parametrize("mounted", [True, False], ids=["with a data partition", "without"])
def test_purged_the_settings_are_gone_wherever_they_lie(machine: ForgettingSystem, *, mounted: bool) -> None:
    purge = f"""
        mkdir -p /etc/kiosk /var/cache/kiosk
        {"mount -t tmpfs tmpfs /etc/kiosk" if mounted else ""}
        mkdir /etc/kiosk/nftables.d
        touch /etc/kiosk/kiosk.toml /etc/kiosk/.kiosk.toml.new /etc/kiosk/nftables.d/ssh.nft
        sh {CONFIG}/debian/postrm purge
        find /etc/kiosk /var/cache/kiosk 2>/dev/null || true
    """
    purged = machine.run("sh", "-ec", purge)
    assert purged.returncode == 0, purged.stderr
    assert purged.stdout.splitlines()[-1:] == (["/etc/kiosk"] if mounted else [])


def test_purged_twice_is_no_fault(machine: ForgettingSystem) -> None:
    assert machine.run("sh", CONFIG / "debian/postrm", "purge").returncode == 0


@pytest.mark.parametrize(
    ("states", "goes_back"),
    [
        ([STARTING] * 100 + [WELL], False),
        ([STARTING], True),
        ([WELL] * 10 + [STARTING] + [WELL] * 10 + ["failed active"], True),
        ([WELL] * 10 + [STOPPED], False),
        ([STARTING] * 10 + [WELL] * 3 + [HALF_STOPPED], False),
        ([WELL] + [STOPPED] * 3 + [STARTING], True),
        ([STOPPED], True),
    ],
    ids=[
        "late, but well",
        "never up",
        "up, and broken after",
        "stopped by somebody",
        "the door alone stopped",
        "started again, and broken",
        "never started",
    ],
)
def test_an_upgrade_is_gone_back_on_where_it_is_broken_and_not_where_somebody_stops_it(
    tmp_path: Path, states: list[str], *, goes_back: bool
) -> None:
    """A line of *states* for each second, the last for all that follow."""
    (tmp_path / "states").write_text("".join(f"{line}\n" for line in states), encoding="utf-8")
    told = "head -n1 states | tr ' ' '\\n'; [ $(wc -l <states) = 1 ] || sed -i 1d states"
    for name, does in {"systemctl": told, "sleep": ":", "kiosk-go-back": "touch gone-back"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\ncd {tmp_path}\n{does}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run([CONFIG / "tools/after-upgrade"], env=path, capture_output=True, timeout=600, check=True)
    assert (tmp_path / "gone-back").exists() == goes_back
