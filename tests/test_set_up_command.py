"""``kiosk setup`` on a machine with a printer: paper lets one in, paper carries the tracing half, paper pairs."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from fake_printers import FakePrinter
from patience import eventually
from PIL import Image
from setting_up import ANSWERS
from terminal import Terminal
from test_keys_on_paper import code_on, printing

from kiosk import config
from kiosk.cli import main
from kiosk.devices.code_picture import draw
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.rules.code_paper import claim_paper, network_paper
from kiosk.rules.set_up import claim_address, network_code
from kiosk.rules.site_names import fingerprint_lines
from kiosk.vault import parse_private_key
from kiosk.vault.recovery import kept_lock, unlock
from kiosk.vault.tracing import read_public_key

FINGERPRINT = ":".join(["AB"] * 32)


@contextmanager
def kiosk_setup(tmp_path: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """``kiosk setup`` with a network printer on *port*, and what it said when it was ready."""
    settings = tmp_path / "kiosk.toml"
    printer = f'kind = "network"\nhost = "127.0.0.1"\nport = {port}\ndeadline_s = 60'
    settings.write_text(f"[printer]\n{printer}\n[web]\nport = 0\nhttps_port = 0\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk", "--config", settings, "setup", "--json", "--out", settings],
        env=Terminal(tmp_path / "data").environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate(timeout=30)


def papers(printer: FakePrinter, count: int) -> list[Image.Image]:
    """What has come out of *printer*, once it is so many."""

    def out() -> list[Image.Image]:
        paper = SimulatedPrinter()
        paper.send(printer.ticket)
        return list(paper.papers)

    assert eventually(lambda: len(out()) >= count)
    return out()


class Telephone:
    """Somebody with the paper in their hand."""

    def __init__(self, here: str) -> None:
        self._at = urlsplit(here).netloc
        self._cookie = ""

    def send(self, path: str, **form: str) -> int:
        """The status of the answer to a form."""
        connection = http.client.HTTPConnection(self._at, timeout=60)
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{self._at}"}
        connection.request("POST", path, urlencode(form), kind | {"Cookie": self._cookie, "Connection": "close"})
        answer = connection.getresponse()
        self._cookie = (answer.getheader("Set-Cookie") or self._cookie).partition(";")[0]
        answer.read()
        return answer.status


def test_from_the_first_paper_to_the_last(tmp_path: Path) -> None:
    printer = FakePrinter()
    with printing(printer) as port, kiosk_setup(tmp_path, port) as (process, told):
        telephone = Telephone(told["here"])
        assert telephone.send("/claim", code=told["code"]) == 303
        for step in ("place", "gate", "devices", "admin"):
            assert telephone.send(f"/step/{step}", **ANSWERS[step]) == 303
        assert telephone.send("/step/keys/paper") == 200
        private = parse_private_key(code_on(papers(printer, 2)[1]).decode())
        assert telephone.send("/step/keys/keep") == 303
        assert telephone.send("/step/backups/code") == 200
        recovery = code_on(papers(printer, 3)[2]).decode()
        assert telephone.send("/step/backups/keep", group=recovery[-4:].lower()) == 303
        assert telephone.send("/finish") == 200
        assert process.wait(60) == 0
    first, *_, last = papers(printer, 4)
    assert code_on(first).decode() == claim_address(told["addresses"][0], told["code"])
    assert "/pair#" in code_on(last).decode()
    assert read_public_key(tmp_path / "data").fingerprint == private.fingerprint
    assert kept_lock(tmp_path / "data") == unlock(recovery).lock
    assert config.load(tmp_path / "kiosk.toml").printer.kind == "network"
    assert main(["--config", str(tmp_path / "kiosk.toml"), "--data", str(tmp_path / "data"), "verify"]) == 0


def test_somebody_who_sets_it_up_at_the_terminal_ends_it(tmp_path: Path) -> None:
    kiosk = Terminal(tmp_path / "data")
    with printing(FakePrinter()) as port, kiosk_setup(tmp_path, port) as (process, _):
        kiosk("--config", str(tmp_path / "kiosk.toml"), "keys", "new", "--out", str(tmp_path / "private.json"))
        assert process.wait(60) == 0


def test_a_set_up_that_is_told_to_end_is_not_finished(tmp_path: Path) -> None:
    with printing(FakePrinter()) as port, kiosk_setup(tmp_path, port) as (process, _):
        process.terminate()
        assert process.wait(60) == 1


@pytest.mark.parametrize("paper_mm", [58, 80])
def test_the_papers_can_be_scanned_from_either_width(paper_mm: int) -> None:
    printer = config.Settings().printer
    network = network_code("kiosk-setup", "abcdefghjkmn")
    address = claim_address("https://10.42.0.1:8443", "12345678")
    made = (
        (network, network_paper("07:00 21/11/2026", network, "kiosk-setup", "abcdefghjkmn")),
        (
            address,
            claim_paper("07:00", address, "1234 5678", "https://10.42.0.1:8443", fingerprint_lines(FINGERPRINT)),
        ),
    )
    for code, paper in made:
        assert code_on(draw(paper, paper_mm, printer.font, printer.bold_font)).decode() == code
