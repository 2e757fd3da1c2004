"""Pairing: a code that is good once and for ten minutes makes a device one of the kiosk's; nothing else does."""

from __future__ import annotations

import base64
import http.client
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from PIL import Image
from running import PIN, Kiosk, running_kiosk
from tablets import NAME, TABLETS, answer_to_tablet
from terminal import Terminal

from kiosk.devices.decoding import Decoder
from kiosk.devices.pictures import frame_from_image_bytes
from kiosk.pairing import Pairings, grouped, plain
from kiosk.rules.access import Role
from kiosk.rules.entries import EntryKind
from kiosk.rules.model import ClockState, Moment
from kiosk.rules.sessions import PAIRING_MS, Use
from kiosk.store.staff import FILE, StaffBook
from kiosk.web import haproxy

A_PAGE = {"Accept": "text/html"}
needs_https = pytest.mark.skipif(haproxy.program() is None, reason=haproxy.NOT_INSTALLED)


class Shop:
    """A book and a machine whose clocks the test sets."""

    def __init__(self, data: Path) -> None:
        self.book = StaffBook(data / FILE)
        self.now = Moment(0, 5, "one", ClockState.UNKNOWN)
        self.pairings = Pairings(self.book, lambda: self.now)

    def make(self, use: Use = Use.TABLET) -> str:
        return self.pairings.make(use, "Máy 1", "Yến")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.book.close()


def test_a_code_has_128_random_bits(shop: Shop) -> None:
    code = shop.make()
    assert len(base64.b32decode(code.upper() + "======")) == 16
    assert code != shop.make()


def test_it_pairs_one_device_once(shop: Shop) -> None:
    code = shop.make(Use.BOARD)
    done = shop.pairings.pair(code)
    assert done
    device, token = done
    assert (device.name, device.use, device.paired_by) == ("Máy 1", Use.BOARD, "Yến")
    with shop.book.reading() as tables:
        assert tables.device_of(token) == device
    assert shop.pairings.pair(code) is None


def test_it_is_good_for_ten_minutes_by_no_clock_but_the_machines_running(shop: Shop) -> None:
    late, in_time = shop.make(), shop.make()
    shop.now = replace(shop.now, wall_ms=2**50, monotonic_ms=shop.now.monotonic_ms + PAIRING_MS - 1)
    assert shop.pairings.pair(in_time)
    shop.now = replace(shop.now, wall_ms=-1, monotonic_ms=shop.now.monotonic_ms + 1)
    assert shop.pairings.pair(late) is None


def test_it_does_not_outlast_the_machine(shop: Shop) -> None:
    code = shop.make()
    shop.now = replace(shop.now, boot_id="two")
    assert shop.pairings.pair(code) is None


@pytest.mark.parametrize("code", ["", "a", "a" * 26, "%00", "\ud800" * 3, "x" * 10_000])
def test_what_is_no_code_pairs_nothing(shop: Shop, code: str) -> None:
    shop.make()
    assert shop.pairings.pair(code) is None


def test_it_may_be_typed_as_people_type(shop: Shop) -> None:
    code = shop.make()
    assert plain(grouped(code)) == code
    assert shop.pairings.pair(grouped(code).upper().replace(" ", "-"))


def test_neither_code_nor_token_is_on_the_disk(shop: Shop, tmp_path: Path) -> None:
    waiting, used = shop.make(), shop.make()
    done = shop.pairings.pair(used)
    assert done
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not [secret for secret in (waiting, used, done[1]) if secret.encode() in written]


# With tablets


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data", web=TABLETS) as running:
        running.sign_in(Role.ADMIN)
        yield running


