"""Which kind of file a list is: by what it begins with, never by its name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from kiosk.lists.base import CleanedError, ListError, ListFile
from kiosk.lists.csv_file import CsvFile
from kiosk.lists.xlsx_file import XlsxFile

_LOOKED_AT = 1 << 16
_MOST_OLE_BYTES = 64 << 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Compound File Binary ([MS-CFB] 2.2): old .xls, and encrypted .xlsx
_SAVE_AS = "save it as .xlsx or .csv"

# How other files begin, and what is said of them.
_OTHERS: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"%PDF",), "it is a PDF; ask for the spreadsheet that it was made from"),
    ((b"{\\rtf",), f"it is a text document; {_SAVE_AS}"),
    (
        (b"<html", b"<!doctype html", b"<table", b"<?xml"),
        f"it is a web page or XML, whatever its name says; {_SAVE_AS}",
    ),
    ((b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf\x27\x1c"), "it is a packed archive; unpack it first"),
    ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), "it is a picture; ask for the spreadsheet"),
)


@contextlib.contextmanager
def open_list(path: Path) -> Iterator[ListFile]:
    """Open the list in the file *path*. Raises ListError, whose sentence names the file, also while it is read."""
    try:
        file = _opened(path)
        with contextlib.closing(file):
            yield file
    except CleanedError:
        raise
    except ListError as error:
        raise ListError(f"{path}: {error}") from error
    except OSError as error:
        if error.filename not in (None, str(path)):
            raise
        raise ListError(f"{path}: cannot be read: {error.strerror}") from error


def _opened(path: Path) -> CsvFile | XlsxFile:
    with path.open("rb") as file:
        head = file.read(_LOOKED_AT)
        if head.startswith(_OLE):
            raise ListError(_why_ole(head + file.read(_MOST_OLE_BYTES)))
    if not head.strip(b"\0\r\n\t "):
        raise ListError("it is empty")
    if head.startswith(b"PK"):
        return XlsxFile(path)
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:20].lower()
    for begins, sentence in _OTHERS:
        if begin.startswith(tuple(map(bytes.lower, begins))):
            raise ListError(sentence)
    return CsvFile(path, head)


def _why_ole(content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "it is encrypted; open it with its password and save it without one"
    return f"it is an old Excel file (.xls) or another document of that time; {_SAVE_AS}"
