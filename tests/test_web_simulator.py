"""The simulator presents codes by the very path of the door, and shows what a person there would see."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import PATIENCE_S
from pictures_of_codes import as_file, code_picture, on_canvas
from PIL import Image
from running import Kiosk, Stream, card_of, running_kiosk

from kiosk.config.queueing import CounterSettings
from kiosk.rules.model import Kind
from kiosk.web.app import make_app
from kiosk.web.pages.simulator import STRAY_CODES


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data") as running:
        yield running


def links(kiosk: Kiosk) -> list[str]:
    """Where the page leads to, beyond the bar of all pages."""
    page = kiosk.get("/simulator").read().decode().partition("<main")[2]
    return re.findall(r'href="(/[^"?]*)"', page)


def test_it_leads_to_the_board_and_to_a_counter_where_there_are_any(kiosk: Kiosk, tmp_path: Path) -> None:
    assert not [link for link in links(kiosk) if link.startswith(("/board", "/counter"))]
    rows = {"counters": (CounterSettings("q1", "Quầy 1"), CounterSettings("q2", "Quầy 2"))}
    with running_kiosk(tmp_path / "counters", rows=rows) as with_counters:
        found = [link for link in links(with_counters) if link.startswith(("/board", "/counter"))]
        assert found == ["/board", "/counter/q1"]
        assert [with_counters.get(link).status for link in found] == [200, 200]


def wait_for_paper(kiosk: Kiosk, papers: int = 1) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while kiosk.client.panel()["printed"] < papers:
        assert time.monotonic() < until_s, "no ticket was printed"
        time.sleep(0.02)


@pytest.mark.parametrize("kind", [Kind.ID_CARD, Kind.INSURANCE, Kind.UNIFIED, Kind.TYPED])
def test_an_invented_person_comes_in_with_any_card(kiosk: Kiosk, kind: Kind) -> None:
    status, answer = kiosk.post("/simulator/person", {"person": 4, "code": kind, "gate": "in"})
    assert (status, answer["kind"], answer["outcome"], answer["ticket"]) == (200, kind, "admitted", "A001")
    assert answer["said"]["vi"].endswith(f"đã ghi mục số {answer['seq']}.")
    assert len(kiosk.reader.inside()) == 1


@pytest.mark.parametrize("kind", STRAY_CODES)
def test_a_code_that_names_nobody_is_answered_as_what_it_is(kiosk: Kiosk, kind: Kind) -> None:
    _, answer = kiosk.post("/simulator/stray", {"code": kind, "gate": "in"})
    assert (answer["kind"], answer["outcome"]) == (kind, "refused")


def test_a_typed_number_is_read_as_typed(kiosk: Kiosk) -> None:
    _, answer = kiosk.post("/simulator/number", {"number": "099 085 000 001", "gate": "in"})
    assert (answer["kind"], answer["outcome"]) == ("typed", "admitted")


@pytest.mark.parametrize("live", ["0", "1"])
def test_a_picture_of_a_code_is_presented(kiosk: Kiosk, live: str) -> None:
    photo = as_file(on_canvas(code_picture(card_of(5), scale=4)))
    _, answer = kiosk.post(f"/simulator/picture?gate=in&live={live}", photo)
    assert (answer["kind"], answer["outcome"]) == ("cccd", "admitted")


def test_a_picture_without_a_code_is_said_to_have_none(kiosk: Kiosk) -> None:
    last = kiosk.reader.last_sequence()
    _, answer = kiosk.post("/simulator/picture", as_file(Image.new("RGB", (640, 480), "grey")))
    assert answer["said"]["vi"] == "Không thấy mã nào trong ảnh."
    assert kiosk.reader.last_sequence() == last


def test_the_ticket_is_shown_as_the_picture_on_the_paper_and_opens_the_exit(kiosk: Kiosk) -> None:
    assert kiosk.get("/simulator/ticket.png").status == 404
    kiosk.post("/simulator/person", {"person": 4, "code": "cccd", "gate": "in"})
    wait_for_paper(kiosk)
    with Image.open(io.BytesIO(kiosk.get("/simulator/ticket.png").read())) as paper:
        assert paper.width == 576, "80 mm at 203 dots an inch"
    _, answer = kiosk.post("/simulator/slip", {"gate": "out"})
    assert (answer["kind"], answer["outcome"]) == ("slip", "let_out")
    assert kiosk.reader.inside() == []


def test_a_page_sees_lamp_words_number_and_paper_as_they_come(kiosk: Kiosk) -> None:
    with Stream(kiosk, "/simulator/events") as page:
        assert page.until("panel")[-1].data["lamp"] == "off"
        kiosk.show(card_of(4))
        lit = page.until("panel")[-1].data
        while not lit["printed"]:
            lit = page.until("panel")[-1].data
    assert (lit["ticket"], lit["beats"]) == ("A001", [[0.12, 0.0]])
    assert lit["vi"].startswith("Xin mời vào.")
    assert card_of(4).split(b"|")[2].decode() not in str(lit), "the door shows no more than initials"


def test_a_page_outlives_the_door(kiosk: Kiosk) -> None:
    with Stream(kiosk, "/simulator/events") as page:
        assert page.until("panel")[-1].data["door"]
        kiosk.close_door()
        assert not page.until("panel")[-1].data["door"]
        kiosk.open_door()
        assert page.until("panel")[-1].data["door"]


def test_a_printer_without_paper_is_seen_by_staff_and_prints_later(kiosk: Kiosk) -> None:
    kiosk.post("/simulator/printer", {"status": "paper_out"})
    kiosk.post("/simulator/person", {"person": 4, "code": "cccd", "gate": "in"})
    until_s = time.monotonic() + PATIENCE_S
    while "hết giấy" not in kiosk.get("/").read().decode():
        assert time.monotonic() < until_s
        time.sleep(0.05)
    kiosk.post("/simulator/printer", {"status": "ok"})
    wait_for_paper(kiosk)


def test_the_help_button_is_a_line_on_the_staff_page(kiosk: Kiosk) -> None:
    assert kiosk.post("/simulator/help", {"gate": "in"})[0] == 200
    assert "Có người gọi giúp" in kiosk.get("/").read().decode()


def test_a_real_site_takes_no_invented_people(kiosk: Kiosk) -> None:
    context = kiosk.context()
    context.vault.demo = False
    pages = make_app(context).test_client()
    pages.set_cookie("kiosk-session", kiosk.sign_in())
    answer = pages.post("/simulator/person", json={"person": 1, "code": "cccd"}, headers={"X-Kiosk": "page"})
    assert answer.status_code == 403
    assert 'data-do="person"' not in pages.get("/simulator").text
    context.news.close()
