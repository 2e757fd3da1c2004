"""A list comes from a tablet: looked at row by row, put right, approved by somebody else; the door knows its people."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from forms import Page
from hostile import ATTACKS
from listed import brought, do, line, list_of, seen, send, told
from openpyxl import load_workbook
from running import Kiosk, card_of, running_kiosk

from kiosk.rules import invented
from kiosk.rules.access import Role
from kiosk.rules.entries import EntryKind

MIXED = list_of(
    line(1),
    line(2, number="12345"),  # a wrong number, but name and birth date
    line(3, name="  lê   thị lan "),
    "An;;;;;",  # nobody could be found by it
    line(1, phone=""),  # the first once more
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    with running_kiosk(tmp_path_factory.mktemp("kiosk") / "data") as running:
        yield running


@pytest.fixture
def staff(site: Kiosk) -> Kiosk:
    return site.as_(Role.STAFF)


@pytest.fixture
def supervisor(site: Kiosk) -> Kiosk:
    return site.as_(Role.SUPERVISOR)


def counts(kiosk: Kiosk, path: str) -> dict[tuple[str, str], int]:
    draft = told(kiosk, "draft", list=path[-8:], sort="clean")
    return {(sort, choice): count for sort, choice, count in draft["counts"]}


def entries(kiosk: Kiosk, kind: EntryKind) -> list[dict[str, object]]:
    found = kiosk.reader.events_after(0, 10_000)
    return [entry.body or {} for entry in found if entry.header.kind == kind]


def test_a_list_is_parted_into_what_is_good_and_what_somebody_should_look_at(staff: Kiosk) -> None:
    path = brought(staff, MIXED)
    found = counts(staff, path)
    assert {sort: count for (sort, _), count in found.items()} == {
        "refused": 1,
        "doubtful": 1,
        "duplicate": 1,
        "changed": 1,
        "clean": 1,
        "nobody": 1,
    }
    assert "Số không có 9 hay 12 chữ số." in seen(staff, f"{path}?sort=doubtful")


def test_nothing_counts_before_a_second_person_approved_it(site: Kiosk, staff: Kiosk, supervisor: Kiosk) -> None:
    path = brought(staff, list_of(*(line(one, number=invented.person(one).person.number) for one in (40, 41))))
    assert site.show(card_of(40))["listed"] in (None, "unlisted")
    assert do(staff, f"{path}/hand-over").status == 303
    assert do(staff, f"{path}/approve").status == 403
    assert do(supervisor, f"{path}/approve").status == 303
    assert site.show(card_of(41))["listed"] in ("early", "late", "on_time")


def test_a_row_put_right_is_judged_by_the_same_rules_again(staff: Kiosk) -> None:
    path = brought(staff, MIXED)
    answer = do(staff, f"{path}/row/5", {"do": "repair", "f0": "Nguyễn An", "f1": "02/03/1985", "f2": "001085000017"})
    assert answer.status == 303
    assert counts(staff, path)["clean", "repaired"] == 1
    do(staff, f"{path}/row/3", {"do": "repair", "f2": "6789"})
    assert counts(staff, path)["doubtful", "repaired"] == 1


def test_a_row_is_left_out_taken_as_it_is_or_put_back(staff: Kiosk) -> None:
    path = brought(staff, MIXED)
    do(staff, f"{path}/row/3", {"do": "out"})
    assert counts(staff, path)["doubtful", "out"] == 1
    do(staff, f"{path}/row/3", {"do": ""})
    do(staff, f"{path}/row/3", {"do": "kept"})
    assert counts(staff, path)["doubtful", "kept"] == 1


def test_nobody_is_taken_by_whom_the_door_could_find_nobody(staff: Kiosk) -> None:
    path = brought(staff, MIXED)
    with do(staff, f"{path}/row/5", {"do": "kept"}) as answer:
        assert answer.status == 422
        assert "Hàng này không tìm được ai" in answer.read().decode()


def test_all_that_is_left_of_a_kind_is_taken_at_once(staff: Kiosk) -> None:
    path = brought(staff, MIXED)
    do(staff, f"{path}/keep-all", {"sort": "duplicate"})
    assert counts(staff, path)["duplicate", "kept"] == 1


def test_a_file_that_is_no_list_is_told_so_without_a_path(staff: Kiosk) -> None:
    path = brought(staff, b"%PDF-1.7", "list.pdf")
    text = seen(staff, path)
    assert "it is a PDF; ask for the spreadsheet that it was made from" in text
    assert "/proc" not in text


def test_a_list_that_is_too_large_is_refused_before_it_is_read(staff: Kiosk) -> None:
    assert send(staff, b"x" * 8_000_001).status == 413


def test_a_form_of_another_site_brings_nothing(staff: Kiosk) -> None:
    own = {"Content-Type": "multipart/form-data; boundary=x", "Origin": "http://evil.example"}
    assert staff.ask("POST", "/lists/bring", b"--x--\r\n", own).status == 403
    del own["Origin"]
    assert staff.ask("POST", "/lists/bring", b"--x--\r\n", own).status == 403


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.TRACER])
def test_lists_are_not_for_everybody(site: Kiosk, role: Role) -> None:
    assert site.as_(role).get("/lists").status == 403
    assert send(site.as_(role), MIXED).status == 403


@pytest.mark.parametrize("attack", ["html", "html attribute", "server template", "right to left", "formula"])
def test_what_a_cell_says_never_becomes_part_of_the_page(staff: Kiosk, attack: str) -> None:
    text = ATTACKS[attack].decode().replace(";", ",").replace('"', "'").replace("\n", " ")
    path = brought(staff, list_of(line(5, name=text, number="1"), line(6, unit=text, birth="x")), f"{text[:20]}.csv")
    for sort in ("doubtful", "refused"):
        page = Page(seen(staff, f"{path}?sort={sort}"))
        assert page.active() == []
        assert not [tag for tag, given in page.elements if "alert(1)" in str(given.get("src", ""))]


def test_the_clean_list_is_a_file_of_texts_and_taking_it_along_is_recorded(staff: Kiosk) -> None:
    path = brought(staff, list_of(line(7, name="=1+1 Thử"), line(8), "An;;;;;"))
    with do(staff, f"{path}/export", {"form": "xlsx"}) as answer:
        book = load_workbook(io.BytesIO(answer.read()))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert len(list(book.worksheets[0].iter_rows())) == 3  # the headings and two people
    with do(staff, f"{path}/export", {"form": "csv"}) as answer:
        assert b'"=' not in answer.read()
    assert entries(staff, EntryKind.STAFF)[-1]["act"] == "list_export"


def test_nothing_of_a_list_is_on_the_disk_in_words(staff: Kiosk) -> None:
    brought(staff, list_of(line(9, name="Quách Văn Tuyệt Mật")), "bí mật.csv")
    for path in Path(staff.house.data).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(word.encode() in content for word in ("Tuyệt Mật", "TUYET MAT", "bí mật")), path


def test_who_brought_and_who_approved_is_in_the_log_and_no_name_of_the_list(staff: Kiosk, supervisor: Kiosk) -> None:
    path = brought(staff, list_of(line(10)))
    do(staff, f"{path}/hand-over")
    do(supervisor, f"{path}/approve")
    acts = [body for body in entries(staff, EntryKind.REGISTRATION) if body["list"] == path[-8:]]
    assert [(body["act"], body["by"]) for body in acts] == [
        ("brought", "An staff"), ("handed", "An staff"), ("approved", "An supervisor")
    ]  # fmt: skip
    assert acts[-1]["rows"] == 1


def test_a_list_is_withdrawn_by_who_may_approve_one_and_the_door_forgets_it(staff: Kiosk, supervisor: Kiosk) -> None:
    path = brought(staff, list_of(line(11)))
    do(staff, f"{path}/hand-over")
    do(supervisor, f"{path}/approve")
    name = path[-8:]
    assert do(staff, f"/lists/{name}/withdraw", {"sure": "yes"}).status == 403
    assert do(supervisor, f"/lists/{name}/withdraw").status == 422
    assert do(supervisor, f"/lists/{name}/withdraw", {"sure": "yes"}).status == 303
    assert name not in [one["id"] for one in told(staff, "overview")["lists"]]
    assert not (staff.house.data / f"list-{name}.key").exists()
    assert "không còn ở đây" in seen(staff, path)


def test_the_day_of_rows_that_name_none_can_be_said(staff: Kiosk) -> None:
    path = brought(staff, list_of(line(12)), day="2030-01-02")
    assert "02/01/2030" in seen(staff, path)
    assert send(staff, MIXED, day="2030-13-01").status == 400


def test_the_sheet_of_a_workbook_is_read_too(staff: Kiosk) -> None:
    path = brought(staff, MIXED)
    with do(staff, f"{path}/export", {"form": "xlsx"}) as answer:
        content = answer.read()
    assert zipfile.is_zipfile(io.BytesIO(content))
    again = brought(staff, content, "again.xlsx")
    assert sum(count for (sort, _), count in counts(staff, again).items() if sort != "nobody") == 4


def test_times_of_today_are_said_of_today(staff: Kiosk) -> None:
    brought(staff, list_of(line(13)))
    assert f"{datetime.now(staff.house.settings.zone):%d/%m}" in seen(staff, "/lists")
