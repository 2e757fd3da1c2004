"""SMART Health Cards: ``shc:/`` and digits, two for each letter of a signed and deflated JSON text.

The rules are those of the SMART Health Cards Framework (spec.smarthealth.cards, version 1.4). A card names no
person but by the FHIR Patient in it: name and full date of birth make the holder id, so that a renewed card is
the same holder. A card without them is a holder of its own, by the SHA-256 of what is signed.

A card too large for one code is shown in several, ``shc:/2/3/`` and digits: ``part_of`` reads one of them,
``rules/parts.py`` puts them together.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kiosk.rules.formats.certificates import (
    Certificate,
    MalformedError,
    family_name_first,
    judge,
    some_text,
    time_ms,
)
from kiosk.rules.formats.code import Algorithm, Code, Signer, malformed
from kiosk.rules.formats.signed_json import from_base64url, member, objects, parse_object
from kiosk.rules.identity import clean_name, parse_date
from kiosk.rules.model import Check, Credential, Kind, Person, Reason

PREFIX = "shc:/"
MOST_PARTS = 8

_LONGEST_PART = 2 * 1191  # digits; "Chunking Larger SHCs": 1191 letters
_LONGEST_PAYLOAD_BYTES = 256 * 1024
_SIGNATURE_BYTES = 64
_LATEST_EXP_S = 100_000_000_000  # no second before the year 5138, but every millisecond since 1973
_HEALTH_CARD = "https://smarthealth.cards#health-card"

_DIGITS = re.compile(r"[0-9]+")
_PART = re.compile(r"([0-9]{1,3})/([0-9]{1,3})/(.*)", re.DOTALL)
_NO_JWS = re.compile(r"[^A-Za-z0-9_.-]")
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")  # a FHIR date without its day


@dataclass(frozen=True, slots=True)
class Part:
    """One of the codes that a large card is shown in: the *number*-th of *count*, from 1, with its digits."""

    number: int
    count: int
    digits: str


def part_of(text: str) -> Part | None:
    """The part that the text of a code is, or None for what is no part or a damaged one."""
    part = _split(text)
    return None if part is None or _fault_of_part(part) else part


def read(code: Code) -> Credential | None:
    """A health card, or one part of one."""
    if code.text[: len(PREFIX)].lower() != PREFIX:
        return None
    if part := _split(code.text):
        return _read_part(part)
    try:
        card = _card(code.text[len(PREFIX) :])
    except MalformedError as fault:
        return malformed(Kind.SHC, str(fault))
    return judge(card, code.trust.signers(card.key_id, card.issuer), code.at_ms, _objection)


def _objection(signer: Signer) -> str:
    if not signer.issuer and signer.ends_ms is not None:  # asked for as a certificate, say a country's
        return f"The key of {signer.name} is a certificate's, of no issuer of health cards."
    return ""


def _split(text: str) -> Part | None:
    if text[: len(PREFIX)].lower() != PREFIX:
        return None
    found = _PART.fullmatch(text, len(PREFIX))
    return Part(int(found[1]), int(found[2]), found[3]) if found else None


def _read_part(part: Part) -> Credential:
    if fault := _fault_of_part(part):
        return malformed(Kind.SHC, fault)
    detail = f"Part {part.number} of {part.count} of a health card; the others are awaited for a minute."
    return Credential(Kind.SHC, Check.MALFORMED, refusal=Reason.NEXT_PART, detail=detail)


def _fault_of_part(part: Part) -> str:
    if part.count < 2:
        return "A card in one code must not be numbered as a part."
    if part.count > MOST_PARTS:
        return f"A card in more than {MOST_PARTS} parts."
    if not 1 <= part.number <= part.count:
        return f"Part {part.number} of {part.count}: there is no such part."
    if len(part.digits) > _LONGEST_PART:
        return f"The part has more than {_LONGEST_PART} digits."
    return _fault_of_digits(part.digits)


def _fault_of_digits(digits: str) -> str:
    if not _DIGITS.fullmatch(digits):
        return f"Something else than digits stands behind {PREFIX}"
    if len(digits) % 2:
        return "The digits are no pairs: their number is odd."
    if _NO_JWS.search(_letters(digits)):
        return "A pair of digits stands for no letter of a signed text."
    return ""


def _letters(digits: str) -> str:
    return "".join(chr(int(digits[at : at + 2]) + 45) for at in range(0, len(digits), 2))


def _card(digits: str) -> Certificate:
    if fault := _fault_of_digits(digits):
        raise MalformedError(fault)
    jws = _letters(digits)
    if jws.count(".") != 2:
        raise MalformedError("It is no JWS: that has three parts with two dots between them.")
    header, payload, signature = (from_base64url(part, "A part of the JWS") for part in jws.split("."))
    key_id = _key_id(parse_object(header, "The header"))
    if len(signature) != _SIGNATURE_BYTES:
        raise MalformedError("The signature has not the 64 bytes of ES256.")
    text = _inflate(payload)
    if text != text.strip():
        raise MalformedError("The payload is not minified: spaces stand round it.")
    claims = parse_object(text, "The payload")
    if fault := _fault_of_claims(claims) or _fault_of_content(member(claims, "vc")):
        raise MalformedError(fault)
    message = jws.rpartition(".")[0].encode()
    return Certificate(
        Kind.SHC,
        Algorithm.ES256,
        message,
        signature,
        key_id,
        claims["iss"],
        _person(claims),
        own_id=hashlib.sha256(message).hexdigest(),
        begins_ms=time_ms(claims["nbf"]),
        ends_ms=time_ms(claims.get("exp")),
    )


def _key_id(header: Mapping[str, Any]) -> str:
    if header.get("alg") != Algorithm.ES256:
        raise MalformedError("The header does not name ES256 as its algorithm.")
    if header.get("zip") != "DEF":
        raise MalformedError("The header does not say that the payload is deflated (zip DEF).")
    if "crit" in header:
        raise MalformedError("The header demands what is not understood here (crit).")
    if key_id := some_text(header.get("kid")):
        return key_id
    raise MalformedError("The header names no key (kid).")


def _inflate(data: bytes) -> bytes:
    """Raw DEFLATE (RFC 1951), with nothing behind it."""
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        inflated = inflater.decompress(data, _LONGEST_PAYLOAD_BYTES)
    except zlib.error as fault:
        raise MalformedError("The payload is not in raw DEFLATE.") from fault
    if not inflater.eof:
        raise MalformedError("The payload is cut off, or too long when inflated.")
    if inflater.unused_data:
        raise MalformedError("More follows behind the end of the deflated payload.")
    return inflated


def _fault_of_claims(claims: Mapping[str, Any]) -> str:
    issuer = some_text(claims.get("iss"))
    if not issuer.startswith("https://") or issuer.endswith("/"):
        return "The issuer (iss) is no https address without a slash at its end."
    if time_ms(claims.get("nbf")) is None:
        return "The time of issue (nbf) is missing, or no number."
    if "exp" in claims and (time_ms(claims["exp"]) is None or claims["exp"] > _LATEST_EXP_S):
        return "The time of expiry (exp) is no number of seconds."
    return ""


def _fault_of_content(card: object) -> str:
    types = member(card, "type")
    if not isinstance(types, list) or _HEALTH_CARD not in types:
        return "It does not call itself a health card (vc.type)."
    subject = member(card, "credentialSubject")
    if not some_text(member(subject, "fhirVersion")):
        return "Its version of FHIR is missing (fhirVersion)."
    bundle = member(subject, "fhirBundle")
    if member(bundle, "resourceType") != "Bundle" or not objects(member(bundle, "entry")):
        return "Its content is missing (fhirBundle)."
    return ""


def _person(claims: Mapping[str, Any]) -> Person:
    """Name and birth date of the first FHIR Patient; nothing else of the bundle is looked at."""
    entries = objects(member(claims, "vc", "credentialSubject", "fhirBundle", "entry"))
    resources = (member(entry, "resource") for entry in entries)
    patient = next((each for each in resources if member(each, "resourceType") == "Patient"), None)
    name = next(iter(objects(member(patient, "name"))), None)
    given = member(name, "given")
    given = " ".join(map(some_text, given)) if isinstance(given, list) else ""
    printed = family_name_first(some_text(member(name, "family")), given) or some_text(member(name, "text"))
    birth = some_text(member(patient, "birthDate"))
    return Person(clean_name(printed), birth[:4] if _MONTH.fullmatch(birth) else parse_date(birth))
