"""What the two kinds of contact card share: cutting at escaped separators, dates of birth, and whose card it is."""

from __future__ import annotations

import re

from kiosk.rules.formats.code import malformed, named_fields
from kiosk.rules.identity import clean_name, parse_date, parse_phone, partial_holder
from kiosk.rules.model import Check, Credential, Kind, Person

_MOST_PIECES = 64
_BIRTH = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:[T ].{0,30})?")
_YEAR = re.compile(r"([0-9]{4})(?:-[0-9]{2})?")
_ANY_PHONE = re.compile(r"\+?[0-9]{7,15}")  # a fixed line's, or a foreigner's (ITU-T E.164)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def contact(kind: Kind, *, name: str, phones: list[str], birth: str, sex: str = "") -> Credential:
    """A card that its owner wrote: as good as typed, nothing of it is proven.

    Its holder id is ``partial:`` and all that it says, as a starred code's is; malformed without a
    name, or with neither a day or year of birth nor a phone number, of which a Vietnamese mobile comes first.
    """
    phone = next(filter(None, [*map(parse_phone, phones), *map(_any_phone, phones)]), "")
    person = Person(clean_name(name), birth_date(birth), sex, phone=phone)
    holder_id = partial_holder(person)
    if not holder_id:
        return malformed(kind, "A contact card that has no name, or neither a date of birth nor a phone.")
    fields = {"name": person.name, "birth": person.birth, "sex": person.sex, "phone": person.phone}
    detail = "A contact card; its owner wrote it, and nothing of it is proven."
    return Credential(kind, Check.UNSIGNED, holder_id, person=person, detail=detail, fields=named_fields(fields))


def _any_phone(text: str) -> str:
    digits = re.sub(r"[\s.()/-]", "", text)
    return digits if _ANY_PHONE.fullmatch(digits) else ""


def birth_date(text: str) -> str:
    """A contact's date, ``yyyymmdd``, ``yyyy-mm-dd`` or only the year, as ISO 8601; empty without a year."""
    text = text.strip()
    if found := _BIRTH.fullmatch(text):
        return parse_date("-".join(found.groups()))
    found = _YEAR.fullmatch(text)
    return parse_date(found[1]) if found else ""


def pieces(text: str, separator: str) -> list[str]:
    """*text* cut at each *separator* that no backslash escapes; at most 64 pieces, still escaped."""
    cut = re.findall(rf"((?:\\.|[^\\{separator}])*)(?:{separator}|\\?\Z)", text, re.DOTALL)
    return cut[:_MOST_PIECES]


def unescaped(text: str) -> str:
    """*text* without its backslashes; ``\\n`` is the end of a line."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)
