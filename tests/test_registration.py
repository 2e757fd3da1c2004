"""What a registration list says of people: its headings, its rows, and where somebody who arrives stands on it."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules import registration
from kiosk.rules.headings import Column, Layout, Row, find_layout, read_heading
from kiosk.rules.identity import Heading, Problem
from kiosk.rules.list_duplicates import Duplicates
from kiosk.rules.list_rows import Cleaned, Defaults, Section, clean_row, column_letters
from kiosk.rules.model import Listed, Person
from kiosk.rules.registration import Registered, Slot, is_same_person, match, read_slot, traits

DEFAULTS = Defaults(today="2026-11-20", day="2026-11-20")
HEADINGS = ("STT", "Họ và tên", "Ngày sinh", "Giới tính", "SĐT", "Số CMND/CCCD", "Giờ hẹn", "Ghi chú")
LAYOUT = find_layout([Row(1, HEADINGS)])
ANH = ("1", "Đỗ Thị Ánh", "02/03/1985", "Nữ", "0990000001", "001185000001", "8h-9h", "")


def cleaned(*cells: str, numbers: tuple[int, ...] = (), formulas: tuple[int, ...] = ()) -> Cleaned:
    assert LAYOUT
    return clean_row(Row(2, cells, frozenset(numbers), frozenset(formulas)), LAYOUT, DEFAULTS)


def changed(**columns: str) -> tuple[str, ...]:
    """Ánh's row with other texts in the columns 'number', 'name', 'birth', 'sex', 'phone', 'time'."""
    places = {"name": 1, "birth": 2, "sex": 3, "phone": 4, "number": 5, "time": 6, "note": 7}
    cells = list(ANH)
    for column, text in columns.items():
        cells[places[column]] = text
    return tuple(cells)


def problems(made: Cleaned) -> list[Problem]:
    return [finding.problem for finding in made.findings]


_UNPARTED = {Column.NAME: ("HoTen", "hovaten", "fullName"), Column.BIRTH: ("NgaySinh", "namsinh", "birthDate")}


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        *[
            (text, Column.NAME)
            for text in ("Họ và tên", "HO VA TEN", "Họ tên (*)", "Họ, tên", "Full name", "Tên người dân")
        ],
        *[(text, Column.BIRTH) for text in ("Ngày sinh", "Năm sinh", "Ngày, tháng, năm sinh", "NS", "Date of birth")],
        *[(text, Column.SEX) for text in ("Giới tính", "Nam/Nữ", "Phái", "Gender")],
        *[(text, Column.PHONE) for text in ("Số điện thoại", "SĐT", "ĐT", "Đ.T", "Phone number", "Di động")],
        *[
            (text, Column.NUMBER)
            for text in ("Số CMND/CCCD/HC", "CCCD", "Mã định danh", "Căn cước công dân", "ID number")
        ],
        *[(text, Column.NUMBER) for text in ("soCCCD", "so_cccd", "IDNumber", "madinhdanh", "ĐDCN", "Số CC", "number")],
        *[(text, column) for column in (Column.NAME, Column.BIRTH) for text in _UNPARTED[column]],
        *[(text, Column.OLD_NUMBER) for text in ("CMT", "Số CMND", "CMND cũ", "CMTND")],
        *[(text, Column.INSURANCE) for text in ("Số thẻ BHYT", "Mã số BHXH", "Insurance number")],
        *[(text, Column.DAY) for text in ("Ngày hẹn", "Ngày muốn tiêm*", "Ngày đăng ký tiêm", "Appointment day")],
        *[(text, Column.TIME) for text in ("Giờ hẹn", "Khung giờ", "Buổi", "Ngày giờ tiêm", "Time slot")],
        *[(text, Column.SITE) for text in ("Điểm tiêm", "Địa điểm", "Site", "Nơi tiêm")],
        *[(text, Column.UNIT) for text in ("Đơn vị", "Cơ quan", "Tổ chức", "Công ty", "Lớp", "Organisation")],
        *[
            (text, None)
            for text in ("STT", "Ngày cấp CCCD", "Nơi cấp CMND", "Địa chỉ cơ quan", "Hộ khẩu", "Dân tộc", "")
        ],
        *[
            (text, None)
            for text in ("Họ tên mẹ", "Ngày tiêm mũi 1", "Danh sách người đăng ký tiêm, kèm số CCCD và số điện thoại")
        ],
    ],
)
def test_headings_are_known_as_people_write_them(heading: str, column: Column | None) -> None:
    assert read_heading(heading) is column


