"""Segments packed and signed by their kiosk: what travels to the hub by network or on a stick.

A packed segment is 16 bytes of magic, 8 that name the kiosk's key, an Ed25519 signature over all that follows it, and
the content deflated by zlib (RFC 1950). The signature is looked at before anything is inflated.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.rules.segments import Fault, SegmentRefused

MAGIC = b"kiosk segment 1\n"
MOST_PACKED_BYTES = 4 << 20
MOST_BYTES = 16 << 20  # unpacked: what a kiosk's own entry may need, and no bomb
_MARK_BYTES, _SIGNATURE_BYTES = 8, 64
_SIGNED_FROM = len(MAGIC) + _MARK_BYTES + _SIGNATURE_BYTES
_DOMAIN = b"kiosk segment v1\0"


def mark_of(public: Ed25519PublicKey) -> bytes:
    """The 8 bytes by which a packed segment names the key *public*."""
    return hashlib.sha256(public.public_bytes_raw()).digest()[:_MARK_BYTES]


def mark_of_text(public: str) -> bytes:
    """The same of a public key in base64."""
    return mark_of(Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True)))


def packed(content: bytes, public: Ed25519PublicKey, sign: Callable[[bytes], bytes]) -> bytes:
    """*content* as it travels, signed by *sign*, whose public half is *public*."""
    deflated = zlib.compress(content, 6)
    return MAGIC + mark_of(public) + sign(_DOMAIN + deflated) + deflated


def signer_of(blob: bytes) -> bytes:
    """The mark of the key that *blob* says has signed it. Raises SegmentRefused where it is no packed segment."""
    if len(blob) > MOST_PACKED_BYTES:
        raise SegmentRefused(Fault.TOO_LARGE, f"it has {len(blob)} bytes")
    if not blob.startswith(MAGIC) or len(blob) <= _SIGNED_FROM:
        raise SegmentRefused(Fault.UNREADABLE, "it is cut off, or none of ours")
    return blob[len(MAGIC) : len(MAGIC) + _MARK_BYTES]


def unpacked(blob: bytes, public: str) -> bytes:
    """The content of *blob*, which the key *public* (base64) must have signed. Raises SegmentRefused."""
    signer_of(blob)
    signature, deflated = blob[_SIGNED_FROM - _SIGNATURE_BYTES : _SIGNED_FROM], blob[_SIGNED_FROM:]
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(signature, _DOMAIN + deflated)
    except InvalidSignature as error:
        raise SegmentRefused(Fault.FORGED, "it was changed, or signed by somebody else") from error
    inflating = zlib.decompressobj()
    try:
        content = inflating.decompress(deflated, MOST_BYTES)
    except zlib.error as error:
        raise SegmentRefused(Fault.UNREADABLE, "it cannot be unpacked") from error
    if inflating.unconsumed_tail or not inflating.eof or inflating.unused_data:
        raise SegmentRefused(Fault.TOO_LARGE, f"unpacked it has more than {MOST_BYTES} bytes, or something after it")
    return content
