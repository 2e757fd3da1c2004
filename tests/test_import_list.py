"""``kiosk import-list``: a list comes from an organisation, and the door knows its people the same minute."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook, load_workbook
from terminal import Terminal

from kiosk.rules import invented

# Of a province, for what else begins so may have lost no zeros.
PEOPLE = [replace(each, number=f"001{each.number[3:]}") for each in (invented.person(i).person for i in range(4))]
HEADINGS = ("STT", "Họ và tên", "Ngày sinh", "Giới tính", "SĐT", "Số CMND/CCCD", "Giờ hẹn")


@pytest.fixture
def kiosk(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "data")


def today() -> date:
    """The day at the site."""
    return datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()


def row(number: int, **changed: Any) -> list[Any]:
    """A row of an invented person as a spreadsheet has it: numbers without their first zeros, dates as dates."""
    person = PEOPLE[number - 1]
    cells = {
        "number": number,
        "name": person.name,
        "birth": date.fromisoformat(person.birth),
        "sex": "Nam" if person.sex == "M" else "Nữ",
        "phone": int(person.phone),
        "id": int(person.number),
        "time": "sáng",
    }
    return list((cells | changed).values())


@pytest.fixture
def company_list(tmp_path: Path) -> Path:
    """Four people of a company: a good row, one without a number, one with a wrong one, one with a formula."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Đơn vị: Công ty May Mây Trắng"])
    sheet.append(["DANH SÁCH ĐĂNG KÝ TIÊM"])
    sheet.merge_cells("A2:G2")
    sheet.append([])
    sheet.append(HEADINGS)
    sheet.append(row(1))
    sheet.append(row(2, id=None, phone="0120 1234567"))
    sheet.append(row(3, id="12345", birth="31/02/1985"))
    sheet.append(row(4, phone="=1+1"))
    sheet.append(row(1, name="=cmd|' /C calc'!A0", birth=None))
    sheet["B9"].data_type = "s"  # a text that a program may take for a formula
    sheet.append(["Tổng cộng: 5 người"])
    book.save(tmp_path / "company.xlsx")
    return tmp_path / "company.xlsx"


