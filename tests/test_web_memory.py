"""The pages fit a small machine: their process stays under 80 MB with 50 open pages while people sign in."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from kiosk_runs import haproxy_of, kiosk_run
from patience import PATIENCE_S
from running import PIN
from web_routes import TABLE

from kiosk.rules.access import Role
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from kiosk.store.staff import FILE, StaffBook
from kiosk.store.staff_tables import Account
from kiosk.vault.pins import hash_pin
from kiosk.web import haproxy
from kiosk.web.guard import LARGEST_LIST_BYTES

MOST_MB = 80
OPEN_PAGES = 50
NAME = "An admin"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)]


@dataclass(frozen=True, slots=True)
class Browser:
    """Somebody at this machine, signed in from the first request on."""

    port: int
    cookie: str = ""

    def ask(self, method: str, path: str, body: str = "") -> http.client.HTTPResponse:
        """The answer, its body unread."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        own = {"Origin": f"http://127.0.0.1:{self.port}", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, body, {"Connection": "close", "Cookie": self.cookie, **own})
        return connection.getresponse()

    def signed_in(self) -> Browser:
        """The same browser after the form of names and PINs."""
        with self.ask("POST", "/sign-in", urlencode({"name": NAME, "pin": PIN})) as answer:
            return Browser(self.port, answer.headers["Set-Cookie"].partition(";")[0])


def memory_mb(pid: int, what: str) -> float:
    """*what* the kernel counts of a process: ``VmRSS`` now, ``VmHWM`` at most."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{what}:")) / 1024


@contextmanager
def open_pages(browser: Browser, data: Path) -> Iterator[None]:
    """Pages that follow the door live: half of them staff's, half the waiting room's."""
    log = Reader(data / DATABASE).head().epoch
    with ExitStack() as closing:
        for number in range(OPEN_PAGES):
            path = f"/events?log={log}&after=0" if number % 2 else "/board/events"
            assert closing.enter_context(browser.ask("GET", path)).status == 200
        yield


@contextmanager
def busy_kiosk(data: Path) -> Iterator[tuple[Browser, int]]:
    """A kiosk with its pages open everywhere: an admin's browser, and the process of the pages."""
    with kiosk_run(data) as run:
        _, pages = haproxy_of(run.process.pid)
        book = StaffBook(data / FILE)
        with book.writing() as tables:
            tables.save(Account(NAME, Role.ADMIN, hash_pin(PIN)))
        book.close()
        browser = Browser(run.pages_port).signed_in()
        with open_pages(browser, data):
            yield browser, pages


def test_the_pages_stay_small(tmp_path: Path) -> None:
    with busy_kiosk(tmp_path / "data") as (browser, pages):
        for _ in range(3):
            look_at_everything(browser)
            for _ in range(5):
                browser.signed_in()
        used_mb = memory_mb(pages, "VmRSS")
    print(f"the pages' process: {used_mb:.0f} MB")
    assert used_mb < MOST_MB


def look_at_everything(browser: Browser) -> None:
    for route in TABLE:
        if route.method == "GET" and not route.rule.endswith(("/events", "/frame")):
            with browser.ask("GET", route.path) as answer:
                assert answer.status < 500
                answer.read()


def test_a_large_list_goes_through_the_pages_and_leaves_them_small(tmp_path: Path) -> None:
    with busy_kiosk(tmp_path / "data") as (browser, pages):
        Path(f"/proc/{pages}/clear_refs").write_text("5")  # counted from here on: signing in takes more
        for _ in range(3):  # not a list: what is measured is its way to the door
            assert bring(browser, b"x" * (LARGEST_LIST_BYTES - 1000)) in (303, 422)
        most_mb = memory_mb(pages, "VmHWM")
    print(f"the pages' process at most: {most_mb:.0f} MB")
    assert most_mb < MOST_MB


def bring(browser: Browser, content: bytes) -> int:
    """Send a file as a plain form does; the answer's status."""
    file = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\n\r\n' + content + b"\r\n--x--\r\n"
    )
    connection = http.client.HTTPConnection("127.0.0.1", browser.port, timeout=PATIENCE_S)
    own = {"Origin": f"http://127.0.0.1:{browser.port}", "Content-Type": "multipart/form-data; boundary=x"}
    connection.request("POST", "/lists/bring", file, {"Connection": "close", "Cookie": browser.cookie, **own})
    with connection.getresponse() as answer:
        return answer.status
