"""How a kiosk becomes one of a hub's: a code on paper, what the kiosk sends for it, and what it gets.

1. Somebody at the hub makes a code for one kiosk of one site: the hub's address, 16 bytes of the SHA-256 of its CA's
   certificate (DER), and a secret that is good once. As text it is an address whose part after # no browser sends.
2. The kiosk gets that CA (``GET /kiosk/ca``, PEM), believes it by the code, and trusts nothing else from then on.
3. ``POST /kiosk/enrol``: JSON with ``public``, the kiosk's Ed25519 key, and ``signed``, what ``request_content`` says,
   packed as a segment is (both base64): so who enrols a key has it.
4. The answer, JSON: ``kiosk``, ``certificate`` (PEM, for TLS), ``ca`` (PEM), ``verifier`` (of checkpoints and of what
   comes down), ``recipient`` (age, of segments on sticks), ``hub`` (its name). Asked again with the same key, so that
   a lost answer loses nothing, it is given again until the code ends.
"""

from __future__ import annotations

import json
import re
from base64 import b32decode, b32encode
from dataclasses import dataclass
from hashlib import sha256

from kiosk.rules.entries import encode
from kiosk.rules.segments import NAME

FINGERPRINT_BYTES, SECRET_BYTES = 16, 10
LONGEST_CODE = 400
RENEW_AT = 2 / 3  # of a certificate's time
VALID_MS = 180 * 86_400_000

_VERSION = "kiosk enrolment v1"
_FIELDS = ("kiosk", "site", "secret", "csr")
_CHECK_BYTES = 2
_GROUP = 5
_URL = re.compile(r"https://(?:([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)|\[([0-9a-f:]{2,39})\])(?::([1-9][0-9]{0,4}))?")
_HTTPS_PORT, _LAST_PORT = 443, 65535


@dataclass(frozen=True, slots=True)
class Code:
    """What stands on the paper: the hub's *url* (https, without a path), whom to believe, and the secret."""

    url: str
    fingerprint: bytes
    secret: bytes

    @property
    def text(self) -> str:
        """As people type and scanners read it."""
        blob = self.fingerprint + self.secret
        letters = b32encode(blob + _check(self.url, blob)).decode().rstrip("=")
        groups = (letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))
        return f"{self.url}/#{'-'.join(groups)}"


@dataclass(frozen=True, slots=True)
class Request:
    """What a kiosk asks to be: *kiosk* of *site*, as its settings name them, with the *csr* (PEM) of its TLS key."""

    kiosk: str
    site: str
    secret: bytes
    csr: str


def code_of(text: str) -> Code:
    """The code that *text* is, whatever its case, spaces and dashes. Raises ValueError with a sentence."""
    url, found, letters = text.strip().partition("/#")
    letters = "".join(letter for letter in letters.upper() if letter not in "- \t\n\r")
    try:
        blob = b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError:
        blob = b""
    url = url.lower()
    whole = len(blob) == FINGERPRINT_BYTES + SECRET_BYTES + _CHECK_BYTES
    if len(text) > LONGEST_CODE or not found or not _URL.fullmatch(url) or not whole:
        raise ValueError("this is no enrolment code: it begins with https:// and has 45 letters after /#")
    blob, check = blob[:-_CHECK_BYTES], blob[-_CHECK_BYTES:]
    if check != _check(url, blob):
        raise ValueError("this enrolment code has a slip in it; please read it again")
    host_of(url)
    return Code(url, blob[:FINGERPRINT_BYTES], blob[FINGERPRINT_BYTES:])


def host_of(url: str) -> tuple[str, int]:
    """Host and port of the hub at *url*. Raises ValueError with a sentence."""
    match = _URL.fullmatch(url)
    port = int(match[3] or _HTTPS_PORT) if match else 0
    if match is None or not 0 < port <= _LAST_PORT:
        raise ValueError(f"{url!r} is no address of a hub, as https://hub.example:9443")
    return match[1] or match[2], port


def request_content(request: Request) -> bytes:
    """What the kiosk signs, which ``request_of`` reads."""
    said = (request.kiosk, request.site, request.secret.hex(), request.csr)
    return encode({"what": _VERSION, **dict(zip(_FIELDS, said, strict=True))})


def request_of(content: bytes) -> Request:
    """The request that *content* is. Raises ValueError with a sentence."""
    try:
        said = json.loads(content)
        kiosk, site, secret, csr = (said[name] for name in _FIELDS)
        known = said["what"] == _VERSION and NAME.fullmatch(kiosk) and NAME.fullmatch(site) and isinstance(csr, str)
        if known:
            return Request(kiosk, site, bytes.fromhex(secret), csr)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError("this is no request of a kiosk to be enrolled") from error
    raise ValueError("this is no request of a kiosk to be enrolled")


def fingerprint_of(ca: bytes) -> bytes:
    """What a code says of the certificate *ca* (DER)."""
    return sha256(ca).digest()[:FINGERPRINT_BYTES]


def _check(url: str, blob: bytes) -> bytes:
    return sha256(url.encode() + b"\n" + blob).digest()[:_CHECK_BYTES]
