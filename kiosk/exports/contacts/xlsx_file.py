"""The table as a workbook for people: one sheet to call from and to print, one about the question.

Every cell is written as text, so that no spreadsheet takes one for a formula, a number or a link.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from kiosk.exports.contacts.about import about
from kiosk.exports.contacts.handing_over import File, Receiver, Refused, whole
from kiosk.exports.contacts.table import COLUMNS, fingerprint, rows
from kiosk.rules.contact_list import ContactList
from kiosk.rules.contact_words import TITLE, Said

ENDING = ".xlsx"
MOST_ROWS = 1_048_575  # below the headings (Excel's specifications and limits)
LONGEST_CELL = 32_767  # UTF-16 units

Table = list[tuple[str, ...]]
_WIDE = {"name": 26, "address": 34, "places": 26, "stays": 40, "together": 44, "notes": 26, "through": 20}


def write(answer: ContactList, receiver: Receiver) -> File | Refused:
    """A workbook; refused where a sheet or a cell would not hold all. Raises ImportError without XlsxWriter."""
    import xlsxwriter

    table = rows(answer)
    mark = fingerprint(table)
    lines = about(answer, mark)
    if refused := _too_large(table, lines):
        return refused
    out = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, {"in_memory": True, **plain}) as book:
        # Else the workbook has the minute in which it was made, and is another file each time.
        book.set_properties({"title": TITLE.vi, "created": _created(answer)})
        _list(book, table, answer.asked.case_number)
        _question(book, lines)
    return whole(out.getvalue(), mark)


def _created(answer: ContactList) -> datetime:
    return datetime.fromtimestamp(answer.asked.asked_ms // 1000, UTC).replace(tzinfo=None)


def _too_large(table: Table, lines: list[tuple[Said, str]]) -> Refused | None:
    if len(table) > MOST_ROWS:
        return Refused(
            Said(
                f"Một trang tính chứa tối đa {MOST_ROWS} người; hãy dùng CSV hoặc Parquet.",
                f"A sheet holds at most {MOST_ROWS} people; use CSV or Parquet.",
            )
        )
    cells = chain(chain.from_iterable(table), (value for _, value in lines))
    if any(len(cell.encode("utf-16-le")) // 2 > LONGEST_CELL for cell in cells):
        return Refused(
            Said(
                "Có ô dài hơn mức một trang tính chứa được; hãy dùng CSV hoặc Parquet.",
                "Somebody's cell is longer than a sheet holds; use CSV or Parquet.",
            )
        )
    return None


def _list(book: Any, table: Table, case_number: str) -> None:
    sheet, bold = book.add_worksheet("Danh sách"), book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    cell = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    for column, (name, heading) in enumerate(COLUMNS.items()):
        sheet.set_column(column, column, _WIDE.get(name, 13))
        _text(sheet, 0, column, heading.both, bold)
    for number, row in enumerate(table, 1):
        for column, text in enumerate(row):
            _text(sheet, number, column, text, cell)
    sheet.freeze_panes(1, 5)
    sheet.autofilter(0, 0, max(1, len(table)), len(COLUMNS) - 1)
    _for_paper(sheet, case_number)


def _for_paper(sheet: Any, case_number: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    # An ampersand begins a code of the header; at most 255 letters of it are allowed.
    sheet.set_header(f"&L{TITLE.vi[:80]}&R{''.join(filter(str.isprintable, case_number))[:60].replace('&', '&&')}")
    sheet.set_footer("&R&P / &N")


def _question(book: Any, lines: list[tuple[Said, str]]) -> None:
    sheet, bold = book.add_worksheet("Câu hỏi"), book.add_format({"bold": True, "valign": "top"})
    cell = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 90)
    _text(sheet, 0, 0, TITLE.both, bold)
    for number, (name, value) in enumerate(lines, 1):
        _text(sheet, number, 0, name.both, bold)
        _text(sheet, number, 1, value, cell)


def _text(sheet: Any, row: int, column: int, text: str, look: Any) -> None:
    if sheet.write_string(row, column, text, look) != 0:
        raise AssertionError(f"row {row}, column {column} of a sheet was not taken whole")
