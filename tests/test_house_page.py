"""The page of the house: what works, since when, what to do; tests that are logged; alerts until they are over."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import pytest
from conftest import Site
from hypothesis import given
from hypothesis import strategies as st
from patience import PATIENCE_S
from running import Kiosk, follow, running_kiosk

from kiosk.boots import LEFT_OUT
from kiosk.config import Settings
from kiosk.devices.base import PrinterStatus
from kiosk.devices.keyboard import KeyboardScanner
from kiosk.health import HARDWARE
from kiosk.rules.access import Role
from kiosk.rules.alerts import GRAVEST_FIRST, by_gravity
from kiosk.rules.entries import Body, EntryKind
from kiosk.rules.machine import Part
from kiosk.rules.model import Lamp
from kiosk.store.todays import entries_today
from kiosk.web.advice import ADVICE, ELSE, advice_on
from kiosk.web.words import DEVICES

Found = TypeVar("Found")


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data", voice={"kind": "simulated"}, site={"capacity": 40}) as running:
        yield running.as_(Role.SUPERVISOR)


def eventually(look: Callable[[], Found]) -> Found:
    until_s = time.monotonic() + PATIENCE_S
    while not (found := look()) and time.monotonic() < until_s:
        time.sleep(0.02)
    assert found
    return found


def page(kiosk: Kiosk, path: str = "/house") -> str:
    answer = kiosk.get(path)
    assert answer.status == 200
    return unescape(answer.read().decode())


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def part(kiosk: Kiosk, name: str) -> str:
    """The piece of the page about one part."""
    html = page(kiosk)
    return html[html.index(f'data-part="{name}"') :].partition('<li class="card part"')[0]


def state(kiosk: Kiosk, name: str) -> str:
    html = page(kiosk)
    found = re.search(rf'data-state="(\w+)" data-part="{name}"', html)
    assert found
    return found[1]


def send(kiosk: Kiosk, path: str, **fields: object) -> tuple[int, str]:
    """A plain form, as a browser without JavaScript sends it: the status, and the answer or where it leads."""
    own = {"Content-Type": "application/x-www-form-urlencoded", "Origin": kiosk.url}
    answer = kiosk.ask("POST", path, urlencode(fields).encode(), own)
    return answer.status, answer.headers.get("Location") or unescape(answer.read().decode())


def notes(kiosk: Kiosk) -> list[Body]:
    return [body for *_, body in kiosk.reader.ask(lambda db: entries_today(db, EntryKind.STAFF))]


def fail(kiosk: Kiosk, name: str = "printer", note: str = "") -> None:
    if name == "printer":  # else its spooler would find that it works
        kiosk.client.set_printer_fault(PrinterStatus.PAPER_OUT)
    else:
        kiosk.house.health.failed(name, note)
    eventually(lambda: [state for state in kiosk.reader.devices() if state.name == name and not state.ok])


def test_every_part_of_the_house_is_there_with_its_state(kiosk: Kiosk) -> None:
    html = page(kiosk)
    states, parts = set(re.findall(r'data-state="(\w+)"', html)), set(re.findall(r'data-part="(\w+)"', html))
    assert parts >= {
        "printer", "camera", "scanner", "lamps", "voice", "clock", "disk", "temperature", "power", "sync", "keys",
        "backups",
    }  # fmt: skip
    assert states <= {"works", "trouble", "absent"}
    assert (state(kiosk, "printer"), state(kiosk, "camera"), state(kiosk, "backups")) == ("works", "absent", "absent")


def test_it_is_honest_about_what_this_version_cannot_do(kiosk: Kiosk) -> None:
    assert "chưa nối với trung tâm" in part(kiosk, "sync")
    assert "Chưa đặt nơi sao lưu" in part(kiosk, "backups")


def test_a_trouble_comes_first_with_what_to_do_about_it(kiosk: Kiosk) -> None:
    fail(kiosk)
    html = page(kiosk)
    assert re.findall(r'data-part="(\w+)"', html)[0] in ("printer", "clock")
    assert "Lắp cuộn giấy mới" in part(kiosk, "printer")


@pytest.mark.usefixtures("lamps_stay")
def test_each_test_is_done_at_the_door_and_logged_with_who_wanted_it(kiosk: Kiosk) -> None:
    for what, lamp in (("green", Lamp.GREEN), ("amber", Lamp.AMBER), ("red", Lamp.RED)):
        assert send(kiosk, "/house/test", what=what)[0] == 303
        assert kiosk.client.panel()["lamp"] == lamp
    send(kiosk, "/house/test", what="sound")
    assert kiosk.client.panel()["sound"] == "ok"
    send(kiosk, "/house/test", what="voice")
    send(kiosk, "/house/test", what="ticket")
    assert eventually(kiosk.client.ticket_png)
    said = [(note["act"], note["about"]) for note in notes(kiosk)]
    assert said == [("test", what) for what in ("green", "amber", "red", "sound", "voice", "printer")]
    assert all(note["by"] for note in notes(kiosk))


def test_a_test_that_there_is_not_is_refused(kiosk: Kiosk) -> None:
    assert send(kiosk, "/house/test", what="relay")[0] == 400
    assert notes(kiosk) == []


def test_in_the_quiet_hours_the_voice_is_not_tried(tmp_path: Path) -> None:
    now = datetime.now(Settings().zone)
    hours = {name: f"{now + timedelta(hours=by):%H:%M}" for name, by in (("quiet_from", -1), ("quiet_to", 1))}
    with running_kiosk(tmp_path / "data", voice=hours) as silent:
        _, where = send(silent, "/house/test", what="voice")
        assert "Đang giờ yên lặng" in page(silent, where)


def test_while_the_door_is_away_the_page_says_so(kiosk: Kiosk) -> None:
    kiosk.close_door()
    status, where = send(kiosk, "/house/test", what="green")
    assert status == 303
    assert "Cửa chưa trả lời" in page(kiosk, where)
    assert state(kiosk, "door") == "trouble"


@pytest.mark.parametrize("path", ["/", "/house", "/day", "/guide"])
def test_an_alert_stands_on_every_page_until_it_is_over(kiosk: Kiosk, path: str) -> None:
    def alert() -> str:
        html = page(kiosk, path)
        return html[html.index('id="alert"') :].partition("</aside>")[0]

    assert "hidden" in alert().partition(">")[0]
    fail(kiosk)
    assert "hidden" not in alert().partition(">")[0]
    assert "Máy in" in text(alert())
    assert ('href="/house"' in alert()) is (path != "/house"), "the way to what is to be done, but not from there"
    kiosk.client.set_printer_fault(PrinterStatus.OK)
    eventually(lambda: "hidden" in alert().partition(">")[0])


def test_an_alert_reaches_pages_that_are_open(kiosk: Kiosk) -> None:
    with follow(kiosk, kiosk.reader.last_sequence()) as stream:
        stream.until("state")
        fail(kiosk, "camera", "no frame for 5 s")
        while not (told := stream.until("state")[-1].data["alert"]):  # other news may come first
            pass
    assert told["what"]["vi"] == "Máy ảnh"
    assert told["advice"] == {"vi": ADVICE["camera"].vi, "en": ADVICE["camera"].en}


def test_to_have_seen_an_alert_is_noted_and_does_not_end_it(kiosk: Kiosk) -> None:
    fail(kiosk)
    assert send(kiosk, "/house/seen", name="printer")[0] == 303
    (note,) = notes(kiosk)
    assert (note["act"], note["about"]) == ("alert_seen", "printer")
    html = page(kiosk)
    assert f"Đã thấy: {note['by']}." in text(html)
    assert "hidden" not in html[html.index('id="alert"') :].partition(">")[0]


def test_who_saw_an_earlier_trouble_has_not_seen_this_one(kiosk: Kiosk) -> None:
    fail(kiosk)
    send(kiosk, "/house/seen", name="printer")
    kiosk.client.set_printer_fault(PrinterStatus.OK)
    eventually(lambda: all(state.ok for state in kiosk.reader.devices()))
    fail(kiosk)
    assert "Đã thấy" not in text(page(kiosk))


def test_a_day_s_settings_are_changed_and_undone_by_plain_forms(kiosk: Kiosk) -> None:
    html = page(kiosk, "/day")
    assert 'name="capacity"' in html
    seen = re.findall(r'name="seen" value="(\d+)"', html)[0]
    assert send(kiosk, "/day", seen=seen, capacity="25", message_ready="0", closed="no")[0] == 303
    html = page(kiosk, "/day")
    assert "tệp cài đặt ghi: 40" in text(html)
    assert "Xin giữ khoảng cách 2 m" in html
    assert json.loads(page(kiosk, "/health.json"))["capacity"] == 25
    seen = re.findall(r'name="seen" value="(\d+)"', html)[0]
    assert send(kiosk, "/day/undo", seen=seen)[0] == 303
    assert "Theo tệp cài đặt: 40" in text(page(kiosk, "/day"))


def test_what_is_refused_is_said_and_what_was_typed_stays(kiosk: Kiosk) -> None:
    status, html = send(kiosk, "/day", seen=0, capacity="many", message_vi="Chào bà con.")
    assert status == 422
    assert "Sức chứa là một số nguyên" in html
    assert "Chào bà con." in html


def test_what_the_page_does_not_have_cannot_be_changed(kiosk: Kiosk) -> None:
    assert send(kiosk, "/day", seen=0, keep_days="1")[0] == 422  # nothing was changed
    assert send(kiosk, "/day", seen="x")[0] == 400
    assert send(kiosk, "/day", seen=0, message_ready="99")[0] == 400


@pytest.mark.parametrize(
    ("role", "house", "day"), [(Role.VOLUNTEER, 403, 403), (Role.STAFF, 200, 403), (Role.TRACER, 403, 403)]
)
def test_who_may_open_it(kiosk: Kiosk, role: Role, house: int, day: int) -> None:
    somebody = kiosk.as_(role)
    assert (somebody.get("/house").status, somebody.get("/day").status) == (house, day)
    assert send(somebody, "/day", seen=0, capacity="1")[0] == 403


def test_a_trouble_of_a_device_that_was_taken_away_is_over_when_the_door_begins(site: Site) -> None:
    site.house.health.failed("keyboard", "it is gone")
    eventually(site.reader.devices)
    site.house.health.begin({"lamps", "printer"}, over="")
    assert {state.name for state in site.reader.devices()} == {"lamps", "printer"}


def test_a_scanner_has_its_words_and_its_advice_and_its_trouble_goes_with_it(kiosk: Kiosk) -> None:
    """One of two of a kind: each tells of itself by its path, too."""
    scanner, other = (KeyboardScanner("in", f"/dev/kiosk/{name}").name for name in ("scanner", "other"))
    kiosk.house.health.begin({scanner, other}, over="")
    assert state(kiosk, "scanner") == "works"
    fail(kiosk, scanner, "it cannot be opened")
    assert state(kiosk, "scanner") == "trouble"
    assert ADVICE["keyboard"].vi in part(kiosk, "scanner")
    assert DEVICES["keyboard"].vi in text(page(kiosk, "/"))
    kiosk.house.health.begin({"lamps"}, over="")
    assert {known.name for known in kiosk.reader.devices()} == {"lamps"}


def test_what_a_safe_start_left_out_is_no_trouble_of_the_next_start(site: Site) -> None:
    site.house.health.failed("printer", "no paper")
    site.house.health.failed("voice", LEFT_OUT)
    eventually(lambda: len(site.reader.devices()) == 2)
    site.house.health.begin({"voice", "printer"}, over=LEFT_OUT)
    assert {state.name: state.ok for state in site.reader.devices()} == {"voice": True, "printer": False}


@given(st.permutations(GRAVEST_FIRST), st.integers(1, 6))
def test_the_gravest_trouble_is_first_in_whatever_order_they_came(names: list[str], count: int) -> None:
    first = by_gravity(names[:count], str)
    assert first == sorted(names[:count], key=GRAVEST_FIRST.index)


def test_every_device_has_words_a_rank_and_something_to_do_about_it() -> None:
    names = {*HARDWARE, *Part, "log", "disk", "keys", "lists", "trust", "purge", "queue", "backups"}
    assert names <= set(DEVICES)
    assert names <= set(GRAVEST_FIRST)
    assert {name for name in names if advice_on(name, "") is ELSE} == set()


def test_advice_is_one_or_two_plain_sentences() -> None:
    for words in ADVICE.values():
        for said in (words.vi, words.en):
            assert said.endswith(".")
            assert 1 <= len(re.findall(r"\.(?: |$)", said)) <= 3
            assert len(said) <= 130
