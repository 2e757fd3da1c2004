"""A kiosk and its hub on the command line, as two machines that know each other by a code on paper."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from syncing import entries
from terminal import Terminal

from kiosk.rules import invented
from kiosk.rules.model import Kind

PATIENCE_S = 60
DOOR_ID, SYNC_ID, GROUP_ID = 54321, 54322, 54323


@contextmanager
def at_work(terminal: Terminal, *arguments: str, by: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[str]]:
    """A service, ended as the system ends it."""
    process = subprocess.Popen(
        [*by, sys.executable, "-m", "kiosk", *arguments],
        env={**terminal.environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Terminal]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = tmp_path / "hub.toml"
    settings.write_text(f'[hub]\naddress = "127.0.0.1"\nport = {port}\norigin = "hub.example"\nnames = ["localhost"]\n')
    terminal = Terminal(tmp_path / "hub")
    terminal.environment |= {"KIOSK_CONFIG": str(settings), "URL": f"https://localhost:{port}"}
    with at_work(terminal, "hub") as process:
        assert process.stdout
        assert process.stdout.readline().startswith("https://")
        yield terminal


@pytest.fixture
def kiosk(tmp_path: Path) -> Terminal:
    terminal = Terminal(tmp_path / "kiosk")
    assert come(terminal, 1, 2, 3) == 3
    return terminal


def come(kiosk: Terminal, *people: int) -> int:
    codes = b"\n".join(invented.codes(invented.person(person))[Kind.ID_CARD] for person in people)
    return len(kiosk.lines("scan", "--json", "-", stdin=codes))


def code(hub: Terminal) -> str:
    command = ("hub-kiosk", "code", "kiosk-1", "--site", "site", "--url", hub.environment["URL"], "--json")
    (made,) = hub.lines(*command)
    return str(made["code"])


def log_at(hub: Terminal) -> Path:
    (found,) = (hub.data / "logs" / "kiosk-1").glob("*/kiosk.db")
    return found


def test_a_kiosk_joins_gives_its_log_and_holds_the_hub_to_its_word(
    hub: Terminal, kiosk: Terminal, tmp_path: Path
) -> None:
    (joined,) = kiosk.lines("enrol", "--json", "-", stdin=code(hub))
    assert joined["kiosk"] == "kiosk-1"
    (round_,) = kiosk.lines("sync", "--once", "--json")
    assert round_["behind"] == 0
    assert entries(log_at(hub)) == entries(kiosk.data / "kiosk.db")
    checked = next(line for line in kiosk.lines("check", "--json")[0]["checks"] if line["name"] == "sync")
    assert (checked["ok"], "0 entries are only here" in checked["note"]) == (True, True)
    state = json.loads((kiosk.data / "hub-state.json").read_text())
    (tmp_path / "kept.txt").write_text(state["acknowledged"]["checkpoint"], encoding="utf-8")
    come(kiosk, 4)
    kiosk.lines("sync", "--once", "--json")
    for source in (str(tmp_path / "kept.txt"), joined["url"], f"{joined['url']}/"):
        whole, held = kiosk.lines("verify", "--json", "--against", source)
        assert (whole["ok"], held["ok"]) == (True, True)
    (tmp_path / "kept.txt").write_text("hub.example/log\n5\n", encoding="utf-8")
    refused = kiosk("verify", "--against", str(tmp_path / "kept.txt"))
    assert (refused.returncode, "DOES NOT HOLD" in refused.stdout) == (1, True)


def test_the_service_gives_what_is_recorded_and_ends_when_told(hub: Terminal, tmp_path: Path) -> None:
    kiosk = Terminal(tmp_path / "kiosk")
    kiosk.lines("keys", "new", "--out", str(tmp_path / "private.json"), "--json")
    come(kiosk, 1, 2)
    kiosk.lines("enrol", "--json", code(hub))
    with at_work(kiosk, "sync"):
        wait_for(kiosk.data / "hub-state.json")
    assert entries(log_at(hub)) == entries(kiosk.data / "kiosk.db")


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can run a service as another user (setpriv)"
)
def test_the_service_needs_neither_the_doors_user_nor_day_key_nor_accounts(hub: Terminal, tmp_path: Path) -> None:
    """As kiosk-sync.service runs it: a user of its own, of the group that the data directory hands on."""
    kiosk = Terminal(tmp_path / "kiosk")
    kiosk.data.mkdir()
    os.chown(kiosk.data, DOOR_ID, GROUP_ID)
    kiosk.data.chmod(0o2770)
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest-of-" in str(folder):  # what lies above is for all
            folder.chmod(0o755)
    kiosk.lines("keys", "new", "--out", str(tmp_path / "private.json"), "--json")
    come(kiosk, 1, 2)
    for path in kiosk.data.iterdir():
        os.chown(path, DOOR_ID, GROUP_ID)
    kiosk.lines("enrol", "--json", code(hub))
    for name in ("day.key", "staff.db", "site-ca.pem"):
        (kiosk.data / name).unlink(missing_ok=True)
    with at_work(kiosk, "sync", by=("setpriv", f"--reuid={SYNC_ID}", f"--regid={GROUP_ID}", "--clear-groups")):
        wait_for(kiosk.data / "hub-state.json")
    assert (kiosk.data / "hub-state.json").stat().st_uid == SYNC_ID
    assert entries(log_at(hub)) == entries(kiosk.data / "kiosk.db")


def test_the_service_refuses_demo_keys(kiosk: Terminal) -> None:
    refused = kiosk("sync")
    assert (refused.returncode, "demo keys" in refused.stderr) == (1, True)


def test_a_stick_goes_to_the_hub_and_back(hub: Terminal, kiosk: Terminal, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    kiosk.lines("enrol", "--json", code(hub))
    (out,) = kiosk.lines("segment", "export", str(stick), "--json")
    (taken,) = hub.lines("segment", "import", str(stick), "--json")
    assert (taken["new"], taken["through"]) == (out["last"], {"kiosk-1": out["last"]})
    assert kiosk.lines("segment", "import", str(stick), "--json") == [{"through": out["last"]}]
    assert entries(log_at(hub)) == entries(kiosk.data / "kiosk.db")
    (stick / "a.kiosk-segments.age").write_bytes(b"nothing")
    refused = hub("segment", "import", str(stick))
    assert (refused.returncode, "a.kiosk-segments.age: " in refused.stdout) == (1, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes what is somebody else's")
def test_what_the_administrator_imports_is_the_hubs_own(hub: Terminal, kiosk: Terminal, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    kiosk.lines("enrol", "--json", code(hub))
    kiosk.lines("segment", "export", str(stick), "--json")
    os.chown(hub.data, DOOR_ID, GROUP_ID)
    hub.lines("segment", "import", str(stick), "--json")
    assert {path.stat().st_uid for path in hub.data.rglob("*")} == {DOOR_ID}
    assert {path.stat().st_uid for path in stick.iterdir()} == {0}


@pytest.mark.parametrize(
    ("command", "status", "sentence"),
    [
        (("enrol", "nonsense"), 1, "no enrolment code"),
        (("enrol", "https://localhost:1/#AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-AAAAA"), 1, "read it again"),
        (("sync", "--once"), 2, "kiosk enrol CODE"),
        (("segment", "export", "/"), 1, "kiosk enrol CODE"),
        (("segment", "import", "/"), 1, "kiosk enrol CODE"),
        (("verify", "--against", "x"), 2, "kiosk enrol CODE"),
    ],
)
def test_before_it_has_joined_one_a_kiosk_says_what_to_do(
    kiosk: Terminal, command: tuple[str, ...], status: int, sentence: str
) -> None:
    done = kiosk(*command)
    assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr
    assert "Traceback" not in done.stderr


def test_where_there_is_neither_kiosk_nor_hub_nothing_is_made(tmp_path: Path) -> None:
    refused = Terminal(tmp_path / "nothing")("segment", "import", str(tmp_path))
    assert (refused.returncode, "neither a hub here" in refused.stderr) == (1, True)
    assert not (tmp_path / "nothing").exists()


def test_kiosk_run_gives_the_log_too(hub: Terminal, kiosk: Terminal) -> None:
    kiosk.lines("enrol", "--json", code(hub))
    with at_work(kiosk, "run", "--simulate", "--port", "0"):
        wait_for(kiosk.data / "hub-state.json")
    state = json.loads((kiosk.data / "hub-state.json").read_text())
    assert state["acknowledged"]["through"] > 0


def wait_for(path: Path) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not path.exists():
        assert time.monotonic() < until_s, f"{path.name} did not come"
        time.sleep(0.1)