def test_an_organisations_list_has_its_name_above_the_headings() -> None:
    rows = [
        Row(1, ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",)),
        Row(2, ("Đơn vị: Công ty May Hoa Sen",)),
        Row(3, ("DANH SÁCH ĐĂNG KÝ TIÊM NGÀY 20/11/2026",)),
        Row(5, HEADINGS),
        Row(6, ("(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)")),
    ]
    layout = find_layout(rows)
    assert layout
    assert (layout.unit, layout.heading_row, layout.places[Column.NUMBER]) == ("Công ty May Hoa Sen", 6, 5)


def test_a_birth_year_in_a_column_for_men_and_one_for_women_tells_the_sex() -> None:
    layout = find_layout([Row(1, ("Họ tên", "Năm sinh", "", "CCCD")), Row(2, ("", "Nam", "Nữ", ""))])
    assert layout
    made = clean_row(Row(3, ("Đỗ Thị Ánh", "", "1985", "001185000001")), layout, DEFAULTS)
    assert made.registered
    assert (made.registered.person.birth, made.registered.person.sex) == ("1985", "F")


@pytest.mark.parametrize(
    "headings", [("Họ và tên", "", "CCCD"), ("Họ và tên đệm", "Tên", "CCCD"), ("Họ", "Tên", "CCCD")]
)
def test_a_name_in_two_columns_is_one_name(headings: tuple[str, ...]) -> None:
    layout = find_layout([Row(1, headings)])
    assert layout
    made = clean_row(Row(2, ("Đỗ Thị", "Ánh", "001185000001")), layout, DEFAULTS)
    assert made.registered
    assert made.registered.person.name == "Đỗ Thị Ánh"
    assert made.cells[:2] == ("Đỗ Thị", "Ánh")


@pytest.mark.parametrize("name", ["Tống Công Minh", "Danh Ngọc", "Đỗ Thị Ánh"])
def test_a_name_alone_is_somebody_without_a_number(name: str) -> None:
    made = cleaned("1", name)
    assert made.people
    assert problems(made) == [Problem.NO_NUMBER]


def test_who_has_only_an_old_number_has_a_number() -> None:
    layout = find_layout([Row(1, ("Họ tên", "CMND", "CCCD"))])
    assert layout
    assert problems(clean_row(Row(2, ("Đỗ Thị Ánh", "012345678", "")), layout, DEFAULTS)) == []
    assert problems(clean_row(Row(2, ("Đỗ Thị Ánh", "", "")), layout, DEFAULTS)) == [Problem.NO_NUMBER]


def test_without_headings_it_is_no_list() -> None:
    assert find_layout([Row(1, ("Đỗ Thị Ánh", "001185000001")), Row(2, ("Họ và tên",))]) is None


def test_a_clean_row_registers_its_person_without_a_word() -> None:
    made = cleaned(*ANH)
    assert made.findings == ()
    assert made.registered == Registered(
        Person("Đỗ Thị Ánh", "1985-03-02", "F", "001185000001", "0990000001", name_key="DO THI ANH"),
        ("id:001185000001",),
        slot=Slot("2026-11-20", "08:00", "09:00"),
    )


@pytest.mark.parametrize(
    ("cells", "found", "section"),
    [
        (changed(number=""), Problem.NO_NUMBER, Section.NO_NUMBER),
        (changed(number="12345"), Problem.NUMBER_FORMAT, Section.WRONG_FORMAT),
        (changed(phone="12"), Problem.PHONE_FORMAT, Section.WRONG_FORMAT),
        (changed(birth="31/02/1985"), Problem.NO_SUCH_DAY, Section.WRONG_DATA),
        (changed(birth="02/03/2085"), Problem.FUTURE_DATE, Section.WRONG_DATA),
        (changed(name=""), Problem.NO_NAME, Section.WRONG_DATA),
        (changed(sex="Nam"), Problem.DISAGREEMENT, Section.WRONG_DATA),
        (changed(time="soon"), Problem.TIME_FORMAT, Section.WRONG_DATA),
    ],
)
def test_what_is_doubtful_stands_under_the_ministrys_headings(
    cells: tuple[str, ...], found: Problem, section: Section
) -> None:
    made = cleaned(*cells)
    assert [(finding.problem, finding.section, finding.row) for finding in made.findings] == [(found, section, 2)]


def test_the_three_headings_come_first_and_in_order() -> None:
    assert [section.name for section in Section][:3] == [heading.name for heading in Heading]


def test_zeros_that_a_spreadsheet_lost_are_put_back_and_told_of() -> None:
    made = cleaned(*changed(number="1185000001", phone="990000001"), numbers=(4, 5))
    assert made.registered
    assert (made.registered.person.number, made.registered.person.phone) == ("001185000001", "0990000001")
    assert made.cells[4:6] == ("0990000001", "001185000001")
    assert {finding.section for finding in made.findings} == {Section.PUT_RIGHT}


def test_a_number_that_was_typed_as_text_is_not_padded_but_offered() -> None:
    made = cleaned(*changed(number="1185000001"))
    assert [(finding.kept, finding.offer) for finding in made.findings] == [("", "001185000001")]


def test_a_serial_date_is_a_date() -> None:
    made = cleaned(*changed(birth="31108"), numbers=(2,))
    assert made.cells[2] == "02/03/1985"
    assert made.registered
    assert made.registered.person.birth == "1985-03-02"


def test_what_a_formula_worked_out_is_not_believed() -> None:
    made = cleaned(*ANH, formulas=(5,))
    assert problems(made) == [Problem.FORMULA]
    assert made.registered
    assert made.registered.holders == ()


@pytest.mark.parametrize(
    "cells",
    [
        *((), ("", "", ""), ("Tổng cộng: 2",), ("", "", "", "", "", "", "", "Người lập biểu")),
        *[("", text) for text in ("Tổng cộng: 10 người", "TỔNG CỘNG", "10 người", "Người lập bảng")],
        HEADINGS,
    ],
)
def test_sums_signatures_and_headings_of_a_new_page_are_nobody(cells: tuple[str, ...]) -> None:
    made = cleaned(*cells)
    assert (made.people, made.registered, made.findings) == (False, None, ())


def test_somebody_with_a_name_alone_is_not_registered() -> None:
    made = cleaned("1", "Đỗ Thị Ánh")
    assert made.people
    assert made.registered is None
    assert problems(made) == [Problem.NO_NUMBER]


def test_a_session_years_away_is_doubted_for_its_list_would_be_kept_so_long() -> None:
    layout = find_layout([Row(1, ("Họ tên", "CCCD", "Ngày hẹn"))])
    assert layout
    made = clean_row(Row(2, ("Đỗ Thị Ánh", "001185000001", "20/11/2062")), layout, DEFAULTS)
    assert problems(made) == [Problem.FUTURE_DATE]
    assert made.registered
    assert made.registered.slot.day == DEFAULTS.day


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("8h", Slot("", "08:00", "08:00")),
        ("8 giờ 30", Slot("", "08:30", "08:30")),
        ("08:00-09:30", Slot("", "08:00", "09:30")),
        ("từ 8h đến 9h", Slot("", "08:00", "09:00")),
        ("2:00 PM - 3:30 PM", Slot("", "14:00", "15:30")),
        ("sáng", Slot("", "00:00", "12:00")),
        ("Chiều 21/11/2026", Slot("2026-11-21", "12:00", "24:00")),
        ("2026-11-21T08:30", Slot("2026-11-21", "08:30", "08:30")),
        ("8:00:00", Slot("", "08:00", "08:00")),
        *[(text, None) for text in ("soon", "9h-8h", "26:00", "31/02/2026 8h", "7h 8h 9h", "8")],
    ],
)
def test_times_are_read_as_people_write_them(text: str, slot: Slot | None) -> None:
    assert read_slot(text) == slot