def summary(done: subprocess.CompletedProcess[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    *findings, last = map(json.loads, done.stdout.splitlines())
    return findings, last


def test_a_companys_list_is_kept_and_told_of(kiosk: Terminal, company_list: Path) -> None:
    days = [today()]
    findings, last = summary(kiosk("import-list", "--json", str(company_list)))
    days.append(today())  # another one at midnight
    counts = ("rows", "kept", "no_number", "put_right", "duplicate")
    assert [last[name] for name in counts] == [5, 5, 1, 6, 1]
    assert last["unit"] == "Công ty May Mây Trắng"
    assert date.fromisoformat(last["first"]) in days
    told = {(found["cell"], found["problem"]): (found["found"], found["offered"]) for found in findings}
    assert told["F6", "no_number"] == ("", "")
    assert told["E6", "old_phone"] == ("0120 1234567", "0701234567")
    assert told["F7", "number_format"] == ("12345", "")
    assert told["C7", "no_such_day"] == ("31/02/1985", "")
    assert ("E8", "formula") in told
    assert next(found["other"] for found in findings if found["section"] == "duplicate") == 5


def test_the_report_has_the_ministrys_headings_and_row_numbers(kiosk: Terminal, company_list: Path) -> None:
    done = kiosk("import-list", str(company_list))
    headings = ["Thiếu số giấy tờ / No ID number: 1", "Số không đúng định dạng / Number in a wrong format:"]
    headings += ["Thông tin cơ bản sai / Wrong basic data:", "Đã sửa lại / Put right:", "Có thể trùng"]
    places = [done.stdout.index(heading) for heading in headings]
    assert places == sorted(places)
    assert re.search(r"row +7 +F7 +'12345'", done.stdout)
    assert "company.clean.xlsx" in done.stdout


def test_the_door_knows_the_people_of_the_list(kiosk: Terminal, company_list: Path) -> None:
    days = [today()]
    assert kiosk("import-list", str(company_list)).returncode == 0
    days.append(today())
    (kept,) = kiosk.lines("lists", "--json")
    assert kept["rows"] == 5
    assert date.fromisoformat(kept["first"]) in days
    (line,) = [line for line in kiosk.lines("log", "--json") if line["kind"] == "registration"]
    assert line["body"]["list"] == kept["list"]
    assert kiosk("verify").returncode == 0


def test_the_cleaned_list_is_what_was_sent_made_clean(kiosk: Terminal, company_list: Path) -> None:
    assert kiosk("import-list", str(company_list)).returncode == 0
    book = load_workbook(company_list.with_name("company.clean.xlsx"))
    sheet = book["Danh sách"]
    assert [cell.value for cell in sheet[4]] == list(HEADINGS)
    assert [cell.value for cell in sheet[5]][4:6] == [PEOPLE[0].phone, PEOPLE[0].number]
    assert sheet["B9"].data_type == "s"
    assert sheet["B9"].value == "cmd|' /C calc'!A0"
    colours = {cell: sheet[cell].fill.fgColor.rgb for cell in ("B5", "F5", "F6", "F7", "C7", "F9")}
    assert len(set(colours.values())) == len(colours)
    assert book["Báo cáo"].max_row > 8


def test_the_cleaned_list_can_be_imported_again(kiosk: Terminal, company_list: Path) -> None:
    assert kiosk("import-list", str(company_list)).returncode == 0
    _, last = summary(kiosk("import-list", "--json", "--check-only", str(company_list.with_name("company.clean.xlsx"))))
    assert (last["rows"], last["put_right"]) == (5, 0)


def test_checking_only_keeps_nothing(kiosk: Terminal, company_list: Path) -> None:
    _, last = summary(kiosk("import-list", "--json", "--check-only", str(company_list)))
    assert last["list"] is None
    assert not kiosk.data.exists()
    assert company_list.with_name("company.clean.xlsx").exists()


def test_a_list_can_be_for_another_day_and_another_site(kiosk: Terminal, company_list: Path) -> None:
    day = (today() + timedelta(3)).isoformat()
    _, last = summary(kiosk("import-list", "--json", "--day", day, "--site", "Trạm khác", str(company_list)))
    assert (last["first"], last["here"], last["sites"]) == (day, 0, {"Trạm khác": last["kept"]})


def test_a_csv_is_a_list_too(kiosk: Terminal, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        f"Họ tên;Năm sinh;CCCD\n{PEOPLE[0].name};{PEOPLE[0].birth[:4]};{PEOPLE[0].number}\n", encoding="utf-8-sig"
    )
    _, last = summary(kiosk("import-list", "--json", str(tmp_path / "list.csv")))
    assert (last["rows"], last["kept"]) == (1, 1)
    assert (tmp_path / "list.clean.xlsx").exists()


def test_of_a_workbook_with_a_sheet_for_each_class_any_can_be_read(kiosk: Terminal, tmp_path: Path) -> None:
    book = Workbook()
    for number, name in enumerate(("Lớp 1", "Lớp 2"), start=1):
        sheet = book.create_sheet(name)
        sheet.append(HEADINGS)
        sheet.append(row(number))
    book.save(tmp_path / "school.xlsx")
    first = kiosk("import-list", str(tmp_path / "school.xlsx"))
    assert "Lớp 2" in first.stdout
    _, second = summary(kiosk("import-list", "--json", str(tmp_path / "school.xlsx"), "--sheet", "Lớp 2"))
    assert (second["sheet"], second["rows"]) == ("Lớp 2", 1)
    refused = kiosk("import-list", str(tmp_path / "school.xlsx"), "--sheet", "Lớp 9")
    assert refused.returncode == 1
    assert "it has: Sheet, Lớp 1, Lớp 2" in refused.stderr


def test_a_list_can_be_forgotten_before_its_day_is_over(kiosk: Terminal, company_list: Path) -> None:
    assert kiosk("import-list", str(company_list)).returncode == 0
    (kept,) = kiosk.lines("lists", "--json")
    assert kiosk("lists", "--forget", kept["list"]).returncode == 0
    assert kiosk.lines("lists", "--json") == []
    assert list(kiosk.data.glob("list-*.key")) == []
    assert kiosk("lists", "--forget", kept["list"]).returncode == 1


def test_long_findings_are_cut_on_the_terminal_alone(kiosk: Terminal, tmp_path: Path) -> None:
    rows = "".join(f"{PEOPLE[0].name};1985;{number}\n" for number in range(1, 41))
    (tmp_path / "list.csv").write_text(f"Họ tên;Năm sinh;CCCD\n{rows}", encoding="utf-8")
    done = kiosk("import-list", "--check-only", str(tmp_path / "list.csv"))
    assert "… 20 nữa / and 20 more" in done.stdout
    report = load_workbook(tmp_path / "list.clean.xlsx")["Báo cáo"]
    assert sum(cell.value == "Số không đúng định dạng" for cell in report["B"]) == 40


def test_a_terminal_shows_how_far_it_is(kiosk: Terminal, company_list: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "kiosk", "import-list", str(company_list)]
    subprocess.run(command, env=kiosk.environment, stdout=subprocess.DEVNULL, stderr=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert shown.endswith("[##############################] 100 %\r\n")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04torn", "torn"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel file"),
        ("Tên hàng,Giá\nGạo,1\n".encode(), "no headings of a list"),
        ("Họ tên,CCCD\n".encode(), "nobody below"),
        ("Hä vµ tªn,Ngµy sinh\nNguyÔn ThÞ Sen,1985\n".encode("latin-1"), "TCVN3"),
        ("Hoï vaø teân,Ngaøy sinh\nNguyeãn Thò Sen,1985\n".encode(), "VNI"),
    ],
)
def test_a_file_that_is_no_list_is_one_sentence_and_leaves_nothing(
    kiosk: Terminal, tmp_path: Path, content: bytes, sentence: str
) -> None:
    (tmp_path / "list.xlsx").write_bytes(content)
    done = kiosk("import-list", str(tmp_path / "list.xlsx"))
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.stderr
    assert sentence in done.stderr
    assert not (tmp_path / "list.clean.xlsx").exists()
    assert kiosk.lines("lists", "--json") == []


