"""Makers of SMART Health Cards and VDS-NC seals, signed by the tests' own issuers; and what is wrong with bad ones."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from signing import Issuer, base64url, thumbprint

ISSUER = "https://clinic.example/cards"
ISSUED_S = 1_640_995_200  # 2022-01-01T00:00Z
HEALTH_CARD = "https://smarthealth.cards#health-card"


def patient(**more: Any) -> dict[str, Any]:
    """A FHIR Patient."""
    name = {"family": "Nguyễn", "given": ["Văn", "Thử"]}
    return {"resourceType": "Patient", "name": [name], "birthDate": "1985-03-02", **more}


def claims(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The payload of a health card about *resources*, a Patient by default; None among *more* leaves a claim out."""
    content = resources or (patient(), {"resourceType": "Immunization", "status": "completed", "lotNumber": "LOT7"})
    entries = [{"fullUrl": f"resource:{place}", "resource": each} for place, each in enumerate(content)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    subject = {"fhirVersion": "4.0.1", "fhirBundle": bundle}
    card = {"iss": ISSUER, "nbf": ISSUED_S, "vc": {"type": [HEALTH_CARD], "credentialSubject": subject}, **more}
    return {name: value for name, value in card.items() if value is not None}


def deflate(payload: bytes) -> bytes:
    """Raw DEFLATE."""
    deflater = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return deflater.compress(payload) + deflater.flush()


def make_jws(issuer: Issuer, payload: bytes, **header: Any) -> str:
    """A signed text of the deflated *payload*; None among *header* leaves a member out."""
    members = {"zip": "DEF", "alg": "ES256", "kid": thumbprint(issuer.jwk), **header}
    head = to_json({name: value for name, value in members.items() if value is not None})
    message = f"{base64url(head)}.{base64url(payload)}"
    return f"{message}.{base64url(issuer.sign(message.encode()))}"


def digits(jws: str) -> str:
    """The letters of *jws* as pairs of digits."""
    return "".join(f"{ord(letter) - 45:02}" for letter in jws)


def shc(issuer: Issuer, card: dict[str, Any] | None = None, **header: Any) -> bytes:
    """The code of a health card."""
    return f"shc:/{digits(make_jws(issuer, deflate(to_json(card or claims())), **header))}".encode()


def in_parts(code: bytes, count: int) -> list[bytes]:
    """The same card in *count* codes."""
    pairs = code.removeprefix(b"shc:/").decode()
    length = -(-len(pairs) // 2 // count) * 2
    return [f"shc:/{part + 1}/{count}/{pairs[part * length : (part + 1) * length]}".encode() for part in range(count)]


def vaccination(**pid: Any) -> dict[str, Any]:
    """The ``data`` of a proof of vaccination; *pid* as its holder has it."""
    holder = {"n": "NGUYEN  VAN THU", "dob": "1985-03-02", "sex": "M", "i": "B1234567", **pid}
    dose = {"dvc": "2021-07-01", "seq": 1, "ctr": "VNM", "adm": "CDC", "lot": "LOT7"}
    events = [{"des": "XM68M6", "nam": "Vaccine", "dis": "RA01.0", "vd": [dose]}]
    message = {"uvci": "VN0000000001", "pid": {name: value for name, value in holder.items() if value}, "ve": events}
    return {"hdr": {"t": "icao.vacc", "v": 1, "is": "VNM"}, "msg": message}


def seal(issuer: Issuer, data: Any, signed: str | None = None, **sig: Any) -> dict[str, Any]:
    """*data* with its signature, over *signed* or the canonical form; None among *sig* leaves a member out.

    The canonical form is written by Python's own writer: right for ASCII names and whole numbers, of which all is.
    """
    message = signed or json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    value = base64.urlsafe_b64encode(issuer.sign(message.encode())).decode()
    members = {"alg": "ES256", "cer": base64url(issuer.der), "sigvl": value, **sig}
    return {"data": data, "sig": {name: value for name, value in members.items() if value is not None}}


def vds(issuer: Issuer, data: Any = None, **sig: Any) -> bytes:
    """The code of a seal."""
    return to_json(seal(issuer, data or vaccination(), **sig))


def to_json(value: object) -> bytes:
    """Without spaces, in UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
