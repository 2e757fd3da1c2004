"""systemd hears that a service lives only while each of its threads does: one that hangs is noticed."""

from __future__ import annotations

import http.client
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from conftest import OpenSite
from doors import at_work
from patience import PATIENCE_S
from running import LOOPBACK, running_kiosk
from tablets import until

from kiosk import door_process
from kiosk.devices import service_manager
from kiosk.devices.base import Deliver
from kiosk.door_process import DoorParts, DoorProcess
from kiosk.heartbeat import Hearts, Keeper
from kiosk.web import server
from kiosk.wiring import make_decoder

BOUND_S = 60.0


class Clock:
    """Seconds that pass when the story says so."""

    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What systemd listens on."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(path))
        listening.settimeout(0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        yield listening


def heard(systemd: socket.socket) -> list[str]:
    """All that it was told since it was asked last."""
    said: list[str] = []
    try:
        while True:
            said += systemd.recv(4096).decode().split("\n")
    except BlockingIOError:
        return said


def test_while_every_thread_lives_systemd_hears_so(systemd: socket.socket) -> None:
    clock = Clock()
    hearts = Hearts(now_s=clock)
    camera, spooler = hearts.heart("camera", BOUND_S), hearts.heart("spooler", 3 * BOUND_S)
    keeper = Keeper(hearts)
    for _ in range(10):
        clock.s += BOUND_S - 1  # slow, and alive: each time just within its bound
        camera.is_set()
        spooler.wait(0)
        assert keeper.look("open")
    assert heard(systemd) == ["WATCHDOG=1", "STATUS=open"] * 10


def test_a_thread_that_hangs_ends_the_signs_of_life_whatever_the_others_do(systemd: socket.socket) -> None:
    clock = Clock()
    hearts = Hearts(now_s=clock)
    _hangs, lives = hearts.heart("camera", BOUND_S), hearts.heart("house work", BOUND_S)
    keeper = Keeper(hearts)
    clock.s += BOUND_S + 1
    lives.beat()
    assert not keeper.look("open")
    assert heard(systemd) == ["STATUS=camera gave no sign of life for more than 60 s"]


def test_each_has_a_bound_of_its_own(systemd: socket.socket) -> None:
    clock = Clock()
    hearts = Hearts(now_s=clock)
    hearts.heart("spooler", 3 * BOUND_S)
    clock.s += 2 * BOUND_S
    assert Keeper(hearts).look("open")


def test_who_comes_back_is_believed_and_what_hung_is_told_once(
    systemd: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    hearts = Hearts(now_s=clock)
    heart, keeper = hearts.heart("camera", BOUND_S), Keeper(hearts)
    clock.s += BOUND_S + 1
    keeper.look("open")
    keeper.look("open")
    heart.beat()
    assert keeper.look("open")
    assert [record.message for record in caplog.records] == [heart.sentence, "every thread gives signs of life again"]


def test_a_real_thread_that_hangs_is_noticed_by_the_main_one(systemd: socket.socket) -> None:
    """Nothing that hangs can keep the looking from its work: the thread that looks waits for nobody."""
    hearts, began, stopped, freed = Hearts(), threading.Event(), threading.Event(), threading.Event()
    heart = hearts.heart("camera", 0.05)

    def work() -> None:
        heart.is_set()
        began.set()
        freed.wait()  # as a call into a driver that does not come back

    hanging = threading.Thread(target=work)
    hanging.start()
    assert began.wait(PATIENCE_S)
    looking = threading.Thread(target=Keeper(hearts).keep, args=(stopped, "open", 0.01))
    looking.start()
    until(lambda: f"STATUS={heart.sentence}" in heard(systemd), "nobody noticed")
    threading.Event().wait(0.2)
    assert "WATCHDOG=1" not in heard(systemd)
    stopped.set()
    freed.set()
    said = list[str]()
    while looking.is_alive():  # whoever is not heard waits: the socket holds ten words
        said += heard(systemd)
        looking.join(0.01)
    hanging.join()
    assert [*said, *heard(systemd)][-1] == "STOPPING=1"


class Scanner:
    """A source that waits for codes as the real ones do; one that is to be *freed* hangs until then."""

    gate = "in"

    def __init__(self, name: str, freed: threading.Event | None = None) -> None:
        self.name = name
        self._freed = freed

    def run(self, deliver: Deliver, stop: threading.Event) -> None:
        """Until *stop*."""
        while not stop.is_set():
            if self._freed:
                self._freed.wait()
            stop.wait(0.02)


def test_the_door_knows_which_of_its_scanners_hangs(open_site: OpenSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_process, "SOURCE_BOUND_S", 0.5)
    site, freed = open_site(), threading.Event()
    sources = [Scanner("waits"), Scanner("hangs", freed)]
    parts = DoorParts(site.door, site.house.data, site.panel, lambda: make_decoder(site.house.settings), sources)
    with at_work(DoorProcess(parts)), ExitStack() as ends:
        ends.callback(freed.set)
        until(lambda: [heart.name for heart in parts.hearts.standing_still()] == ["hangs"], "nobody noticed it alone")
        freed.set()
        until(lambda: not parts.hearts.standing_still(), "it came back, and nobody believes it")


def test_the_pages_threads_give_a_sign_when_they_are_asked(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as kiosk:
        kiosk.close_web()
        web = kiosk.open_web()
        web._heart._beat_s = 0.0  # as if nobody had worked since the machine began
        assert [heart.name for heart in web.hearts.standing_still()] == ["pages"]
        web.prompt()
        until(lambda: not web.hearts.standing_still(), "none of them took the work")


def test_a_sign_is_asked_for_whoever_comes_meanwhile(tmp_path: Path) -> None:
    """Somebody comes, and is answered, before each line of the asking."""
    with running_kiosk(tmp_path / "data") as kiosk:
        kiosk.close_web()
        web, came = kiosk.open_web(), []

        def somebody_comes(frame: FrameType, event: str, argument: object) -> Any:
            if frame.f_code.co_filename == server.__file__:
                came.append(http.client.HTTPConnection(LOOPBACK, web.port))
                came[-1].request("GET", "/trust")
                came[-1].getresponse().read()
                return somebody_comes
            return None

        before = sys.gettrace()
        sys.settrace(somebody_comes)
        try:
            web.prompt()
        finally:
            sys.settrace(before)
        assert came
        for one in came:
            one.close()


def test_ready_is_said_first_and_the_end_last(systemd: socket.socket) -> None:
    stopped = threading.Event()
    stopped.set()
    Keeper(Hearts()).keep(stopped, "open")
    assert heard(systemd) == ["READY=1", "STATUS=open", "STOPPING=1"]


def test_telling_a_thread_to_stop_is_no_sign_of_its_life() -> None:
    clock = Clock()
    hearts = Hearts(now_s=clock)
    heart = hearts.heart("camera", BOUND_S)
    clock.s += BOUND_S + 1
    hearts.stop()
    assert heart.stands_still
    assert hearts.heart("late", BOUND_S).is_set()  # who begins after the end is told so, too


def test_without_a_service_manager_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        monkeypatch.delenv(name, raising=False)
    assert not service_manager.tell(READY=1)
    assert service_manager.inherited() == {}


def test_one_that_has_gone_ends_nobodys_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert not service_manager.tell(WATCHDOG=1)


def test_sockets_meant_for_our_parent_are_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_PID", str(os.getppid()))
    monkeypatch.setenv("LISTEN_FDS", "1")
    assert service_manager.inherited() == {}
