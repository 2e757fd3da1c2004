"""The tablets' way in with the real processes: it begins and ends with the pages, and the command line tells of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from kiosk_runs import haproxy_of, kiosk_run
from patience import PATIENCE_S
from tablets import LOOPBACK, NAME, until
from terminal import Terminal

from kiosk.rules.site_names import fingerprint_lines
from kiosk.vault.site_ca import SiteCa
from kiosk.web import haproxy

pytestmark = pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)


def test_kiosk_run_tells_the_tablets_address_and_ends_with_it(tmp_path: Path) -> None:
    with kiosk_run(tmp_path / "data") as run:
        assert run.line.startswith(f"https://{NAME}:{run.port}/ ")
        run.process.terminate()
        assert run.process.wait(PATIENCE_S) == 0
    with socket.create_server((LOOPBACK, run.port)):
        pass  # it is free again


def test_haproxy_does_not_outlive_the_pages(tmp_path: Path) -> None:
    with kiosk_run(tmp_path / "data") as run:
        child, pages = haproxy_of(run.process.pid)
        os.kill(pages, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{child}").exists(), "it is still there")


def test_kiosk_check_tries_their_way_in_as_a_tablet_does(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as free:
        port = free.getsockname()[1]
    with kiosk_run(tmp_path / "data", port) as run:
        found: dict[str, Any] = {}
        until(lambda: found.update(checked(run.settings)) or found["ok"], "no tablet is let in")
        assert f"let in by TLSv1.3; https://{NAME}:{port}, " in found["note"]
    with socket.create_server((LOOPBACK, port)) as stranger:
        answering = threading.Thread(target=answer_plainly, args=(stranger,))
        answering.start()
        assert not checked(run.settings)["ok"]
        answering.join()


def answer_plainly(listener: socket.socket) -> None:
    """What another program may say on the tablets' port."""
    connection, _ = listener.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def checked(settings: Path) -> dict[str, Any]:
    """What ``kiosk check`` says of tablets."""
    done = Terminal(settings.with_suffix(""))("--config", str(settings), "check", "--json")
    return next(found for found in json.loads(done.stdout)["checks"] if found["name"] == "tablets")


def test_what_to_compare_is_told_at_the_terminal_and_on_paper(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "data")
    before = terminal("tablet", "trust")
    assert (before.returncode, "there is no site CA yet" in before.stderr) == (1, True)
    with kiosk_run(terminal.data) as run:
        ca = SiteCa.look(terminal.data)
        assert ca is not None
        (told,) = terminal.lines("--config", str(run.settings), "tablet", "trust", "--json")
        assert (told["fingerprint"], told["addresses"][0].startswith(f"https://{NAME}:")) == (ca.fingerprint, True)
        done = terminal("--config", str(run.settings), "tablet", "trust", "--paper")
        assert (done.returncode, done.stderr) == (0, "")
        assert all(line in done.stdout for line in fingerprint_lines(ca.fingerprint))
