"""What the loudspeaker says before a session: who comes, when and where, as one reads it aloud; and nobody's name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import OpenSite, Site
from running import running_kiosk
from test_roster import PEOPLE, keep, line

from kiosk import cli
from kiosk.config import Settings
from kiosk.devices import clock
from kiosk.invitations import days_ahead, invite, listed_groups, session_of
from kiosk.retention import key_day
from kiosk.rules.invitations import Group, Invitations
from kiosk.rules.loudspeaker import Session, announcement, day_words, span_words

DAY = "2026-11-20"


def groups(site: Site, day: str = DAY) -> list[Group]:
    return listed_groups(site.house.store.db, site.house.data, site.house.settings, day)


@pytest.mark.parametrize(
    ("day", "vi", "en"),
    [
        ("2026-11-21", "Thứ Bảy, ngày 21 tháng 11 năm 2026", "Saturday, 21/11/2026"),
        ("2026-11-22", "Chủ Nhật, ngày 22 tháng 11 năm 2026", "Sunday, 22/11/2026"),
        ("2026-02-02", "Thứ Hai, ngày 2 tháng 2 năm 2026", "Monday, 02/02/2026"),
    ],
)
def test_a_day_is_said_as_people_say_it(day: str, vi: str, en: str) -> None:
    assert day_words(day) == (vi, en)


@pytest.mark.parametrize(
    ("since", "until", "vi"),
    [
        ("08:00", "08:30", "từ 8 giờ đến 8 giờ 30"),
        ("08:05", "08:05", "lúc 8 giờ 05"),
        ("07:30", "", "từ 7 giờ 30"),
        ("", "", ""),
    ],
)
def test_times_are_said_as_people_say_them(since: str, until: str, vi: str) -> None:
    assert span_words(since, until)[0] == vi


def test_who_when_where_and_what_to_bring_are_said_in_this_order() -> None:
    session = Session(
        DAY, "Trạm y tế Mẫu", "Nhà văn hóa Mẫu", "12 đường Mẫu", (("", "07:30", "11:30"),), ("thẻ", "a card"), "0000"
    )
    invitations = Invitations((Group("Công ty A", 30, "07:30", "08:00"), Group("", 1)), (Group("Trường B", 35),))
    said = [vi for vi, _ in announcement(session, invitations)]
    assert said == [
        "Trạm y tế Mẫu xin thông báo: Thứ Sáu, ngày 20 tháng 11 năm 2026, tại Nhà văn hóa Mẫu, 12 đường Mẫu,"
        " có buổi tiêm chủng.",
        "Giờ làm việc: từ 7 giờ 30 đến 11 giờ 30.",
        "Mời Công ty A, 30 người, có mặt từ 7 giờ 30 đến 8 giờ.",
        "Mời bà con đăng ký riêng, 1 người.",
        "Trước giờ đóng cửa chưa xếp được giờ cho 35 người (Trường B); xin chờ thông báo sau.",
        "Khi đi, xin mang theo thẻ.",
        "Không cần có điện thoại. Xin đến đúng giờ được mời để không phải chờ đông.",
        "Cần hỏi, xin liên hệ: 0000.",
    ]


def test_a_list_is_counted_by_organisation_and_time(site: Site) -> None:
    keep(
        site,
        [
            line(PEOPLE[0], DAY, "8h30", unit="Công ty A"),
            line(PEOPLE[1], DAY, unit="Trường B"),
            line(PEOPLE[2], DAY, "8h30", unit="Công ty A"),
            line(PEOPLE[3], DAY),
            line(PEOPLE[4], "2026-11-21", unit="Trường B"),
            line(PEOPLE[5], DAY, place="Nơi khác", unit="Trường B"),
        ],
    )
    assert groups(site) == [Group("Công ty A", 2, "08:30", "08:30"), Group("Trường B", 1), Group("", 1)]
    assert groups(site, "2026-11-21") == [Group("Trường B", 1)]
    assert groups(site, "2026-11-22") == []


def test_who_stands_on_two_lists_counts_once(site: Site) -> None:
    keep(site, [line(PEOPLE[0], DAY, unit="A"), line(PEOPLE[1], DAY, unit="A")])
    keep(site, [line(PEOPLE[0], DAY, unit="B"), line(PEOPLE[2], DAY, unit="B")], at="07:10")
    assert groups(site) == [Group("A", 2), Group("B", 1)]


def test_today_and_the_days_of_the_lists_are_offered(site: Site) -> None:
    keep(site, [line(PEOPLE[0], "2026-11-22")])
    assert days_ahead(site.house.store.db, site.house.settings, site.ms("08:00")) == [DAY, "2026-11-22"]


def test_times_go_by_the_opening_hours_unless_the_settings_say_otherwise(open_site: OpenSite) -> None:
    settings = open_site(session={"start": "08:00", "per_quarter_hour": 10}).house.settings
    assert invite(settings, [Group("A", 10)]).invited == (Group("A", 10, "08:00", "08:15"),)
    assert invite(Settings(), [Group("A", 10)]).invited == (Group("A", 10),)
    assert session_of(settings, DAY).hours == (("", "08:00", ""),)


def test_the_page_and_the_command_line_say_the_same_and_name_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_kiosk(tmp_path / "data", session={"start": "08:00", "per_quarter_hour": 1}) as kiosk:
        now = clock.now()
        today = key_day(now.wall_ms, kiosk.house.settings.zone, kiosk.house.settings.vault.turn_at)
        site = Site(kiosk.house, today)
        keep(site, [line(PEOPLE[0], today, unit="Công ty A"), line(PEOPLE[1], today, unit="Công ty A")], today=today)
        page = kiosk.get("/session/announcement").read().decode()
        assert "Mời Công ty A, 2 người, có mặt từ 8 giờ đến 8 giờ 30." in page
        assert "Counts of passages, not of doses" in page
        settings = tmp_path / "kiosk.toml"
        settings.write_text('[session]\nstart = "08:00"\nper_quarter_hour = 1\n', encoding="utf-8")
        command = ["--config", str(settings), "--data", str(kiosk.house.data), "session", "--announcement", "--json"]
        assert cli.main(command) == 0
        told = json.loads(capsys.readouterr().out)
    assert told["invited"] == [{"unit": "Công ty A", "people": 2, "since": "08:00", "until": "08:30"}]
    assert all(sentence in page for sentence in told["vi"])
    for person in PEOPLE[:2]:
        assert person.person.name not in page + json.dumps(told, ensure_ascii=False)
        assert person.person.number not in page


def test_without_the_door_the_page_says_that_it_does_not_know_who_is_invited(tmp_path: Path) -> None:
    with running_kiosk(tmp_path / "data") as kiosk:
        kiosk.close_door()
        page = kiosk.get("/session/announcement").read().decode()
        assert "chưa biết các đơn vị được mời" in page
        assert "Không có danh sách" not in page
        assert kiosk.get("/session/announcement?day=2020-01-01").status == 404
