"""What leaves a kiosk for another one, as lines in a file that only a recovery code opens; and its way back.

A line of JSON for each file or some rows of a table; the last one says how many there were, and their SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kiosk.store.copying import Copied
from kiosk.vault import VaultError
from kiosk.vault.sealed_file import DAMAGED, SealedWriter

FORMAT = 1
_LONGEST_LINE_BYTES = 256 << 20
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file: its *name* where it belongs, and what is in it. Who may read it there is the place's to say."""

    name: str
    content: bytes


class Packer:
    """Writes lines; they are whole once ``finish`` returns."""

    def __init__(self, sealed: SealedWriter) -> None:
        self._sealed = sealed
        self._squeeze = zlib.compressobj(level=1)  # the highest saves a twentieth, and takes twice as long
        self._sha256 = hashlib.sha256()
        self._lines = 0

    def file(self, file: PackedFile) -> None:
        """Add a file."""
        self._line({"file": file.name, "content": b64encode(file.content).decode()})

    def rows(self, some: Copied) -> None:
        """Add rows of a table."""
        self._line({"table": some.table, "rows": [[_packed(value) for value in row] for row in some.rows]})

    def finish(self) -> None:
        """Say that this is all."""
        self._line({"end": self._lines, "sha256": self._sha256.hexdigest()})
        self._sealed.write(self._squeeze.flush())
        self._sealed.finish()

    def _line(self, record: dict[str, Any]) -> None:
        line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
        self._sha256.update(line)
        self._lines += 1
        self._sealed.write(self._squeeze.compress(line))


def unpacked(pieces: Iterable[bytes]) -> Iterator[PackedFile | Copied]:
    """What was packed, in its order; all of it was there once the last one is read. Raises VaultError."""
    sha256 = hashlib.sha256()
    for count, line in enumerate(_lines(pieces)):
        try:
            record = json.loads(line)
            if "end" in record:
                if (record["end"], record["sha256"]) != (count, sha256.hexdigest()):
                    raise VaultError(DAMAGED)
                return
            yield _read(record)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise VaultError("this was packed by another version of the program") from error
        sha256.update(line)
    raise VaultError(DAMAGED)


def _read(record: dict[str, Any]) -> PackedFile | Copied:
    if "table" in record:
        return Copied(record["table"], [tuple(_read_value(value) for value in row) for row in record["rows"]])
    return PackedFile(record["file"], b64decode(record["content"], validate=True))


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting, inflate = bytearray(), zlib.decompressobj()
    try:
        for piece in pieces:
            while piece:
                waiting += inflate.decompress(piece, _PIECE_BYTES)
                piece = inflate.unconsumed_tail
                *lines, rest = waiting.split(b"\n")
                yield from (bytes(line) + b"\n" for line in lines)
                waiting = rest
                if len(waiting) > _LONGEST_LINE_BYTES:
                    raise VaultError(DAMAGED)
    except zlib.error as error:
        raise VaultError(DAMAGED) from error


def _packed(value: object) -> object:
    return {"b": b64encode(value).decode()} if isinstance(value, bytes) else value


def _read_value(value: object) -> int | str | bytes | None:
    if isinstance(value, dict):
        return b64decode(value["b"], validate=True)
    if value is None or isinstance(value, int | str):
        return value
    raise TypeError(f"{value!r} is no value of a table")
