"""A device that fails at a running door is said once, keeps nobody outside, and is told of again when it returns."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from conftest import Site
from doors import at_work
from patience import eventually

from kiosk.devices.base import Deliver, DeviceError
from kiosk.devices.frames import Frame
from kiosk.rules import invented
from kiosk.rules.model import Announcement, Kind, Outcome
from kiosk.services import make_door

CARD = invented.codes(invented.person(1))[Kind.ID_CARD]


class BrokenLamp:
    """An output that fails until it is mended."""

    name = "lamps"
    broken = True

    def show(self, announcement: Announcement) -> None:
        if self.broken:
            raise DeviceError("pin 17 does not answer")

    def close(self) -> None:
        pass


def test_a_broken_lamp_is_said_once_and_never_stops_the_door(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    lamp = BrokenLamp()
    site.door.outputs.append(lamp)
    for i in range(3):
        code = invented.codes(invented.person(i))[Kind.ID_CARD]
        assert site.show(code, "in", f"08:0{i}").decision.outcome is Outcome.ADMITTED
    assert eventually(lambda: ("lamps", False) in {(state.name, state.ok) for state in site.reader.devices()})
    lamp.broken = False
    site.show(CARD, "out", "09:00")
    said = [record.message for record in caplog.records if "lamps" in record.message]
    assert said == ["lamps: pin 17 does not answer", "lamps works again"]


class OneCodeScanner:
    """A source that reads one code, then breaks, then reads on when it is opened again."""

    name = "serial"
    gate = "in"

    def __init__(self) -> None:
        self.opened = 0

    def run(self, deliver: Deliver, stop: threading.Event) -> None:
        self.opened += 1
        deliver(invented.codes(invented.person(self.opened))[Kind.ID_CARD])
        if self.opened == 1:
            raise DeviceError("the scanner was unplugged")
        stop.wait()


def test_a_scanner_that_was_unplugged_is_opened_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.door_process.REOPEN_S", 0.05)
    process = make_door(site.house, simulate=True)
    process._parts.sources = [OneCodeScanner()]
    with at_work(process):
        assert eventually(lambda: site.reader.occupancy().entered == 2)


class LateCamera:
    """A camera that is not there the first time, and shows nobody's code after that."""

    name = "camera"
    gate = "in"

    def __init__(self) -> None:
        self.there = threading.Event()

    def run(self, deliver: Callable[[Frame], None], stop: threading.Event) -> None:
        if not self.there.is_set():
            raise DeviceError("no camera is connected")
        with Frame(bytes(320 * 240), 320, 240) as frame:
            deliver(frame)
        stop.wait()


def test_a_camera_that_returns_is_told_of_before_anybody_shows_a_code(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.door_process.CAMERA_AGAIN_S", 0.05)
    monkeypatch.setattr("kiosk.door_process.REOPEN_S", 0.05)
    camera, process = LateCamera(), make_door(site.house, simulate=True)
    process._parts.sources, process._parts.patient = [camera], True
    with at_work(process):
        assert eventually(lambda: ("camera", False) in {(state.name, state.ok) for state in site.reader.devices()})
        camera.there.set()
        assert eventually(lambda: ("camera", True) in {(state.name, state.ok) for state in site.reader.devices()})
