"""Public keys that sign codes: which serve, how a signature is held against one, and a key as a JWK."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from kiosk.rules.formats.code import Algorithm

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

RSA_BITS = range(2048, 8192 + 1)  # no less (RFC 7518 3.5); no more, so that no check takes long
LONGEST_NUMBER_LETTERS = 2048  # of a JWK, in base64

_COORDINATE_BYTES = 32  # of P-256
_PRIVATE_MEMBERS = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))  # RFC 7518 6.2.2, 6.3.2, 6.4


class UnusableError(Exception):
    """Something in the trust folder cannot serve; the sentence says why."""


def serving(key: object) -> PublicKey:
    """*key*, where codes are signed with its kind: EC on P-256, or RSA of RSA_BITS. Raises UnusableError."""
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in RSA_BITS:
        return key
    raise UnusableError(f"{_kind(key)}: codes are checked with EC P-256 and RSA keys of 2048 bits or more")


def _kind(key: object) -> str:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"an EC key on {key.curve.name}"
    return f"an RSA key of {key.key_size} bits" if isinstance(key, rsa.RSAPublicKey) else "a key of another kind"


def verifies(key: object, algorithm: Algorithm, message: bytes, signature: bytes) -> bool:
    """Whether *key* made *signature*; False for one that does not serve, or is of another kind. Never raises.

    ES256 is r and s of 32 bytes each (RFC 7518 3.4, RFC 9053 2.1). PS256 takes SHA-256 as hash and in MGF1,
    and a salt exactly as long as the hash (RFC 7518 3.5, RFC 8230 2).
    """
    try:
        if algorithm is Algorithm.ES256 and isinstance(key, ec.EllipticCurvePublicKey):
            return _verifies_es256(key, message, signature)
        if algorithm is Algorithm.PS256 and isinstance(key, rsa.RSAPublicKey) and key.key_size in RSA_BITS:
            pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
            key.verify(signature, message, pss, SHA256())
            return True
    except (InvalidSignature, ValueError):
        pass
    return False


def _verifies_es256(key: ec.EllipticCurvePublicKey, message: bytes, signature: bytes) -> bool:
    if not isinstance(key.curve, ec.SECP256R1) or len(signature) != 2 * _COORDINATE_BYTES:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:_COORDINATE_BYTES], signature[_COORDINATE_BYTES:]))
    key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
    return True


def key_of_jwk(jwk: Mapping[str, object]) -> PublicKey:
    """The public key of a JWK (RFC 7517, RFC 7518 6). Raises UnusableError, also for a private one."""
    if _PRIVATE_MEMBERS & jwk.keys():
        raise UnusableError("a private key, which must not lie here; take it away and have its owner replace it")
    if jwk.get("use", "sig") != "sig":
        raise UnusableError("a key that is not for signatures")
    kind, curve = jwk.get("kty"), jwk.get("crv")
    try:
        if (kind, curve) == ("EC", "P-256"):
            return ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), ec.SECP256R1()).public_key()
        if kind == "RSA":
            return serving(rsa.RSAPublicNumbers(_number(jwk, "e"), _number(jwk, "n")).public_key())
    except ValueError as error:
        raise UnusableError(f"numbers that make no {kind} key") from error
    named = " ".join(part for part in (kind, curve) if isinstance(part, str))
    raise UnusableError(f"a key of kind {named[:40] or '?'}: codes are checked with EC P-256 and RSA keys")


def _number(jwk: Mapping[str, object], name: str) -> int:
    text = jwk.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_NUMBER_LETTERS:
        raise ValueError(name)
    return int.from_bytes(unbase64(text), "big")


def thumbprint(key: PublicKey) -> str:
    """The JWK thumbprint (RFC 7638, with SHA-256), by which SMART Health Cards name a key."""
    numbers = key.public_numbers()
    if isinstance(numbers, rsa.RSAPublicNumbers):
        members = {"e": _uint(numbers.e), "kty": "RSA", "n": _uint(numbers.n)}
    else:
        x, y = (_base64url(number.to_bytes(_COORDINATE_BYTES, "big")) for number in (numbers.x, numbers.y))
        members = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
    return _base64url(hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest())


def unbase64(text: str) -> bytes:
    """The bytes of base64 in either alphabet, padded or not. Raises ValueError."""
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _uint(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
