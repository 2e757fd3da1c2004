"""``kiosk run``: door and pages begin together and end together."""

from __future__ import annotations

import fcntl
import http.client
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from patience import PATIENCE_S
from terminal import Terminal

from kiosk.rules.invented import STAFF


@pytest.fixture
def kiosk(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "data")


@contextmanager
def running(kiosk: Terminal) -> Iterator[subprocess.Popen[str]]:
    """``kiosk run`` with its pages up; killed in the end where it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk", "run", "--simulate", "--port", "0"],
        env=kiosk.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://")
        yield process
    finally:
        process.kill()
        process.communicate()


def door_is_free(data: Path, within_s: float = PATIENCE_S) -> bool:
    """Whether no door holds *data*, or none does soon."""
    deadline_s = time.monotonic() + within_s
    with (data / "door.lock").open() as lock:
        while time.monotonic() < deadline_s:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(0.05)
            else:
                return True
    return False


def sockets(data: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in data.glob("*.sock")}


def test_a_port_that_is_taken_ends_the_run_at_once(kiosk: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        # waitress leaves its own socket open when it cannot listen
        done = kiosk("run", "--simulate", "--port", port, PYTHONWARNINGS="ignore::ResourceWarning")
    _, sentence = done.stderr.splitlines()  # after the one about demo keys
    assert (done.returncode, "cannot listen on port" in sentence) == (1, True)


def test_a_second_run_is_refused_and_does_not_disturb_the_first(kiosk: Terminal) -> None:
    with running(kiosk):
        before = sockets(kiosk.data)
        done = kiosk("run", "--simulate", "--port", "0")
        _, sentence = done.stderr.splitlines()
        assert (done.returncode, "another door runs on" in sentence) == (1, True)
        assert sockets(kiosk.data) == before != {}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_children_end_with_their_parent(kiosk: Terminal, how: signal.Signals) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup, before the tests, would have it ignored
    try:
        with running(kiosk) as process:
            process.send_signal(how)
            assert process.wait(PATIENCE_S) == (-how if how is signal.SIGKILL else 0)
            assert door_is_free(kiosk.data)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_run_that_a_script_began_in_the_background_ends_on_sigint(kiosk: Terminal) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as sh does for what it starts with &
    try:
        with running(kiosk) as process:
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_whoever_tries_it_out_is_signed_in_by_one_tap(kiosk: Terminal) -> None:
    with running(kiosk) as process:
        assert process.stdout is not None
        host = process.stdout.readline().removeprefix("http://").partition("/")[0]
        page = asked(host, "GET", "/sign-in").read().decode()
        forms = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in page.split("<form")]
        offered = {form["name"]: form for form in forms if "pin" in form}
        assert offered.keys() == {one.name for one in STAFF}
        for form in offered.values():
            answer = asked(host, "POST", "/sign-in", urlencode(form))
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
            assert asked(host, "GET", "/", cookie=cookie).status == 200


def asked(host: str, method: str, path: str, body: str = "", cookie: str = "") -> http.client.HTTPResponse:
    """The answer to what a browser asks."""
    own = {"Accept": "text/html", "Origin": f"http://{host}", "Content-Type": "application/x-www-form-urlencoded"}
    connection = http.client.HTTPConnection(host, timeout=PATIENCE_S)
    connection.request(method, path, body, own | {"Cookie": cookie, "Connection": "close"})
    return connection.getresponse()