class Browser:
    """A tablet's browser, with the cookies it was given."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk
        self.cookies: dict[str, str] = {}
        self.said: list[str] = []

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        return self._ask("GET", path, None, A_PAGE | headers)

    def submit(self, path: str, **fields: str) -> http.client.HTTPResponse:
        origin = f"https://{NAME}:{self._kiosk.front.port}"
        own = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin}
        return self._ask("POST", path, urlencode(fields).encode(), own)

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> http.client.HTTPResponse:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = answer_to_tablet(self._kiosk, method, path, body, headers | {"Cookie": cookie})
        self.said = answer.headers.get_all("Set-Cookie") or []
        for one in self.said:
            name, _, value = one.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


def paired(kiosk: Kiosk, use: Use = Use.TABLET) -> Browser:
    assert kiosk.sign_ins
    browser = Browser(kiosk)
    code = Pairings(kiosk.sign_ins.book, kiosk.sign_ins.now).make(use, "Máy 2", "Yến")
    assert browser.submit("/pair", code=code).status == 303
    return browser


@needs_https
def test_a_stranger_in_the_network_sees_neither_people_nor_names(kiosk: Kiosk) -> None:
    stranger = Browser(kiosk)
    for path in ("/", "/sign-in", "/board", "/display", "/events", "/counter"):
        answer = stranger.get(path)
        assert (answer.status, answer.headers["Location"]) == (303, "/pair"), path
    assert stranger.submit("/sign-in", name="An admin", pin=PIN).headers["Location"] == "/pair"
    assert "__Host-kiosk-session" not in stranger.cookies


@needs_https
def test_a_paired_tablet_signs_people_in_and_its_cookies_are_its_own(kiosk: Kiosk) -> None:
    tablet = paired(kiosk)
    (said,) = tablet.said
    assert said.startswith("__Host-kiosk-device=")
    for attribute in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert f"; {attribute}" in said
    assert "Domain" not in said
    assert tablet.get("/sign-in").status == 200
    assert tablet.submit("/sign-in", name="An admin", pin=PIN).headers["Location"] == "/"
    assert tablet.get("/own").status == 200


@needs_https
def test_a_session_is_of_no_use_on_another_device(kiosk: Kiosk) -> None:
    tablet, other = paired(kiosk), paired(kiosk)
    tablet.submit("/sign-in", name="An admin", pin=PIN)
    other.cookies["__Host-kiosk-session"] = tablet.cookies["__Host-kiosk-session"]
    assert other.get("/own").headers["Location"].startswith("/sign-in")


@needs_https
@pytest.mark.parametrize(("use", "own"), [(Use.BOARD, "/board"), (Use.DISPLAY, "/display")])
def test_a_screen_opens_pages_that_name_nobody_and_signs_nobody_in(kiosk: Kiosk, use: Use, own: str) -> None:
    screen = paired(kiosk, use)
    assert screen.get(own).status == 200
    assert screen.get("/").headers["Location"] == own
    assert screen.submit("/sign-in", name="An admin", pin=PIN).headers["Location"] == "/pair"
    assert "__Host-kiosk-session" not in screen.cookies


@needs_https
def test_a_pairing_that_is_ended_lets_nobody_in_any_more(kiosk: Kiosk) -> None:
    tablet = paired(kiosk)
    tablet.submit("/sign-in", name="An admin", pin=PIN)
    terminal = Terminal(kiosk.house.data)
    number = terminal.lines("tablet", "list", "--json")[-1]["id"]
    assert terminal("tablet", "end", str(number)).returncode == 0
    assert tablet.get("/own").headers["Location"] == "/pair"


@needs_https
def test_pairing_again_replaces_what_the_tablet_was(kiosk: Kiosk) -> None:
    assert kiosk.sign_ins
    tablet = paired(kiosk)
    with kiosk.sign_ins.book.reading() as tables:
        before = len(tables.devices())
    code = Pairings(kiosk.sign_ins.book, kiosk.sign_ins.now).make(Use.BOARD, "", "Yến")
    assert tablet.submit("/pair", code=code).headers["Location"] == "/board"
    with kiosk.sign_ins.book.reading() as tables:
        assert len(tables.devices()) == before


def test_this_machine_itself_needs_no_pairing(kiosk: Kiosk) -> None:
    nobody = kiosk.as_(None)
    assert nobody.get("/board", **A_PAGE).status == 200
    assert nobody.get("/", **A_PAGE).headers["Location"].startswith("/sign-in")


# Where the code comes from


def code_on(picture: bytes) -> str:
    frame = frame_from_image_bytes(picture)
    (code,) = Decoder(["zxing"], []).decode_still(frame, lambda data: True)
    return code.data.decode()


def as_printed(kiosk: Kiosk) -> bytes:
    paper = Image.open(io.BytesIO(kiosk.client.ticket_png())).convert("L")
    written = io.BytesIO()
    paper.save(written, format="png")
    return written.getvalue()


@needs_https
def test_the_door_prints_the_code_beside_its_tickets_and_keeps_none(kiosk: Kiosk, tmp_path: Path) -> None:
    settings = tmp_path / "kiosk.toml"
    settings.write_text(f'[web]\naddress = "127.0.0.1"\nhttps_port = {kiosk.front.port}\nnames = ["{NAME}"]\n')
    done = Terminal(kiosk.house.data)("--config", str(settings), "tablet", "pair", "--name", "Bàn 3")
    assert done.returncode == 0, done.stderr
    url = code_on(as_printed(kiosk))
    page, _, code = url.partition("#")
    assert page == f"https://{NAME}:{kiosk.front.port}/pair"
    assert not [file for file in kiosk.house.data.iterdir() if file.is_file() and code.encode() in file.read_bytes()]
    assert Browser(kiosk).submit("/pair", code=code).headers["Location"] == "/sign-in"


@needs_https
def test_the_terminal_shows_the_code_where_there_is_no_printer(kiosk: Kiosk, tmp_path: Path) -> None:
    settings = tmp_path / "kiosk.toml"
    settings.write_text('[web]\naddress = "127.0.0.1"\n')
    done = Terminal(kiosk.house.data)("--config", str(settings), "tablet", "pair", "--show", "--use", "board", "--json")
    answer = json.loads(done.stdout)
    assert re.fullmatch(r"https://\S+/pair#[a-z2-7]{26}", answer["url"])
    assert answer["url"].endswith(plain(answer["code"]))


@needs_https
def test_an_admin_shows_the_code_on_a_page_and_the_log_has_who_did(kiosk: Kiosk) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": kiosk.url}
    own = form | {"Cookie": f"kiosk-session={kiosk.sign_in()}"}
    answer = kiosk.ask("POST", "/devices/pair", urlencode({"use": "tablet", "name": "Bàn 5"}).encode(), own)
    page = answer.read().decode()
    assert answer.status == 200
    assert "<svg" in page
    code = re.search(r'code-to-type">([a-z2-7 ]+)<', page)
    assert code
    assert Browser(kiosk).submit("/pair", code=code[1]).headers["Location"] == "/sign-in"
    notes = [entry for entry in kiosk.reader.events_after(0, 1000) if entry.header.kind == EntryKind.STAFF]
    said = {"act": "device", "by": "An admin", "about": "pairing code: tablet Bàn 5"}
    assert (notes[-1].body or {}).items() >= said.items()


def test_without_a_way_for_tablets_there_is_nothing_to_pair(kiosk: Kiosk) -> None:
    done = Terminal(kiosk.house.data)("tablet", "pair", "--show")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "[web] address" in done.stderr
