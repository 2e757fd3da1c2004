"""The tests' own issuers: keys made once per run, certificates with settable dates, and trust folders of them.

An issuer is named, and the same name is the same key: ``make_issuer("vn", rsa=True)``.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

BEGINS, ENDS = "2021-01-01", "2031-01-01"


@cache
def ec_key(name: str = "", curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    """The key named *name*, on P-256 unless *curve* says otherwise; made on first use."""
    return ec.generate_private_key(curve())


@cache
def rsa_key(name: str = "", bits: int = 2048) -> rsa.RSAPrivateKey:
    """The RSA key named *name*; made on first use."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def sign(key: PrivateKey, message: bytes) -> bytes:
    """ES256 as r and s of 32 bytes each (RFC 7518 3.4), or PS256 with a salt of 32 bytes (3.5)."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@dataclass(frozen=True)
class Issuer:
    """Somebody who signs codes, or certificates of others: a private key and its certificate."""

    key: PrivateKey
    certificate: x509.Certificate

    @property
    def algorithm(self) -> str:
        """``ES256`` or ``PS256``."""
        return "PS256" if isinstance(self.key, rsa.RSAPrivateKey) else "ES256"

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def kid(self) -> bytes:
        """The first 8 bytes of the certificate's SHA-256, as a DCC names its signer."""
        return hashlib.sha256(self.der).digest()[:8]

    @property
    def key_id(self) -> str:
        """``kid`` in base64."""
        return base64.b64encode(self.kid).decode()

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key as a JWK without ``kid``."""
        return jwk(self.key)

    def sign(self, message: bytes) -> bytes:
        """A raw signature as ``sign`` makes it."""
        return sign(self.key, message)


def make_issuer(
    name: str,
    *,
    rsa: bool = False,
    curve: type[ec.EllipticCurve] = ec.SECP256R1,
    by: Issuer | None = None,
    begins: str = BEGINS,
    ends: str = ENDS,
    uses: Iterable[str] = (),
    ca: bool | None = None,
    country: str = "XA",
    serial: int | None = None,
) -> Issuer:
    """An issuer whose certificate is signed by *by*, or by itself, and good from *begins* to *ends* (ISO dates).

    *uses* are extended key usages (OIDs); *ca* is what its basic constraints say, None for none.
    """
    key: PrivateKey = rsa_key(name) if rsa else ec_key(name, curve)
    subject = _name(name, country)
    signing_key, signing_name = (by.key, by.certificate.subject) if by else (key, subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signing_name)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(_time(begins))
        .not_valid_after(_time(ends))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    if uses := tuple(uses):
        builder = builder.add_extension(x509.ExtendedKeyUsage(map(x509.ObjectIdentifier, uses)), critical=False)
    return Issuer(key, builder.sign(signing_key, SHA256()))


def make_crl(ca: Issuer, revoked: Iterable[Issuer] = (), *, until: str = ENDS) -> bytes:
    """*ca*'s list of revoked certificates, in DER."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.certificate.subject)
        .last_update(_time(BEGINS))
        .next_update(_time(until))
    )
    for issuer in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(issuer.certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(_time(BEGINS)).build())
    return builder.sign(ca.key, SHA256()).public_bytes(Encoding.DER)


def jwk(key: PrivateKey, **more: object) -> dict[str, Any]:
    """The public half of *key* as a JWK (RFC 7517), with *more* members: ``kid``, ``x5c``."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": _uint(numbers.n, public.key_size // 8), "e": _uint(numbers.e, 3), **more}
    point, size = public.public_numbers(), (public.key_size + 7) // 8
    curve = f"P-{public.key_size}"
    return {"kty": "EC", "crv": curve, "x": _uint(point.x, size), "y": _uint(point.y, size), **more}


def thumbprint(key: Mapping[str, Any]) -> str:
    """The RFC 7638 thumbprint of a JWK: the ``kid`` of SMART Health Cards."""
    required = {name: key[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in key}
    return base64url(hashlib.sha256(json.dumps(required, separators=(",", ":"), sort_keys=True).encode()).digest())


def did_document(did: str, keys: Mapping[str, Issuer], *, asserts: Iterable[str] | None = None) -> dict[str, Any]:
    """A DID document of *keys* by fragment; *asserts* are the fragments in ``assertionMethod``, None for all."""
    methods = [
        {"id": f"{did}#{name}", "controller": did, "type": "JsonWebKey2020", "publicKeyJwk": issuer.jwk}
        for name, issuer in keys.items()
    ]
    asserting = [f"{did}#{name}" for name in (keys if asserts is None else asserts)]
    return {
        "@context": "https://w3.org/ns/did/v1", "id": did, "verificationMethod": methods, "assertionMethod": asserting
    }  # fmt: skip


def write_certificates(file: Path, *issuers: Issuer) -> Path:
    """A PEM file of one certificate or several."""
    return write(file, b"".join(issuer.pem for issuer in issuers))


def write_jwks(file: Path, *keys: Mapping[str, Any]) -> Path:
    """A JWKS file."""
    return write_json(file, {"keys": keys})


def write_json(file: Path, content: object) -> Path:
    """*content* as a JSON file: a DID document, a directory of issuers."""
    return write(file, json.dumps(content).encode())


def write(file: Path, content: bytes) -> Path:
    """*content* as a file of a trust folder, which is made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def base64url(content: bytes) -> str:
    """Base64 for addresses, without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _uint(number: int, size: int) -> str:
    return base64url(number.to_bytes(size, "big"))


def _name(name: str, country: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, country), x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _time(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(tzinfo=UTC)
