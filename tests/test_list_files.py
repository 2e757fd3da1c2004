"""A list is read whatever file it is, or refused with one sentence: torn, huge, encrypted, or meant to do harm."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from kiosk.lists import CleanedFile, ListError, open_list
from kiosk.lists import base as bounds
from kiosk.rules.headings import Row
from kiosk.rules.identity import Problem, clean_text
from kiosk.rules.list_rows import Finding, Section

HEADINGS = ("Họ và tên", "Ngày sinh", "Số CCCD")
ANH = ("Đỗ Thị Ánh", "02/03/1985", "001185000001")
SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(path: Path, *rows: tuple[Any, ...]) -> Path:
    """A workbook as a spreadsheet program makes it."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows or (HEADINGS, ANH):
        sheet.append(row)
    book.save(path)
    return path


def rebuilt(path: Path, parts: dict[str, bytes], **options: Any) -> Path:
    """The package with some parts exchanged or added."""
    with zipfile.ZipFile(path) as package:
        found = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as package:
        for name, content in (found | parts).items():
            package.writestr(name, content)
    return path


def sheet_of(data: bytes) -> bytes:
    return b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (NAMESPACE.encode(), data)


def shared(path: Path, texts: bytes, cells: bytes) -> Path:
    """A workbook whose cells share *texts*, as Excel writes it."""
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    targets = ((b"worksheet", b"worksheets/sheet1.xml"), (b"sharedStrings", b"sharedStrings.xml"))
    links = b"".join(
        b'<Relationship Id="rId%d" Type="%s/%s" Target="%s"/>' % (n, kind, *t) for n, t in enumerate(targets, 1)
    )
    return rebuilt(
        workbook(path),
        {
            "xl/_rels/workbook.xml.rels": b"<Relationships>%s</Relationships>" % links,
            "xl/sharedStrings.xml": texts,
            SHEET: sheet_of(cells),
        },
    )


def rows_of(path: Path) -> list[Row]:
    with open_list(path) as file:
        return list(file.rows(file.sheets[0]))


def refused(path: Path) -> str:
    """The sentence with which reading *path* ends."""
    with pytest.raises(ListError) as error:
        rows_of(path)
    sentence = str(error.value)
    assert sentence.startswith(f"{path}: ")
    assert "\n" not in sentence
    return sentence


def test_a_workbook_is_read_as_people_see_it(tmp_path: Path) -> None:
    rich = CellRichText("Đỗ ", TextBlock(InlineFont(b=True), "Thị Ánh"))
    row = (rich, datetime(1985, 3, 2), 1185000001, 7.5, date(2026, 11, 20), time(8, 30), datetime(2026, 11, 20, 8, 30))
    (read,) = rows_of(workbook(tmp_path / "list.xlsx", row))
    assert read.cells == (
        *("Đỗ Thị Ánh", "1985-03-02", "1185000001", "7.5"),
        *("2026-11-20", "08:30", "2026-11-20T08:30"),
    )
    assert read.numbers == {2, 3}


def test_texts_that_cells_share_are_read_without_how_they_sound(tmp_path: Path) -> None:
    texts = b"<sst><si><t>A</t></si><si><r><t>B</t></r><r><t>C</t></r><rPh><t>sound</t></rPh></si></sst>"
    cells = b'<row r="3"><c r="B3" t="s"><v>1</v></c><c r="D3" t="s"><v>0</v></c></row>'
    assert rows_of(shared(tmp_path / "list.xlsx", texts, cells)) == [Row(3, ("", "BC", "", "A"))]


def test_rows_keep_their_numbers_and_empty_ones_are_left_out(tmp_path: Path) -> None:
    path = workbook(tmp_path / "list.xlsx", HEADINGS, (), ("", None), ANH)
    assert [(row.number, row.cells) for row in rows_of(path)] == [(1, HEADINGS), (4, ANH)]


def test_a_formula_is_marked_and_its_worked_out_value_is_no_cell_of_its_own(tmp_path: Path) -> None:
    cells = b'<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>HYPERLINK("x")</f><v>x</v></c></row>'
    path = rebuilt(workbook(tmp_path / "list.xlsx"), {SHEET: sheet_of(cells)})
    assert [row.formulas for row in rows_of(path)] == [{0, 1}]


