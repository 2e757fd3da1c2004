"""``kiosk hub-user``: the first admin is made at the hub's terminal, and who has lost everything comes back there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hub_staff import Staff, code_of
from hubs import hub_settings, running_hub
from terminal import Terminal

from kiosk.web import haproxy

OWN = "sông Mã chảy về xuôi"


@pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)
def test_the_first_admin_begins_with_what_the_terminal_told_while_the_hub_runs(tmp_path: Path) -> None:
    with running_hub(tmp_path, hub_settings()) as hub:
        told = Terminal(tmp_path)("hub-user", "add", "Mai", "--role", "admin")
        assert told.returncode == 0, told.stderr
        given = re.search(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", told.stdout)
        assert given
        answer = Staff(hub).submit("/sign-in", name="Mai", password=given[0], code="")
        mai = Staff(hub, answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0])
        mai.page("/own")
        assert mai.submit("/own/begin", new=OWN, again=OWN, code=code_of(hub, "Mai")).place == "/"
        assert mai.page("/users").status == 200


def test_users_are_listed_and_changed(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal("hub-user", "add", "Mai", "--role", "admin")
    (added,) = terminal.lines("hub-user", "add", "Lan", "--role", "tracer", "--json")
    assert len(added["password"]) == 19
    terminal("hub-user", "role", "lan", "--role", "auditor")
    terminal("hub-user", "disable", "Lan")
    lan, mai = terminal.lines("hub-user", "list", "--json")
    assert (lan["name"], lan["role"], lan["enabled"], lan["begun"]) == ("Lan", "auditor", False, False)
    assert (mai["name"], mai["enabled"]) == ("Mai", True)
    assert terminal("hub-user", "enable", "Lan").stdout == "Lan: may sign in again\n"
    assert terminal("hub-user", "unlock", "Lan").returncode == 0
    (anew,) = terminal.lines("hub-user", "anew", "Lan", "--json")
    assert anew["password"] != added["password"]


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("add", "Mai", "--role", "admin"), 1, "this name already"),
        (("disable", "Mai"), 1, "last admin"),
        (("role", "Mai", "--role", "tracer"), 1, "last admin"),
        (("anew", "Nobody"), 1, "Nobody has this name"),
        (("add", "12", "--role", "admin"), 1, "has letters"),
        (("add", "Lan"), 2, "--role"),
        (("disable",), 2, "whose account"),
    ],
)
def test_the_terminal_refuses_in_one_sentence(tmp_path: Path, arguments: tuple[str, ...], code: int, why: str) -> None:
    terminal = Terminal(tmp_path)
    terminal("hub-user", "add", "Mai", "--role", "admin")
    done = terminal("hub-user", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
