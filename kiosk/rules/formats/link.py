"""Links, and the place codes among them. No link is ever opened."""

from __future__ import annotations

import re

from kiosk.rules.formats.code import Code, named_fields
from kiosk.rules.model import Check, Credential, Kind, Reason

# Posters at doors: the visitor's phone reads them, the kiosk has no use for them.
PLACE_HOSTS = ("tokhaiyte.vn", "pccovid.gov.vn")

_HOST = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:@\\]*)", re.IGNORECASE)


def read(code: Code) -> Credential | None:
    """Recognise a web address; its host alone tells a place code from any other link."""
    found = _HOST.match(code.text)
    if not found:
        return None
    host = found[1].lower().rstrip(".")
    fields = named_fields({"host": host})
    if any(host == place or host.endswith(f".{place}") for place in PLACE_HOSTS):
        detail = "The code of a place, for visitors' phones; it names nobody."
        return Credential(Kind.PLACE, Check.UNSIGNED, refusal=Reason.PLACE_CODE, fields=fields, detail=detail)
    detail = "A link to a web page; it is not opened."
    return Credential(Kind.LINK, Check.UNSIGNED, refusal=Reason.LINK_CODE, fields=fields, detail=detail)
