"""XML of unknown origin, read as a stream: what would grow in memory or never end is refused.

Expat is used directly: a tree, as every spreadsheet library builds one, can be made as large as its sender likes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO
from xml.parsers import expat

from kiosk.lists.base import ListError

_CHUNK_BYTES = 1 << 16
_LONGEST_TOKEN = 1 << 20  # bytes of one tag
_DEEPEST = 64
_MOST_DIGITS = 10

Start = Callable[[str, dict[str, str]], None]


class XmlPart:
    """One XML file inside a package; ``feed`` hands what stands in it to the handlers, bit by bit.

    *start* gets an element's name without prefix, and its attributes; *end* its name; *text* what is between.
    """

    def __init__(
        self,
        file: IO[bytes],
        start: Start,
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        self._file = file
        self._start, self._end = start, end
        self._depth = 0
        self.bytes_read = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse_document_type
        self._parser.StartElementHandler = self._on_start
        self._parser.EndElementHandler = self._on_end
        if text:
            self._parser.CharacterDataHandler = text

    def feed(self) -> bool:
        """Read a little more; False at the end. Raises ListError for broken and hostile XML."""
        chunk = self._file.read(_CHUNK_BYTES)
        self.bytes_read += len(chunk)
        try:
            self._parser.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            raise ListError(f"it is damaged: {expat.errors.messages[error.code]}") from error
        if self.bytes_read - self._parser.CurrentByteIndex > _LONGEST_TOKEN:
            raise ListError("it is not what a spreadsheet program writes: a tag is too long")
        return bool(chunk)

    def read(self) -> None:
        """Read all of it."""
        while self.feed():
            pass

    def _on_start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ListError("it is not what a spreadsheet program writes: it is nested too deep")
        self._start(name[name.rfind(":") + 1 :], attributes)

    def _on_end(self, name: str) -> None:
        self._depth -= 1
        if self._end:
            self._end(name[name.rfind(":") + 1 :])


def whole(text: str) -> int:
    """The whole number that an attribute or a value holds; -1 where it is none, or has more digits than any has."""
    return int(text) if text.isdecimal() and len(text) < _MOST_DIGITS else -1


def _refuse_document_type(*_: object) -> None:
    raise ListError("it declares a document type, which no spreadsheet program writes; it may be meant to do harm")
