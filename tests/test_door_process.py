"""The door at work: scanners, socket, printer and lamps together, as the service runs them."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import segno
from conftest import OpenSite, Site
from doors import at_work
from patience import eventually
from PIL import Image

from kiosk.devices import clock
from kiosk.devices.base import PrinterStatus
from kiosk.door_server import DoorBusy
from kiosk.door_socket import SOCKET, DoorAway, DoorClient
from kiosk.rules import invented
from kiosk.rules.model import Gate, Kind, Outcome, Reading
from kiosk.services import make_door
from kiosk.store.news import short_path

CARD = invented.codes(invented.person(1))[Kind.ID_CARD]


def png(code: bytes) -> bytes:
    picture = io.BytesIO()
    segno.make(code, mode="byte").save(picture, kind="png", scale=6)
    return picture.getvalue()


@pytest.fixture
def running(open_site: OpenSite) -> Iterator[tuple[Site, DoorClient]]:
    site = open_site()
    with at_work(make_door(site.house, simulate=True)):
        yield site, DoorClient(site.house.data)


def test_a_presented_text_goes_the_door_s_very_path(running: tuple[Site, DoorClient]) -> None:
    site, door = running
    answer = door.present_text(CARD, "in")
    assert (answer["outcome"], answer["ticket"]) == ("admitted", "A001")
    assert site.reader.inside()[0].ticket == "A001"


def test_a_picture_from_a_page_goes_through_the_decoder_of_the_camera(running: tuple[Site, DoorClient]) -> None:
    _, door = running
    assert door.present_picture(png(CARD), "in", live=True)["outcome"] == "admitted"
    assert door.present_picture(png(CARD), "out")["outcome"] == "let_out"


def test_a_picture_without_a_code_is_no_passage(running: tuple[Site, DoorClient]) -> None:
    site, door = running
    empty = io.BytesIO()
    Image.new("L", (320, 240), 255).save(empty, format="png")
    assert door.present_picture(empty.getvalue())["kind"] == "none"
    assert site.reader.occupancy().entered == 0


def test_a_file_that_is_no_picture_is_one_sentence(running: tuple[Site, DoorClient]) -> None:
    with pytest.raises(DoorAway, match="picture"):
        running[1].present_picture(b"GIF89a, or so it says")


@pytest.mark.usefixtures("lamps_stay")
def test_the_panel_shows_lamp_words_and_the_paper(running: tuple[Site, DoorClient]) -> None:
    _, door = running
    before = door.panel()["change"]
    door.present_text(CARD, "in")
    panel = door.panel(since=before, wait_s=5)
    assert (panel["lamp"], panel["ticket"]) == ("green", "A001")
    assert eventually(lambda: door.panel()["printed"] == 1)
    assert Image.open(io.BytesIO(door.ticket_png())).width in (384, 576)


def test_a_ticket_waits_for_paper_and_the_door_goes_on(running: tuple[Site, DoorClient]) -> None:
    site, door = running
    door.set_printer_fault(PrinterStatus.PAPER_OUT)
    assert door.present_text(CARD, "in")["outcome"] == "admitted"
    assert eventually(lambda: any(state.name == "printer" and not state.ok for state in site.reader.devices()))
    assert site.reader.tickets_waiting_for_paper() == 1
    door.set_printer_fault(PrinterStatus.OK)
    assert eventually(lambda: site.reader.tickets_waiting_for_paper() == 0)
    assert eventually(lambda: all(state.ok for state in site.reader.devices()))


def test_a_second_door_on_the_same_data_is_refused(running: tuple[Site, DoorClient]) -> None:
    with pytest.raises(DoorBusy):
        make_door(running[0].house, simulate=True)


def test_nonsense_on_the_socket_disturbs_nobody(running: tuple[Site, DoorClient]) -> None:
    site, door = running
    for junk in (b"\n", b"[]\n", b'{"bytes": 99999999999}\n', b'{"do": "open_sesame"}\n', b"\xff" * 100_000 + b"\n"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(site.house.data / SOCKET))
            connection.settimeout(5)
            try:
                connection.sendall(junk)
                connection.recv(4096)
            except OSError:
                pass
    assert door.present_text(CARD, "in")["outcome"] == "admitted"


@pytest.mark.parametrize(
    "request_",
    [
        b'{"do": "panel", "wait_s": NaN}',
        b'{"do": "panel", "wait_s": Infinity}',
        b'{"do": "panel", "wait_s": "soon"}',
        b'{"do": "panel", "since": 1e999}',
        b'{"do": "panel", "since": null}',
        b'{"do": "set_printer_fault", "status": "on fire"}',
        b'{"do": "set_printer_fault", "status": ["ok"]}',
        b'{"do": "set_printer_fault"}',
        b'{"do": "press_button", "gate": "moon"}',
        b'{"do": "press_button", "gate": "\\ud800"}',
        b'{"do": "present_picture", "bytes": 3}\nGIF',
        b'{"do": "try_device", "name": {"a": "\\ud800"}}',
        b'{"do": ["open sesame"]}',
        b'{"do": "queue", "act": {"call": 1}}',
        b'{"do": "queue", "act": "call", "ticket": 1e999}',
        b'{"do": "queue", "act": "call", "seen": "1"}',
        b'{"do": "reprint", "visit": null}',
        b'{"do": "session_entered", "day": "2026-11-20", "count": 0.5}',
        b'{"do": "give_feedback", "topic": ["\\ud800"]}',
        b'{"do": "act_on_feedback", "number": 1, "act": []}',
    ],
)
def test_bad_values_on_the_socket_are_one_sentence(
    running: tuple[Site, DoorClient], request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(running[0].house.data / SOCKET))
        connection.settimeout(5)
        connection.sendall(request_ + b"\n")
        answer = json.loads(connection.makefile("rb").readline())
    assert answer["error"] and "\n" not in answer["error"]
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(
    "request_",
    [
        b'{"do": "queue", "act": "call", "counter": "\\ud800"}',
        b'{"do": "queue", "act": "transfer", "counter": {"a": 1}, "service": "\\u0000"}',
        b'{"do": "queue", "act": "number", "ticket": 1, "number": "\\ud800 1"}',
        b'{"do": "find_ticket", "bytes": 3}\n\xff\xfe\x00',
    ],
)
def test_strange_wishes_of_a_counter_are_refused_in_a_sentence(
    running: tuple[Site, DoorClient], request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(running[0].house.data / SOCKET))
        connection.settimeout(5)
        connection.sendall(request_ + (b"" if b"bytes" in request_ else b"\n"))
        answer = json.loads(connection.makefile("rb").readline())
    assert answer["refused"]["vi"]
    assert not [record for record in caplog.records if record.exc_info]


def test_a_message_nested_without_end_disturbs_nobody(running: tuple[Site, DoorClient]) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(running[0].house.data / SOCKET))
        connection.settimeout(5)
        connection.sendall(b'{"a":' * 10_000 + b"\n")
        assert connection.recv(4096) == b""


def test_a_wait_below_zero_is_none(running: tuple[Site, DoorClient]) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(running[0].house.data / SOCKET))
        connection.settimeout(5)
        connection.sendall(b'{"do": "panel", "since": 0, "wait_s": -5}\n')
        assert "lamp" in json.loads(connection.makefile("rb").readline())


@pytest.mark.parametrize("wait_s", [float("nan"), float("inf"), -1.0])
def test_a_client_cannot_wait_for_a_time_that_is_none(running: tuple[Site, DoorClient], wait_s: float) -> None:
    with pytest.raises(ValueError, match="wait_s"):
        running[1].panel(wait_s=wait_s)


def test_without_a_door_there_is_one_sentence(tmp_path: Path) -> None:
    for left in (False, True):  # a socket that a door left when its current was cut
        with pytest.raises(DoorAway, match=r"^the door does not answer: it is not running$"):
            DoorClient(tmp_path).present_text(CARD)
        if not left:
            with socket.socket(socket.AF_UNIX) as listener, short_path(tmp_path, SOCKET) as path:
                listener.bind(path)


def test_a_typed_number_is_a_passage(site: Site) -> None:
    gate: Gate = site.house.settings.gate("in")
    number = invented.person(1).person.number.encode()
    reading = Reading(number, "typed", clock.now(), typed=True)
    assert site.door.present([number], gate, reading).decision.outcome is Outcome.ADMITTED
