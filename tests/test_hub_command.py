"""The hub at the terminal: one command runs it, another lets kiosks come and go."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from conftest import Site
from hubs import Caller, Kiosk
from terminal import Terminal

from kiosk.rules.enrolment import code_of, host_of
from kiosk.rules.kiosk_health import KioskHealth
from kiosk.store.catalogue import Catalogue, Enrolled
from kiosk.store.hub_database import HubDatabase

HEALTH = KioskHealth("1.2.3", "told", 7, ("no paper",)).as_said()


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    file = tmp_path / "kiosk.toml"
    file.write_text(f'[hub]\naddress = "127.0.0.1"\nport = {port}\n')
    return file


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "hub")


@contextmanager
def hub_process(terminal: Terminal, settings: Path) -> Iterator[subprocess.Popen[str]]:
    """``kiosk hub`` once it can be reached; ended in the end."""
    command = [sys.executable, "-m", "kiosk", "--config", str(settings), "hub"]
    process = subprocess.Popen(
        command, env=terminal.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert process.stdout.readline().startswith("https://")
        yield process
    finally:
        process.kill()
        process.communicate()


def listed(terminal: Terminal, settings: Path) -> list[dict[str, Any]]:
    return terminal.lines("--config", str(settings), "hub-kiosk", "list", "--json")


def test_a_kiosk_comes_is_listed_and_is_revoked(terminal: Terminal, settings: Path, site: Site) -> None:
    kiosk = Kiosk(site.house.vault, site.house.data)
    with hub_process(terminal, settings) as process:
        (made,) = terminal.lines("--config", str(settings), "hub-kiosk", "code", "kiosk-1", "--site", "site", "--json")
        code = code_of(made["code"])
        hub = Caller(host_of(code.url)[1], terminal.data / "site-ca.pem")
        assert kiosk.come(hub, code).status == HTTPStatus.OK
        assert kiosk.ask(hub, "/kiosk/health", HEALTH).status == HTTPStatus.OK
        (line,) = listed(terminal, settings)
        assert (line["kiosk"], line["state"], line["version"], line["behind"], line["faults"]) == (
            *("kiosk-1", "heard"),
            *("1.2.3", "7", "no paper"),
        )
        assert "  7 entries still to come  no paper" in terminal("--config", str(settings), "hub-kiosk", "list").stdout
        assert kiosk.ask(hub, "/kiosk/health", KioskHealth("1.2.3", "told", 0, ()).as_said()).status == HTTPStatus.OK
        assert "  1.2.3  nothing still to come" in terminal("--config", str(settings), "hub-kiosk", "list").stdout
        terminal("--config", str(settings), "hub-kiosk", "revoke", "kiosk-1")
        assert kiosk.ask(hub, "/kiosk/health", HEALTH).status == HTTPStatus.FORBIDDEN
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert listed(terminal, settings)[0]["state"] == "revoked"


def test_a_copied_card_and_what_was_refused_are_listed(terminal: Terminal, settings: Path) -> None:
    terminal.data.mkdir()
    with closing(HubDatabase(terminal.data / "hub.db")) as database:
        catalogue = Catalogue(database)
        for name in ("kiosk-1", "kiosk-2"):
            catalogue.enrol(Enrolled(name, "site", name, name.encode(), 1), {"what": "enrolled"})
        catalogue.heard(("kiosk-1", "one-5", "one", 5, b"x"), 1, forked=True)
        for digest in (b"x", b"y"):
            catalogue.refuse(digest, "kiosk-1", "broken", "found", 1)
    told = [(line["kiosk"], line["forked"], line["refused"]) for line in listed(terminal, settings)]
    assert told == [("kiosk-1", True, 2), ("kiosk-2", False, 0)]
    first, second = terminal("--config", str(settings), "hub-kiosk", "list").stdout.splitlines()
    assert first.endswith("two cards say that they are it  2 segments refused")
    assert second.endswith("silent")


def test_a_code_leads_to_the_first_name_that_the_settings_have(terminal: Terminal, settings: Path) -> None:
    with settings.open("a") as file:
        file.write('names = ["localhost", "hub.example"]\n')
    (made,) = terminal.lines("--config", str(settings), "hub-kiosk", "code", "kiosk-1", "--site", "site", "--json")
    assert code_of(made["code"]).url.startswith("https://localhost:")


def test_one_hub_works_in_a_data_directory(terminal: Terminal, settings: Path) -> None:
    with hub_process(terminal, settings):
        second = terminal("--config", str(settings), "hub")
    assert (second.returncode, second.stderr) == (1, f"kiosk: {terminal.data}: another hub works here\n")


def test_a_port_that_is_taken_is_told_in_the_hubs_own_words(terminal: Terminal, settings: Path) -> None:
    port = int(settings.read_text().rpartition("= ")[2])
    command = [sys.executable, "-m", "kiosk", "--config", str(settings), "hub"]
    with socket.create_server(("127.0.0.1", port)):
        process = subprocess.Popen(command, env=terminal.environment, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr
            lines = [process.stderr.readline(), process.stderr.readline()]
        finally:
            process.kill()
            process.communicate()
    assert any("kiosks and staff cannot reach the hub" in line for line in lines)
    assert any("nobody can reach the hub yet" in line for line in lines)
    assert not any("tablets" in line for line in lines)


def test_a_kiosks_directory_is_no_hubs(site: Site) -> None:
    refused = Terminal(site.house.data)("hub")
    assert (refused.returncode, "is a kiosk's" in refused.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("revoke", "nobody"), 1),
        (("revoke",), 2),
        (("code", "kiosk-1"), 2),
        (("code", "kiosk-1", "--site", "../x"), 1),
        (("code", "kiosk-1", "--site", "site", "--url", "http://hub"), 2),
        (("code", "kiosk-1", "--site", "site", "--url", "https://elsewhere.example"), 2),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(
    terminal: Terminal, settings: Path, words: tuple[str, ...], status: int
) -> None:
    refused = terminal("--config", str(settings), "hub-kiosk", *words)
    assert (refused.returncode, refused.stderr.count("\n")) == (status, 1)
