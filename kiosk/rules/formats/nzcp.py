"""NZ COVID Pass, version 1 (minhealthnz/nzcovidpass-spec).

``NZCP:/1/`` + base32 without padding of a COSE_Sign1 round a CBOR Web Token with a verifiable
credential in its claim ``vc``. ES256 only; its key is one that the issuer's DID document names in
``assertionMethod``.

The holder is the name with the date of birth, so that a renewed pass is the same person's; without a
date that exists the pass's own identifier (``jti``).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

from kiosk.rules.formats import cose
from kiosk.rules.formats.certificates import Certificate, MalformedError, family_name_first, judge, some_text, time_ms
from kiosk.rules.formats.code import Algorithm, Code, Signer, malformed
from kiosk.rules.identity import clean_name, parse_date
from kiosk.rules.model import Credential, Kind, Person

_PREFIX = re.compile(r"NZCP:/([^/]{0,20})/", re.IGNORECASE)
_VERSION = "1"

_VC = "vc"
_CLAIMS = {cose.ISS: "iss", cose.NBF: "nbf", cose.EXP: "exp", cose.CTI: "cti", _VC: "vc"}
_CREDENTIAL: dict[str, Callable[[Any], bool]] = {
    "@context": lambda value: isinstance(value, list) and value[:1] == ["https://www.w3.org/2018/credentials/v1"],
    "version": lambda value: value == "1.0.0",
    "type": lambda value: value == ["VerifiableCredential", "PublicCovidPass"],
    "credentialSubject": lambda value: isinstance(value, Mapping),
}
_UUID_BYTES = 16
_LONGEST_NAME = 100
_BIRTH = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read(code: Code) -> Credential | None:
    """Recognise a NZ COVID Pass by its prefix and judge it by the keys of its issuer that the site trusts."""
    found = _PREFIX.match(code.text)
    if not found:
        return None
    try:
        if found[1] != _VERSION:
            raise MalformedError(f"Version {_VERSION} of the NZ COVID Pass is the only one known, not this one.")
        certificate = _parse(_from_base32(code.text[found.end() :].upper()))
    except MalformedError as fault:
        return malformed(Kind.NZCP, str(fault))
    signers = code.trust.signers(certificate.key_id, certificate.issuer)
    return judge(certificate, signers, code.at_ms, lambda signer: _objection(signer, certificate.issuer))


def _objection(signer: Signer, issuer: str) -> str:
    if signer.issuer != issuer or not signer.asserts:
        return "The pass wants a key that the DID document of its issuer names in assertionMethod."
    return ""


def _from_base32(text: str) -> bytes:
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError) as fault:
        raise MalformedError("Not readable as base32.") from fault


def _parse(data: bytes) -> Certificate:
    signed = cose.parse(data)
    if signed.algorithm is not Algorithm.ES256:
        raise MalformedError("Signed with an unsupported algorithm; a NZ COVID Pass has ES256.")
    claims = _claims(signed.payload)
    return Certificate(
        kind=Kind.NZCP,
        algorithm=signed.algorithm,
        message=signed.message,
        signature=signed.signature,
        key_id=_key_id(signed),
        issuer=claims[cose.ISS],
        person=_person(_subject(claims[_VC])),
        own_id=f"urn:uuid:{claims[cose.CTI].hex()}",
        begins_ms=_time(claims, cose.NBF),
        ends_ms=_time(claims, cose.EXP),
    )


def _key_id(signed: cose.Signed) -> str:
    if not {cose.ALG, cose.KID} <= set(signed.protected):
        raise MalformedError("Its protected header lacks alg or kid.")
    key_id = signed.key_id
    try:
        return (
            key_id if isinstance(key_id, str) else key_id.decode()
        )  # the text asked for; the published pass has bytes
    except UnicodeDecodeError as fault:
        raise MalformedError("Its key id (kid) is no text.") from fault


def _claims(payload: bytes) -> Mapping[Any, Any]:
    claims = cose.claims(payload)
    missing = [name for claim, name in _CLAIMS.items() if claims.get(claim) is None]
    if missing:
        raise MalformedError(f"Missing in its claims: {', '.join(missing)}.")
    if not some_text(claims[cose.ISS]).startswith("did:web:"):
        raise MalformedError("Its issuer (iss) is no did:web.")
    if not isinstance(claims[cose.CTI], bytes) or len(claims[cose.CTI]) != _UUID_BYTES:
        raise MalformedError("Its identifier (cti) is no UUID.")
    return claims


def _time(claims: Mapping[Any, Any], claim: int) -> int:
    at_ms = time_ms(claims[claim])
    if at_ms is None:
        raise MalformedError(f"Its claim {_CLAIMS[claim]} is no time.")
    return at_ms


def _subject(credential: object) -> Mapping[Any, Any]:
    """Whom the verifiable credential is about; raises MalformedError."""
    if not isinstance(credential, Mapping):
        raise MalformedError("Its claim vc is no credential.")
    faults = [name for name, is_right in _CREDENTIAL.items() if not is_right(credential.get(name))]
    if faults:
        raise MalformedError(f"Not a PublicCovidPass of version 1.0.0; missing or wrong: {', '.join(faults)}.")
    subject: Mapping[Any, Any] = credential["credentialSubject"]
    return subject


def _person(subject: Mapping[Any, Any]) -> Person:
    given, family, birth = (subject.get(name) for name in ("givenName", "familyName", "dob"))
    if not _is_name(given):
        raise MalformedError("Its givenName is missing or wrong.")
    if family is not None and not _is_name(family):
        raise MalformedError("Its familyName is wrong.")
    if not _BIRTH.fullmatch(some_text(birth)):
        raise MalformedError("Its dob is missing or wrong.")
    name = family_name_first(some_text(family), some_text(given))
    return Person(name=clean_name(name), birth=parse_date(some_text(birth)))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_NAME
