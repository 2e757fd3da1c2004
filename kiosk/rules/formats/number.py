"""A bare number: typed by a person, or the barcode of an older card."""

from __future__ import annotations

import re

from kiosk.rules.formats.code import Code, malformed, named_fields
from kiosk.rules.identity import ID_NUMBER, birth_and_sex, check_id_number, holder_of_insurance, parse_phone
from kiosk.rules.model import Check, Credential, Kind, Person

_SEPARATORS = re.compile(r"[ .\-]")
_LONGEST = 30  # characters, with separators
_MS_A_YEAR = 31_556_952_000
_BUILT_IN = 2026  # a kiosk whose clock stands at 1970 must not take everyone for unborn


def read(code: Code) -> Credential | None:
    """Recognise the number of an ID card (12 or 9 digits) or an insurance card.

    Typed text is always an attempt at one: what is none is malformed, not unknown.
    """
    if len(code.text) <= _LONGEST:
        number = _SEPARATORS.sub("", code.text).upper() if code.typed else code.text
        credential = _read_number(number.strip(), code)
        if credential is not None:
            return credential
    return malformed(Kind.TYPED, "What was typed is no ID or insurance number.") if code.typed else None


def _read_number(number: str, code: Code) -> Credential | None:
    if code.typed and parse_phone(number):
        return malformed(Kind.TYPED, "A phone number; only an ID or insurance number names a person.")
    if ID_NUMBER.fullmatch(number):
        return _read_id_number(number, code.at_ms)
    if holder_id := holder_of_insurance(number):
        detail = "A health insurance number without its card."
        return _credential(Kind.INSURANCE, holder_id, Person(number=number.upper()), detail)
    return None


def _read_id_number(number: str, at_ms: int) -> Credential:
    if len(number) == 9:
        return _credential(Kind.TYPED, f"id:{number}", Person(number=number), "An old ID number without its card.")
    year, sex = birth_and_sex(number)
    verdict = check_id_number(number, max(1970 + at_ms // _MS_A_YEAR, _BUILT_IN))
    if verdict.hard:
        return malformed(Kind.TYPED, f"Has 12 digits, but they say born in {year}.")
    detail = " ".join(("An ID number without its card.", *(problem.en for problem in verdict.problems)))
    return _credential(Kind.TYPED, f"id:{number}", Person(birth=str(year), sex=sex, number=number), detail)


def _credential(kind: Kind, holder_id: str, person: Person, detail: str) -> Credential:
    fields = {"number": person.number, "birth": person.birth, "sex": person.sex}
    return Credential(kind, Check.UNSIGNED, holder_id, person=person, detail=detail, fields=named_fields(fields))
