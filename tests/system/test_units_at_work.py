"""Each unit that waits for something does its work when that comes: a stick, a timer, a fault, a short life."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from exposures import too_much

from kiosk.boots import LEFT_OUT, SAFE_FROM
from system.conftest import SETTINGS, Boot, drop_in
from system.containers import Container, Containers, eventually
from system.people import Crowd

LAMP = "kiosk-failure@kiosk-door.service.service"
# Memory in a stick's place: what is plugged into the machine reaches no container.
STICK = "[Mount]\nWhat=tmpfs\nType=tmpfs\nOptions=nodev,nosuid,noexec,noatime,uid=kiosk,gid=kiosk,mode=0700\n"
GONE = "[Mount]\nWhat=/dev/null\nWhere=/var/lib/kiosk\nType=ext4\n"
ON_THE_CARD = SETTINGS.replace("Ví Dụ", "Thẻ Nhớ") + '[voice]\nkind = "simulated"\n'


@pytest.fixture(scope="module")
def machine(boot: Boot) -> Iterator[Container]:
    with boot() as booted:
        yield booted


def ended_well(machine: Container, unit: str) -> bool:
    """Whether *unit*, which runs for a moment, was started and has done its work."""
    began, result = machine.show(unit, "InactiveExitTimestampMonotonic"), machine.show(unit, "Result")
    return began != "0" and result == "success" and machine.show(unit, "ActiveState") in ("active", "inactive")


def let_time_pass(machine: Container, timer: str) -> None:
    """The hours for which *timer* waits are over."""
    drop_in(machine, timer, "[Timer]\nOnBootSec=1s\nAccuracySec=1s\n")
    machine.run("systemctl", "restart", timer)


def starts(machine: Container) -> int:
    """How many starts in a row have not lasted, this one included."""
    return int(json.loads((machine.data / "boots.json").read_text(encoding="utf-8"))["starts"])


def test_a_start_that_lasts_is_no_longer_counted(machine: Container) -> None:
    assert starts(machine) == 1
    let_time_pass(machine, "kiosk-boot-ok.timer")
    eventually(lambda: machine.show("kiosk-boot-ok.service", "ActiveState") == "active", "this start has lasted")
    assert starts(machine) == 0


def test_what_was_kept_long_enough_is_erased_by_its_timer(machine: Container) -> None:
    let_time_pass(machine, "kiosk-purge.timer")
    eventually(lambda: ended_well(machine, "kiosk-purge.service"), "it is erased")


def test_a_stick_that_is_plugged_in_has_a_backup_at_once_and_another_when_it_is_time(machine: Container) -> None:
    crowd = Crowd()
    crowd.somebody(machine)
    machine.kiosk("backup", "--new-code", "--json")
    drop_in(machine, "media-kioskbackup.mount", STICK)
    machine.run("systemctl", "start", "media-kioskbackup.mount")
    eventually(lambda: len(backups(machine)) == 1, "the stick has a backup")
    eventually(lambda: ended_well(machine, "kiosk-backup.service"), "the backup is whole")
    crowd.somebody(machine)  # of the same second and the same log a second backup would be the same file
    let_time_pass(machine, "kiosk-backup.timer")
    eventually(lambda: len(backups(machine)) == 2, "it has another")
    eventually(lambda: ended_well(machine, "kiosk-backup.service"), "that is whole, too")
    machine.run("systemctl", "stop", "media-kioskbackup.mount")
    machine.run("systemctl", "start", "kiosk-backup.service")
    assert machine.show("kiosk-backup.service", "ConditionResult") == "no"
    machine.fails_nowhere()


def backups(machine: Container) -> list[str]:
    return machine.run("find", "/media/kioskbackup", "-name", "*.kiosk-backup", "-user", "kiosk").split()


def test_the_red_lamp_is_for_a_door_whose_data_do_not_come_and_gives_way_when_they_do(machine: Container) -> None:
    machine.stop_kiosk()
    machine.write("/etc/systemd/system/var-lib-kiosk.mount", GONE)
    machine.run("systemctl", "daemon-reload")
    assert not machine.succeeds("systemctl", "start", "kiosk-door.service")
    eventually(lambda: machine.show(LAMP, "SubState") == "running", "the lamp is red")
    print(LAMP, machine.exposure(LAMP))
    assert not too_much({LAMP: machine.exposure(LAMP)})
    machine.run("rm", "/etc/systemd/system/var-lib-kiosk.mount")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "kiosk.target", "kiosk-door.service")
    eventually(machine.door_answers, "the door opens")
    assert machine.show(LAMP, "ActiveState") == "inactive"
    machine.run("systemctl", "reset-failed")


def test_settings_on_the_card_are_taken_before_the_door_opens_and_the_third_short_life_is_a_safe_one(
    installed: Containers,
) -> None:
    with installed.booted() as first:
        eventually(first.door_answers, "the door answers")
        first.write("/boot/firmware/kiosk.toml.txt", ON_THE_CARD)
    with installed.booted(place=first.place) as second:
        eventually(second.door_answers, "the door answers")
        assert ended_well(second, "kiosk-first-settings.service")
        assert "Thẻ Nhớ" in second.run("cat", "/etc/kiosk/kiosk.toml")
        assert told_of_voice(second) != LEFT_OUT
        second.write("/boot/firmware/kiosk.toml", "[site]\nnmae = 1\n")
    with installed.booted(place=first.place) as third:
        eventually(third.door_answers, "the door answers, whatever lies on the card")
        assert "Thẻ Nhớ" in third.run("cat", "/etc/kiosk/kiosk.toml")
        assert "nmae" in third.run("cat", "/boot/firmware/kiosk.refused.txt")
        assert starts(third) == SAFE_FROM
        assert told_of_voice(third) == LEFT_OUT
        assert Crowd().somebody(third)["outcome"] == "admitted"
        let_time_pass(third, "kiosk-boot-ok.timer")
        eventually(lambda: starts(third) == 0, "this start lasts")
    with installed.booted(place=first.place) as fourth:
        eventually(fourth.door_answers, "the door answers")
        assert told_of_voice(fourth) != LEFT_OUT


def told_of_voice(machine: Container) -> str:
    """What the door says of its voice."""
    health = json.loads(machine.run("kiosk", "health", "--json", check=False))
    return next((check["note"] for check in health["checks"] if check["name"] == "device voice"), "")
