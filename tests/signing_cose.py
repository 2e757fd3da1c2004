"""The tests' own EU DCC and NZ COVID Passes, of invented people, right by default and wrong on wish."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import base45
import cbor2
from signing import Issuer

ALGORITHMS = {"ES256": -7, "PS256": -37}
ISSUED_S, EXPIRES_S = 1_785_542_400, 1_817_078_400  # 1 August 2026 and a year later
DID = "did:web:passes.example.nz"


def cose_sign1(
    issuer: Issuer,
    payload: bytes,
    protected: Mapping[Any, object],
    *,
    unprotected: Mapping[Any, object] | None = None,
    tags: tuple[int, ...] = (18,),
) -> bytes:
    """A COSE_Sign1 (RFC 9052) in *tags*, outermost first."""
    covered = cbor2.dumps(dict(protected)) if protected else b""
    signature = issuer.sign(cbor2.dumps(["Signature1", covered, b"", payload]))
    message: object = [covered, dict(unprotected or {}), payload, signature]
    for tag in reversed(tags):
        message = cbor2.CBORTag(tag, message)
    return cbor2.dumps(message)


def make_certificate(group: str = "v", **changes: object) -> dict[str, Any]:
    """What a DCC of *group* says: ``v``, ``t`` or ``r``; *changes* replace fields, None takes one away."""
    entry = {**_SHARED, **_ENTRIES[group]}
    name = {"fn": "Nguyễn", "fnt": "NGUYEN", "gn": "Thị Sen", "gnt": "THI<SEN"}
    return changed({"ver": "1.3.0", "nam": name, "dob": "1985-03-02", group: [entry]}, **changes)


def changed(fields: Mapping[str, Any], **changes: object) -> dict[str, Any]:
    """*fields* with *changes*; None takes a field away."""
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


_SHARED = {"tg": "840539006", "co": "VN", "is": "Ministry of Health", "ci": "URN:UVCI:01:VN:KIOSK#1"}
_ENTRIES: dict[str, dict[str, object]] = {
    "v": {"vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dn": 2, "sd": 2, "dt": "2021-09-09"},
    "t": {"tt": "LP6464-4", "nm": "PCR", "sc": "2026-07-31T08:00:00Z", "tr": "260415000", "tc": "Trạm y tế"},
    "r": {"fr": "2026-05-01", "df": "2026-05-12", "du": "2026-10-28"},
}


def dcc_claims(certificate: Mapping[str, Any] | None = None, **changes: object) -> dict[object, Any]:
    """The CWT claims round *certificate*; *changes* by name (iss, iat, exp, hcert), None takes one away."""
    content = {1: make_certificate() if certificate is None else dict(certificate)}
    claims: dict[str, Any] = {"iss": "VN", "exp": EXPIRES_S, "iat": ISSUED_S, "hcert": content}
    return {_CLAIMS[name]: value for name, value in changed(claims, **changes).items()}


_CLAIMS = {"iss": 1, "exp": 4, "nbf": 5, "iat": 6, "cti": 7, "hcert": -260, "vc": "vc"}


def dcc_cose(issuer: Issuer, claims: Mapping[object, Any] | None = None, **signing: Any) -> bytes:
    """The signed bytes of a DCC; *signing* are ``unprotected``, ``tags``, and ``protected`` in place of the usual."""
    protected = signing.pop("protected", {1: ALGORITHMS[issuer.algorithm], 4: issuer.kid})
    payload = cbor2.dumps(dcc_claims() if claims is None else dict(claims))
    return cose_sign1(issuer, payload, protected, **signing)


def signed_claims(issuer: Issuer, claims: object, protected: Mapping[Any, object] | None = None) -> str:
    """A DCC's code whose payload is *claims*, whatever they are; bytes are taken as they stand."""
    payload = claims if isinstance(claims, bytes) else cbor2.dumps(claims)
    usual = {1: ALGORITHMS[issuer.algorithm], 4: issuer.kid}
    return hc1(cose_sign1(issuer, payload, usual if protected is None else protected))


def hc1(signed: bytes) -> str:
    """The text of a DCC's code."""
    return base45_text(zlib.compress(signed, 9))


def base45_text(packed: bytes) -> str:
    """The same of bytes that are compressed, or should be."""
    return f"HC1:{base45.b45encode(packed).decode()}"


def make_dcc(issuer: Issuer, certificate: Mapping[str, Any] | None = None, **changes: object) -> str:
    """A DCC of *certificate*, its claims changed as ``dcc_claims`` does."""
    return hc1(dcc_cose(issuer, dcc_claims(certificate, **changes)))


def nzcp_claims(subject: Mapping[str, Any] | None = None, **changes: object) -> dict[object, Any]:
    """The CWT claims of a pass of *subject*; *changes* by name (iss, nbf, exp, cti, vc), None takes one away."""
    claims: dict[str, Any] = {
        "iss": DID,
        "nbf": ISSUED_S,
        "exp": EXPIRES_S,
        "cti": bytes(range(16)),
        "vc": make_credential() if subject is None else make_credential(credentialSubject=dict(subject)),
    }
    return {_CLAIMS[name]: value for name, value in changed(claims, **changes).items()}


def make_credential(**changes: object) -> dict[str, Any]:
    """The verifiable credential in a pass, its members changed; None takes one away."""
    members = {
        "@context": ["https://www.w3.org/2018/credentials/v1", "https://nzcp.covid19.health.nz/contexts/v1"],
        "version": "1.0.0",
        "type": ["VerifiableCredential", "PublicCovidPass"],
        "credentialSubject": {"givenName": "Aroha", "familyName": "Ngata", "dob": "1985-03-02"},
    }
    return changed(members, **changes)


def nzcp_cose(issuer: Issuer, claims: Mapping[Any, Any] | None = None, key: object = b"key-1", **signing: Any) -> bytes:
    """The signed bytes of a pass, with the key *key* of its issuer; *signing* as for ``dcc_cose``."""
    protected = signing.pop("protected", {4: key, 1: ALGORITHMS[issuer.algorithm]})
    return cose_sign1(issuer, cbor2.dumps(nzcp_claims() if claims is None else dict(claims)), protected, **signing)


def make_nzcp(issuer: Issuer, claims: Mapping[Any, Any] | None = None, **signing: Any) -> str:
    """The text of a pass, as ``nzcp_cose`` signs it."""
    return nzcp(nzcp_cose(issuer, claims, **signing))


def nzcp(signed: bytes) -> str:
    """The text of a pass's code."""
    return f"NZCP:/1/{base64.b32encode(signed).decode().rstrip('=')}"