def test_a_list_whose_days_are_over_is_not_kept(kiosk: Terminal, company_list: Path) -> None:
    done = kiosk("import-list", "--day", "2020-01-01", str(company_list))
    assert done.returncode == 1
    assert "its last session day, 2020-01-01, is over" in done.stderr


def test_rows_by_which_nobody_could_be_found_are_made_clean_but_not_kept(kiosk: Terminal, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Họ tên;CCCD\nĐỗ Thị Ánh;12\n", encoding="utf-8")
    done = kiosk("import-list", str(tmp_path / "list.csv"))
    assert done.returncode == 1
    assert "nothing is kept" in done.stderr
    assert (tmp_path / "list.clean.xlsx").exists()
    assert kiosk.lines("lists", "--json") == []


def test_somebody_elses_file_is_not_overwritten(kiosk: Terminal, company_list: Path, tmp_path: Path) -> None:
    (tmp_path / "budget.xlsx").write_bytes(b"mine")
    done = kiosk("import-list", "--out", str(tmp_path / "budget.xlsx"), str(company_list))
    assert (done.returncode, (tmp_path / "budget.xlsx").read_bytes()) == (1, b"mine")
    assert done.stderr.startswith(f"kiosk: {tmp_path / 'budget.xlsx'}: is there already")
    assert kiosk("import-list", "--out", str(company_list), str(company_list)).returncode == 2


def test_an_odd_day_is_wrong_usage(kiosk: Terminal, company_list: Path) -> None:
    done = kiosk("import-list", "--day", "tomorrow", str(company_list))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
