"""Lists as workbooks (.xlsx, ECMA-376): the sheet as a stream, cells as texts, formulas never believed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kiosk.lists.base import LONGEST_CELL, MOST_COLUMNS, ListError, bounded
from kiosk.lists.package import MOST_SHEET_BYTES, Package
from kiosk.lists.serials import date_styles, shown_number
from kiosk.lists.xml_parts import XmlPart, whole
from kiosk.rules.headings import Row

_MOST_STRINGS, _MOST_STRINGS_BYTES = 2_000_000, 96 << 20
_LAST_ROW = 1_048_576
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class XlsxFile:
    """The workbook *path*. Raises ListError."""

    def __init__(self, path: Path) -> None:
        self._package = Package(path)
        try:
            workbook = self._main_part()
            self._targets = self._package.targets(workbook)
            self._ids: dict[str, str] = {}
            self._since_1904 = False
            with self._package.part(workbook) as file:
                XmlPart(file, self._on_workbook).read()
            self._strings: list[str] | None = None
            self._date_styles = self._read_styles()
        except BaseException:
            self._package.close()
            raise
        self._progress = 0.0

    @property
    def sheets(self) -> tuple[str, ...]:
        """The visible sheets with cells."""
        return tuple(self._ids)

    def _main_part(self) -> str:
        targets = self._package.targets("") if self._package.has("_rels/.rels") else {}
        main = next((part for kind, part in targets.values() if kind == "officeDocument"), "xl/workbook.xml")
        if not self._package.has(main):
            raise ListError("it is a ZIP archive without a workbook; unpack it first")
        return main

    def _on_workbook(self, name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            self._since_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet" and attributes.get("state", "visible") == "visible":
            found = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            kind, part = self._targets.get(found, ("", ""))
            if kind == "worksheet":
                self._ids[attributes.get("name", part)] = part

    def _of_kind(self, kind: str) -> str:
        return next((part for found, part in self._targets.values() if found == kind), "")

    def _read_styles(self) -> frozenset[int]:
        part = self._of_kind("styles")
        if not self._package.has(part):
            return frozenset()
        with self._package.part(part) as file:
            return date_styles(file)

    def _shared(self) -> list[str]:
        """The texts that cells share, read once."""
        if self._strings is None:
            self._strings = []
            part = self._of_kind("sharedStrings")
            if self._package.has(part):
                with self._package.part(part, _MOST_STRINGS_BYTES) as file:
                    strings = _Strings(self._strings)
                    XmlPart(file, strings.start, strings.end, strings.text).read()
        return self._strings

    def rows(self, sheet: str) -> Iterator[Row]:
        """The rows of *sheet* in which something stands."""
        cells = _Cells(self._shared(), self._date_styles, since_1904=self._since_1904)
        part, count = self._ids[sheet], 0
        size = self._package.size(part) if self._package.has(part) else 0
        with self._package.part(part, MOST_SHEET_BYTES) as file:
            xml = XmlPart(file, cells.start, cells.end, cells.text)
            more = True
            while more:
                more = xml.feed()
                self._progress = xml.bytes_read / max(1, size)
                for row in cells.taken():
                    count += 1
                    yield bounded(row, count)

    def progress(self) -> float:
        """By bytes of the sheet."""
        return self._progress

    def close(self) -> None:
        """Close the file."""
        self._package.close()


class _Strings:
    """Handlers that collect shared texts; how a word sounds (phonetic runs) is no part of it."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._pieces: list[str] = []
        self._in_text = self._in_phonetic = False

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._in_phonetic = self._in_phonetic or name == "rPh"
        self._in_text = name == "t" and not self._in_phonetic

    def end(self, name: str) -> None:
        self._in_text = False
        if name == "rPh":
            self._in_phonetic = False
        elif name == "si":
            self._strings.append("".join(self._pieces))
            self._pieces.clear()
            if len(self._strings) > _MOST_STRINGS:
                raise ListError(f"it has more than {_MOST_STRINGS} different texts; divide it")

    def text(self, piece: str) -> None:
        if self._in_text:
            self._pieces.append(piece)


class _Cells:
    """Handlers that make rows of a sheet's XML. A cell with a formula has what was last worked out, and is marked."""

    def __init__(self, strings: list[str], date_styles: frozenset[int], *, since_1904: bool) -> None:
        self._strings = strings
        self._date_styles = date_styles
        self._since_1904 = since_1904
        self._rows: list[Row] = []
        self._number = self._column = 0
        self._columns: dict[str, int] = {}
        self._type, self._style = "n", "0"
        self._pieces: list[str] = []
        self._letters = 0
        self._in_value = False
        self._clear()

    def _clear(self) -> None:
        self._texts: dict[int, str] = {}
        self._numbers: set[int] = set()
        self._formulas: set[int] = set()

    def taken(self) -> list[Row]:
        """The rows that are whole; they are handed out once."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("v", "t"):
            self._in_value = True
        elif name == "c":
            self._column = self._place(attributes.get("r"))
            self._type, self._style = attributes.get("t", "n"), attributes.get("s", "0")
        elif name == "f":
            self._formulas.add(self._column)
        elif name == "row":
            self._begin_row(attributes.get("r", ""))

    def _begin_row(self, written: str) -> None:
        number = whole(written) if written else self._number + 1
        if not self._number < number <= _LAST_ROW:
            raise ListError(f"it is damaged: a row {number} follows row {self._number}")
        self._number, self._column = number, -1

    def _place(self, reference: str | None) -> int:
        """The column of a cell, from 0; without a reference it is the next."""
        found = _REFERENCE.fullmatch(reference or "")
        if not found:
            return self._column + 1
        letters = found[1]
        if letters not in self._columns:
            value = 0
            for letter in letters:
                value = value * 26 + ord(letter) - ord("A") + 1
            self._columns[letters] = value - 1
        return self._columns[letters]

    def text(self, piece: str) -> None:
        if self._in_value:
            self._pieces.append(piece)
            self._letters += len(piece)
            if self._letters > LONGEST_CELL:
                raise ListError(f"row {self._number} has a cell of more than {LONGEST_CELL} letters")

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._in_value = False
        elif name == "c":
            self._end_cell()
        elif name == "row" and (self._texts or self._formulas):
            self._rows.append(self._row())
            self._clear()

    def _end_cell(self) -> None:
        written = "".join(self._pieces)
        self._pieces.clear()
        self._letters = 0
        text = self._meaning(written) if written else ""
        if text or self._column in self._formulas:
            if self._column >= MOST_COLUMNS:
                raise ListError(f"row {self._number} has something beyond column {MOST_COLUMNS}")
            self._texts[self._column] = text

    def _meaning(self, written: str) -> str:
        if self._type == "s":
            index = whole(written)
            if not 0 <= index < len(self._strings):
                raise ListError(f"it is damaged: row {self._number} names a text that is not there")
            return self._strings[index]
        if self._type != "n":
            return written
        is_date = whole(self._style) in self._date_styles
        text, is_number = shown_number(written, is_date=is_date, since_1904=self._since_1904)
        if is_number:
            self._numbers.add(self._column)
        return text

    def _row(self) -> Row:
        texts = self._texts
        width = max((*texts, *self._formulas)) + 1
        cells = tuple(texts.get(place, "") for place in range(width))
        return Row(self._number, cells, frozenset(self._numbers), frozenset(self._formulas))
