"""Posters at doors whose codes are no links. Visitors' phones read them, the kiosk has no use for them."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from kiosk.rules.formats.code import Code, named_fields
from kiosk.rules.model import Check, Credential, Kind, Reason

_POSTERS = {"NZCOVIDTRACER:": "NZ COVID Tracer", "UKC19TRACING:": "the NHS COVID-19 app"}
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


def read(code: Code) -> Credential | None:
    """Recognise a place's code by its beginning; New Zealand's says name and address of the place."""
    start = next((start for start in _POSTERS if code.text[: len(start)].upper() == start), "")
    if not start:
        return None
    said = _said(code.text[len(start) :]) if start == "NZCOVIDTRACER:" else {}
    return place(_POSTERS[start], {"place": said.get("opn"), "address": said.get("adr"), "gln": said.get("gln")})


def place(app: str, said: dict[str, Any]) -> Credential:
    """The code of a place for visitors' phones with *app*, and what it says of the place."""
    fields = named_fields({name: value for name, value in said.items() if isinstance(value, str)})
    detail = f"A place's code for visitors with {app}; it names nobody."
    return Credential(Kind.PLACE, Check.UNSIGNED, refusal=Reason.PLACE_CODE, fields=fields, detail=detail)


def _said(encoded: str) -> dict[str, Any]:
    """The JSON behind base64, empty where there is none: gln, opn and adr of NZ COVID Tracer's QR specification."""
    kept = _NOT_BASE64.sub("", encoded)
    try:
        said = json.loads(base64.b64decode(kept + "=" * (-len(kept) % 4)))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
