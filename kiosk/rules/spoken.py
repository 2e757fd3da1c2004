"""Fingerprints as words, to be read to somebody on the telephone and compared: proquints of 16 bits each.

<https://arxiv.org/abs/0901.4016>
"""

from __future__ import annotations

_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aiou"


def words_of(content: bytes) -> str:
    """*content*, of an even number of bytes, as words of five letters."""
    return " ".join(_word(int.from_bytes(content[at : at + 2], "big")) for at in range(0, len(content), 2))


def as_words(typed: str) -> str:
    """What somebody typed of such words, whatever its case and what stands between them."""
    return " ".join("".join(letter if letter.isalpha() else " " for letter in typed.lower()).split())


def _word(number: int) -> str:
    letters = (
        _CONSONANTS[number >> 12],
        _VOWELS[number >> 10 & 3],
        _CONSONANTS[number >> 6 & 15],
        _VOWELS[number >> 4 & 3],
        _CONSONANTS[number & 15],
    )
    return "".join(letters)
