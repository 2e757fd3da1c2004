"""A site's own codes, as the settings describe them in ``[[patterns]]``: a hospital's patient numbers, say.

The regular expressions are RE2's, whose time grows with the length of a code and no faster, and whose
memory is bounded: no pattern can hang the door.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import re2

from kiosk.rules.formats.code import Code, Pattern, malformed, named_fields
from kiosk.rules.identity import (
    ID_NUMBER,
    clean_name,
    clean_text,
    holder_of_insurance,
    parse_date,
    parse_phone,
    parse_sex,
)
from kiosk.rules.model import Check, Credential, Kind, Person, Reason

# The kinds of ours that a pattern may stand for. The others carry a proof, or are read by their own layout.
OURS = (Kind.ID_CARD, Kind.INSURANCE, Kind.TYPED, Kind.PLACE, Kind.PAYMENT, Kind.WIFI, Kind.LINK)

_GROUPS = ("number", "name", "birth", "sex", "phone")
_MOST_MEMORY_BYTES = 256 * 1024  # enough for 300 letters of any script; the slowest that fits takes 25 ms a code
_LONGEST_NUMBER = 64
_REFUSALS = {
    Kind.PLACE: Reason.PLACE_CODE,
    Kind.PAYMENT: Reason.PAYMENT_CODE,
    Kind.WIFI: Reason.WIFI_CODE,
    Kind.LINK: Reason.LINK_CODE,
}


def compile_pattern(regex: str, kind: str = "", name: str = "") -> Pattern:
    """A pattern that a whole code must match (syntax: github.com/google/re2/wiki/Syntax).

    Its groups number, name, birth, sex and phone say what the parts are; without the group number, the
    whole code is the number. Raises ValueError with RE2's reason, or for an empty one or another group.
    """
    compiled = _compiled(regex)
    if unknown := sorted(set(compiled.groupindex) - set(_GROUPS)):
        raise ValueError(f"the group {unknown[0]} is none of {', '.join(_GROUPS)}")

    def find(text: str) -> Mapping[str, str] | None:
        found = compiled.fullmatch(text)
        if found is None:
            return None
        parts = {name: part for name, part in found.groupdict().items() if part}
        return parts if "number" in compiled.groupindex else parts | {"number": text}

    return Pattern(kind, name, find)


def _compiled(regex: str) -> Any:
    if not regex:
        raise ValueError("it is empty")
    options = re2.Options()
    options.max_mem = _MOST_MEMORY_BYTES
    options.log_errors = False
    try:
        return re2.compile(regex, options)
    except re2.error as error:
        reason = error.args[0]
        raise ValueError(reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)) from error


def read(code: Code) -> Credential | None:
    """Recognise the first pattern of the site that the whole code matches.

    The holder id is that of the kind's number (``id:``, ``bhxh:``), for a kind of the site's own
    ``site:<kind>:<number>``; a number that none can be made of is malformed.
    """
    for pattern in code.trust.patterns:
        found = pattern.find(code.text)
        if found is not None:
            return _credential(pattern, found)
    return None


def _credential(pattern: Pattern, found: Mapping[str, str]) -> Credential:
    detail = clean_text(f"A code of this site's own pattern: {pattern.name or pattern.kind}.")
    if pattern.kind in _REFUSALS:
        return Credential(pattern.kind, Check.UNSIGNED, refusal=_REFUSALS[Kind(pattern.kind)], detail=detail)
    number = found.get("number", "").strip()
    holder_id = _holder_id(pattern.kind, number)
    if not holder_id:
        return malformed(pattern.kind, f"{detail} Its number is missing or none of this kind.")
    person = Person(
        name=clean_name(found.get("name", "")),
        birth=parse_date(found.get("birth", "")),
        sex=parse_sex(found.get("sex", "")),
        number=number,
        phone=parse_phone(found.get("phone", "")),
    )
    fields = {"number": number, "name": person.name, "birth": person.birth, "sex": person.sex, "phone": person.phone}
    return Credential(
        pattern.kind, Check.UNSIGNED, holder_id, person=person, detail=detail, fields=named_fields(fields)
    )


def _holder_id(kind: str, number: str) -> str:
    if kind == Kind.INSURANCE:
        return holder_of_insurance(number)
    if kind in (Kind.ID_CARD, Kind.TYPED):
        return f"id:{number}" if ID_NUMBER.fullmatch(number) else ""
    # What cleaning changes cannot tell two holders apart any more.
    return f"site:{kind}:{number}" if number and clean_text(number, _LONGEST_NUMBER) == number else ""
