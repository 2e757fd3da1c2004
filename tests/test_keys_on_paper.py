"""Tracing keys whose private half exists on paper alone."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from fake_printers import FakePrinter
from patience import PATIENCE_S
from PIL import Image
from terminal import Terminal

from kiosk.cli import main
from kiosk.devices.decoding import Decoder
from kiosk.devices.pictures import frame_from_image_bytes
from kiosk.devices.simulated_printer import SimulatedPrinter
from kiosk.vault.tracing import PUBLIC_FILE, parse_private_key


@contextmanager
def printing(printer: FakePrinter) -> Iterator[int]:
    """A network printer on this machine; its port."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def serve() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection, suppress(ConnectionError):  # a printer that is out of paper is hung up on
                    connection.settimeout(PATIENCE_S)
                    printer.serve(connection.recv, connection.sendall, stop)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            stop.set()
            thread.join()


def keys_on_paper(data: Path, port: int) -> int:
    """The exit status of making keys, with a printer that answers as soon as a busy machine lets it."""
    settings = data.with_suffix(".toml")
    settings.write_text(f'[printer]\nkind = "network"\nhost = "127.0.0.1"\nport = {port}\ndeadline_s = 30\n')
    return main(["--data", str(data), "--config", str(settings), "keys", "new", "--paper"])


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.devices.printer.ANSWER_S", PATIENCE_S)


def code_on(paper: Image.Image) -> bytes:
    picture = io.BytesIO()
    paper.convert("L").save(picture, format="png")
    frame = frame_from_image_bytes(picture.getvalue())
    (code,) = Decoder(["zxing"], []).decode_still(frame, lambda data: True)
    return code.data


def test_the_private_half_goes_to_the_paper_and_nowhere_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printer, data = FakePrinter(), tmp_path / "data"
    with printing(printer) as port:
        assert keys_on_paper(data, port) == 0
    simulated = SimulatedPrinter()
    simulated.send(printer.ticket)
    text = code_on(simulated.papers[-1])
    assert parse_private_key(text.decode()).fingerprint in capsys.readouterr().out
    secret = text.decode().split('"private": "')[1].split('"')[0]
    assert all(secret.encode() not in file.read_bytes() for file in data.rglob("*") if file.is_file())


def test_without_paper_no_keys_are_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printer, data = FakePrinter(), tmp_path / "data"
    printer.answers = dict.fromkeys(printer.answers, b"r")
    with printing(printer) as port:
        assert keys_on_paper(data, port) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (data / PUBLIC_FILE).exists()


def test_a_simulated_printer_is_no_place_for_a_private_key(tmp_path: Path) -> None:
    (tmp_path / "kiosk.toml").write_text('[printer]\nkind = "simulated"\n')
    kiosk = Terminal(tmp_path / "data")
    done = kiosk("--config", str(tmp_path / "kiosk.toml"), "keys", "new", "--paper")
    assert (done.returncode, "real printer" in done.stderr) == (1, True)
    assert not (kiosk.data / PUBLIC_FILE).exists()
