"""EU Digital COVID Certificate, also Viet Nam's (Decision 5772/QĐ-BYT of 20/12/2021).

``HC1:`` + Base45 (RFC 9285) of zlib (RFC 1950) of COSE_Sign1 round a CBOR Web Token whose claim -260
holds the certificate: eu-dcc-hcert-spec 1.0.5. ES256 or, as Viet Nam's, PS256.

The holder is the name (its transliteration) with a full date of birth, so that a renewed certificate
is the same person's; with less the certificate's own identifier (UVCI).
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import base45

from kiosk.rules.formats import cose
from kiosk.rules.formats.certificates import Certificate, MalformedError, family_name_first, judge, some_text, time_ms
from kiosk.rules.formats.code import Code, Signer, Trust, malformed
from kiosk.rules.formats.dcc_schema import check_schema, group_of
from kiosk.rules.identity import LONGEST_NAME, clean_name, clean_text, match_key, parse_date
from kiosk.rules.model import Credential, Kind, Person

PREFIX = "HC1:"

_CONTEXT = re.compile(r"H[CL][0-9]:", re.IGNORECASE)  # a later version counts on
# Without a context identifier, or with another one: what Base45 makes of zlib's four ways to begin.
_BARE = re.compile(r"([A-Z]{1,3}[0-9]?:)?(?:V7F|Y9F|6BF|NCF)[0-9A-Z $%*+./:-]{100,}")
_KEY_ID = re.compile(r"[A-Za-z0-9+/]{11}=")  # 8 bytes; key sets and DID documents have others, for other codes
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HCERT, _DCC_V1 = -260, 1
_CLAIMS = {cose.EXP: "exp", cose.IAT: "iat", cose.NBF: "nbf", _HCERT: "hcert"}
_REQUIRED = (cose.EXP, cose.IAT, _HCERT)  # iss is optional, nbf unusual
_MOST_BYTES = 16384  # a certificate has some 500; a bomb ends here

# Extended key usages, for tests, vaccinations and recoveries: the registered arc and an older slip of the pen.
_ARCS = ("1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1.")
_USES = {group: frozenset(arc + last for arc in _ARCS) for group, last in (("t", "1"), ("v", "2"), ("r", "3"))}
_ANY_USE = frozenset().union(*_USES.values())


def read(code: Code) -> Credential | None:
    """Recognise a DCC by its context identifier and judge it by the site's trusted keys."""
    if not (_CONTEXT.match(code.text) or _BARE.fullmatch(code.text)):
        return None
    try:
        certificate, group = _parse(code.text)
    except MalformedError as fault:
        return malformed(Kind.DCC, str(fault))
    signers = _signers(certificate.key_id, code.trust)
    return judge(certificate, signers, code.at_ms, lambda signer: _objection(signer, group))


def _signers(key_id: str, trust: Trust) -> Sequence[Signer]:
    """The keys of that id; a certificate's alone, where there is one: who makes a key set may write any id into it."""
    if not _KEY_ID.fullmatch(key_id):
        return ()
    signers = trust.signers(key_id, "")
    return [signer for signer in signers if signer.ends_ms is not None] or signers


def _objection(signer: Signer, group: str) -> str:
    uses = signer.uses & _ANY_USE
    if uses and not uses & _USES[group]:
        return f"The key of {signer.name} may not sign certificates of this type (extended key usage)."
    if signer.issuer.startswith("https://"):  # a clinic's key set, whose owner chooses the key ids in it
        return f"The key of {signer.name} is an issuer's of health cards."
    return ""


def _parse(text: str) -> tuple[Certificate, str]:
    signed = cose.parse(_unpack(text))
    if not signed.key_id:
        raise MalformedError("It names no key (kid).")
    claims = cose.claims(signed.payload)
    dcc = _dcc(claims)
    group = group_of(dcc)
    check_schema(dcc, group)
    certificate = Certificate(
        kind=Kind.DCC,
        algorithm=signed.algorithm,
        message=signed.message,
        signature=signed.signature,
        key_id=_key_id(signed.key_id),
        issuer=some_text(claims.get(cose.ISS)),
        person=_person(dcc),
        own_id=dcc[group][-1]["ci"] or signed.signature.hex(),
        begins_ms=max(_time(claims, claim) for claim in (cose.IAT, cose.NBF) if claim in claims),
        ends_ms=_time(claims, cose.EXP) + 1,  # rejected "after" exp, not from it on (hcert_spec 3.3.5)
    )
    return certificate, group


def _key_id(key_id: bytes | str) -> str:
    """The first 8 bytes of the certificate's SHA-256 in base64, which some issuers write themselves."""
    return key_id if isinstance(key_id, str) else base64.b64encode(key_id).decode("ascii")


def _unpack(text: str) -> bytes:
    text = text if text.startswith(PREFIX) else text.upper()  # a scanner that types with the caps lock on
    if not text.startswith(PREFIX):
        raise MalformedError(_of_context(text))
    try:
        packed = base45.b45decode(text.removeprefix(PREFIX))
    except ValueError as fault:
        raise MalformedError("Not readable as Base45.") from fault
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(packed, _MOST_BYTES)
    except zlib.error as fault:
        raise MalformedError("Not compressed by zlib, or damaged.") from fault
    if not unpacker.eof or unpacker.unused_data:
        raise MalformedError("Its zlib data is cut off, too long, or followed by more.")
    return unpacked


def _of_context(text: str) -> str:
    bare = _BARE.fullmatch(text)
    if bare and not bare[1]:
        return f"Its context identifier {PREFIX} is missing."
    return f"Its context identifier {bare[1] if bare else text[:4]} is not {PREFIX}, the only one known."


def _dcc(claims: Mapping[Any, Any]) -> Mapping[Any, Any]:
    missing = [_CLAIMS[claim] for claim in _REQUIRED if claims.get(claim) is None]
    if missing:
        raise MalformedError(f"Missing in its claims: {', '.join(missing)}.")
    hcert = claims[_HCERT]
    dcc = hcert.get(_DCC_V1) if isinstance(hcert, Mapping) else None
    if not isinstance(dcc, Mapping):
        raise MalformedError("Its claim hcert holds no certificate.")
    return dcc


def _time(claims: Mapping[Any, Any], claim: int) -> int:
    at_ms = time_ms(claims[claim])
    if at_ms is None:
        raise MalformedError(f"Its claim {_CLAIMS[claim]} is no time.")
    return at_ms


def _person(dcc: Mapping[Any, Any]) -> Person:
    name = dcc["nam"]
    family, family_key = _name(name, "fn")
    given, given_key = _name(name, "gn")
    return Person(
        name=clean_name(family_name_first(family, given)),
        birth=_birth(some_text(dcc["dob"])),
        name_key=clean_text(family_name_first(family_key, given_key), LONGEST_NAME),
    )


def _name(name: Mapping[Any, Any], part: str) -> tuple[str, str]:
    """A part of the name as printed, and as transliterated (ICAO 9303); either stands in for the other."""
    printed, transliterated = some_text(name.get(part)), some_text(name.get(f"{part}t")).replace("<", " ")
    return printed or transliterated, transliterated or match_key(printed)


def _birth(dob: str) -> str:
    """As much of a date of birth as is said: a day, a month or a year; empty for a day that never was."""
    if _DAY.match(dob):
        return parse_date(dob[:10])
    return parse_date(f"{dob[:7]}-01")[:7] or parse_date(dob[:4])
