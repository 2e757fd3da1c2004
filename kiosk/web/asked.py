"""What a page's script asks for: bounded JSON with texts, whole numbers and gates that exist."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import request
from werkzeug.exceptions import BadRequest

from kiosk.devices import clock
from kiosk.web.context import house
from kiosk.web.queue_lines import ahead_ms

LONGEST_TEXT_BYTES = 32_000  # JSON around the largest QR code
LARGEST_NUMBER = 2**53
LONGEST_NUMBER, LONGEST_PLACE = 15, 7  # digits: of a number that the log has, of a place among the rows of a list


def asked_of_door() -> dict[str, Any]:
    """The JSON object of this request. Raises BadRequest for anything else."""
    request.max_content_length = LONGEST_TEXT_BYTES
    try:
        asked = request.get_json()
    except RecursionError:
        raise BadRequest from None
    if not isinstance(asked, dict):
        raise BadRequest
    return asked


def text(asked: dict[str, Any], name: str) -> bytes:
    """The text *name*, in UTF-8. Raises BadRequest where it is none."""
    value = asked.get(name)
    if not isinstance(value, str):
        raise BadRequest
    return value.encode("utf-8", "replace")


def number(asked: dict[str, Any], name: str, least: int = 1) -> int:
    """The whole number *name*, from *least*. Raises BadRequest where it is none."""
    value = asked.get(name)
    if type(value) is not int or not least <= value < LARGEST_NUMBER:
        raise BadRequest
    return value


def whole(digits: str, longest: int = LONGEST_NUMBER) -> int:
    """The whole number that a field says in at most *longest* digits. Raises BadRequest where it says none."""
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= longest):
        raise BadRequest
    return int(digits)


def local_path(asked: str) -> str:
    """Where *asked* leads, if that is a page of ours, else the first page; never another site."""
    parts = urlsplit(asked)
    ours = not parts.scheme and not parts.netloc and asked.startswith("/") and not asked.startswith(("//", "/\\"))
    return asked if ours and asked.isprintable() else "/"


def gate(asked: Any) -> str:
    """The gate that was asked for, or the first. Raises BadRequest where there is no such gate."""
    gates = [gate.id for gate in house().settings.gates]
    chosen = asked.get("gate", gates[0])
    if chosen not in gates:
        raise BadRequest
    return str(chosen)


def stated_ms(typed: str) -> int | None:
    """The time ``HH:MM`` of today, or of the day before where that is still to come, as the log shows it.

    None where nothing is stated. Raises BadRequest where it is no time.
    """
    if not typed.strip():
        return None
    try:
        stated = time.fromisoformat(typed.strip().zfill(5))
    except ValueError:
        raise BadRequest from None
    now = datetime.fromtimestamp(clock.now().wall_ms / 1000, house().settings.zone)
    at = now.replace(hour=stated.hour, minute=stated.minute, second=0, microsecond=0)
    at = at if at <= now else at - timedelta(days=1)
    return round(at.timestamp() * 1000) + ahead_ms(house().reader.head())
