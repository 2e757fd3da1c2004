"""What goes wrong ends in one sentence, never in a traceback."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import Terminal

from kiosk.rules import invented
from kiosk.rules.model import Kind

CARD = invented.codes(invented.person(1))[Kind.ID_CARD].decode()
OTHER_CARD = invented.codes(invented.person(2))[Kind.ID_CARD].decode()


@pytest.fixture
def kiosk(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "data")


def is_one_sentence(stderr: str) -> bool:
    return len(stderr.splitlines()) == 1 and stderr.startswith("kiosk: ")


@pytest.mark.parametrize("line", [r'{"text": "\ud800"}', '{"a":' * 3000, r'{"text": "x", "gate": "\ud800"}'])
def test_an_odd_line_on_stdin_does_not_cost_those_after_it(kiosk: Terminal, line: str) -> None:
    done = kiosk("scan", "--json", "-", stdin=f"{line}\n{CARD}\n")
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["outcome"] == "admitted"


def test_a_closed_stdin_is_one_sentence(kiosk: Terminal) -> None:
    command = f"exec {sys.executable} -m kiosk scan - <&-"
    done = subprocess.run(["sh", "-c", command], env=kiosk.environment, capture_output=True, text=True, check=False)
    assert (done.returncode, is_one_sentence(done.stderr)) == (1, True), done.stderr


@pytest.mark.parametrize(
    "at", ["0001-01-01", "9999-12-31T23:59-12:00", "1969-12-31", "1970-01-01T00:00", "9999-01-01", "2200-01-01", "noon"]
)
def test_absurd_times_are_refused_and_nothing_begins(kiosk: Terminal, at: str) -> None:
    done = kiosk("scan", "--at", at, "-", stdin=CARD)
    assert (done.returncode, is_one_sentence(done.stderr)) == (2, True), done.stderr
    assert not kiosk.data.exists()


def test_an_absurd_time_on_stdin_is_refused_and_the_others_are_recorded(kiosk: Terminal) -> None:
    lines = [{"text": OTHER_CARD, "at": "9999-01-01"}, {"text": CARD, "at": "2026-11-20T08:00"}]
    done = kiosk("scan", "--json", "-", stdin="\n".join(json.dumps(line) for line in lines))
    assert (done.returncode, is_one_sentence(done.stderr)) == (1, True), done.stderr
    assert [json.loads(line)["seq"] for line in done.stdout.splitlines()] == [3]


def test_a_damaged_database_is_said_to_be_damaged(kiosk: Terminal) -> None:
    kiosk.lines("scan", "--json", "-", stdin=CARD)
    db = sqlite3.connect(kiosk.data / "kiosk.db")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    with (kiosk.data / "kiosk.db").open("r+b") as file:
        file.seek(1024)
        file.write(b"\xa5" * 100_000)
    verify, check = kiosk("verify"), kiosk("check", "--json")
    assert (verify.returncode, verify.stdout.startswith("NOT WHOLE: ")) == (1, True)
    assert [found["ok"] for found in json.loads(check.stdout)["checks"] if found["name"] == "log"] == [False]
    for command in ("visits", "occupancy", "rebuild", "tickets", "log"):
        done = kiosk(command)
        assert (done.returncode, is_one_sentence(done.stderr)) == (1, True), done.stderr


def test_names_come_out_in_utf8_whatever_the_terminal_s_locale_says(kiosk: Terminal) -> None:
    for encoding in ("ascii", "latin-1"):
        done = kiosk("read", "-", stdin=CARD, PYTHONIOENCODING=encoding)
        assert invented.person(1).person.name in done.stdout, done.stderr
