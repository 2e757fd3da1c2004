"""Links, and the place codes among them. No link is ever opened."""

from __future__ import annotations

import re

from kiosk.rules.formats.code import Code, named_fields
from kiosk.rules.formats.place import place
from kiosk.rules.model import Check, Credential, Kind, Reason

# Posters at doors: the visitor's phone reads them, the kiosk has no use for them.
PLACE_HOSTS = {
    "tokhaiyte.vn": "Viet Nam's health declaration",
    "pccovid.gov.vn": "PC-Covid",
    "e.coronawarn.app": "the Corona-Warn-App",
    "app.luca-app.de": "luca",
}

_HOST = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:@\\]*)", re.IGNORECASE)
_HEALTH_LINK = "SHLINK:/"


def read(code: Code) -> Credential | None:
    """Recognise a web address, whose host tells a place's code from any other link, and a SMART Health Link."""
    if code.text[: len(_HEALTH_LINK)].upper() == _HEALTH_LINK:
        return _link("", "A SMART Health Link: what it leads to is on the internet, and it is not opened.")
    found = _HOST.match(code.text)
    if not found:
        return None
    host = found[1].lower().rstrip(".")
    app = next((app for known, app in PLACE_HOSTS.items() if host == known or host.endswith(f".{known}")), "")
    return place(app, {"host": host}) if app else _link(host, "A link to a web page; it is not opened.")


def _link(host: str, detail: str) -> Credential:
    fields = named_fields({"host": host})
    return Credential(Kind.LINK, Check.UNSIGNED, refusal=Reason.LINK_CODE, fields=fields, detail=detail)
