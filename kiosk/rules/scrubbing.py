"""Texts for strangers: of a line only those words stay that the program itself uses; names and numbers of people go.

What is allowed is listed, not what is forbidden: whatever somebody has typed into a name, a note or a file's name,
it stays out, because nobody can list what people may type.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Collection, Iterable
from enum import Enum
from typing import Any

GONE = "·"
_PIECE = re.compile(r"\w+|[^\w\s]|\s+")
_WORD = re.compile(r"[a-z]{3,}|is|in|of|at|on|by|it|no|or|as")  # two letters are somebody's name too easily
_IDENTIFIER = re.compile(r"(?<![\w.])[a-z_]{2,}(?!\w)")
_FAULT = re.compile(r"(?<!\w)[A-Z][A-Za-z]+(?:Error|Exception|Fault|Refused|Away|Busy)(?!\w)")
_PLACE = re.compile(r'File "[^"]*?/(kiosk/[a-z_/]+\.py)", line (\d{1,4}), in ([a-z_]{2,40})')
_PUNCTUATION = frozenset(".,:;()[]/=%-'\"!?<>+_")
_MEASURES = frozenset(("line", "errno", "status", "code", "signal", "mb", "kib", "ms", "s", "entries", "tickets"))
_UNITS = frozenset(("MB", "KiB", "ms"))
# Forms of settings that hold nothing somebody could put a name into.
_FORMS = frozenset(("time", "time or never", "timezone"))
_DEVICE = re.compile(r"/dev/(kiosk/)?[a-z]{2,10}[0-9]{0,2}(/lp[0-9])?")


def vocabulary(sources: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """The words of the program's *sources*, but for those that are a part of one of the *names*."""
    found = [(_IDENTIFIER.findall(source), _FAULT.findall(source)) for source in sources]
    parts = {part for words, _ in found for word in words for part in word.split("_") if _WORD.fullmatch(part)}
    faults = {fault for _, faults in found for fault in faults}
    return frozenset(faults | parts - {syllable for name in names for syllable in _plain(name).split()})


def scrubbed(text: str, words: Collection[str]) -> str:
    """*text* with a dot for each piece that is not among *words*, a mark, or a number that measures something."""
    place = _PLACE.search(text)
    if place and all(part in words for part in place[3].strip("_").split("_")):
        return f'File "{place[1]}", line {place[2]}, in {place[3]}'
    kept: list[str] = []
    pieces = _PIECE.findall(text)
    for at, piece in enumerate(pieces):
        kept.append(piece if _is_plain(piece, words) or _is_measure(pieces, at) else " " * piece.isspace() or GONE)
    return re.sub(rf"{GONE}([^\w]?{GONE})+", GONE, "".join(kept)).strip()


def _is_plain(piece: str, words: Collection[str]) -> bool:
    return (
        piece in _PUNCTUATION
        or piece in _UNITS
        or (bool(piece) and all(part in words for part in piece.split("_") if part))
    )


def _is_measure(pieces: list[str], at: int) -> bool:
    """A number of at most four digits beside the word for what it measures, as in ``line 12`` or ``200 MB``."""
    if not re.fullmatch(r"[0-9]{1,4}", pieces[at]):
        return False
    beside = {piece.lower() for piece in (*pieces[max(0, at - 2) : at], *pieces[at + 1 : at + 3])}
    return bool(beside & _MEASURES)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).lower()


def settings_without_texts(settings: Any) -> Any:
    """The dataclass *settings* as plain values: numbers, choices, hours and devices; texts by their length alone."""
    return {entry.name: _value(getattr(settings, entry.name), entry) for entry in dataclasses.fields(settings)}


def _value(value: Any, entry: dataclasses.Field[Any]) -> Any:
    if dataclasses.is_dataclass(value):
        return settings_without_texts(value)
    if isinstance(value, tuple):
        return [_value(item, entry) for item in value]
    if isinstance(value, Enum):
        return value.value
    if not isinstance(value, str) or value == entry.default or _holds_no_name(value, entry):
        return value
    return f"a text of {len(value)}"


def _holds_no_name(value: str, entry: dataclasses.Field[Any]) -> bool:
    rules = entry.metadata
    return bool(rules.get("one_of") or rules.get("form") in _FORMS or _DEVICE.fullmatch(value))
