"""How letters and numbers are read aloud, in Vietnamese and English."""

from __future__ import annotations

# A vowel's name is its sound, which a capital alone gives to every voice. Two names differ from the school's: G is
# not giê, which in the North sounds as D's dê; and J is not gi, which is no syllable.
_LETTERS_VI = {
    "A": "A", "Ă": "á", "Â": "ớ", "B": "bê", "C": "xê", "D": "dê", "Đ": "đê", "E": "E", "Ê": "Ê", "F": "ép", "G": "gờ",
    "H": "hát", "I": "I", "J": "giây", "K": "ca", "L": "e lờ", "M": "em mờ", "N": "en nờ", "O": "O", "Ô": "Ô",
    "Ơ": "Ơ", "P": "pê", "Q": "quy", "R": "e rờ", "S": "ét sì", "T": "tê", "U": "U", "Ư": "Ư", "V": "vê",
    "W": "vê kép", "X": "ích xì", "Y": "i dài", "Z": "dét",
}  # fmt: skip
_DIGITS_VI = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_DIGITS_EN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS_EN = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS_EN = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_DIGITS = {"vi": _DIGITS_VI, "en": _DIGITS_EN}

LANGUAGES = tuple(_DIGITS)
LARGEST = 9999


def letter_name(letter: str, language: str) -> str:
    """The name of one letter or ASCII digit; a letter without one in *language* is given as its capital."""
    if letter in "0123456789":
        return _DIGITS[language][int(letter)]
    return _LETTERS_VI.get(letter.upper(), letter.upper()) if language == "vi" else letter.upper()


def number_name(number: int, language: str) -> str:
    """*number* as a quantity: ``hai mươi mốt``, ``twenty-one``. Above 9999 (LARGEST) digit by digit."""
    if not 0 <= number <= LARGEST:
        return " ".join(letter_name(digit, language) for digit in str(abs(number)))
    return _number_vi(number) if language == "vi" else _number_en(number)


def _number_vi(number: int) -> str:
    thousands, below_thousand = divmod(number, 1000)
    hundreds, below_hundred = divmod(below_thousand, 100)
    words = [_DIGITS_VI[thousands], "nghìn"] if thousands else []
    if hundreds or (thousands and below_hundred):
        words += [_DIGITS_VI[hundreds], "trăm"]
    if below_hundred >= 10:
        words += _from_ten_vi(*divmod(below_hundred, 10))
    elif below_hundred:
        words += ["linh", _DIGITS_VI[below_hundred]] if words else [_DIGITS_VI[below_hundred]]
    return " ".join(words) or _DIGITS_VI[0]


def _from_ten_vi(tens: int, ones: int) -> list[str]:
    changed = {5: "lăm"} if tens == 1 else {1: "mốt", 4: "tư", 5: "lăm"}
    words = ["mười"] if tens == 1 else [_DIGITS_VI[tens], "mươi"]
    return [*words, changed.get(ones, _DIGITS_VI[ones])] if ones else words


def _number_en(number: int) -> str:
    thousands, below_thousand = divmod(number, 1000)
    hundreds, below_hundred = divmod(below_thousand, 100)
    words = [_DIGITS_EN[thousands], "thousand"] if thousands else []
    words += [_DIGITS_EN[hundreds], "hundred"] if hundreds else []
    if below_hundred or not words:
        words.append(_below_hundred_en(below_hundred))
    return " ".join(words)


def _below_hundred_en(number: int) -> str:
    tens, ones = divmod(number, 10)
    if number < 20:
        return _TEENS_EN[ones] if tens else _DIGITS_EN[ones]
    return _TENS_EN[tens - 2] + (f"-{_DIGITS_EN[ones]}" if ones else "")
