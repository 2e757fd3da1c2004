"""Any text as one harmless line."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 80  # letters; the longest registered Vietnamese names have about 30
LONGEST_TEXT = 200  # letters of an address
LONGEST_NUMBER = 20  # letters of an identifier

# A spreadsheet runs a cell that begins so; no name, address or number does.
_FORMULA_STARTS = "=+-@＝＋－＠ "
# Nothing in it would be dropped or composed: a list has a million such texts, and letter by letter takes a minute.
_ORDINARY = re.compile(r"[ -~À-ɏẠ-ỹ]*")
_MARKS_IN_A_ROW = 3  # enough for every living script; more only piles ink over other lines


def clean_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """*text* as one harmless line of at most *longest* letters, in NFC.

    Control characters, direction marks, zero-width, private and unassigned characters are dropped,
    every kind of space becomes one space, a letter lost in transport shows as ``?``. What a
    spreadsheet would take for a formula does not begin so any more. Escaping for a page or a table
    remains the business of who writes it.
    """
    composed = text[: 4 * longest]
    if not _ORDINARY.fullmatch(composed):
        visible = "".join(map(_visible, composed))
        composed = _without_piled_marks(unicodedata.normalize("NFC", visible))
    return " ".join(composed.split()).lstrip(_FORMULA_STARTS)[:longest].strip()


def _visible(letter: str) -> str:
    category = unicodedata.category(letter)
    if category[0] == "Z" or letter in "\t\r\n\v\f":
        return " "
    if category[0] == "C":
        return ""
    return "?" if letter == "\ufffd" else letter


def _without_piled_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(letter)
    return "".join(kept)
