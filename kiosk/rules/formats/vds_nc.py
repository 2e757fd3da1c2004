"""ICAO's visible digital seals for non-constrained environments (VDS-NC): JSON with its signer's certificate inside.

The rules are those of ICAO's technical report "VDS-NC", version 1.2, for proofs of testing (``icao.test``) and of
vaccination (``icao.vacc``): the signature is over ``data`` in canonical JSON (RFC 8785), so that spaces and the
order of names do not matter. Name and full date of birth make the holder id, so that a renewed proof is the same
holder; a proof without them is a holder of its own, by its certificate number (UVCI or UTCI).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kiosk.rules.formats.certificates import Certificate, MalformedError, judge, some_text
from kiosk.rules.formats.code import Algorithm, Code, Signer, malformed
from kiosk.rules.formats.signed_json import canonical, from_base64url, member, parse_object
from kiosk.rules.identity import LONGEST_NUMBER, clean_name, clean_text, parse_date, parse_sex
from kiosk.rules.model import Credential, Kind, Person

_NUMBERS = {"icao.vacc": "uvci", "icao.test": "utci"}  # under which name each type has its certificate number
_UNREAD_ALGORITHMS = ("ES384", "ES512")  # the report allows them; nobody is known to have used them
_KEY_USE = "2.23.136.1.1.14.2"  # what the certificate of a seal's signer is for


def read(code: Code) -> Credential | None:
    """A seal, recognised by its ``data.hdr.t``."""
    if not (code.text.startswith("{") and '"icao.' in code.text):
        return None
    if code.lost_letters:
        return malformed(Kind.VDS_NC, "Letters of it were lost between the code and here.")
    try:
        seal = parse_object(code.text, "The seal")
        if not some_text(member(seal, "data", "hdr", "t")).startswith("icao."):
            return None
        return _judge(_proof(seal), seal, code)
    except MalformedError as fault:
        return malformed(Kind.VDS_NC, str(fault))


def _judge(proof: Certificate, seal: Mapping[str, Any], code: Code) -> Credential:
    if member(seal, "sig", "alg") in _UNREAD_ALGORITHMS:
        answer = judge(proof, (), code.at_ms)
        return replace(answer, detail="Signed with ES384 or ES512, which cannot be checked here.")
    signer = code.trust.enclosed(_signed_part(seal, "cer"))
    if signer is None:
        raise MalformedError("What it encloses is no certificate (cer).")
    return judge(proof, (signer,), code.at_ms, _objection)


def _objection(signer: Signer) -> str:
    if signer.uses and _KEY_USE not in signer.uses:
        return "The signer's certificate is not one for seals."
    return ""


def _proof(seal: Mapping[str, Any]) -> Certificate:
    data = seal["data"]
    if fault := _fault_of_data(data):
        raise MalformedError(fault)
    if member(seal, "sig", "alg") not in (Algorithm.ES256, *_UNREAD_ALGORITHMS):
        raise MalformedError("It names no algorithm that the technical report allows (alg).")
    header, message = data["hdr"], data["msg"]
    signer = hashlib.sha256(_signed_part(seal, "cer")).digest()
    return Certificate(
        Kind.VDS_NC,
        Algorithm.ES256,
        canonical(data),
        _signed_part(seal, "sigvl"),
        key_id=base64.b64encode(signer[:8]).decode(),
        issuer=header["is"],
        person=_person(message["pid"]),
        own_id=f"{header['is']} {message[_NUMBERS[header['t']]]}",
        fields={"number": some_text(message["pid"].get("i")), "sex": some_text(message["pid"].get("sex"))},
    )


def _fault_of_data(data: object) -> str:
    number = _NUMBERS.get(some_text(member(data, "hdr", "t")))
    if number is None:
        return "It is neither a proof of testing nor of vaccination (t)."
    if not some_text(member(data, "hdr", "is")):
        return "Its issuer is missing (is)."
    if not isinstance(member(data, "hdr", "v"), int):
        return "Its version is missing (v)."
    if not some_text(member(data, "msg", number)):
        return f"Its certificate number is missing ({number})."
    return "" if some_text(member(data, "msg", "pid", "n")) else "The name of its holder is missing (n)."


def _signed_part(seal: Mapping[str, Any], name: str) -> bytes:
    part = from_base64url(some_text(member(seal, "sig", name)), f"A part of the signature ({name})")
    if not part:
        raise MalformedError(f"A part of the signature is missing ({name}).")
    return part


def _person(pid: Mapping[str, Any]) -> Person:
    """Whom the proof is for; the name is printed with its family name first, two spaces behind it."""
    return Person(
        name=clean_name(some_text(pid["n"])),
        birth=parse_date(some_text(pid.get("dob"))),
        sex=parse_sex(some_text(pid.get("sex"))),
        number=clean_text(some_text(pid.get("i")), LONGEST_NUMBER),
    )
