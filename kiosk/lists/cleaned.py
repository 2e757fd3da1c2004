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

from kiosk.lists.base import ListError
from kiosk.lists.workbook import BOLD, FIRST_COLOUR, MAIN, TEXT, XML, fixed_parts
from kiosk.rules.identity import Heading
from kiosk.rules.list_rows import Finding, column_letters

_OURS = "<dc:creator>kiosk import-list</dc:creator>"
_SHEETS = ("Danh sách", "Báo cáo", "Chú giải")
_PIECE = 1 << 16

# What the colours say, in the order of their cell styles.
PUT_RIGHT = ("Đã thêm lại số 0 hoặc nên xem lại", "Zeros put back, or to be looked at again")
DUPLICATE = ("Có thể trùng, không tự gộp", "Possible duplicate, never merged")
_LEGEND: tuple[tuple[str, tuple[str, str]], ...] = (
    ("FFF4B6B6", (Heading.NO_NUMBER.vi, Heading.NO_NUMBER.en)),
    ("FFFFD29A", (Heading.WRONG_FORMAT.vi, Heading.WRONG_FORMAT.en)),
    ("FFFFF0A0", (Heading.WRONG_DATA.vi, Heading.WRONG_DATA.en)),
    ("FFD3EFD3", PUT_RIGHT),
    ("FFCBDFF8", DUPLICATE),
)
_STYLE = {Heading.NO_NUMBER: FIRST_COLOUR, Heading.WRONG_FORMAT: FIRST_COLOUR + 1, Heading.WRONG_DATA: FIRST_COLOUR + 2}
_PUT_RIGHT, _DUPLICATE = FIRST_COLOUR + 3, FIRST_COLOUR + 4
_REPORT_COLUMNS = ("Ô", "Mục", "Trong danh sách", "Giữ lại", "Gợi ý", "Giải thích", "In English")


class CleanedFile:
    """A new workbook at *path*, for its owner alone; it appears whole at ``finish``, or not at all.

    Raises ListError where it cannot be written, or another file than an earlier cleaned list is in its place.
    """

    def __init__(self, path: Path) -> None:
        if os.path.lexists(path) and not _is_ours(path):
            raise ListError(f"{path}: is there already, and no cleaned list of this program; name another file")
        self._path = path
        self._draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
        with _named(path):
            descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=3)
        self._sheet = self._begin_sheet(1)
        self._report = _Kept()

    def __enter__(self) -> Self:
        return self

    def add(
        self, number: int, cells: Sequence[str], findings: Iterable[Finding] = (), *, heading: bool = False
    ) -> None:
        """Write row *number*, after those before it, with its doubtful cells coloured and told of in the report."""
        styles = {finding.column: _style(finding) for finding in findings}
        plain = BOLD if heading else TEXT
        width = max(len(cells), 1 + max(styles, default=-1))
        written = (
            _cell(
                f"{column_letters(place)}{number}", cells[place] if place < len(cells) else "", styles.get(place, plain)
            )
            for place in range(width)
        )
        with _named(self._path):
            self._sheet.write(f'<row r="{number}">{"".join(written)}</row>'.encode())
        for finding in findings:
            self._report.add(_row(_words(finding), {1: _style(finding)}))

    def finish(self, summary: Iterable[tuple[str, str]]) -> None:
        """Write the report, headed by *summary* (Vietnamese, English), and put the file in its place."""
        with _named(self._path):
            self._end_sheet(self._sheet)
            sheet = self._begin_sheet(2)
            for vi, en in summary:
                sheet.write(_row((vi, en)))
            sheet.write(_row(_REPORT_COLUMNS, dict.fromkeys(range(len(_REPORT_COLUMNS)), BOLD)))
            for piece in self._report.pieces():
                sheet.write(piece)
            self._end_sheet(sheet)
            legend = self._begin_sheet(3)
            for style, (_, (vi, en)) in enumerate(_LEGEND, FIRST_COLOUR):
                legend.write(_row((vi, en), {0: style}))
            self._end_sheet(legend)
            for name, content in fixed_parts(_SHEETS, [colour for colour, _ in _LEGEND], _OURS):
                self._zip.writestr(name, XML + content)
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._draft.replace(self._path)

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        with contextlib.suppress(OSError, ValueError):  # ValueError: of a package that ends in the middle of a part
            self._file.close()
        self._draft.unlink(missing_ok=True)

    def _begin_sheet(self, number: int) -> IO[bytes]:
        sheet = self._zip.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True)
        begin = f'<worksheet xmlns="{MAIN}"><sheetFormatPr defaultColWidth="20" defaultRowHeight="15"/><sheetData>'
        sheet.write((XML + begin).encode())
        return sheet

    def _end_sheet(self, sheet: IO[bytes]) -> None:
        sheet.write(b"</sheetData></worksheet>")
        sheet.close()


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


def _style(finding: Finding) -> int:
    if finding.other:
        return _DUPLICATE
    return _STYLE[finding.problem.heading] if finding.problem.hard else _PUT_RIGHT


def _words(finding: Finding) -> tuple[str, ...]:
    problem = finding.problem
    also_vi, also_en = (f" Hàng {finding.other}.", f" Row {finding.other}.") if finding.other else ("", "")
    kept = (finding.found, finding.kept, finding.offer)
    return (finding.cell, problem.heading.vi, *kept, problem.vi + also_vi, problem.en + also_en)


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
        raise ListError(f"{path}: cannot be written: {error.strerror}") from error


def _is_ours(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as package:
            core = package.getinfo("docProps/core.xml")
            return core.file_size < _PIECE and _OURS.encode() in package.read(core)
    except (OSError, KeyError, ValueError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error):
        return False
