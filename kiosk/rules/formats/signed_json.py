"""JSON that somebody signed: read without forgiving anything, and written in its canonical form."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from kiosk.rules.formats.certificates import MalformedError

_MOST_DIGITS = 30  # of a whole number; other readers keep no more than 16 (RFC 8259 section 6)


def parse_object(text: str | bytes, what: str) -> dict[str, Any]:
    """The JSON object that *text* is (RFC 8259, bytes in UTF-8). Raises MalformedError, which calls it *what*.

    What readers understand differently is refused: a name twice in one object, NaN and Infinity, numbers
    too large for them, nesting too deep.
    """
    try:
        value = json.loads(
            text.decode("utf-8") if isinstance(text, bytes) else text,
            object_pairs_hook=_without_doubles,
            parse_constant=_refused,
            parse_float=_finite,
            parse_int=_whole_number,
        )
    except (ValueError, RecursionError) as fault:
        raise MalformedError(f"{what} is no JSON that all readers understand alike.") from fault
    if not isinstance(value, dict):
        raise MalformedError(f"{what} is no JSON object.")
    return value


def _without_doubles(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("a name stands twice in one object")
    return found


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")


def _finite(digits: str) -> float:
    if math.isinf(number := float(digits)):
        raise ValueError("the number is too large")
    return number


def _whole_number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError("the number is too large")
    return int(digits)


def canonical(value: object) -> bytes:
    """*value* as the JSON Canonicalization Scheme (RFC 8785) writes it: what a signature is over.

    Raises MalformedError for what it cannot write: half a letter, nesting too deep.
    """
    try:
        return _canonical(value).encode("utf-8")
    except (UnicodeEncodeError, RecursionError) as fault:
        raise MalformedError("It has half letters, or is nested too deeply.") from fault


def _canonical(value: object) -> str:
    if isinstance(value, dict):
        members = (f"{_plain(name)}:{_canonical(value[name])}" for name in sorted(value, key=_utf16))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    return _plain(value)


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _utf16(name: str) -> bytes:
    """RFC 8785 section 3.2.3 sorts names by their UTF-16 units."""
    return name.encode("utf-16-be", "surrogatepass")


def _number(value: float) -> str:
    """As ECMAScript writes it (RFC 8785 section 3.2.2.3): the shortest digits, an exponent only far from one."""
    number = Decimal(repr(float(value))).normalize()
    if not number:
        return "0"
    return format(number, "f" if -6 <= number.adjusted() < 21 else "e")


def from_base64url(text: str, what: str) -> bytes:
    """The bytes that *text* stands for (RFC 4648 section 5, padded or not). Raises MalformedError, which names *what*.

    A last letter with spare bits that are not zero is refused, too, so that one value has one text.
    """
    bare = text.rstrip("=")
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except ValueError as fault:
        raise MalformedError(f"{what} is not base64url.") from fault
    if base64.urlsafe_b64encode(data).rstrip(b"=") != bare.encode():
        raise MalformedError(f"{what} is not base64url.")
    return data


def objects(value: object) -> Iterable[Mapping[str, Any]]:
    """The objects in *value*, where it is a list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def member(value: object, *names: str) -> Any:
    """What stands in *value* under the first of *names*, in that under the next; None where that is nothing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
