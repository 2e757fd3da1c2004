"""A machine with the kiosk's package starts by itself, offline, in a second, with nothing left to complain of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from system.conftest import ADMIN, PIN, Boot
from system.containers import Container, eventually
from system.people import Crowd

SCORES = {"kiosk-door.service": 1.5, "kiosk-web.service": 1.0}
OTHERS = 2.0


@pytest.fixture(scope="module")
def machine(boot: Boot) -> Iterator[Container]:
    with boot() as booted:
        yield booted


def test_nothing_has_failed_and_nothing_is_still_waited_for(machine: Container) -> None:
    print(machine.run("systemd-analyze"))
    eventually(lambda: machine.page("/trust"), "the pages answer")
    assert machine.run("systemctl", "--failed", "--no-legend") == ""
    assert machine.run("systemctl", "list-jobs", "--no-legend") == ""
    assert machine.run("systemctl", "is-system-running").strip() == "running"


def test_no_unit_waits_for_itself(machine: Container) -> None:
    assert [line for line in machine.journal("--boot") if "ordering cycle" in line or "to break" in line] == []


def test_systemd_understands_every_line_of_the_units(machine: Container) -> None:
    known_later = ("RestartSteps", "RestartMaxDelaySec")
    complaints = [line for line in machine.journal("--boot", "_PID=1") if "kiosk" in line and "Unknown" in line]
    assert [line for line in complaints if not any(name in line for name in known_later)] == []


def test_debians_own_haproxy_serves_nobody_and_whoever_installs_by_ssh_stays_in(machine: Container) -> None:
    assert machine.run("systemctl", "show", "--value", "-p", "ActiveState", "haproxy.service").strip() == "inactive"
    enabled = machine.run("sh", "-c", "systemctl is-enabled kiosk-firewall.service kiosk.target || true")
    assert enabled.split() == ["disabled", "enabled"]


def test_there_is_no_network_and_none_is_missed(machine: Container) -> None:
    assert machine.run("ls", "/sys/class/net").split() == ["lo"]
    assert machine.door_answers()


def test_a_card_at_the_door_is_on_the_page_of_today(machine: Container) -> None:
    said = Crowd().somebody(machine)
    page = machine.page("/", f"name={ADMIN}&pin={PIN}")
    assert said["outcome"] == "admitted"
    assert said["holder"].split()[0] in page


def test_what_was_kept_long_enough_goes_on_days_without_a_door_too(machine: Container) -> None:
    machine.run("systemctl", "stop", "kiosk-door.service")
    machine.run("systemctl", "start", "kiosk-purge.service")
    machine.run("systemctl", "start", "kiosk-door.service")
    assert any("entries older than" in line for line in machine.journal("--unit", "kiosk-purge.service"))


def test_the_sandboxes_at_work_are_as_tight_as_on_paper(machine: Container) -> None:
    units = machine.run("sh", "-c", "cd /usr/lib/systemd/system && ls kiosk-*.service").split()
    scores = {unit: machine.exposure(unit) for unit in units if "@" not in unit}
    print(scores)
    spare = 0.0 if machine.has_users_of_its_own() else 0.2  # what PrivateUsers= is worth
    assert {unit: score for unit, score in scores.items() if score > SCORES.get(unit, OTHERS) + spare} == {}
