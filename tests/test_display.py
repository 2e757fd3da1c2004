"""The display at a gate: its own people's answers, what stands there between two, and never more than initials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hostile import CORPUS
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S
from pictures_of_codes import as_file, code_picture, on_canvas
from running import Kiosk, Stream, card_of, running_kiosk
from waiting_room import ROOM

from kiosk.config import GateSettings
from kiosk.config.devices import SourceSettings
from kiosk.rules import identity, messages, signs
from kiosk.rules.model import Announcement, Direction, Kind, Lamp, Outcome, Person, Reason
from kiosk.web import panel
from kiosk.web.app import make_app
from kiosk.web.display_lines import answer


@pytest.fixture
def kiosk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kiosk]:
    monkeypatch.setattr(panel, "STUCK_S", PATIENCE_S)
    with running_kiosk(tmp_path / "data", site={"capacity": 2}) as running:
        yield running


def display(kiosk: Kiosk, gate: str = "in") -> Stream:
    return Stream(kiosk, f"/display/events?gate={gate}")


def heard(page: Stream, name: str) -> dict[str, Any]:
    return dict(page.until(name)[-1].data)


@pytest.mark.usefixtures("lamps_stay")
def test_an_answer_has_lamp_picture_words_number_and_beats(kiosk: Kiosk) -> None:
    with display(kiosk) as page:
        assert heard(page, "answer")["lamp"] == "off"
        kiosk.show(card_of(1))
        told = heard(page, "answer")
    assert (told["lamp"], told["sign"], told["ticket"]) == ("green", "in", "A001")
    assert (told["head_vi"], told["head_en"]) == ("Mời vào", "Come in")
    assert told["vi"].startswith("Xin mời vào.")
    assert told["beats"] == [[0.12, 0.0]]
    assert told["hold_s"] == 4


def test_a_gate_s_display_answers_its_own_people_alone(kiosk: Kiosk) -> None:
    with display(kiosk, "out") as page:
        page.until("answer")
        kiosk.show(card_of(1), "in")
        kiosk.show(card_of(1), "out")
        assert heard(page, "answer")["sign"] == "out"


def test_help_is_answered_at_the_gate_where_somebody_asked_for_it(kiosk: Kiosk) -> None:
    kiosk.client.press_button("out")
    assert kiosk.client.panel(gate="out")["reason"] == Reason.HELP
    assert kiosk.client.panel(gate="in")["reason"] is None


def test_a_gate_that_is_not_there_has_no_display(kiosk: Kiosk) -> None:
    assert [kiosk.get(f"/display{path}?gate=moon").status for path in ("", "/events", "/frame")] == [400] * 3


def test_it_says_how_many_are_inside_and_when_that_is_all(kiosk: Kiosk) -> None:
    with display(kiosk) as page:
        calm = heard(page, "calm")
        assert (calm["inside"], calm["room"], calm["ready"]) == (0, "/2", "open")
        kiosk.show(card_of(1))
        kiosk.show(card_of(2))
        while (calm := heard(page, "calm"))["inside"] < 2:
            pass
    assert calm["ready"] == "full"
    with display(kiosk, "out") as page:
        assert heard(page, "calm")["ready"] == "open", "who leaves is not asked to wait"


def test_it_says_how_long_who_comes_now_will_wait_once_that_is_known(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data", rows=ROOM) as kiosk, display(kiosk) as page:
        assert heard(page, "calm")["wait_vi"] == ""
        for person in range(12):
            kiosk.show(card_of(person))
        for _ in range(4):
            kiosk.client.queue("call", counter="q1")
        while not (calm := heard(page, "calm"))["wait_vi"]:
            pass
    assert re.match(r"khoảng .*phút", calm["wait_vi"])


def test_a_door_that_goes_away_is_said_at_once_and_so_is_its_return(kiosk: Kiosk) -> None:
    with display(kiosk) as page:
        kiosk.show(card_of(1))
        page.until("answer")
        kiosk.close_door()
        while heard(page, "answer")["door"]:
            pass
        kiosk.open_door()
        back = heard(page, "answer")
    assert (back["door"], back["lamp"]) == (True, "off")


def test_a_door_that_hangs_is_away(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    context = kiosk.context()
    hangs = panel.Panel(context.door, "in", context.feed.closed)
    monkeypatch.setattr(panel, "shown_at", lambda *_: context.feed.closed.wait(PATIENCE_S) and panel.AWAY)
    with hangs.followed():
        assert hangs.wait(None, 0.1) is None
        monkeypatch.setattr(panel, "STUCK_S", 0.5)
        assert hangs.wait(None, 1.0) is panel.AWAY
    context.feed.closed.set()
    context.news.close()


def test_no_door_is_a_page_that_says_so(kiosk: Kiosk) -> None:
    kiosk.close_door()
    page = kiosk.get("/display?gate=in").read().decode()
    assert 'data-show="away"' in page
    assert "Máy đang khởi động lại" in page


@pytest.mark.usefixtures("lamps_stay")
def test_the_page_alone_shows_the_answer_that_holds(kiosk: Kiosk) -> None:
    kiosk.show(card_of(1))
    page = kiosk.get("/display?gate=in").read().decode()
    assert 'data-show="answer" data-lamp="green" data-sign="in"' in page
    assert "A001" in page


@pytest.mark.parametrize("kind", [Kind.ID_CARD, Kind.INSURANCE, Kind.UNIFIED])
def test_it_shows_initials_and_birth_year_and_no_more(kiosk: Kiosk, kind: Kind) -> None:
    with display(kiosk) as page:
        page.until("answer")
        kiosk.show(card_of(1, kind))
        told = heard(page, "answer")
    assert re.fullmatch(r"(\w\.){2,5} (19|20)\d\d", told["holder"])
    words = card_of(1, kind).decode().replace("|", " ").split()
    shown = " ".join(str(value) for value in told.values())
    assert not [word for word in words if len(word) > 4 and word in shown]


def test_no_hostile_code_brings_more_than_five_letters_of_its_own_onto_the_display(kiosk: Kiosk) -> None:
    for code in CORPUS.values():
        kiosk.show(code)
        holder = kiosk.client.panel(gate="in")["holder"]
        assert re.fullmatch(r"(\w\.){0,5} ?(\d{4})?", holder), code


@given(name=st.text(max_size=200), birth=st.from_regex(r"(19|20)\d\d(-\d\d-\d\d)?", fullmatch=True))
def test_whatever_the_name_it_is_at_most_five_initials(name: str, birth: str) -> None:
    line = identity.holder_line(Person(name=name, birth=birth))
    assert len(line) <= 5 * 3 + 5, "a letter may be upper-cased into several"
    assert line.endswith(birth[:4])


def test_an_unrecorded_passage_is_never_green_and_sends_to_staff() -> None:
    said = messages.announcement(Outcome.PASSED_UNRECORDED, Reason.WELCOME)
    told = answer(shown(said))
    assert (told["lamp"], told["sign"]) == (Lamp.GREEN_AMBER, signs.Sign.STAFF)


def shown(said: Announcement) -> panel.Shown:
    names = ("outcome", "reason", "lamp", "vi", "en", "ticket", "holder", "place", "hold_s")
    return {"door": True, "change": 1, "beats": messages.SOUNDS[said.sound]} | {n: getattr(said, n) for n in names}


@pytest.mark.parametrize("reason", Reason)
def test_every_answer_has_a_picture_and_a_headline_that_fits(reason: Reason) -> None:
    told = answer(shown(messages.announcement(Outcome.ADMITTED, reason)))
    assert told["sign"] in signs.Sign
    assert 0 < len(told["head_vi"]) <= 14


def test_every_picture_is_on_the_page(kiosk: Kiosk) -> None:
    page = kiosk.get("/display").read().decode()
    used = set(re.findall(r'href="#([\w-]+)"', page))
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', page))
    assert used <= drawn
    assert {f"s-{sign}" for sign in signs.Sign} <= used
    assert {f"l-{lamp}" for lamp in Lamp if lamp is not Lamp.OFF} <= used


def test_no_scanner_that_works_is_said_instead_of_asking_for_codes(tmp_path: Path) -> None:
    sources = (SourceSettings("camera", "in"), SourceSettings("serial", "in", "/dev/none"))
    with running_kiosk(tmp_path / "data", rows={"sources": sources}) as kiosk, display(kiosk) as page:
        kiosk.house.health.failed("camera", "no camera is connected")
        assert heard(page, "calm")["ready"] == "open", "the other still reads"
        kiosk.house.health.failed("serial /dev/none", "unplugged")
        assert heard(page, "calm")["ready"] == "blind"
        kiosk.house.health.works("serial /dev/none")
        assert heard(page, "calm")["ready"] == "open"


CARD = as_file(on_canvas(code_picture(card_of(5), scale=4)))


def test_the_viewfinder_is_for_a_browser_of_this_machine_alone(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    for window in ("ASKED_S", "FRESH_S"):  # this machine may be slow
        monkeypatch.setattr(f"kiosk.devices.viewfinder.{window}", 10 * PATIENCE_S)
    kiosk.client.viewfinder("in")
    kiosk.client.present_picture(CARD, "in", live=True)
    frame = kiosk.get("/display/frame?gate=in")
    assert (frame.status, frame.headers["Content-Type"], frame.headers["X-Number"]) == (200, "image/jpeg", "1")
    assert frame.headers["Cache-Control"] == "no-store"
    context = kiosk.context()
    with closing(context.news):
        pages = make_app(context).test_client()
        assert pages.get("/display/frame?gate=in").status_code == 200
        for elsewhere in ({"base_url": "https://localhost"}, {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}):
            assert pages.get("/display/frame?gate=in", **elsewhere).status_code in (400, 401, 403, 404)


def test_where_there_is_no_camera_at_the_gate_there_is_no_viewfinder(tmp_path: Path) -> None:
    gates = (GateSettings("in", "Vào", Direction.IN), GateSettings("out", "Ra", Direction.OUT))
    rows = {"sources": (SourceSettings("camera", "in"),)}
    with running_kiosk(tmp_path / "data", gates, rows=rows) as kiosk:
        assert 'data-sees="yes"' in kiosk.get("/display?gate=in").read().decode()
        assert 'data-sees="no"' in kiosk.get("/display?gate=out").read().decode()
        assert kiosk.get("/display/frame?gate=out").status == 404


def test_nothing_fresh_is_no_content(kiosk: Kiosk) -> None:
    answer = kiosk.get("/display/frame?gate=in")
    assert (answer.status, answer.read()) == (204, b"")


def test_a_sound_is_chosen_by_the_address(kiosk: Kiosk) -> None:
    assert 'data-sound="on"' in kiosk.get("/display").read().decode()
    assert 'data-sound="off"' in kiosk.get("/display?sound=off").read().decode()
