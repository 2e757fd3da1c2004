"""What the EU's schema asks of a Digital COVID Certificate.

Versions 1.0.0 to 1.3.x of ehn-dcc-development/eu-dcc-schema at once, each rule as the mildest of them has
it. Fields that it does not know may follow; value sets are no part of it. What issuers are known to write
passes too: null for what is unknown, dates with a time, x for an unknown day, no country.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from kiosk.rules.formats.certificates import MalformedError

_Rule = Callable[[object], bool]

_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_TRANSLITERATED = re.compile(r"[A-Z<]{0,80}")
_BIRTH = re.compile(r"(?:(?:19|20)[0-9]{2}(?:-(?:[0-9]{2}|[Xx]{2})){0,2}(?:T.*)?)?")  # issued also with a time, or x
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*", re.DOTALL)
_LONGEST = 80


def _text(value: object) -> bool:
    return isinstance(value, str)


def _short(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST


def _like(pattern: re.Pattern[str]) -> _Rule:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _dose(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value % 1 == 0


def _time(value: object) -> bool:
    return isinstance(value, int | float) or _like(_DATE)(value)


def _null_or(rule: _Rule) -> _Rule:
    return lambda value: value is None or rule(value)


_SHARED: dict[str, _Rule] = {"tg": _text, "co": _text, "is": _short, "ci": _short}
_WHOLE: dict[str, _Rule] = {"ver": _null_or(_like(_VERSION)), "dob": _null_or(_like(_BIRTH))}
_NAME: dict[str, _Rule] = {
    "fn": _null_or(_short),
    "fnt": _null_or(_like(_TRANSLITERATED)),
    "gn": _null_or(_short),
    "gnt": _null_or(_like(_TRANSLITERATED)),
}
# v, t and r: a vaccination, a test, a recovery. A test's nm, ma and, since 1.3.1, tc may lack.
_GROUPS: dict[str, dict[str, _Rule]] = {
    "v": {**_SHARED, "vp": _text, "mp": _text, "ma": _text, "dn": _dose, "sd": _dose, "dt": _like(_DATE)},
    "t": {**_SHARED, "tt": _text, "sc": _time, "tr": _text},
    "r": {**_SHARED, "fr": _like(_DATE), "df": _like(_DATE), "du": _like(_DATE)},
}


def group_of(certificate: Mapping[Any, Any]) -> str:
    """Which one of the groups ``v``, ``t`` and ``r`` *certificate* has; raises MalformedError for none and several."""
    groups = [group for group in _GROUPS if certificate.get(group)]
    if len(groups) != 1:
        raise MalformedError("It holds more than one certificate." if groups else "It holds no certificate.")
    return groups[0]


def check_schema(certificate: Mapping[Any, Any], group: str) -> None:
    """Raises MalformedError that names every field against the schema, never what it holds."""
    name, entries = certificate.get("nam"), certificate[group]
    if not isinstance(name, Mapping):
        raise MalformedError("Against the DCC schema: nam is missing or wrong.")
    faults = _faults(certificate, _WHOLE) + _faults({**dict.fromkeys(_NAME), **name}, _NAME)
    if name.get("fnt") is None and name.get("gnt") is None:  # until 1.3.1 it had to be fnt
        faults.append("fnt is missing")
    for entry in _entries(entries, certificate):
        faults += _faults(entry, _GROUPS[group])
    if faults:
        raise MalformedError(f"Against the DCC schema: {', '.join(dict.fromkeys(faults))}.")


def _entries(entries: object, certificate: Mapping[Any, Any]) -> list[Mapping[Any, Any]]:
    if not isinstance(entries, list | tuple) or not all(isinstance(entry, Mapping) for entry in entries):
        raise MalformedError("Against the DCC schema: what it certifies is no list of maps.")
    if len(entries) > 1 and not str(certificate.get("ver")).startswith(("1.0.", "1.1.")):
        raise MalformedError("Against the DCC schema: it holds several entries.")
    return list(entries)


def _faults(fields: Mapping[Any, Any], rules: Mapping[str, _Rule]) -> list[str]:
    missing = [f"{name} is missing" for name in rules if name not in fields]
    return missing + [f"{name} is wrong" for name in rules if name in fields and not rules[name](fields[name])]
