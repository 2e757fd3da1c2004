"""The cleaned list as a workbook: the rows as they were sent, doubtful cells coloured, and a report in words.

Written as a stream straight into the package, so that no name lies in a temporary file of the machine, and every
cell as text, so that nothing in it is ever computed and no zero is lost.
"""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from xml.sax.saxutils import escape

from kiosk.lists.base import CleanedError
from kiosk.lists.workbook import BOLD, FIRST_COLOUR, MAIN, TEXT, XML, fixed_parts
from kiosk.rules.list_rows import Finding, Section, column_letters

_OURS = "<dc:creator>kiosk import-list</dc:creator>"
_SHEETS = ("Danh sách", "Báo cáo", "Chú giải")
_PIECE = 1 << 16

_COLOURS = {
    Section.NO_NUMBER: "FFF4B6B6",
    Section.WRONG_FORMAT: "FFFFD29A",
    Section.WRONG_DATA: "FFFFF0A0",
    Section.PUT_RIGHT: "FFD3EFD3",
    Section.DUPLICATE: "FFCBDFF8",
}
_STYLES = {section: style for style, section in enumerate(_COLOURS, FIRST_COLOUR)}
_REPORT_COLUMNS = ("Ô", "Mục", "Trong danh sách", "Giữ lại", "Gợi ý", "Giải thích", "In English")


class CleanedBook:
    """A workbook that is written to *file*, row by row, and is whole after ``finish``. Raises OSError."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._sheet = self._begin_sheet(1)
        self._report = _Kept()

    def add(
        self, number: int, cells: Sequence[str], findings: Sequence[Finding] = (), *, heading: bool = False
    ) -> None:
        """Write row *number*, after those before it, with its doubtful cells coloured and told of in the report."""
        styles = {finding.column: _STYLES[finding.section] for finding in findings}
        plain = BOLD if heading else TEXT
        width = max(len(cells), 1 + max(styles, default=-1))
        written = (
            _cell(
                f"{column_letters(place)}{number}", cells[place] if place < len(cells) else "", styles.get(place, plain)
            )
            for place in range(width)
        )
        self._sheet.write(f'<row r="{number}">{"".join(written)}</row>'.encode())
        for finding in findings:
            self._report.add(_row(_words(finding), {1: _STYLES[finding.section]}))

    def finish(self, summary: Iterable[tuple[str, str]]) -> None:
        """Write the report, headed by *summary* (Vietnamese, English)."""
        self._next_sheet(2)
        for vi, en in summary:
            self._sheet.write(_row((vi, en)))
        self._sheet.write(_row(_REPORT_COLUMNS, dict.fromkeys(range(len(_REPORT_COLUMNS)), BOLD)))
        for piece in self._report.pieces():
            self._sheet.write(piece)
        self._next_sheet(3)
        for section, style in _STYLES.items():
            self._sheet.write(_row((section.vi, section.en), {0: style}))
        self._end_sheet()
        for name, content in fixed_parts(_SHEETS, tuple(_COLOURS.values()), _OURS):
            self._zip.writestr(name, XML + content)
        self._zip.close()

    def close(self) -> None:
        """Let go of what was begun."""
        for ending in (self._sheet, self._zip, self._file):
            with contextlib.suppress(OSError):  # of a full disk, when nothing of it is wanted any more
                ending.close()

    def _begin_sheet(self, number: int) -> IO[bytes]:
        sheet = self._zip.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True)
        begin = f'<worksheet xmlns="{MAIN}"><sheetFormatPr defaultColWidth="20" defaultRowHeight="15"/><sheetData>'
        sheet.write((XML + begin).encode())
        return sheet

    def _end_sheet(self) -> None:
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()

    def _next_sheet(self, number: int) -> None:
        self._end_sheet()
        self._sheet = self._begin_sheet(number)


class CleanedFile:
    """A new workbook at *path*, for its owner alone; it appears whole at ``finish``, or not at all.

    Raises CleanedError where it cannot be written, or another file than an earlier cleaned list is in its place.
    """

    def __init__(self, path: Path) -> None:
        if os.path.lexists(path) and not _is_ours(path):
            raise CleanedError(f"{path}: is there already, and no cleaned list of this program; name another file")
        self._path = path
        self._draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
        with _named(path):
            descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._book = CleanedBook(self._file)

    def __enter__(self) -> Self:
        return self

    def add(
        self, number: int, cells: Sequence[str], findings: Sequence[Finding] = (), *, heading: bool = False
    ) -> None:
        """Write row *number*, as ``CleanedBook.add`` does."""
        with _named(self._path):
            self._book.add(number, cells, findings, heading=heading)

    def finish(self, summary: Iterable[tuple[str, str]]) -> None:
        """Write the report, headed by *summary* (Vietnamese, English), and put the file in its place."""
        with _named(self._path):
            self._book.finish(summary)
            self._file.flush()
            os.fsync(self._file.fileno())
            self._draft.replace(self._path)

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._book.close()
        self._draft.unlink(missing_ok=True)


class _Kept:
    """Rows of the report, packed in memory until their sheet's turn comes."""

    def __init__(self) -> None:
        self._packed = io.BytesIO()
        self._packer = zlib.compressobj(1)

    def add(self, row: bytes) -> None:
        self._packed.write(self._packer.compress(row))

    def pieces(self) -> Iterator[bytes]:
        self._packed.write(self._packer.flush())
        self._packed.seek(0)
        unpacker = zlib.decompressobj()
        while packed := self._packed.read(_PIECE):
            yield unpacker.decompress(packed)


def _words(finding: Finding) -> tuple[str, ...]:
    problem = finding.problem
    also_vi, also_en = (f" Hàng {finding.other}.", f" Row {finding.other}.") if finding.other else ("", "")
    kept = (finding.found, finding.kept, finding.offer)
    return (finding.cell, finding.section.vi, *kept, problem.vi + also_vi, problem.en + also_en)


def _row(texts: Iterable[str], styles: dict[int, int] | None = None) -> bytes:
    cells = (_cell("", text, (styles or {}).get(place, TEXT)) for place, text in enumerate(texts))
    return f"<row>{''.join(cells)}</row>".encode()


def _cell(reference: str, text: str, style: int) -> str:
    at = f' r="{reference}"' if reference else ""
    if not text:
        return f'<c{at} s="{style}"/>' if style or not reference else ""
    return f'<c{at} s="{style}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CleanedError(f"{path}: cannot be written: {error.strerror}") from error


def _is_ours(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as package:
            core = package.getinfo("docProps/core.xml")
            return core.file_size < _PIECE and _OURS.encode() in package.read(core)
    except (OSError, KeyError, ValueError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error):
        return False
