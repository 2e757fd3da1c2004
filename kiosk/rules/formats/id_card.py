"""The chip ID card (CCCD, 2021) and the Căn cước card (since 1/7/2024).

``number|old CMND|name|birth|Nam or Nữ|address|issued``, and since 2024 four more: a cancelled number
and the parents' names, which are not read. Not signed. Dates as ddmmyyyy or dd/mm/yyyy.
"""

from __future__ import annotations

import re

from kiosk.rules.formats.code import Code, malformed, named_fields
from kiosk.rules.identity import (
    ID_NUMBER,
    clean_name,
    clean_text,
    disagreement,
    has_lost_letters,
    parse_date,
    parse_sex,
)
from kiosk.rules.model import Check, Credential, Kind, Person

_FEWEST_PARTS, _MOST_PARTS = 6, 16
_NUMBER = re.compile(r"[0-9]{12}")
_DATE_LIKE = re.compile(r"[0-9]{8}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}")


def read(code: Code) -> Credential | None:
    """Recognise an ID card by its 12 digits, or by its birth date and sex in their places."""
    parts = code.parts
    numbered = bool(_NUMBER.fullmatch(parts[0])) and len(parts) > 1
    laid_out = _FEWEST_PARTS <= len(parts) <= _MOST_PARTS and bool(_DATE_LIKE.fullmatch(parts[3]))
    if numbered and laid_out:
        return _read_card(parts, code.lost_letters or has_lost_letters(parts[2]))
    if numbered or (laid_out and parse_sex(parts[4])):
        return malformed(Kind.ID_CARD, "Looks like an ID card, but its number is broken or parts are missing.")
    return None


def _read_card(parts: tuple[str, ...], lost_letters: bool) -> Credential:
    number, old_number, name, birth, sex, address = parts[:6]
    person = Person(clean_name(name), parse_date(birth), parse_sex(sex), number, address=clean_text(address))
    also = (f"id:{old_number}",) if ID_NUMBER.fullmatch(old_number) and old_number != number else ()
    fields = {
        "number": number,
        "old_number": old_number if also else "",
        "name": person.name,
        "birth": person.birth,
        "sex": person.sex,
        "address": person.address,
        "issued": parse_date(parts[6]) if len(parts) > 6 else "",
    }
    return Credential(
        Kind.ID_CARD,
        Check.UNSIGNED,
        f"id:{number}",
        also,
        person,
        detail=_detail(person, lost_letters),
        fields=named_fields(fields),
    )


def _detail(person: Person, lost_letters: bool) -> str:
    hints = (
        "An ID card; it carries no signature that could be verified.",
        disagreement(person),
        "The scanner lost letters of it: a serial one, or one set to Unicode, keeps them." if lost_letters else "",
    )
    return " ".join(hint for hint in hints if hint)
