"""Lists as text: CSV with commas, semicolons or tabs, in UTF-8, UTF-16 or Windows' Vietnamese code page."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from kiosk.lists.base import ListError, bounded
from kiosk.rules.headings import Row

_MOST_BYTES = 256 << 20
_CHUNK_BYTES = 1 << 20
_LONGEST_LINE, _MOST_LINES = 1 << 20, 1000  # letters; lines of one row, whose cells may have several
_DELIMITERS = ",;\t|"
_TEXT_FORMULA = re.compile(r'="([^"]*)"')  # how a text is kept from becoming a number


class CsvFile:
    """The CSV file *path*, which begins with *head*. Raises ListError."""

    sheets = ("",)

    def __init__(self, path: Path, head: bytes) -> None:
        self._size = path.stat().st_size
        if self._size > _MOST_BYTES:
            raise ListError(f"it has more than {_MOST_BYTES >> 20} MB; divide it")
        self._file = path.open("rb")
        self._encoding = _encoding(path, head)
        begin = head.decode(self._encoding, errors="ignore")
        self._separator_line = re.match(r"sep=(.)\r?\n", begin)
        self._delimiter = self._separator_line[1] if self._separator_line else _delimiter(begin)

    def rows(self, sheet: str) -> Iterator[Row]:
        """Its records, numbered as a spreadsheet that opens the file shows them."""
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, encoding=self._encoding, errors="replace", newline="")
        try:
            lines = _Lines(text)
            records = csv.reader(lines, delimiter=self._delimiter)
            if self._separator_line:
                next(records)
            count = 0
            for number, record in enumerate(records, 1):
                lines.of_record = 0
                if any(record):
                    count += 1
                    yield bounded(_row(number, record), count)
        except csv.Error as error:
            raise ListError(f"near line {records.line_num}: a quote that is not closed, or no text at all") from error
        finally:
            text.detach()

    def progress(self) -> float:
        """By bytes."""
        return self._file.tell() / self._size

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _Lines:
    """The lines of a text, one after another; what would grow in memory without end is refused."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.of_record = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._text.readline(_LONGEST_LINE)
        if not line:
            raise StopIteration
        self.of_record += 1
        if len(line) == _LONGEST_LINE or self.of_record > _MOST_LINES:
            raise ListError("it has a row that never ends; perhaps a quote is not closed")
        return line


def _row(number: int, record: list[str]) -> Row:
    cells = tuple(found[1] if (found := _TEXT_FORMULA.fullmatch(cell)) else cell for cell in record)
    return Row(
        number,
        cells,
        frozenset(place for place, cell in enumerate(cells) if cell.isdecimal()),
        frozenset(place for place, cell in enumerate(cells) if cell.startswith("=")),
    )


def _encoding(path: Path, head: bytes) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return encoding
    if head[1:200:2].count(0) > len(head[1:200:2]) // 2:
        return "utf-16-le"  # a spreadsheet's "Unicode text" that lost its mark
    return "utf-8" if _is_utf8(path) else "cp1258"


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(begin: str) -> str:
    """The one that makes the widest row of the first lines."""
    lines = begin.splitlines()[:20]

    def width(delimiter: str) -> int:
        try:
            return max(map(len, csv.reader(lines, delimiter=delimiter)), default=0)
        except csv.Error:
            return 0

    return max(_DELIMITERS, key=width)
