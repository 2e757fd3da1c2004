"""Payment codes (VietQR and every other EMV merchant code): recognised to be turned away kindly."""

from __future__ import annotations

import re

from kiosk.rules.formats.code import Code
from kiosk.rules.model import Check, Credential, Kind, Reason

# Tag 00, length 02, value 01, then tags in digits: at least 14 in a row. An ID number, which may begin
# with 000201 too (born abroad, male, 2001), has 12.
_START = re.compile(r"000201[0-9]{8}")


def read(code: Code) -> Credential | None:
    """Recognise a payment code by its beginning (EMV QRCPS, merchant-presented mode)."""
    if not _START.match(code.text):
        return None
    return Credential(
        Kind.PAYMENT, Check.UNSIGNED, refusal=Reason.PAYMENT_CODE, detail="A payment code; it names nobody."
    )