@pytest.mark.parametrize(
    ("text", "slot"),
    [("0.354166666666667", Slot("", "08:30", "08:30")), ("46346.5", Slot("2026-11-20", "12:00", "12:00"))],
)
def test_a_spreadsheets_number_is_a_time_of_day(text: str, slot: Slot) -> None:
    assert read_slot(text, number_cell=True) == slot


@pytest.mark.parametrize(
    ("slot", "site", "at", "listed"),
    [
        (Slot("2026-11-20", "08:00", "09:00"), "", "08:30", Listed.ON_TIME),
        (Slot("2026-11-20", "08:00", "09:00"), "", "07:30", Listed.ON_TIME),
        (Slot("2026-11-20", "08:00", "09:00"), "", "07:29", Listed.EARLY),
        (Slot("2026-11-20", "08:00", "09:00"), "", "09:30", Listed.ON_TIME),
        (Slot("2026-11-20", "08:00", "09:00"), "", "09:31", Listed.LATE),
        (Slot("2026-11-20"), "", "23:59", Listed.ON_TIME),
        (Slot("2026-11-21", "08:00", "08:00"), "", "08:00", Listed.EARLY),
        (Slot("2026-11-19"), "", "08:00", Listed.LATE),
        (Slot("2026-11-20"), "Trạm Y tế xã Mây", "08:00", Listed.ON_TIME),
        (Slot("2026-11-20"), "Trạm Y tế xã Gió", "08:00", Listed.OTHER_SITE),
    ],
)
def test_somebody_listed_is_on_time_early_late_or_elsewhere(slot: Slot, site: str, at: str, listed: Listed) -> None:
    arrives = datetime.fromisoformat(f"2026-11-20T{at}")
    somebody = Registered(Person("Đỗ Thị Ánh"), slot=slot, site=site)
    here = {"MAY", "TRAM Y TE XA MAY"}
    assert match(somebody, at=arrives, site=here, early_s=1800, late_s=1800) is listed


