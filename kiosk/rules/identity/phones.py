"""Vietnamese phone numbers."""

from __future__ import annotations

import re

from kiosk.rules.identity.verdicts import Problem, Verdict, refused

_MOBILE = re.compile(r"0(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-9])[0-9]{7}")
_MASKED = re.compile(r"0[35789][0-9]{0,7}\*{1,8}[0-9]{0,7}")
_FIXED = re.compile(r"02[0-9]{9}")  # two or three digits of area, then seven or eight, since 17/6/2017
_LONGEST = 30  # characters, with separators

# The 11-digit numbers became 10-digit ones on 15/9/2018 (numbering plan of Circular 22/2014/TT-BTTTT, as
# announced by the ministry of information on 29/5/2018): old beginning -> new.
_SINCE_2018 = {
    "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",
    "0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",
    "0162": "032", "0163": "033", "0164": "034", "0165": "035",
    "0166": "036", "0167": "037", "0168": "038", "0169": "039",
    "0186": "056", "0188": "058", "0199": "059",
}  # fmt: skip


def parse_phone(text: str) -> str:
    """A Vietnamese mobile number as ``0…``, starred where the code masks it; empty for anything else."""
    digits = _digits(text)
    if _MOBILE.fullmatch(digits) or (len(digits) == 10 and _MASKED.fullmatch(digits)):
        return digits
    return ""


def read_phone(text: str) -> Verdict:
    """A list's phone number as ``0…``; empty text is no problem.

    The first zero that a spreadsheet loses is put back with a note. An 11-digit number of before 2018 is
    no number any more: what it became is offered, for its holder may have another one by now.
    """
    digits = _digits(text.strip().lstrip("'’`"))
    if not digits:
        return Verdict() if not text.strip() else refused(Problem.PHONE_FORMAT)
    if _MOBILE.fullmatch(digits):
        return Verdict(digits)
    if _MOBILE.fullmatch(f"0{digits}"):
        return Verdict(f"0{digits}", (Problem.LOST_ZEROS,))
    if _FIXED.fullmatch(digits):
        return Verdict(digits, (Problem.FIXED_PHONE,))
    whole = digits if digits.startswith("0") else f"0{digits}"
    offer = _SINCE_2018.get(whole[:4], "") + whole[4:] if len(whole) == 11 else ""
    if _MOBILE.fullmatch(offer):
        return refused(Problem.OLD_PHONE, offer)
    return refused(Problem.PHONE_FORMAT)


def _digits(text: str) -> str:
    """*text* without what parts digits, and with 0 for the country's code (ITU-T E.164: 84)."""
    digits = re.sub(r"[\s.()-]", "", text[:_LONGEST])
    return re.sub(r"^(?:\+84|0084|84(?=[1235789]))0?", "0", digits) if len(digits) > 10 else digits
