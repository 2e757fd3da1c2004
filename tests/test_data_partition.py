"""A card gets its data partition: all that the kiosk has goes along, whole, and nothing is recorded behind its back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from forgetting import ForgettingSystem, forgetting_system
from small_disks import run_or_skip

TOOL = Path(__file__).parent.parent / "firmware_config/tools/data-partition"

# What is asked of systemd is written down, and what the door does until it is stopped: it records.
SYSTEMCTL = """#!/bin/sh
echo "$*; copies: $(ls /mnt/kiosk-data 2>/dev/null | tr '\\n' ' ')" >>/run/asked
[ "$1" != stop ] || echo "recorded at the last moment" >>/var/lib/kiosk/log
"""
AFTER_A_RESTART = """
mount --source /card --target /mnt/kiosk-data
sed -n 's|^\\(/mnt/kiosk-data/[^ ]*\\) \\([^ ]*\\) none.*|\\1 \\2|p' /etc/fstab |
  while read -r folder where; do mount --bind "$folder" "$where"; done
cat /var/lib/kiosk/log /etc/kiosk/kiosk.toml
stat --format=%a /etc/kiosk
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[ForgettingSystem]:
    """A kiosk that has worked without a data partition, and now has one; systemd does nothing but write down."""
    run_or_skip(["which", "mkfs.ext4"])
    with forgetting_system(tmp_path) as system:
        system.write("/etc/fstab", "# as it was\n")
        system.write("/var/lib/kiosk/log", "entry 1\n")
        system.write("/etc/kiosk/kiosk.toml", "[site]\n")
        system.run("chmod", "2770", "/etc/kiosk")
        system.run("sh", "-c", "rm -rf /var/log/journal/*")
        system.run("mkdir", "-p", "/run/systemd/system", "/mnt/kiosk-data")
        system.write("/usr/local/sbin/systemctl", SYSTEMCTL, 0o755)
        system.write("/usr/local/sbin/blkid", "#!/bin/sh\necho /card\n", 0o755)
        made = system.run("sh", "-c", "truncate --size=4M /card && mkfs.ext4 -q -b 1024 -L KIOSKDATA /card")
        assert made.returncode == 0, made.stderr
        yield system


def install(machine: ForgettingSystem) -> subprocess.CompletedProcess[str]:
    return machine.run(TOOL)


def on_the_card(machine: ForgettingSystem, command: str) -> str:
    """What a *command* says of the partition, in its root."""
    return machine.run("sh", "-c", f"mount /card /mnt/kiosk-data && cd /mnt/kiosk-data && {command}").stdout


def test_all_goes_along_to_the_last_entry_and_is_there_after_the_restart(machine: ForgettingSystem) -> None:
    done = install(machine)
    assert done.returncode == 0, done.stderr
    assert "restart the machine" in done.stdout
    there = machine.run("sh", "-ec", AFTER_A_RESTART)
    assert there.stdout.splitlines() == ["entry 1", "recorded at the last moment", "[site]", "2770"], there.stderr


def test_the_kiosk_is_stopped_before_the_first_copy_and_not_started_before_the_restart(
    machine: ForgettingSystem,
) -> None:
    install(machine)
    asked = machine.read("/run/asked").splitlines()
    assert len(asked) == 1
    assert asked[0].startswith("stop kiosk.target")
    assert asked[0].endswith("; copies: ")


def test_half_a_copy_does_not_count(machine: ForgettingSystem) -> None:
    """The plug was pulled while it was made."""
    on_the_card(machine, "mkdir records.part && echo 'entr' >records.part/log && echo x >records.part/torn")
    install(machine)
    assert on_the_card(machine, "head -n1 records/log; ls records").splitlines() == ["entry 1", "log"]
    assert ".part" not in on_the_card(machine, "ls")


def test_a_partition_that_is_too_small_changes_nothing_and_the_kiosk_goes_on(machine: ForgettingSystem) -> None:
    machine.run("dd", "if=/dev/urandom", "of=/var/lib/kiosk/pictures", "bs=1M", "count=5")
    done = install(machine)
    assert done.returncode != 0
    assert "No space left" in done.stderr
    assert machine.read("/etc/fstab") == "# as it was\n"
    assert on_the_card(machine, "ls -d records settings") == ""
    assert machine.read("/run/asked").splitlines()[-1].startswith("start kiosk.target")


def test_a_partition_with_records_of_its_own_keeps_them_and_says_so(machine: ForgettingSystem) -> None:
    """The card's system was made anew beside its old partition."""
    on_the_card(machine, "mkdir records && echo 'entry of years' >records/log")
    done = install(machine)
    assert "/var/lib/kiosk: the partition's own counts" in done.stderr
    assert on_the_card(machine, "cat records/log") == "entry of years\n"


def test_a_card_that_has_it_already_is_left_alone(machine: ForgettingSystem) -> None:
    install(machine)
    before = machine.read("/etc/fstab")
    again = machine.run("sh", "-ec", f"{AFTER_A_RESTART}\n{TOOL}")
    assert again.stdout.splitlines()[-1] == "/card holds the records already"
    assert machine.read("/etc/fstab") == before
    assert len(machine.read("/run/asked").splitlines()) == 1
