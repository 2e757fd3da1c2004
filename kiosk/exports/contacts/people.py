"""A person's fields as other systems divide them."""

from __future__ import annotations

import re

_BIRTH = re.compile(r"([12][0-9]{3})(?:-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?")
_LOCAL = re.compile(r"\+84 ?([0-9][0-9 ]*)")


def family_and_given(name: str) -> tuple[str, str]:
    """A Vietnamese name's first word, and the others; of a single word, that word twice, as both are required."""
    family, _, given = " ".join(name.split()).partition(" ")
    return family, given or family


def birth_parts(birth: str) -> tuple[str, str, str]:
    """Year, month and day, without leading zeros; empty where not known."""
    found = _BIRTH.fullmatch(birth)
    if not found:
        return "", "", ""
    year, month, day = found.groups(default="")
    return year, month.lstrip("0"), day.lstrip("0")


def full_birth(birth: str) -> str:
    """The ISO date where day and month are known, else nothing."""
    return birth if birth_parts(birth)[2] else ""


def local_phone(phone: str) -> str:
    """As dialled in Vietnam, without a plus, which a spreadsheet takes for a formula: 0 or 00 in its place."""
    found = _LOCAL.fullmatch(phone)
    return "0" + found[1].replace(" ", "") if found else re.sub(r"^\+(?=[0-9])", "00", phone)
