"""A list of people present at the same time leaves as a file that is whole, harmless, and known by its fingerprint."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
from contact_lists import answers, crowd, usual, with_second_order, with_texts
from hostile import ATTACKS
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.exports.contacts import CONTACT_EXPORTS
from kiosk.exports.contacts import xlsx_file as xlsx
from kiosk.exports.contacts.handing_over import Dhis2, File, Receiver, Refused, Sormas
from kiosk.exports.contacts.table import COLUMNS, fingerprint, rows
from kiosk.rules.contact_list import ContactList

pytest.importorskip("xlsxwriter", reason="XlsxWriter is not installed: no workbook was written (kiosk[hub])")

SERVERS = Receiver(
    Sormas(case_uuid="ABCDEF-GHIJKL-MNOPQR"),
    Dhis2("nEenWmSyUEp", "IpHINAT79UW", "DiszpKrYNg8", "dDrh5UyCyQV", "PQfMcpmXeFE", {"name": "w75KJ2mc4zz"}),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
Table = list[tuple[str, ...]]


def written(format_: str, answer: ContactList) -> File:
    done = CONTACT_EXPORTS[format_].write(answer, SERVERS)
    assert isinstance(done, File)
    return done


def csv_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def of_csv(content: bytes) -> tuple[str, Table]:
    heading, *lines = csv_rows(content)
    return heading[-1], [tuple(cell.removeprefix("'") for cell in line[:-1]) for line in lines]


def of_xlsx(content: bytes) -> tuple[str, Table]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    _, *lines = book.worksheets[0].iter_rows(values_only=True)
    table = [tuple("" if cell is None else str(cell) for cell in line) for line in lines]
    return str(list(book.worksheets[1].values)[-1][1]), table


def of_json(content: bytes) -> tuple[str, Table]:
    whole = json.loads(content)
    return f"{whole['rows']} rows, sha256 {whole['sha256']}", [tuple(row) for row in whole["table"]["rows"]]


READERS: dict[str, Callable[[bytes], tuple[str, Table]]] = {"csv": of_csv, "xlsx": of_xlsx, "json": of_json}


@pytest.mark.parametrize("format_", READERS)
@pytest.mark.parametrize("answer", [usual(), with_second_order(), crowd(0)], ids=["usual", "two orders", "nobody"])
def test_count_and_fingerprint_in_the_file_are_those_of_its_rows(format_: str, answer: ContactList) -> None:
    done = written(format_, answer)
    told, table = READERS[format_](done.content)
    assert (told, len(table)) == (fingerprint(table).text, len(answer.found))
    assert done.fingerprint == fingerprint(rows(answer)) and (done.rows, done.left_out) == (len(table), 0)


@given(answers())
@settings(max_examples=25)
def test_every_file_of_an_answer_has_the_same_rows(answer: ContactList) -> None:
    assert of_csv(written("csv", answer).content) == of_json(written("json", answer).content)


def test_a_changed_or_missing_row_shows() -> None:
    _, table = of_csv(written("csv", usual()).content)
    changed = [(*table[0][:4], "Ai đó", *table[0][5:]), *table[1:]]
    assert len({fingerprint(table), fingerprint(changed), fingerprint(table[:-1])}) == 3


@pytest.mark.parametrize("text", [attack.decode(errors="surrogateescape") for attack in ATTACKS.values()], ids=ATTACKS)
@pytest.mark.parametrize("format_", CONTACT_EXPORTS)
def test_no_text_that_somebody_brought_is_more_than_a_text(format_: str, text: str) -> None:
    done = CONTACT_EXPORTS[format_].write(with_texts(text), SERVERS)
    assert isinstance(done, File)
    if "csv" in CONTACT_EXPORTS[format_].ending:
        lines = [line for line in csv_rows(done.content) if not line[0].startswith("## ")]
        assert len({len(line) for line in lines}) == 1
        assert not any(cell.startswith(FORMULA) for line in lines for cell in line)
    elif format_ == "xlsx":
        no_formula_nor_link(done.content)
    elif format_ != "html":  # which test_contact_pictures.py looks at
        json.loads(done.content)


def no_formula_nor_link(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheets = [book.read(name) for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 2 and not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)
    cells = [
        cell for sheet in openpyxl.load_workbook(io.BytesIO(content)) for line in sheet.iter_rows() for cell in line
    ]
    assert {cell.data_type for cell in cells} <= {"s", "n"}  # openpyxl calls an empty one n
    assert all(cell.value is None for cell in cells if cell.data_type == "n")


@given(st.text(max_size=60))
@settings(max_examples=40)
def test_any_text_arrives_in_json_as_it_was(text: str) -> None:
    found = json.loads(written("json", with_texts(text)).content)["found"][0]
    assert (found["name"], found["id_number"]) == (text, text) or any(letter in text for letter in "\ufffe\uffff")


def test_what_a_sheet_cannot_hold_is_refused_not_cut() -> None:
    assert isinstance(xlsx.write(with_texts("Ệ" * (xlsx.LONGEST_CELL + 1)), SERVERS), Refused)
    assert isinstance(xlsx.write(with_texts("Ệ" * 4000), SERVERS), File)


def test_a_sheet_is_never_longer_than_a_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 4)
    assert isinstance(xlsx.write(usual(), SERVERS), Refused)
    assert isinstance(xlsx.write(crowd(4), SERVERS), File)


def test_the_title_says_presence_and_nowhere_a_verdict() -> None:
    everything = b"".join(
        done.content
        for form in CONTACT_EXPORTS.values()
        if isinstance(done := form.write(usual(), SERVERS), File) and form.ending != ".xlsx"
    ).decode()
    assert "Danh sách người có mặt cùng thời gian" in everything
    assert not any(verdict in everything for verdict in ("F0", "F1", "F2", "infected", "nhiễm"))


def test_why_somebody_has_no_name_and_what_is_doubtful_is_said() -> None:
    _, table = of_csv(written("csv", usual()).content)
    notes = {line[list(COLUMNS).index("notes")] for line in table}
    assert {"không còn lưu danh tính / no identity is kept", "không quét ra / exit not seen"} <= notes


def test_what_may_be_missing_is_said_beside_the_list() -> None:
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx", usual()).content))
    told = {line[0]: line[1] for line in book.worksheets[1].values}
    assert "cho-que" in str(told["Có thể thiếu / May be missing"])
