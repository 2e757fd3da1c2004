"""Whom a tracing team asks about, as they typed it: every holder id under which a door may have recorded them."""

from __future__ import annotations

from kiosk.rules.formats import slip
from kiosk.rules.identity import ID_NUMBER, clean_text, holder_of_insurance, parse_phone
from kiosk.rules.openings import Search

_LONGEST_QID = 64
# In Vietnamese and English.
_SENTENCES = {
    Search.NUMBER: (
        "Số định danh có 12 chữ số, thẻ cũ có 9.",
        "An ID number has 12 digits, or 9 on old cards.",
    ),
    Search.INSURANCE: (
        "Số bảo hiểm y tế có 10 hoặc 12 chữ số, hoặc 15 ký tự như GD4791234567890.",
        "An insurance number has 10 or 12 digits, or 15 characters as GD4791234567890.",
    ),
    Search.QID: (
        "QID là phần thứ năm của mã cá nhân, không có dấu sao.",
        "A QID is what the fifth part of a unified code says, without stars.",
    ),
    Search.SLIP: (
        "Phiếu được hỏi bằng toàn bộ nội dung mã của nó, bắt đầu bằng KSK1:.",
        "A slip is asked for by the whole text of its code, which begins with KSK1:.",
    ),
    Search.PHONE: (
        "Số điện thoại có 10 chữ số, bắt đầu bằng 0 hoặc +84.",
        "A phone number has 10 digits and begins with 0 or +84.",
    ),
}
_SEPARATORS = str.maketrans("", "", " .-\t")


class WantedFault(Exception):  # noqa: N818  # a refusal, said in a sentence
    """What was typed names nobody; the sentence says what would, in Vietnamese (*vi*) and English."""

    def __init__(self, search: Search) -> None:
        self.vi, en = _SENTENCES[search]
        super().__init__(en)


def holder_ids(search: Search, typed: str) -> tuple[str, ...]:
    """The holder ids behind what was *typed*; none for a phone or a place, which nobody is recorded under.

    A 12-digit number is that of the ID card, and since 15/8/2025 that of the insurance, too: one holder id. Raises
    WantedFault.
    """
    return _READERS[search](typed)


def _number(typed: str) -> tuple[str, ...]:
    number = typed.translate(_SEPARATORS)
    if not ID_NUMBER.fullmatch(number):
        raise WantedFault(Search.NUMBER)
    return (f"id:{number}",)


def _insurance(typed: str) -> tuple[str, ...]:
    holder = holder_of_insurance(typed.translate(_SEPARATORS))
    if not holder:
        raise WantedFault(Search.INSURANCE)
    return (holder,)


def _qid(typed: str) -> tuple[str, ...]:
    qid = clean_text(typed, _LONGEST_QID)
    if not qid or "*" in qid:
        raise WantedFault(Search.QID)
    return (f"qid:{qid}",)


def _slip(typed: str) -> tuple[str, ...]:
    """Whatever kiosk signed it: that somebody has it in hand is enough to ask who came with it."""
    found = slip.parse(typed.strip().upper())
    if found is None:
        raise WantedFault(Search.SLIP)
    return (found.holder_id,)


def _phone(typed: str) -> tuple[str, ...]:
    if not parse_phone(typed) or "*" in typed:
        raise WantedFault(Search.PHONE)
    return ()


def _place(typed: str) -> tuple[str, ...]:
    return ()


_READERS = {
    Search.NUMBER: _number,
    Search.INSURANCE: _insurance,
    Search.QID: _qid,
    Search.SLIP: _slip,
    Search.PHONE: _phone,
    Search.PLACE: _place,
}
