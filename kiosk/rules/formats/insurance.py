"""The health insurance card (BHYT) and VssID: pipes, names as hex of UTF-8, ``|$`` at the end.

Old cards have 15 parts, short old forms 10, those since 1/4/2021 have 17. The first nine agree:
number, name, birth, sex, address, hospital, valid from, valid to, issued. Hospital, parents and
benefit are not read. The check string's algorithm is not public, so nothing is proven.
"""

from __future__ import annotations

import re

from kiosk.rules.formats.code import Code, malformed, named_fields
from kiosk.rules.identity import clean_name, clean_text, holder_of_insurance, parse_date, parse_sex
from kiosk.rules.model import Check, Credential, Kind, Person

_FEWEST_PARTS, _MOST_PARTS = 10, 20
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


def read(code: Code) -> Credential | None:
    """Recognise an insurance card, by its end or by a number followed by hex and a sex of 1 or 2."""
    if not _looks_so(code.parts):
        return None
    holder_id = holder_of_insurance(code.parts[0])
    if not holder_id or not _FEWEST_PARTS <= len(code.parts) <= _MOST_PARTS:
        return malformed(Kind.INSURANCE, "Looks like an insurance card, but its number is broken or parts are missing.")
    return _read_card(code.parts, holder_id)


def _looks_so(parts: tuple[str, ...]) -> bool:
    if len(parts) > 1 and parts[-1] == "$":
        return True
    # A CCCD may carry a 12-digit old number here, which is hex as well; its part 3 is a date.
    return (
        len(parts) >= 4
        and parts[3] in ("1", "2")
        and bool(_HEX.fullmatch(parts[1]))
        and bool(holder_of_insurance(parts[0]))
    )


def _read_card(parts: tuple[str, ...], holder_id: str) -> Credential:
    number, name, birth, sex, address, _, valid_from, valid_to, issued = parts[:9]
    person = Person(
        name=clean_name(_text(name)),
        birth=parse_date(birth),
        sex=parse_sex(sex),
        number=number.upper(),
        address=clean_text(_text(address)),
    )
    fields = {
        "number": person.number,
        "name": person.name,
        "birth": person.birth,
        "sex": person.sex,
        "address": person.address,
        "valid_from": parse_date(valid_from),
        "valid_to": parse_date(valid_to),
        "issued": parse_date(issued),
    }
    detail = "A health insurance card; it carries nothing that could be verified."
    return Credential(
        Kind.INSURANCE, Check.UNSIGNED, holder_id, person=person, fields=named_fields(fields), detail=detail
    )


def _text(part: str) -> str:
    """The text behind hex of UTF-8; empty for ``-`` and whatever is no such hex."""
    if not _HEX.fullmatch(part):
        return ""
    return bytes.fromhex(part).decode("utf-8", errors="replace")
