"""Names: kept as printed, compared by a key, repaired only as an offer."""

from __future__ import annotations

import re
import unicodedata

from kiosk.rules.identity.texts import LONGEST_NAME, clean_text
from kiosk.rules.identity.verdicts import Problem, Verdict, refused

_D_WITH_STROKE = str.maketrans({"Ð": "Đ", "ð": "đ", "Ɖ": "Đ", "ɖ": "đ"})

# Capitals that are no A to Z with marks on them, as a passport's machine-readable line writes them (ICAO Doc
# 9303 part 3, section 6 A); Ä, Ö, Ü and Å, which it leaves to the state, lose their marks like all others.
_LATIN = str.maketrans(
    {"Đ": "D", "Ħ": "H", "Ł": "L", "Ŧ": "T", "Ŋ": "N", "Ø": "OE", "Œ": "OE", "Æ": "AE", "Þ": "TH", "ẞ": "SS",
     "Ĳ": "IJ", "ĸ": "Q", "Ə": "E"}
)  # fmt: skip

_USUAL_MARKS = re.compile("[\u0300-\u036f]")  # all of Latin letters; what is left then is looked at one by one

_TONES = "\u0300\u0301\u0303\u0309\u0323"  # huyền, sắc, ngã, hỏi, nặng
_TONE = re.compile(f"[{_TONES}]")
_VOWELS = "aăâeêioôơuưy"
_SYLLABLE = re.compile(
    rf"(gi(?=[{_VOWELS}])|qu|ngh?|nh|th|tr|ch|gh|kh|ph|[bcdđghklmnprstvx])?([{_VOWELS}]{{1,3}})(ch|ng|nh|[cmnpt])?"
)
_VOWELLESS = re.compile("(?!NG$)[B-DF-HJ-NP-TV-XZ]{2,}")
_EITHER = ("oa", "oe", "uy")  # hòa and hoà, khỏe and khoẻ, thủy and thuỷ: both are taught

# How names in other encodings look when they are taken for Latin-1. TCVN3 fonts (TCVN 5712) have letters where
# Latin-1 has signs or capitals; VNI fonts write a tone as a letter of its own behind the vowel; of UTF-8, every
# letter with marks becomes two or three letters and signs.
_SIGNS = "\u00a1-\u00ae\u00b5-\u00b9\u00bb-\u00be×÷"
_OLD_FONT = re.compile(
    rf"[^\W\d_][{_SIGNS}]|[{_SIGNS}][^\W\d_]"
    r"|[a-zß-ÿ][À-ÖØ-Þ]|[^\W\d_][À-ÖØ-Þ][a-z]|\b(?:Hå|Bïi|Thò|THÒ)\b"
    r"|(?i:[aeouyôö][ùøû]|[aeouö]õ|[aeo]â|[ae]ê|[aeo][åä]|aë[mntp]|aã|eã(?!o)|[ae]à|yeá|aï[mncp]|ö[ôï]|\bñ[^\W\d_])"
    r"|[ÃÄÅÆ][\u0080-\u009f\u00a1-\u00bf‘’“”ƒ„…†‡ˆ‰Š‹ŒŽ•–—˜™š›œžŸ]"
)


def clean_name(name: str) -> str:
    """A person's name, cleaned, in its printed spelling; the Icelandic Ð of old lists becomes Đ."""
    return clean_text(name.translate(_D_WITH_STROKE), LONGEST_NAME)


def match_key(name: str) -> str:
    """What is compared in place of a name: capitals, no diacritics, Đ as D, single spaces.

    The same form as the name in the unified code (Decision 1405/QĐ-BTTTT), and for what Vietnamese does
    not write as in passports (ICAO Doc 9303 part 3, section 6 A). Old and new placing of tones are equal.
    """
    plain = unicodedata.normalize("NFD", clean_name(name).upper()).translate(_LATIN)
    letters = _USUAL_MARKS.sub("", plain)
    if not letters.isascii():
        letters = "".join(letter for letter in letters if not unicodedata.category(letter).startswith("M"))
    return clean_text(letters, LONGEST_NAME)


def initials(name: str) -> str:
    """At most five initials, ``N.V.A.``: what a bystander may see of a name."""
    words = [word for word in clean_name(name).upper().split() if word[0].isalpha()]
    return "".join(f"{word[0]}." for word in words[:5])


def read_name(text: str) -> Verdict:
    """A list's name in its printed spelling, cleaned; what is doubtful about it, and its ``tidy_name`` as an offer."""
    if looks_like_old_font(text):
        return refused(Problem.OLD_FONT)
    name = clean_name(text)
    if not any(map(str.isalpha, name)):
        return refused(Problem.NO_NAME)
    tidy = tidy_name(name)
    doubts = (
        (Problem.LOST_LETTERS, has_lost_letters(name)),
        (Problem.NO_LETTERS, bool(re.search(r"[0-9!#$%&*/:;<>=@\\^_|~+]", name))),
        (Problem.TONE_MARK, tidy != name),
    )
    return Verdict(name, tuple(problem for problem, found in doubts if found), tidy if tidy != name else "")


def has_lost_letters(name: str) -> bool:
    """Tell whether *name* has ``?`` for letters, or words without any vowel (Nguyn Vn Mu).

    So a scanner that acts as a keyboard writes it, where the layout lacks Vietnamese letters. Ng is a name.
    """
    key = match_key(name)
    return "?" in key or any(map(_VOWELLESS.fullmatch, key.split()))


def tidy_name(name: str) -> str:
    """*name* with each tone mark on the vowel where spelling puts it: ``baỏ`` is ``bảo``, ``lựơng`` ``lượng``.

    An offer only: a name is as its papers print it. Where both the old and the new spelling are taught
    (hòa and hoà, thủy and thuỷ) either stays, and so does whatever is no Vietnamese syllable.
    """
    return " ".join(map(_tidy_word, clean_name(name).split()))


def looks_like_old_font(text: str) -> bool:
    """Tell whether *text* was written for a TCVN3 or VNI font, or is UTF-8 that was taken for something else.

    Such text cannot be compared with any name. A name of which all letters by chance are also good ones
    is not noticed: a list is best judged by many of its names.
    """
    return bool(_OLD_FONT.search(unicodedata.normalize("NFC", text[: 2 * LONGEST_NAME])))


def _tidy_word(word: str) -> str:
    letters = unicodedata.normalize("NFD", word)
    tones = list(_TONE.finditer(letters))
    toneless = unicodedata.normalize("NFC", _TONE.sub("", letters))
    found = _SYLLABLE.fullmatch(toneless.lower())
    if len(tones) != 1 or not found or len(toneless) != len(found[0]):
        return word
    stands = len(unicodedata.normalize("NFC", letters[: tones[0].start()])) - 1
    places = [found.start(2) + place for place in _tone_places(found[2], closed=bool(found[3]))]
    if stands in places or toneless[stands].lower() not in _VOWELS:
        return word
    after = places[0] + 1
    return unicodedata.normalize("NFC", toneless[:after] + tones[0][0] + toneless[after:])


def _tone_places(vowels: str, *, closed: bool) -> tuple[int, ...]:
    """On which of *vowels* a tone may stand; *closed* says that a consonant follows them."""
    marked = [place for place, vowel in enumerate(vowels) if vowel in "ăâêôơư"]
    if marked:
        return (marked[-1],)
    if vowels in _EITHER and not closed:
        return (0, 1)
    return (1,) if len(vowels) == 3 or (len(vowels) == 2 and closed) else (0,)