def test_cells_and_rows_without_references_follow_one_another(tmp_path: Path) -> None:
    cells = b"<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>"
    path = rebuilt(workbook(tmp_path / "list.xlsx"), {SHEET: sheet_of(cells)})
    assert [(row.number, row.cells) for row in rows_of(path)] == [(1, ("1", "2")), (2, ("3",))]


def test_hidden_sheets_are_not_read(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.title = "Ẩn"
    book.active.sheet_state = "hidden"
    book.create_sheet("Danh sách").append(HEADINGS)
    book.save(tmp_path / "list.xlsx")
    with open_list(tmp_path / "list.xlsx") as file:
        assert file.sheets == ("Danh sách",)


def test_dates_since_1904_are_the_same_days(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = datetime(1904, 1, 1)
    assert book.active is not None
    book.active.append([date(1985, 3, 2)])
    book.save(tmp_path / "list.xlsx")
    assert rows_of(tmp_path / "list.xlsx")[0].cells == ("1985-03-02",)


def table(delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([HEADINGS, (), ANH])
    return text.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_in_any_usual_encoding(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(table(delimiter).encode(encoding))
    assert [(row.number, row.cells) for row in rows_of(path)] == [(1, HEADINGS), (3, ANH)]


def test_a_csv_in_windows_vietnamese_code_page_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(
        "Họ và tên,CCCD\nTrâ\u0300n Va\u0306n Bô\u0301n,001185000001\n".replace("ọ", "o\u0323").encode(
            "cp1258", "replace"
        )
    )
    assert clean_text(rows_of(path)[0].cells[0]) == "Họ và tên"


def test_a_csv_may_name_its_separator_and_protect_zeros(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('sep=;\nHọ và tên;Số CCCD\nĐỗ Thị Ánh;="001185000001"\nLê Văn Tám;=1+1\n', encoding="utf-8")
    rows = rows_of(path)
    assert [(row.number, row.cells[1], row.formulas) for row in rows[1:]] == [
        (2, "001185000001", frozenset()),
        (3, "=1+1", {1}),
    ]


BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]>"
)


def with_macro(path: Path) -> Path:
    return rebuilt(workbook(path), {"xl/vbaProject.bin": b"macro"})


def encrypted_entry(path: Path) -> Path:
    content = bytearray(workbook(path).read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1  # the general purpose flag of the first entry of the directory
    path.write_bytes(content)
    return path


def lying_directory(path: Path) -> Path:
    content = bytearray(rebuilt(workbook(path), {SHEET: sheet_of(b"<row/>" * 9999)}).read_bytes())
    at = content.rfind(SHEET.encode()) - 46
    content[at + 24 : at + 28] = (99).to_bytes(4, "little")  # the size that the directory declares
    path.write_bytes(content)
    return path


def written(content: bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return write


def with_parts(**parts: bytes) -> Callable[[Path], Path]:
    names = {"sheet": SHEET, "book": "xl/workbook.xml", "styles": "xl/styles.xml"}
    return lambda path: rebuilt(workbook(path), {names[name]: content for name, content in parts.items()})


def truncated(path: Path) -> Path:
    path.write_bytes(workbook(path).read_bytes()[:-500])
    return path


def damaged(path: Path) -> Path:
    content = bytearray(rebuilt(workbook(path), {SHEET: sheet_of(b"<row/>" * 9999)}).read_bytes())
    at = content.find(SHEET.encode()) + len(SHEET) + 20
    content[at : at + 8] = b"\xff" * 8
    path.write_bytes(content)
    return path


def of_many_parts(path: Path) -> Path:
    return rebuilt(workbook(path), {f"xl/media/{n}.png": b"" for n in range(2500)})


def zip_bomb(path: Path) -> Path:
    return rebuilt(workbook(path), {SHEET: bytes(600 << 20)}, compresslevel=1)


def binary_workbook(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("xl/workbook.bin", b"x")
    return path


def open_document(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("content.xml", b"<x/>")
    return path


def bare_archive(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("list.csv", table(","))
    return path


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
LONG_NUMBER = b"9" * 5000
MANY_CELLS = b"".join(b"<c><v>1</v></c>" for _ in range(bounds.MOST_COLUMNS + 1))
BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "empty": (written(b""), "is empty"),
    "blank": (written(b"\0\0\r\n  "), "is empty"),
    "torn": (truncated, "torn"),
    "damaged": (damaged, "torn or damaged"),
    "encrypted": (written(OLE + "EncryptedPackage".encode("utf-16-le")), "encrypted; open it with its password"),
    "encrypted entry": (encrypted_entry, "encrypted"),
    "old": (written(OLE), r"old Excel file \(\.xls\)"),
    "macro": (with_macro, "macros"),
    "binary": (binary_workbook, "xlsb"),
    "open document": (open_document, "OpenDocument"),
    "archive": (bare_archive, "without a workbook"),
    "pdf": (written(b"%PDF-1.7"), "PDF"),
    "web page": (written(b"\xef\xbb\xbf \r\n<HTML><table>"), "web page"),
    "picture": (written(b"\x89PNG\r\n"), "picture"),
    "many parts": (of_many_parts, "larger than any list"),
    "zip bomb": (zip_bomb, "has more than"),
    "lying directory": (lying_directory, "torn or damaged|it is damaged"),
    "entities in the sheet": (with_parts(sheet=BOMB + sheet_of(b"&j;")), "document type"),
    "entities in the texts": (lambda path: shared(path, BOMB + b"<sst>&j;</sst>", b""), "document type"),
    "entities in the workbook": (with_parts(book=BOMB + b"<workbook/>"), "document type"),
    "entities in the styles": (with_parts(styles=BOMB + b"<styleSheet/>"), "document type"),
    "too deep": (with_parts(sheet=b"<a>" * 99), "nested too deep"),
    "long tag": (with_parts(sheet=b"<a " + b"x" * (3 << 20)), "tag is too long"),
    "not XML": (with_parts(sheet=b"<worksheet><row></worksheet>"), "damaged: mismatched tag"),
    "no such text": (
        with_parts(sheet=sheet_of(b'<row><c t="s"><v>99</v></c></row>')),
        "names a text that is not there",
    ),
    "rows backwards": (with_parts(sheet=sheet_of(b'<row r="5"/><row r="5"/>')), "row 5 follows row 5"),
    "a far row": (with_parts(sheet=sheet_of(b'<row r="2000000"/>')), "row 2000000 follows"),
    "wide": (with_parts(sheet=sheet_of(b"<row>" + MANY_CELLS + b"</row>")), "beyond column 100"),
    "long cell": (
        with_parts(sheet=sheet_of(b'<row><c t="inlineStr"><is><t>' + b"x" * 40_000 + b"</t></is></c></row>")),
        "a cell of more than",
    ),
    "long line": (written(b"a,b\n" + b"x" * (2 << 20)), "a row that never ends"),
    "many lines": (written(b"a,b\n" + b'"x\n",' * 5000), "a row that never ends"),
    "odd numbers": (
        with_parts(sheet=sheet_of(b'<row><c t="s" s="%s"><v>%s</v></c></row>' % (LONG_NUMBER, LONG_NUMBER))),
        "a text that is not there",
    ),
    "odd styles": (with_parts(styles=b'<a><numFmt numFmtId="%s"/>' % LONG_NUMBER), "damaged: no element found"),
    "open quote": (written(b'a,"b\n' + b"x,y\n" * 99_999), "quote"),
    "wide csv": (written(b"x," * 500), "at most 100"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_cannot_be_used_gets_one_sentence(kind: str, tmp_path: Path) -> None:
    make, sentence = BAD[kind]
    with pytest.raises(ListError, match=sentence):
        rows_of(make(tmp_path / "list.xlsx"))
    refused(tmp_path / "list.xlsx")


def test_a_file_that_is_not_there_gets_one_sentence(tmp_path: Path) -> None:
    assert refused(tmp_path / "list.xlsx").endswith("cannot be read: No such file or directory")


def test_a_list_of_more_rows_than_a_district_has_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_ROWS", 3)
    assert "more than 3 rows" in refused(workbook(tmp_path / "list.xlsx", *[ANH] * 4))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=2000), st.sampled_from([b"", b"PK\x03\x04", OLE[:8], b"\xff\xfe", b"\xef\xbb\xbf", b"sep=;\n"])
)
def test_any_bytes_are_a_list_or_get_one_sentence(tmp_path: Path, content: bytes, begin: bytes) -> None:
    path = tmp_path / "list"
    path.write_bytes(begin + content)
    try:
        rows_of(path)
    except ListError as error:
        assert str(error).startswith(f"{path}: ")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=5))
def test_a_workbook_with_a_few_wrong_bytes_is_a_list_or_gets_one_sentence(
    tmp_path: Path, wrong: list[tuple[int, int]]
) -> None:
    path = workbook(tmp_path / "list.xlsx")
    content = bytearray(path.read_bytes())
    for at, byte in wrong:
        content[at % len(content)] = byte
    path.write_bytes(content)
    try:
        rows_of(path)
    except ListError as error:
        assert str(error).startswith(f"{path}: ")


XML = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_characters="<&"), max_size=5),
    lambda inner: st.builds(
        lambda name, key, value, content: f'<{name} {key}="{value}">{"".join(content)}</{name}>',
        st.sampled_from(["row", "c", "v", "is", "t", "f", "rPh", "r"]),
        st.sampled_from(["r", "t", "s"]),
        st.sampled_from(["A1", "1", "7", "s", "n", "d", "inlineStr", "ZZZ9", "-1", "99999999", "B2"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(XML)
def test_any_sheet_is_read_or_gets_one_sentence(tmp_path: Path, xml: str) -> None:
    path = rebuilt(workbook(tmp_path / "list.xlsx"), {SHEET: sheet_of(xml.encode())})
    try:
        rows_of(path)
    except ListError as error:
        assert str(error).startswith(f"{path}: ")


DOUBT = Finding(2, 2, Problem.NUMBER_FORMAT, "12345", "", "000012345")


def test_the_cleaned_list_has_doubtful_cells_in_colour_and_says_why(tmp_path: Path) -> None:
    with CleanedFile(tmp_path / "out.xlsx") as out:
        out.add(1, HEADINGS, heading=True)
        out.add(2, ("Đỗ Thị Ánh", "02/03/1985", "12345"), [DOUBT])
        out.finish([("Một hàng.", "One row.")])
    book = load_workbook(tmp_path / "out.xlsx")
    cells, report, legend = book["Danh sách"], book["Báo cáo"], book["Chú giải"]
    colour = cells["C2"].fill.fgColor.rgb
    assert colour == legend.cell(2, 1).fill.fgColor.rgb != cells["B2"].fill.fgColor.rgb
    assert legend.cell(2, 1).value == Section.WRONG_FORMAT.vi
    assert [cell.value for cell in report[3]][:2] == ["C2", Section.WRONG_FORMAT.vi]
    assert report["A1"].value == "Một hàng."


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "<is>&", "001185000001", "+1", "@x", "1985", "#N/A", "TRUE"])
def test_every_cell_of_the_cleaned_list_is_a_text(tmp_path: Path, text: str) -> None:
    with CleanedFile(tmp_path / "out.xlsx") as out:
        out.add(5, (text,))
        out.finish([])
    cell = load_workbook(tmp_path / "out.xlsx")["Danh sách"]["A5"]
    assert (cell.value, cell.number_format) == (text, "@")
    assert b"<f" not in zipfile.ZipFile(tmp_path / "out.xlsx").read(SHEET)


def test_the_cleaned_list_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), CleanedFile(tmp_path / "out.xlsx") as out:
        out.add(1, HEADINGS)
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_the_cleaned_list_takes_the_place_of_an_earlier_one_and_of_nothing_else(tmp_path: Path) -> None:
    for _ in range(2):
        with CleanedFile(tmp_path / "out.xlsx") as out:
            out.finish([])
    workbook(tmp_path / "budget.xlsx")
    before = (tmp_path / "budget.xlsx").read_bytes()
    with pytest.raises(ListError, match="no cleaned list of this program"):
        CleanedFile(tmp_path / "budget.xlsx")
    assert (tmp_path / "budget.xlsx").read_bytes() == before


def test_the_cleaned_list_is_for_its_owner_alone(tmp_path: Path) -> None:
    with CleanedFile(tmp_path / "out.xlsx") as out:
        out.finish([])
    assert (tmp_path / "out.xlsx").stat().st_mode & 0o777 == 0o600
