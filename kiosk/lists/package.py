"""The package of an .xlsx file (ECMA-376 part 2: a ZIP with relationships), checked before anything in it is read."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from kiosk.lists.base import ListError
from kiosk.lists.xml_parts import XmlPart

_MOST_PARTS = 2000
_MOST_BYTES = 1 << 30  # of all parts unpacked; what a sheet may have is less
MOST_SHEET_BYTES = 512 << 20
MOST_SMALL_BYTES = 8 << 20  # workbook, styles, relationships
_ENCRYPTED = 1  # flag bit 0 (APPNOTE 4.4.4)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# Parts that tell which program wrote the file, where it is no .xlsx.
_OTHERS = (
    ("vbaproject.bin", "it has macros; save it as .xlsx without them"),
    ("xl/workbook.bin", "it is a binary workbook (.xlsb); save it as .xlsx or .csv"),
    ("content.xml", "it is an OpenDocument sheet; save it as .xlsx or .csv"),
    ("word/document.xml", "it is a text document; save the table as .xlsx or .csv"),
)


class Package:
    """The parts of the workbook in the file *path*. Raises ListError for what is no sound package."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise ListError("it is torn or no workbook: its directory cannot be read; copy it again") from error
        try:
            self._parts = {part.filename.lstrip("/").lower(): part for part in self._zip.infolist()}
            self._check()
        except BaseException:
            self.close()
            raise

    def _check(self) -> None:
        parts = self._zip.infolist()
        for ending, sentence in _OTHERS:
            if any(name.endswith(ending) for name in self._parts):
                raise ListError(sentence)
        if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_BYTES:
            raise ListError(f"unpacked it would be larger than any list: {len(parts)} parts")
        if any(part.flag_bits & _ENCRYPTED for part in parts):
            raise ListError("it is encrypted; save it without a password")
        if any(part.compress_type not in _METHODS for part in parts):
            raise ListError("it is packed in a way that no spreadsheet program uses")

    def has(self, name: str) -> bool:
        """Whether there is a part *name*, whatever its case."""
        return name.lower() in self._parts

    def size(self, name: str) -> int:
        """How many bytes the part has unpacked."""
        return self._parts[name.lower()].file_size

    @contextmanager
    def part(self, name: str, most_bytes: int = MOST_SMALL_BYTES) -> Iterator[IO[bytes]]:
        """The bytes of a part; never more than its directory declares. Raises ListError, also while it is read."""
        if not self.has(name):
            raise ListError(f"it is damaged: its part {posixpath.basename(name)} is missing")
        if self.size(name) > most_bytes:
            raise ListError(f"unpacked, its part {posixpath.basename(name)} has more than {most_bytes >> 20} MB")
        try:
            with self._zip.open(self._parts[name.lower()]) as file:
                yield file
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise ListError("it is torn or damaged: what is packed in it cannot be unpacked; copy it again") from error

    def targets(self, owner: str) -> dict[str, tuple[str, str]]:
        """The relationships of the part *owner* (empty for the package): id -> last word of the type, part's name."""
        folder, base = posixpath.split(owner)
        found: dict[str, tuple[str, str]] = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
                found[attributes.get("Id", "")] = attributes.get("Type", "").rpartition("/")[2], target.lstrip("/")

        with self.part(posixpath.join(folder, "_rels", f"{base}.rels")) as file:
            XmlPart(file, start).read()
        return found

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
