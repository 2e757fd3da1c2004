"""The session's papers as a page and on the command line: the same figures, and on each what they do not count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from running import Kiosk, card_of, running_kiosk
from test_web_pages import OpenPages, pages_of, seen

from kiosk import cli
from kiosk.config.queueing import CounterSettings
from kiosk.devices import clock
from kiosk.retention import turn_if_due
from kiosk.session import session_days, sheet

DAY = "2026-11-20"
NOT_DOSES = "Số lượt qua cửa, không phải số mũi tiêm Counts of passages, not of doses"

__all__ = ["pages_of"]


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path / "data") as running:
        yield running


def test_the_page_tells_passages_and_that_they_are_not_doses(site: Site, pages_of: OpenPages) -> None:
    site.show(card_of(1), "in", "08:05")
    site.show(card_of(2), "in", "08:20")
    site.show(card_of(1), "out", "08:40")
    text = seen(pages_of(site), f"/session?day={DAY}")
    assert NOT_DOSES in text
    assert "Thứ Sáu, ngày 20 tháng 11 năm 2026" in text
    assert "Lượt vào Arrivals 2 Lượt ra Exits 1" in text
    assert "08:00 1 0 1 08:15 1 0 2 08:30 0 1 1" in text


def test_without_counters_the_page_shows_no_number_of_served(site: Site, pages_of: OpenPages) -> None:
    site.show(card_of(1), "in", "08:05")
    text = seen(pages_of(site), f"/session?day={DAY}")
    assert "không biết ai đã được phục vụ" in text
    assert "Served" not in text
    assert "Đón tiếp 1" in text


def test_with_counters_it_tells_who_left_early(open_site: OpenSite, pages_of: OpenPages) -> None:
    house = open_site(door={"min_stay_s": 0.0}).house
    site = Site(replace(house, settings=replace(house.settings, counters=(CounterSettings(),))))
    for person in (1, 2):
        site.show(card_of(person), "in", "08:05")
    site.show(card_of(1), "out", "08:40")
    text = seen(pages_of(site), f"/session?day={DAY}")
    assert "Đã phục vụ xong Served 0 Gọi không đến Missed 0 Về giữa chừng Left early 1" in text


def test_a_late_number_is_said_to_be_overdue(site: Site, pages_of: OpenPages) -> None:
    site.show(card_of(1), "in", "08:05")  # years ago, once this is read
    page = pages_of(site).get(f"/session?day={DAY}").text
    assert ('data-overdue="yes"' in page) == (clock.now().wall_ms > site.ms("2026-11-23T03:00"))


def test_other_days_are_offered_and_an_unknown_one_is_not_found(site: Site, pages_of: OpenPages) -> None:
    house = site.house
    turn_if_due(house.store, house.vault, house.settings, clock.stated(site.ms("2026-11-21T07:00")))
    page = pages_of(site).get("/session").text
    assert 'href="/session?day=2026-11-21" aria-current="true"' in page
    assert f'href="/session?day={DAY}"' in page
    assert pages_of(site).get("/session?day=2026-11-19").status_code == 404


def test_no_paper_names_anybody(site: Site, pages_of: OpenPages) -> None:
    site.show(card_of(1), "in", "08:05")
    assert "Nguyễn" not in pages_of(site).get(f"/session?day={DAY}").text


def test_what_staff_type_is_recorded_and_shown(kiosk: Kiosk) -> None:
    day = next(iter(session_days(kiosk.reader, kiosk.house.settings)))
    assert kiosk.post("/session/entered", {"day": day, "count": 0})[0] == 200
    entered = sheet(kiosk.reader, kiosk.house.settings, day, clock.now().wall_ms).entered
    assert entered and entered.count == 0


@pytest.mark.parametrize(("asked", "status"), [({"day": "x", "count": 1}, 422), ({"day": "x"}, 400), ([], 400)])
def test_what_makes_no_sense_is_refused(kiosk: Kiosk, asked: object, status: int) -> None:
    assert kiosk.post("/session/entered", asked)[0] == status


def test_the_command_line_tells_the_same(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.show(card_of(1), "in", "08:05")
    data = ["--data", str(site.house.data), "session", "--day", DAY]
    assert cli.main([*data, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["arrivals"], told["served"], told["entered"], told["deadline"]) == (1, None, None, "2026-11-22")
    assert told["quarters"] == [{"at": "08:00", "in": 1, "out": 0, "inside": 1}]
    assert cli.main(data) == 0
    assert "Counts of passages, not of doses" in capsys.readouterr().out
    assert cli.main([*data[:-1], "2026-11-19"]) == 1
