"""How the kiosk is, on paper: with the address of its pages as a code, its version, and what does not work."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from PIL import Image
from running import Kiosk, running_kiosk
from terminal import Terminal

import kiosk as program
from kiosk.devices.decoding import Decoder
from kiosk.devices.pictures import frame_from_image_bytes
from kiosk.rules.access import Role
from kiosk.rules.check_paper import VIETNAMESE, Looked, State, check_paper
from kiosk.web.haproxy import program as haproxy

NAME = "localhost"
needs_https = pytest.mark.skipif(haproxy() is None, reason="haproxy is not installed: tablets have no address")


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    web = {"address": "127.0.0.1", "https_port": 0, "names": (NAME,)}
    with running_kiosk(tmp_path / "data", web=web) as running:
        yield running.as_(Role.STAFF)


def papers(kiosk: Kiosk) -> Image.Image:
    return Image.open(io.BytesIO(kiosk.client.ticket_png())).convert("L")


def code_on(paper: Image.Image) -> str:
    written = io.BytesIO()
    paper.save(written, format="png")
    (code,) = Decoder(["zxing"], []).decode_still(frame_from_image_bytes(written.getvalue()), lambda data: True)
    return code.data.decode()


@needs_https
def test_staff_print_it_from_the_page_of_the_house_and_its_code_leads_to_the_pages(kiosk: Kiosk) -> None:
    own = {"Content-Type": "application/x-www-form-urlencoded", "Origin": kiosk.url}
    assert kiosk.ask("POST", "/house/test", urlencode({"what": "check"}).encode(), own).status == 303
    assert code_on(papers(kiosk)) == kiosk.front.urls()[0]
    acts = [entry.body for entry in kiosk.reader.events_after(0, 100) if entry.header.kind == "staff"]
    assert acts[-1]
    assert (acts[-1]["act"], acts[-1]["about"]) == ("test", "check")


@needs_https
def test_it_is_printed_from_the_terminal_by_the_door_that_owns_the_printer(kiosk: Kiosk, tmp_path: Path) -> None:
    settings = tmp_path / "kiosk.toml"
    settings.write_text(f'[web]\naddress = "127.0.0.1"\nhttps_port = {kiosk.front.port}\nnames = ["{NAME}"]\n')
    done = Terminal(kiosk.house.data)("--config", str(settings), "check", "--print")
    assert "could not be printed" not in done.stderr
    assert code_on(papers(kiosk)) == kiosk.front.urls()[0]


def test_without_a_printer_one_sentence_says_so(tmp_path: Path) -> None:
    terminal, settings = Terminal(tmp_path / "data"), tmp_path / "kiosk.toml"
    settings.write_text('[printer]\nkind = "none"\n')
    assert terminal("demo", "1").returncode == 0
    done = terminal("--config", str(settings), "check", "--print")
    assert (done.returncode, done.stderr) == (1, "kiosk: there is no printer: the terminal can show it instead\n")


LOOKED = [
    Looked("disk", ok=True),
    Looked("device printer", ok=False, note="it is out of paper"),
    Looked("door", ok=True),
]


def paper_of(addresses: tuple[str, ...], looked: list[Looked]) -> str:
    state = State("kiosk-1", program.__version__, addresses, looked)
    paper = check_paper("Trạm Mẫu", "08:00", state, demo=False)
    return "\n".join((paper.heading, paper.code, *paper.lines))


def test_what_does_not_work_comes_first_in_both_languages() -> None:
    text = paper_of(("https://kiosk.local:8443",), LOOKED)
    assert "✗ máy in · printer: it is out of paper" in text
    assert text.index("✗") < text.index("✓ ổ đĩa · disk, cửa · door")
    assert f"kiosk-1 · {program.__version__}" in text
    assert "NOT ALL IS WELL" in text


def test_where_all_is_well_it_says_so_and_where_no_tablet_may_come_too() -> None:
    text = paper_of((), [each for each in LOOKED if each.ok])
    assert "\nTỐT · ALL IS WELL\n" in text
    assert "Tablets are not let in." in text


def test_a_line_is_never_longer_than_a_paper_of_58_mm_takes() -> None:
    text = paper_of((), [Looked(name, ok=True) for name in VIETNAMESE])
    assert max(map(len, text.splitlines())) <= 120  # four lines of thirty
