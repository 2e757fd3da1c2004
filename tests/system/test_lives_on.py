"""What a kiosk goes through in years: a dead card and its backup, packages that come and go. The log stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kiosk.rules.model import Outcome
from system.conftest import Boot
from system.containers import Container, eventually
from system.people import Crowd

ENDED = ("inactive", "failed")
BACK_S = 1200.0  # the old package is unpacked and compiled once more
OURS = "min_stay_s"  # a setting of this site
BROKEN = "DoorProcess.run = None  # type: ignore"


def repack(machine: Container, made: str, version: str, changes: str) -> str:
    """The package of the machine as *version* with *changes* (shell, in its unpacked tree): its path there."""
    script = f"""set -e
        dpkg-deb --raw-extract /mnt/kiosk.deb /root/tree
        sed -i 's/^Version: .*/Version: {version}/' /root/tree/DEBIAN/control
        cd /root/tree
        {changes}
        dpkg-deb -Znone --build /root/tree {made} >/dev/null
        rm -r /root/tree"""
    machine.run("sh", "-c", script)
    return made


def install(machine: Container, package: str) -> None:
    """As an administrator does, or the machine by itself at night."""
    machine.run("apt-get", "-qq", "install", "--no-install-recommends", package)


def version(machine: Container) -> str:
    """The version of the package that is installed."""
    return machine.run("dpkg-query", "--show", "--showformat=${Version}", "kiosk")


def test_a_backup_makes_a_new_card_the_kiosk_that_it_was(boot: Boot, tmp_path: Path) -> None:
    crowd, stick = Crowd(), tmp_path / "stick"
    stick.mkdir()
    with boot(f"--bind={stick}:/mnt/stick") as machine:
        crowd.somebody(machine)
        code = json.loads(machine.kiosk("backup", "--new-code", "--json"))["code"]
        made = json.loads(machine.kiosk("backup", "--to", "/mnt/stick", "--json"))["file"]
        before = machine.entries()[-1]["epoch"]
    with boot(f"--bind={stick}:/mnt/stick") as machine:
        machine.stop_kiosk()
        machine.run("sh", "-c", "rm -rf /var/lib/kiosk/* /etc/kiosk/kiosk.toml")
        print(machine.kiosk("restore", made, "--code-file", "-", stdin=code))
        machine.run("systemctl", "start", "kiosk.target")
        eventually(machine.door_answers, "the restored door answers")
        assert crowd.somebody(machine)["outcome"] == Outcome.ADMITTED
        assert crowd.lost(machine) == []
        assert machine.entries()[-1]["epoch"] != before
        print(machine.kiosk("verify"))


@pytest.mark.parametrize("well", [True, False], ids=["that is well", "whose door does not open"])
def test_an_upgrade_stays_if_it_is_well_and_goes_back_by_itself_if_not(boot: Boot, deb: Path, *, well: bool) -> None:
    crowd = Crowd()
    with boot(f"--bind-ro={deb}:/mnt/kiosk.deb") as machine:
        crowd.somebody(machine)
        before = version(machine)
        # Seconds for the minutes that it may take to be well.
        hasty = "sed -i 's/-lt 30/-lt 5/' usr/lib/kiosk/tools/after-upgrade"
        soon = "sed -i 's/seq 180/seq 60/' usr/lib/kiosk/tools/after-upgrade"
        breaks = f'echo "{BROKEN}" >>$(find usr/lib/kiosk -name door_process.py)'
        package = repack(machine, "/root/newer.deb", "9.0-1", hasty if well else f"{hasty}; {soon}; {breaks}")
        install(machine, package)
        assert version(machine) == "9.0-1"
        eventually(lambda: machine.show("upgraded-kiosk.service", "ActiveState") in ENDED, "it was looked at", BACK_S)
        print(f"{before} -> 9.0-1 -> {version(machine)}")
        assert version(machine) == ("9.0-1" if well else before)
        eventually(machine.door_answers, "the door answers")
        crowd.somebody(machine)
        assert crowd.lost(machine) == []


def test_an_upgrade_that_cannot_use_the_sites_settings_is_not_taken(boot: Boot, deb: Path) -> None:
    crowd = Crowd()
    with boot(f"--bind-ro={deb}:/mnt/kiosk.deb") as machine:
        crowd.somebody(machine)
        before = version(machine)
        renamed = f"grep -rl --include='*.py' {OURS} usr/lib/kiosk | xargs sed -i s/{OURS}/another_{OURS}/g"
        package = repack(machine, "/root/newer.deb", "9.0-1", renamed)
        with pytest.raises(AssertionError, match="cannot use the settings of this site; the old one stays"):
            install(machine, package)
        assert version(machine) == before
        assert machine.run("dpkg", "--audit") == ""
        # What dpkg puts back is started anew.
        eventually(lambda: machine.run("systemctl", "list-jobs", "--no-legend") == "", "all is started")
        eventually(machine.door_answers, "the door answers")
        crowd.somebody(machine)
        assert crowd.lost(machine) == []


def test_removed_and_purged_the_log_stays_and_installed_again_the_door_goes_on(boot: Boot, deb: Path) -> None:
    crowd = Crowd()
    with boot(f"--bind-ro={deb}:/mnt/kiosk.deb") as machine:
        crowd.somebody(machine)
        machine.run("cp", "/etc/kiosk/kiosk.toml", "/root/kiosk.toml")
        print(machine.run("apt-get", "-qq", "purge", "kiosk"))
        assert machine.run("systemctl", "list-units", "--no-legend", "kiosk*.service") == ""
        assert not machine.succeeds("test", "-e", "/usr/lib/kiosk")
        machine.run("install", "-D", "/root/kiosk.toml", "/etc/kiosk/kiosk.toml")
        install(machine, "/mnt/kiosk.deb")
        eventually(machine.door_answers, "the door goes on")
        crowd.somebody(machine)
        assert crowd.lost(machine) == []
