"""The unified personal code of the anti-epidemic apps (Decision 1405/QĐ-BTTTT, v1.1).

``number|name|birth|declared by|QID|EXT``: number and birth starred by default, the name in capitals
without diacritics, EXT parted by ``<``. The signature scheme is not public, so nothing is proven.

QID is the national platform's identifier of a person. Where it is missing and the number is starred,
what the code shows must do: a starred number is the app's default and no error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from kiosk.rules.formats.code import Code, malformed, named_fields
from kiosk.rules.identity import (
    ID_NUMBER,
    clean_name,
    holder_of_insurance,
    parse_date,
    parse_phone,
    parse_sex,
    partial_holder,
)
from kiosk.rules.model import Check, Credential, Kind, Person

_FEWEST_PARTS, _MOST_PARTS = 5, 8
_MOST_EXTENSIONS = 16
_BIRTH = re.compile(r"[0-9*]{4}(?:-[0-9*]{1,2}-[0-9*]{1,2})?|[0-9*]{1,2}/[0-9*]{1,2}/[0-9*]{4}")
_DECLARED = {"0": "by the holder", "1": "by another person"}
_NUMBER = re.compile(r"[0-9A-Za-z*]{0,20}")  # CCCD, CMND or passport; may be starred or absent
_QID = re.compile(r"[!-)+-~]{4,64}")  # printable; a starred one would be shared by many
_INSURANCE_MASKED = re.compile(r"[A-Z]{2}[0-9A-Z]{1,12}\*+[0-9A-Z]*")


def read(code: Code) -> Credential | None:
    """Recognise a unified code: at least five parts, a third like a date, a fourth of 0 or 1."""
    parts = code.parts
    if not (_FEWEST_PARTS <= len(parts) <= _MOST_PARTS and _BIRTH.fullmatch(parts[2]) and parts[3] in _DECLARED):
        return None
    extensions = parts[5].split("<", _MOST_EXTENSIONS)[:_MOST_EXTENSIONS] if len(parts) > 5 else []
    insurance = _first(extensions, _insurance_number)
    person = _person(parts, extensions)
    # Declared by another: EXT begins with the declarer's identifiers, which must not name the holder.
    holders = _holders(parts[4], parts[0], insurance if parts[3] == "0" else "") or (partial_holder(person),)
    if not holders[0] or not _NUMBER.fullmatch(parts[0]):
        return malformed(
            Kind.UNIFIED,
            "Looks like the unified personal code, but has no usable number, nor a name with a birth year or a phone.",
        )
    fields = {
        "number": person.number,
        "name": person.name,
        "birth": person.birth,
        "sex": person.sex,
        "phone": person.phone,
        "insurance": insurance,
        "qid": parts[4],
        "declared": _DECLARED[parts[3]],
    }
    detail = "The unified personal code of the apps; its signature cannot be verified."
    return Credential(
        Kind.UNIFIED, Check.UNSIGNED, holders[0], holders[1:], person, detail=detail, fields=named_fields(fields)
    )


def _person(parts: tuple[str, ...], extensions: list[str]) -> Person:
    return Person(
        name=clean_name(parts[1]),
        birth=parse_date(parts[2]),
        sex=parse_sex(_first(extensions, lambda part: part if part in ("0", "1", "2") else "")),
        number=parts[0].upper(),
        phone=_first(extensions, parse_phone),
    )


def _holders(qid: str, number: str, insurance: str) -> tuple[str, ...]:
    """Every unmasked identifier, the QID first; the same one given twice counts once."""
    found = (
        f"qid:{qid}" if _QID.fullmatch(qid) else "",
        f"id:{number}" if ID_NUMBER.fullmatch(number) else "",
        holder_of_insurance(insurance),
    )
    return tuple(dict.fromkeys(holder for holder in found if holder))


def _insurance_number(part: str) -> str:
    """*part* where it has the shape of an insurance number, whole or starred, and not of a phone number."""
    number = part.strip().upper()
    shaped_so = holder_of_insurance(number) or _INSURANCE_MASKED.fullmatch(number)
    return number if shaped_so and not parse_phone(number) else ""


def _first(parts: Iterable[str], shape: Callable[[str], str]) -> str:
    """What *shape* makes of the first part that it recognises: the order of EXT differs between apps."""
    return next(filter(None, map(shape, parts)), "")