def test_of_two_appointments_the_one_at_hand_counts() -> None:
    at = datetime.fromisoformat("2026-11-20T08:00")
    found = [Registered(Person(), unit=day, slot=Slot(day)) for day in ("2026-11-25", "2026-11-20", "2026-11-21")]
    best = registration.best_listing(found, at=at, site=(), early_s=0, late_s=0)
    assert best
    assert (best.listed, best.unit) == (Listed.ON_TIME, "2026-11-20")


LISTED = Registered(Person("Đỗ Thị Ánh", "1985-03-02", "F", "001185000001", "0990000001"), ("id:001185000001",))
UNNUMBERED = Registered(Person("Đỗ Thị Ánh", "1985-03-02", "F", "", "0990000001"))


@pytest.mark.parametrize(
    ("listed", "holders", "person", "same"),
    [
        (LISTED, ["id:001185000001"], Person(), True),
        (LISTED, ["id:001185000009"], LISTED.person, False),
        (LISTED, ["id:123456789", "id:001185000001"], Person(), True),
        (LISTED, ["id:123456789"], Person("DO THI ANH", "1985-03-02"), True),
        (LISTED, ["named:DO THI ANH|1985-03-02"], Person(name_key="DO THI ANH", birth="1985-03-02"), True),
        (LISTED, ["qid:X"], Person("DO THI ANH", "1985", "F", "******000001"), True),
        (LISTED, ["qid:X"], Person("DO THI ANH", "1985", "F", "******000002"), False),
        (LISTED, ["qid:X"], Person("DO THI ANH", "1985"), False),
        (LISTED, ["qid:X"], Person("DO THI ANH", "1985", phone="0990000001"), True),
        (LISTED, ["qid:X"], Person("DO THI ANH", "1986", phone="0990000001"), False),
        (LISTED, ["qid:X"], Person("DO THI ANH", "", phone="0990000001"), True),
        (LISTED, ["qid:X"], Person("LE VAN TAM", "1985-03-02", phone="0990000001"), False),
        (UNNUMBERED, ["id:001185000009"], Person("Đỗ thị  ánh", "1985-03-02"), True),
        (UNNUMBERED, [], Person("Đỗ Thị Ánh", "1985-03-03"), False),
    ],
)
def test_who_is_meant(listed: Registered, holders: list[str], person: Person, *, same: bool) -> None:
    assert is_same_person(listed, holders, person) is same


