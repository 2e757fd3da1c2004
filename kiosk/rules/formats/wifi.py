"""Wi-Fi codes: recognised to be turned away kindly. Network and password are shown nowhere."""

from __future__ import annotations

from kiosk.rules.formats.code import Code
from kiosk.rules.model import Check, Credential, Kind, Reason


def read(code: Code) -> Credential | None:
    """Recognise a code that joins a phone to a network."""
    if code.text[:5].upper() != "WIFI:":
        return None
    return Credential(Kind.WIFI, Check.UNSIGNED, refusal=Reason.WIFI_CODE, detail="A Wi-Fi code; it names nobody.")
