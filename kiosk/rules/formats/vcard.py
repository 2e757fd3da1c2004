"""vCard, the contact card of phones: versions 2.1 (Internet Mail Consortium), 3.0 (RFC 2426) and 4.0 (RFC 6350).

Lines ``[group.]NAME[;parameters]:value`` between BEGIN and END, folded with a space at the beginning of
the next line; 2.1 writes what is not ASCII as quoted-printable. Address, mail, photo and notes are not read.
"""

from __future__ import annotations

import binascii
import re

from kiosk.rules.formats.code import Code
from kiosk.rules.formats.contacts import contact, pieces, unescaped
from kiosk.rules.identity import parse_sex
from kiosk.rules.model import Credential, Kind

_START, _END = "BEGIN:VCARD", "END:VCARD"
_MOST_LINES = 500
_LINE_END = re.compile(r"\r\n|\r|\n")
# A colon between quotation marks belongs to a parameter (RFC 6350 section 3.3).
_PROPERTY = re.compile(r'(?:[A-Z0-9-]+\.)?([A-Z0-9-]+)((?:;(?:"[^"]*"|[^";:])*)*):(.*)', re.IGNORECASE | re.DOTALL)


def read(code: Code) -> Credential | None:
    """Recognise a contact card by its beginning.

    The name is family, additional and given name of N where it parts them, else FN as it is printed,
    else what N has.
    """
    if code.text[: len(_START)].upper() != _START:
        return None
    found = _properties(code.text)
    parts = [unescaped(part).strip() for part in pieces(_first(found, "N"), ";")][:3]
    family, given, additional = (*parts, "", "", "")[:3]
    in_order = " ".join((family, additional, given))
    printed = unescaped(_first(found, "FN"))
    return contact(
        Kind.VCARD,
        name=in_order if (family and given) or not printed.strip() else printed,
        phones=[unescaped(phone).removeprefix("tel:") for phone in found.get("TEL", [])],
        birth=_first(found, "BDAY"),
        sex=parse_sex(_first(found, "GENDER").partition(";")[0]),
    )


def _properties(text: str) -> dict[str, list[str]]:
    """The values of each property, unfolded and decoded, in their order; of the first card only."""
    found: dict[str, list[str]] = {}
    for line in _unfolded(text):
        if line.strip().upper() == _END:
            break
        if parsed := _PROPERTY.fullmatch(line):
            name, parameters, value = parsed.groups()
            quoted = "QUOTED-PRINTABLE" in parameters.upper()
            found.setdefault(name.upper(), []).append(_unquoted(value) if quoted else value)
    return found


def _unfolded(text: str) -> list[str]:
    # 2.1 breaks a line before a space that belongs to it, later ones insert the space.
    keeps_space = re.search(r"^VERSION:2\.1", text, re.IGNORECASE | re.MULTILINE)
    lines: list[str] = []
    for line in _LINE_END.split(text, _MOST_LINES)[:_MOST_LINES]:
        if lines and lines[-1].endswith("=") and "QUOTED-PRINTABLE" in lines[-1].upper():
            lines[-1] = lines[-1][:-1] + line  # its soft break (RFC 2045 section 6.7, rule 5)
        elif lines and line[:1] in (" ", "\t"):
            lines[-1] += line if keeps_space else line[1:]
        else:
            lines.append(line)
    return lines


def _unquoted(value: str) -> str:
    """Text behind quoted-printable of UTF-8, which is what phones write; another charset's letters are lost."""
    return binascii.a2b_qp(value.encode()).decode("utf-8", errors="replace")


def _first(found: dict[str, list[str]], name: str) -> str:
    return found.get(name, [""])[0]
