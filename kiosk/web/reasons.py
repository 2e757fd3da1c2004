"""Reasons that staff give with one tap: the log keeps the Vietnamese words, pages say them in their own language."""

from __future__ import annotations

from itertools import chain

from kiosk.web.correction_words import WHYS
from kiosk.web.words import Words

# Why somebody is shown in full: what is asked for most; anything else is typed.
UNMASKING = (
    Words("Đối chiếu giấy tờ", "Comparing a document"),
    Words("Người nhà tìm", "Relatives ask for them"),
    Words("Mất phiếu", "Lost their ticket"),
    Words("Sửa lượt ghi sai", "Correcting a record"),
    Words("Cấp cứu", "An emergency"),
)
ONE_TAP = {words.vi: words for words in chain(UNMASKING, *WHYS.values())}


def reason(why: str) -> Words:
    """A reason as the log has it, in both languages; what was typed stays as it was typed."""
    return ONE_TAP.get(why, Words(why, why))
