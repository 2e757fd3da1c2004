"""What a page's script asks for: bounded JSON with texts, whole numbers and gates that exist."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest

from kiosk.web.context import house

LONGEST_TEXT_BYTES = 32_000  # JSON around the largest QR code
LARGEST_NUMBER = 2**53


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


def gate(asked: Any) -> str:
    """The gate that was asked for, or the first. Raises BadRequest where there is no such gate."""
    gates = [gate.id for gate in house().settings.gates]
    chosen = asked.get("gate", gates[0])
    if chosen not in gates:
        raise BadRequest
    return str(chosen)
