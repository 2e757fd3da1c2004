"""Tables of TOML -> frozen dataclasses whose fields say what they may hold. Knows no setting by name."""

from __future__ import annotations

import base64
import dataclasses
import ipaddress
import re
import typing
from dataclasses import field
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kiosk.rules.formats.pattern import OURS, compile_pattern
from kiosk.rules.model import Kind


class SettingsError(Exception):
    """The settings cannot be used; the sentence names file, key, expected and found."""


_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
_MOST = 1e9  # seconds are counted in milliseconds and everything in 64 bits


def _is_time_zone(text: str) -> bool:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_public_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 32  # Ed25519 (RFC 8032)
    except ValueError:
        return False


_SHORT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


def _is_kind_of_pattern(text: str) -> bool:
    return text in OURS or (text not in list(Kind) and _SHORT_NAME.fullmatch(text) is not None)


def _is_address(text: str) -> bool:
    return not text or bool(ipaddress.ip_address(text))


# RFC 1123, 2.1
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


# The forms a text may have: what is expected in words, and whether a text has it; a ValueError says why not.
_FORMS: dict[str, tuple[str, typing.Callable[[str], object]]] = {
    "": ("a text", lambda text: True),
    "id": ("a short name of letters, digits, - and _", _SHORT_NAME.fullmatch),
    "series": ("one to three letters", re.compile(r"[^\W\d_]{1,3}").fullmatch),
    "time": ("a time of day as HH:MM", re.compile(_TIME).fullmatch),
    "time or never": ("a time of day as HH:MM, or empty", re.compile(f"({_TIME})?").fullmatch),
    "address": ("an address as 0.0.0.0 or 192.168.1.20, or empty", _is_address),
    "host": ("a name as kiosk.local or an address, in small letters", _HOST.fullmatch),
    "key": ("a public key in base64, as 'kiosk keys show' prints it", _is_public_key),
    "regex": ("a regular expression of RE2", compile_pattern),
    "kind": (f"a short name of your own, or one of {', '.join(OURS)}", _is_kind_of_pattern),
    "timezone": ("an IANA time zone as Asia/Ho_Chi_Minh", _is_time_zone),
}


def setting(
    default: Any,
    sentence: str,
    *,
    least: float = -_MOST,
    most: float = _MOST,
    form: str = "",
    one_of: tuple[str, ...] = (),
) -> Any:
    """A field of a settings table: its default, its sentence, and the values it may take."""
    rules = {"sentence": sentence, "least": least, "most": most, "form": form, "one_of": one_of}
    return field(default=default, metadata=rules)


def read_table(file: str, where: str, kind: type[Any], table: object) -> Any:
    """The dataclass *kind* from *table*, which stands at *where* in *file*. Raises SettingsError."""
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: {where} must be a table, not {table!r}")
    hints = typing.get_type_hints(kind)
    known = {entry.name: entry for entry in dataclasses.fields(kind)}
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise SettingsError(
            f"{file}: {where + ' ' if where else ''}{unknown[0]} is not a setting; known: {', '.join(known)}"
        )
    values = {
        name: _read_value(file, f"{where} {name}".strip(), hints[name], known[name].metadata, table[name])
        for name in table
    }
    return kind(**values)


def _read_value(file: str, where: str, hint: Any, rules: typing.Mapping[str, Any], value: object) -> Any:
    if dataclasses.is_dataclass(hint):
        return read_table(file, f"[{where}]", typing.cast(type[Any], hint), value)
    if typing.get_origin(hint) is tuple:
        item = typing.get_args(hint)[0]
        if not isinstance(value, list):
            raise SettingsError(f"{file}: {where} must be a list, not {value!r}")
        if dataclasses.is_dataclass(item):
            return tuple(read_table(file, f"[[{where}]]", typing.cast(type[Any], item), row) for row in value)
        return tuple(_read_scalar(file, where, item, rules, entry) for entry in value)
    return _read_scalar(file, where, hint, rules, value)


def _read_scalar(file: str, where: str, hint: Any, rules: typing.Mapping[str, Any], value: object) -> Any:
    if hint is float and type(value) is int and abs(value) <= _MOST:
        value = float(value)
    if issubclass(hint, Enum):
        rules, kind = {"one_of": tuple(member.value for member in hint)}, str
    else:
        kind = hint
    expected, fits = _expectation(where, kind, rules)
    try:
        if type(value) is kind and fits(value):
            return hint(value)
    except ValueError as error:
        raise SettingsError(f"{file}: {where} must be {expected}, not {value!r}: {error}") from error
    raise SettingsError(f"{file}: {where} must be {expected}, not {value!r}")


def _expectation(where: str, kind: type, rules: typing.Mapping[str, Any]) -> tuple[str, typing.Callable[[Any], object]]:
    """What a value must be, in words, and whether one of the right type is that."""
    one_of = rules.get("one_of", ())
    if one_of:
        return "one of " + ", ".join(one_of), lambda value: str(value) in one_of
    if kind is bool:
        return "true or false", lambda value: True
    if kind is str:
        return _FORMS[rules.get("form", "")]
    least, most = rules["least"], rules["most"]
    number = "a whole number" if kind is int else "a number"
    return f"{number}{_unit(where)} from {least:.10g} to {most:.10g}", lambda value: least <= value <= most


def _unit(where: str) -> str:
    units = {"_s": "seconds", "_mm": "millimetres", "_days": "days", "_ms": "milliseconds", "_h": "hours"}
    return next((f" of {name}" for suffix, name in units.items() if where.endswith(suffix)), "")


def as_table(settings: Any) -> dict[str, Any]:
    """The settings in force as plain values, for ``kiosk check``."""

    def plain(value: Any) -> Any:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {entry.name: plain(getattr(value, entry.name)) for entry in dataclasses.fields(value)}
        if isinstance(value, tuple):
            return [plain(item) for item in value]
        return value.value if isinstance(value, Enum) else value

    table = plain(settings)
    assert isinstance(table, dict)
    return table


def as_lines(table: dict[str, Any], prefix: str = "") -> list[str]:
    """A table of ``as_table`` as lines ``name = value``, for people."""
    lines: list[str] = []
    for name, value in table.items():
        if isinstance(value, dict):
            lines += as_lines(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for number, row in enumerate(value):
                lines += as_lines(row, f"{prefix}{name}[{number}].")
        else:
            lines.append(f"{prefix}{name} = {value!r}")
    return lines
