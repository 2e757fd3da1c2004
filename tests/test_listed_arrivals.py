"""Somebody on a registration list arrives: on time, early, late, at another site, or on no list at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from terminal import Terminal

from kiosk.config import Settings
from kiosk.house import look_into_vault
from kiosk.store.reading import Reader
from kiosk.store.schema import DATABASE
from kiosk.web.lines import Lines

DAY = "2035-03-01"  # later than any clock that imports the list
HEADINGS = "Họ và tên;Ngày sinh;Số CCCD;Giờ hẹn;Điểm tiêm"
THU, SEN, LAN = "097085000001", "097185000002", "097185000003"


def card(number: str, name: str, birth: str = "02031985") -> str:
    return f"{number}||{name}|{birth}|Nữ|Xã Ví Dụ|01012022"


@pytest.fixture
def kiosk(tmp_path: Path) -> Terminal:
    """A kiosk with a list for DAY: one due at nine, one without a time, one for another place."""
    listed = tmp_path / "list.csv"
    rows = [
        f"Nguyễn Văn Thử;02/03/1985;{THU};09:00;",
        f"Trần Thị Sen;02/03/1985;{SEN};;Điểm tiêm chủng",
        f"Lê Thị Lan;02/03/1985;{LAN};09:00;Trạm y tế Xa",
    ]
    listed.write_text("\n".join([HEADINGS, *rows]), encoding="utf-8")
    terminal = Terminal(tmp_path / "data")
    done = terminal("import-list", str(listed), "--day", DAY)
    assert done.returncode == 0, done.stderr
    return terminal


def arrive(kiosk: Terminal, code: str, time: str, **settings: str) -> dict[str, Any]:
    config = kiosk.data.parent / "kiosk.toml"
    config.write_text("[site]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()))
    line = json.dumps({"text": code, "at": f"{DAY}T{time}:00"})
    (scan,) = kiosk.lines("--config", str(config), "scan", "--json", "-", stdin=line)
    return scan


@pytest.mark.parametrize(
    ("time", "listed"), [("08:00", "early"), ("08:45", "on_time"), ("09:30", "on_time"), ("10:00", "late")]
)
def test_who_is_listed_with_a_time_is_early_on_time_or_late_and_goes_in(
    kiosk: Terminal, time: str, listed: str
) -> None:
    scan = arrive(kiosk, card(THU, "Nguyễn Văn Thử"), time)
    assert (scan["listed"], scan["outcome"]) == (listed, "admitted")


def test_the_terminal_says_what_the_display_says(kiosk: Terminal) -> None:
    said = kiosk("scan", "--at", f"{DAY}T10:00", "-", stdin=card(THU, "Nguyễn Văn Thử")).stdout
    assert "admitted N.V.T. 1985 ********0001: Welcome, please come in. You are on the list, and late" in said
    assert "Your number: A001." in said


def test_who_is_listed_for_the_day_alone_is_always_on_time(kiosk: Terminal) -> None:
    assert arrive(kiosk, card(SEN, "Trần Thị Sen"), "16:00")["listed"] == "on_time"


@pytest.mark.parametrize(
    ("unlisted", "outcome"), [("accept", "admitted"), ("ask_staff", "ask_staff"), ("refuse", "refused")]
)
def test_the_site_decides_about_strangers_and_about_people_of_other_sites(
    kiosk: Terminal, unlisted: str, outcome: str
) -> None:
    stranger = arrive(kiosk, card("097099000009", "Lạ Mặt"), "09:00", unlisted=f'"{unlisted}"')
    assert (stranger["listed"], stranger["outcome"]) == ("unlisted", outcome)
    elsewhere = arrive(kiosk, card(LAN, "Lê Thị Lan"), "09:01", unlisted=f'"{unlisted}"')
    assert (elsewhere["listed"], elsewhere["outcome"]) == ("other_site", outcome)


def test_the_log_keeps_where_they_stood_and_pages_and_exports_do_not_break_by_it(kiosk: Terminal) -> None:
    arrive(kiosk, card(THU, "Nguyễn Văn Thử"), "09:00")
    bodies = [line["body"] for line in kiosk.lines("log", "--json") if line["kind"] == "scan"]
    assert bodies[-1]["listed"] == "on_time"
    assert kiosk("verify").returncode == 0


def test_the_name_on_another_document_matches_where_the_numbers_do_not_contradict(kiosk: Terminal) -> None:
    contact = "BEGIN:VCARD\nVERSION:3.0\nFN:NGUYEN VAN THU\nBDAY:1985-03-02\nEND:VCARD"
    assert arrive(kiosk, contact, "09:00")["listed"] == "on_time"
    assert arrive(kiosk, card("097085999999", "Nguyễn Văn Thử"), "09:01")["listed"] == "unlisted"


def test_an_exit_asks_no_list(kiosk: Terminal) -> None:
    arrive(kiosk, card(THU, "Nguyễn Văn Thử"), "09:00")
    scan = arrive(kiosk, card(THU, "Nguyễn Văn Thử"), "09:30")
    assert (scan["outcome"], scan["listed"]) == ("let_out", None)


def test_without_a_list_nobody_is_unlisted(tmp_path: Path) -> None:
    scan = arrive(Terminal(tmp_path / "data"), card(THU, "Nguyễn Văn Thử"), "09:00", unlisted='"refuse"')
    assert (scan["listed"], scan["outcome"]) == (None, "admitted")


def test_lists_that_cannot_be_read_keep_nobody_outside(kiosk: Terminal) -> None:
    keys = [path for path in kiosk.data.rglob("*") if "list" in path.name and path.is_file()]
    assert keys
    for key in keys:
        key.write_bytes(b"torn")
    scan = arrive(kiosk, card(THU, "Nguyễn Văn Thử"), "09:00", unlisted='"refuse"')
    assert (scan["listed"], scan["outcome"]) == (None, "admitted")


def test_staff_see_of_which_organisation_somebody_is_while_the_day_lasts(tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text(f"Họ và tên;Số CCCD;Đơn vị\nTrần Thị Sen;{SEN};Xưởng Mây Tre", encoding="utf-8")
    kiosk = Terminal(tmp_path / "data")
    kiosk.lines("import-list", str(listed), "--day", DAY, "--json")
    arrive(kiosk, card(SEN, "Trần Thị Sen"), "08:00")
    house = look_into_vault(Settings(), kiosk.data)
    reader = Reader(kiosk.data / DATABASE)
    [inside] = Lines(reader, house, Settings()).persons(visit.id for visit in reader.inside())
    assert "Xưởng Mây Tre" in inside.about.vi
    assert not any("Xưởng Mây Tre".encode() in path.read_bytes() for path in kiosk.data.rglob("*") if path.is_file())
