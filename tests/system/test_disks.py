"""A full disk, a system that may only be read, data that may only be read: people pass, and it is said."""

from __future__ import annotations

from typing import Any

from kiosk.rules.entries import EntryKind
from kiosk.rules.messages import MESSAGES
from kiosk.rules.model import Outcome, Reason
from system.conftest import Boot
from system.containers import Container, eventually
from system.people import Crowd

UNRECORDED = Outcome.PASSED_UNRECORDED


def put_on_a_small_disk(machine: Container) -> None:
    """The data directory becomes a file system of its own, of 16 MB."""
    machine.stop_kiosk()
    small = "cp -a /var/lib/kiosk /root/kept && mount -t tmpfs -o size=16m tmpfs /var/lib/kiosk"
    machine.run("sh", "-c", f"{small} && cp -a /root/kept/. /var/lib/kiosk && rm -r /root/kept")
    machine.run("systemctl", "start", "kiosk.target")
    eventually(machine.door_answers, "the door answers on its small disk")


def fill(machine: Container, name: str) -> None:
    """Take every byte that is left."""
    for size in ("64k", "1k", "1"):
        machine.run("dd", "if=/dev/zero", f"of=/var/lib/kiosk/{name}{size}", f"bs={size}", check=False)


def test_on_a_full_disk_people_pass_unrecorded_are_told_so_and_are_one_entry_later(boot: Boot) -> None:
    crowd = Crowd()
    with boot() as machine:
        put_on_a_small_disk(machine)
        eventually(lambda: machine.page("/display"), "the pages answer")
        crowd.somebody(machine)
        fill(machine, "photos")
        for more in range(200):
            if crowd.somebody(machine)["outcome"] == UNRECORDED:
                break
            fill(machine, f"more{more}-")
        machine.run("systemctl", "stop", "kiosk-web.socket", "kiosk-web.service")
        fill(machine, "more-late")
        machine.run("systemctl", "start", "kiosk-web.service")
        eventually(lambda: machine.page("/display"), "the pages come up on the full disk")
        shown: dict[str, Any] = {}

        def is_lit() -> bool:
            crowd.somebody(machine)
            shown.update(machine.door.panel())
            return bool(shown["lamp"] == "green_amber")

        eventually(is_lit, "the lamp says that somebody passed unrecorded")
        print(f"after {len(crowd.recorded())} recorded the disk was full to the last byte: {shown['vi']}")
        assert crowd.announced[-1]["outcome"] == UNRECORDED

        def is_on_display() -> bool:
            crowd.somebody(machine)
            return MESSAGES[Reason.NOT_RECORDED].vi in machine.page("/display")

        eventually(is_on_display, "the display says so, too")
        assert "FAIL" in machine.run("kiosk", "health", check=False)

        machine.run("sh", "-c", "rm -f /var/lib/kiosk/photos* /var/lib/kiosk/more*")
        crowd.somebody(machine)
        unrecorded = sum(said["outcome"] == UNRECORDED for said in crowd.announced)
        gaps = [entry["body"]["count"] for entry in machine.entries() if entry["kind"] == EntryKind.GAP]
        assert gaps == [unrecorded]
        assert crowd.lost(machine) == []
        print(machine.kiosk("verify"))
        assert [line for line in machine.journal("--boot") if "could not be printed" in line] == []


def test_the_system_may_be_read_only_as_long_as_the_data_are_not(boot: Boot) -> None:
    with boot("--read-only", "--overlay=+/var/lib/kiosk:PLACE/more:/var/lib/kiosk") as machine:
        eventually(lambda: machine.page("/trust"), "the pages answer")
        assert not machine.succeeds("touch", "/etc/written", "/var/lib/written")
        assert Crowd().somebody(machine)["outcome"] == Outcome.ADMITTED
        failed = machine.run("systemctl", "--failed", "--no-legend", "--plain")
        assert [line for line in failed.splitlines() if "kiosk" in line] == []


def test_a_door_whose_data_may_only_be_read_says_so_and_comes_by_itself_once_they_may_be_written(boot: Boot) -> None:
    crowd = Crowd()
    with boot() as machine:
        put_on_a_small_disk(machine)
        crowd.somebody(machine)
        machine.stop_kiosk()
        machine.run("mount", "-o", "remount,ro", "/var/lib/kiosk")
        machine.run("systemctl", "start", "kiosk.target")
        eventually(lambda: int(machine.show("kiosk-door.service", "NRestarts")) > 1, "the door tries again and again")
        said = [line for line in machine.journal("--unit=kiosk-door.service") if "ead-only" in line]
        print(said[-1:])
        assert said
        machine.run("mount", "-o", "remount,rw", "/var/lib/kiosk")
        eventually(machine.door_answers, "the door comes by itself")
        crowd.somebody(machine)
        assert crowd.lost(machine) == []