NAMES = st.sampled_from(["Đỗ Thị Ánh", "Đỗ Thị Anh", "Lê Văn Tám", ""])
BIRTHS = st.sampled_from(["1985-03-02", "1985-03-03", "1985", "1986", ""])
NUMBERS = st.sampled_from(["001185000001", "001185000002", "******000001", "***456789", "123456789", ""])
PHONES = st.sampled_from(["0990000001", "0990000002", "0990******", ""])
PERSONS = st.builds(Person, name=NAMES, birth=BIRTHS, number=NUMBERS, phone=PHONES)
HOLDERS = st.lists(st.sampled_from(["id:001185000001", "id:001185000002", "id:123456789", "bhxh:9900000001", "qid:X"]))


@given(PERSONS, HOLDERS, PERSONS, HOLDERS)
def test_who_is_meant_shares_a_trait_by_which_the_store_finds_them(
    one: Person, numbers: list[str], other: Person, holders: list[str]
) -> None:
    listed = Registered(one, tuple(holder for holder in numbers if not holder.startswith("qid:")))
    if is_same_person(listed, holders, other):
        assert set(traits(listed.holders, one)) & set(traits(holders, other))


@given(PERSONS, PERSONS)
def test_two_different_numbers_of_one_kind_are_two_people(one: Person, other: Person) -> None:
    assert not is_same_person(Registered(one, ("id:001185000001",)), ["id:001185000002"], other)


@given(PERSONS)
def test_a_phone_alone_is_nobody(person: Person) -> None:
    listed = Registered(Person("", "", "", "", "0990000001"))
    assert not is_same_person(listed, [], person)


@given(st.lists(st.text(max_size=60), max_size=9), st.frozensets(st.integers(0, 8)), st.frozensets(st.integers(0, 8)))
def test_any_row_is_read_and_comes_out_harmless(
    cells: list[str], numbers: frozenset[int], formulas: frozenset[int]
) -> None:
    assert LAYOUT
    made = clean_row(Row(7, tuple(cells), numbers, formulas), LAYOUT, DEFAULTS)
    assert len(made.cells) == len(cells)
    assert all(cell.isprintable() and not cell.startswith(tuple("=+-@")) for cell in made.cells)


@given(st.lists(st.lists(st.text(max_size=70) | st.sampled_from(HEADINGS), max_size=6), max_size=6))
def test_any_rows_have_headings_or_not(rows: list[list[str]]) -> None:
    layout = find_layout([Row(number, tuple(cells)) for number, cells in enumerate(rows, 1)])
    assert layout is None or layout.heading_row <= len(rows)


@given(st.text(max_size=40), st.booleans())
def test_any_time_is_read_or_not(text: str, number_cell: bool) -> None:
    slot = read_slot(text, number_cell=number_cell)
    assert slot is None or slot.since <= slot.until


@pytest.mark.parametrize("day", ["2026", "31/02/2026", "soon"])
def test_a_session_has_a_whole_day(day: str) -> None:
    assert registration.read_day(day).value == ""
    assert registration.read_slot(day, number_cell=day.isdigit()) is None


def of(rows: list[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Which row may repeat which, among *rows* of numbers, names, births and phones."""
    layout = Layout(1, {Column.NUMBER: 0, Column.NAME: 1, Column.BIRTH: 2, Column.PHONE: 3}, names=(1,))
    seen = Duplicates()
    made = [(number, clean_row(Row(number, cells), layout, DEFAULTS)) for number, cells in enumerate(rows, 2)]
    return [(finding.row, finding.other) for number, row in made for finding in seen.of(number, row, layout)]


def test_rows_that_may_be_one_person_are_told_of_and_stay_two() -> None:
    assert of(
        [
            ("001185000001", "Đỗ Thị Ánh", "1985", "0990000001"),
            ("001185000002", "Lê Văn Tám", "1985", "0990000002"),
            ("001185000001", "Đỗ Thị Ánh", "", ""),
            ("", "ĐỖ THỊ ÁNH", "02/03/1985", "0990000001"),
            ("", "Đỗ Thị Ánh", "1985", "0990000009"),
        ]
    ) == [(4, 2), (5, 2)]


def test_columns_have_a_spreadsheets_letters() -> None:
    assert [column_letters(column) for column in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
