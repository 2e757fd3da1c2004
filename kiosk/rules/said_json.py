"""JSON that somebody sent, read by what it must be: bounded, typed, whole; however hostile, it is refused or right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

LONGEST_NAME = 200
_WHOLE = 1 << 53
_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON may hold half a letter, which no file takes

Row = TypeVar("Row")
Json = dict[str, Any]


class NotUnderstood(ValueError):  # noqa: N818  # a refusal, said in a sentence
    """What came is not of this form."""


def text(value: object, longest: int = LONGEST_NAME) -> str:
    """*value*, a text."""
    if not isinstance(value, str) or len(value) > longest or _SURROGATE.search(value):
        raise NotUnderstood("a text was expected")
    return value


def whole(value: object) -> int:
    """*value*, a whole number that JSON carries exactly."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= _WHOLE:
        raise NotUnderstood("a whole number was expected")
    return value


def blob(value: object, size: int | None = None) -> bytes:
    """The bytes that *value* has in hexadecimal; *size* of them where given."""
    try:
        found = bytes.fromhex(value)  # type: ignore[arg-type]  # what is no text is a TypeError
    except (TypeError, ValueError) as error:
        raise NotUnderstood("hexadecimal was expected") from error
    if size is not None and len(found) != size:
        raise NotUnderstood(f"{size} bytes were expected")
    return found


def table(value: object) -> Json:
    """*value*, a JSON object."""
    if not isinstance(value, dict):
        raise NotUnderstood("an object was expected")
    return value


def rows(value: object, row: Callable[..., Row]) -> list[Row]:
    """*value*, a list of lists, each read by *row*."""
    try:
        return [row(*one) for one in value]  # type: ignore[attr-defined]  # what is no list is a TypeError
    except (TypeError, ValueError) as error:
        raise NotUnderstood(f"rows were expected: {error}") from error
