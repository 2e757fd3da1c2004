"""MECARD, the contact card of Japanese phones (NTT DOCOMO, "bar code recognition function").

``MECARD:N:family,given;TEL:…;BDAY:yyyymmdd;;`` in any order; a backslash escapes ``\\ ; , :``.
Address, mail and notes are not read.
"""

from __future__ import annotations

from kiosk.rules.formats.code import Code
from kiosk.rules.formats.contacts import contact, pieces, unescaped
from kiosk.rules.model import Credential, Kind

_START = "MECARD:"


def read(code: Code) -> Credential | None:
    """Recognise a contact card by its beginning; its family name comes first, as in Viet Nam."""
    if code.text[: len(_START)].upper() != _START:
        return None
    found: dict[str, list[str]] = {}
    for field in pieces(code.text[len(_START) :], ";"):
        name, _, value = field.partition(":")
        found.setdefault(name.strip().upper(), []).append(value)
    names = [unescaped(part) for part in pieces(_first(found, "N"), ",")]
    phones = [unescaped(phone) for phone in found.get("TEL", [])]
    return contact(Kind.MECARD, name=" ".join(names), phones=phones, birth=_first(found, "BDAY"))


def _first(found: dict[str, list[str]], name: str) -> str:
    return found.get(name, [""])[0]
