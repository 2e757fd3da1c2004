"""Our own slip: a random number signed by a kiosk of this site, on every ticket.

``KSK1:`` + base32 without padding of payload (version 1, 8 bytes key id, 16 bytes slip id, 5 bytes
big-endian seconds of issue) and 64 bytes Ed25519 signature over ``kiosk slip v1`` + payload. All its
letters are in a QR code's alphanumeric set, which keeps the printed code coarse.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from kiosk.rules.formats.code import Code, malformed
from kiosk.rules.model import Check, Credential, Kind, Reason

PREFIX = "KSK1:"
KEY_ID_BYTES, SLIP_ID_BYTES, TIME_BYTES, SIGNATURE_BYTES = 8, 16, 5, 64

_VERSION = b"\x01"
_PAYLOAD_BYTES = len(_VERSION) + KEY_ID_BYTES + SLIP_ID_BYTES + TIME_BYTES
_DOMAIN = b"kiosk slip v1"
_BODY = re.compile(r"[A-Z2-7]{151}")  # 94 bytes
_CLOCK_TOLERANCE_S = 300  # kiosks of one site may differ by so much


@dataclass(frozen=True, slots=True)
class Slip:
    """The parts of a slip's text, not yet verified."""

    key_id: bytes
    slip_id: bytes
    issued_s: int
    payload: bytes
    signature: bytes

    @property
    def holder_id(self) -> str:
        """The identifier under which a visit is found."""
        return f"slip:{self.slip_id.hex()}"


def encode_payload(key_id: bytes, slip_id: bytes, issued_s: int) -> bytes:
    """The bytes that say what a slip is: *key_id* of 8 bytes, *slip_id* of 16, issue in Unix seconds."""
    assert len(key_id) == KEY_ID_BYTES
    assert len(slip_id) == SLIP_ID_BYTES
    return _VERSION + key_id + slip_id + issued_s.to_bytes(TIME_BYTES, "big")


def signed_message(payload: bytes) -> bytes:
    """What is signed; the leading words keep the signature from meaning anything elsewhere."""
    return _DOMAIN + payload


def encode(payload: bytes, signature: bytes) -> str:
    """The text of the slip's QR code."""
    return PREFIX + base64.b32encode(payload + signature).decode("ascii").rstrip("=")


def parse(text: str) -> Slip | None:
    """The parts of a slip's text, or None where it is not exactly the text that ``encode`` makes."""
    body = text.removeprefix(PREFIX)
    if body == text or not _BODY.fullmatch(body):
        return None
    data = base64.b32decode(body + "=")
    payload, signature = data[:_PAYLOAD_BYTES], data[_PAYLOAD_BYTES:]
    if payload[:1] != _VERSION or encode(payload, signature) != text:
        return None
    key_id, rest = payload[1 : 1 + KEY_ID_BYTES], payload[1 + KEY_ID_BYTES :]
    issued_s = int.from_bytes(rest[SLIP_ID_BYTES:], "big")
    return Slip(key_id, rest[:SLIP_ID_BYTES], issued_s, payload, signature)


def read(code: Code) -> Credential | None:
    """Recognise a slip; its signature is proven before its time of issue is believed."""
    text = code.text.upper()  # a scanner that types with the caps lock on
    if not text.startswith(PREFIX):
        return None
    slip = parse(text)
    if slip is None:
        return malformed(Kind.SLIP, "Begins like a slip of a kiosk, but is damaged or cut off.")
    genuine = code.trust.verify_slip(slip.key_id, signed_message(slip.payload), slip.signature)
    if genuine is None:
        return _refused(slip, Check.NO_KEY, Reason.SLIP_FORGED, "A slip signed with a key unknown here.")
    if not genuine:
        return _refused(slip, Check.BAD_SIGNATURE, Reason.SLIP_FORGED, "A slip whose signature is wrong.")
    return _read_genuine(slip, code)


def _read_genuine(slip: Slip, code: Code) -> Credential:
    age_s = code.at_ms / 1000 + code.trust.slips_ahead_s - slip.issued_s
    if age_s < -_CLOCK_TOLERANCE_S:
        return _refused(slip, Check.NOT_YET_VALID, Reason.SLIP_EXPIRED, "A genuine slip, issued later than now.")
    if age_s > code.trust.slip_valid_s:
        return _refused(slip, Check.EXPIRED, Reason.SLIP_EXPIRED, "A genuine slip that has expired.")
    return Credential(
        Kind.SLIP, Check.VALID, slip.holder_id, fields=_fields(slip), detail="A genuine slip of this site, in force."
    )


def _refused(slip: Slip, check: Check, refusal: Reason, detail: str) -> Credential:
    return Credential(Kind.SLIP, check, refusal=refusal, fields=_fields(slip), detail=detail)


def _fields(slip: Slip) -> dict[str, str]:
    return {"slip": slip.slip_id.hex(), "key": slip.key_id.hex(), "issued_s": str(slip.issued_s)}
