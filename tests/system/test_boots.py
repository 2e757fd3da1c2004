"""A machine with the kiosk's package starts by itself, offline, in a second, with nothing left to complain of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from exposures import too_much

from system.conftest import ADMIN, PIN, Boot, drop_in
from system.containers import Container, eventually
from system.people import Crowd

KNOWN_LATER = ("RestartSteps", "RestartMaxDelaySec")  # to Debian 13's systemd


@pytest.fixture(scope="module")
def machine(boot: Boot) -> Iterator[Container]:
    with boot() as booted:
        yield booted


def test_nothing_has_failed_and_nothing_is_still_waited_for(machine: Container) -> None:
    print(machine.run("systemd-analyze"))
    eventually(lambda: machine.page("/trust"), "the pages answer")
    machine.fails_nowhere()
    eventually(lambda: machine.run("systemctl", "list-jobs", "--no-legend") == "", "nothing is waited for")
    assert machine.run("systemctl", "is-system-running").strip() == "running"


def complaints(machine: Container) -> list[str]:
    """What systemd has to say of the units when it starts the machine, which is before its journal begins."""
    said = machine.run("sh", "-c", "systemd-analyze verify --man=no default.target kiosk.target 2>&1", check=False)
    return [line for line in said.splitlines() if not any(name in line for name in KNOWN_LATER)]


def test_no_unit_waits_for_itself_and_systemd_understands_every_line(machine: Container) -> None:
    assert complaints(machine) == []
    drop_in(machine, "kiosk-door.service", "[Unit]\nAfter=kiosk-web.service\n")
    drop_in(machine, "kiosk-web.service", "[Unit]\nAfter=kiosk-door.service\nNonsense=1\n")
    found = "\n".join(complaints(machine))
    for unit in ("kiosk-door.service", "kiosk-web.service"):
        machine.run("rm", "-r", f"/etc/systemd/system/{unit}.d")
    machine.run("systemctl", "daemon-reload")
    assert "Found ordering cycle" in found, "it would be found"
    assert "Nonsense" in found


def test_debians_own_haproxy_serves_nobody_and_whoever_installs_by_ssh_stays_in(machine: Container) -> None:
    assert machine.run("systemctl", "show", "--value", "-p", "ActiveState", "haproxy.service").strip() == "inactive"
    enabled = machine.run("sh", "-c", "systemctl is-enabled kiosk-firewall.service kiosk.target || true")
    assert enabled.split() == ["disabled", "enabled"]


def test_there_is_no_network_and_none_is_missed(machine: Container) -> None:
    assert machine.run("ls", "/sys/class/net").split() == ["lo"]
    assert machine.door_answers()


def test_tablets_reach_the_pages_on_a_machine_that_was_told_of_a_name_server(machine: Container) -> None:
    assert "nameserver" in machine.run("cat", "/etc/resolv.conf")
    eventually(lambda: machine.page("https://127.0.0.1:8443/trust"), "the tablets' port answers")


def test_a_card_at_the_door_is_on_the_page_of_today(machine: Container) -> None:
    said = Crowd().somebody(machine)
    assert said["outcome"] == "admitted"
    signed_in = f"name={ADMIN}&pin={PIN}"
    eventually(lambda: said["holder"].split()[0] in machine.page("/", signed_in), "the page of today has them")


def test_what_was_kept_long_enough_goes_on_days_without_a_door_too(machine: Container) -> None:
    machine.run("systemctl", "stop", "kiosk-door.service")
    machine.run("systemctl", "start", "kiosk-purge.service")
    machine.run("systemctl", "start", "kiosk-door.service")
    journal = partial(machine.journal, "--unit", "kiosk-purge.service")
    eventually(lambda: any("entries older than" in line for line in journal()), "it tells what it erased")


def test_the_sandboxes_at_work_are_as_tight_as_on_paper(machine: Container) -> None:
    units = machine.run("sh", "-c", "cd /usr/lib/systemd/system && ls kiosk-*.service").split()
    scores = {unit: machine.exposure(unit) for unit in units if "@" not in unit}
    print(scores)
    spare = 0.0 if machine.has_users_of_its_own() else 0.2  # what PrivateUsers= is worth
    assert not too_much(scores, spare)
