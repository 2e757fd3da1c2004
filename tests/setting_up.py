"""A set-up in this process: the real story and pages, devices that are asked to be tried stand for themselves."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from patience import PATIENCE_S

from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.devices.base import DeviceError
from kiosk.setting_up import Claim, SetUp
from kiosk.web.setup.app import serve_setup
from kiosk.web.setup.context import SetUpContext

LOOPBACK = "127.0.0.1"
PIN = "314159"

# What is answered, step by step, by paths and forms.
ANSWERS: dict[str, dict[str, str]] = {
    "place": {"site": "Trạm Y tế Ví Dụ", "keeper": "Trạm Y tế xã Ví Dụ", "contact": "", "kiosk_id": "kiosk-1"},
    "gate": {"gate": "Cổng B", "direction": "in"},
    "devices": {"scanner": "on", "tablets": "on"},
    "keys/file": {},
    "keys/keep": {},
    "backups/code": {},
    "backups/keep": {},  # with the last group of the code that was printed
    "admin": {"name": "Nguyễn Thị Mẫu", "pin": PIN, "again": PIN},
}


class Printed:
    """What was put on paper; while it is *broken* nothing is."""

    def __init__(self) -> None:
        self.papers: list[str] = []
        self.recovery: list[str] = []
        self.broken = False

    def __call__(self, settings: Settings, private: str) -> None:
        if self.broken:
            raise DeviceError("hết giấy · out of paper")
        self.papers.append(private)

    def recovery_code(self, settings: Settings, code: str, name: str) -> None:
        if self.broken:
            raise DeviceError("hết giấy · out of paper")
        self.recovery.append(code)


class SettingUp:
    """The pages of one set-up, served; *browser* holds the cookie that the code was changed for."""

    def __init__(self, settings_file: Path, data: Path, trials: dict[str, Callable[[Settings], str]]) -> None:
        self.settings_file, self.data = settings_file, data
        self.printed = Printed()
        self.context = SetUpContext(
            SetUp(settings_file, data, clock.now),
            Claim(clock.now),
            trials,
            self.printed,
            self.printed.recovery_code,
            lambda own, settings: ("https://10.0.0.7:8443",),
            None,
        )
        self._server = serve_setup(self.context, LOOPBACK, 0, None)
        self.port = self._server.port
        self.cookie = ""

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://{LOOPBACK}:{self.port}"

    def close(self) -> None:
        """Stop serving, as a power cut would: nothing is said to anybody."""
        self._server.close()

    def claim(self, code: str = "") -> int:
        """Type the code, the right one where none is given; the status of the answer."""
        answer = self.post("/claim", code=code or self.context.claim.code)
        self.cookie = (answer.getheader("Set-Cookie") or self.cookie).partition(";")[0]
        return answer.status

    def get(self, path: str) -> http.client.HTTPResponse:
        """The answer to a GET."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, **form: str) -> http.client.HTTPResponse:
        """The answer to a form of our own page."""
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url}
        return self._ask("POST", path, urlencode(form), kind)

    def answer(self, step: str, **instead: str) -> http.client.HTTPResponse:
        """Answer *step* as ANSWERS has it, with some *instead*."""
        typed = {"group": self.printed.recovery[-1][-4:]} if step == "backups/keep" and self.printed.recovery else {}
        return self.post(f"/step/{step}", **ANSWERS[step] | typed | instead)

    def answer_all(self) -> None:
        """Every step."""
        for step in ANSWERS:
            answer = self.answer(step)
            assert answer.status in (200, 303), (step, answer.status, told(answer))

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=PATIENCE_S)
        connection.request(method, path, body, {"Connection": "close", "Cookie": self.cookie} | headers)
        return connection.getresponse()


def told(answer: http.client.HTTPResponse) -> str:
    """What a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.read().decode()).split())


@contextmanager
def setting_up(place: Path, **trials: Callable[[Settings], str]) -> Iterator[SettingUp]:
    """The set-up of a kiosk whose settings and data are below *place*, where some may be already."""
    running = SettingUp(place / "etc" / "kiosk.toml", place / "data", trials)
    try:
        yield running
    finally:
        running.close()
