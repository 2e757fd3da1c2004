"""Signed CBOR: COSE_Sign1 (RFC 9052) round the claims of a CBOR Web Token (RFC 8392)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cbor2

from kiosk.rules.formats.certificates import MalformedError
from kiosk.rules.formats.code import Algorithm

ISS, EXP, NBF, IAT, CTI = 1, 4, 5, 6, 7  # claims, RFC 8392 section 4

_CWT_TAG, _SIGN1_TAG = 61, 18
ALG, _CRIT, KID = 1, 2, 4  # header parameters, RFC 9052 section 3.1
_ALGORITHMS = {-7: Algorithm.ES256, -37: Algorithm.PS256}  # RFC 9053 section 2.1, RFC 8230 section 2
_DEEPEST = 16  # a DCC's values lie seven deep

_Tagging = Callable[[object, bool], object]


class _TagsKept(Mapping[int, _Tagging]):
    """Every tag stays a tag: the library itself would make dates, numbers, patterns and cycles of them."""

    def __getitem__(self, tag: int) -> _Tagging:
        return lambda value, _immutable: cbor2.CBORTag(tag, value)

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


class _TagsDropped(_TagsKept):
    """What is tagged reads like what is not, as the DCC's schema asks of dates."""

    def __getitem__(self, _tag: int) -> _Tagging:
        return lambda value, _immutable: value


@dataclass(frozen=True, slots=True)
class Signed:
    """A COSE_Sign1, not yet verified. *key_id* is empty where no header has one.

    *message* is what the signature is over. *protected* are the header parameters that it covers.
    """

    algorithm: Algorithm
    key_id: bytes | str
    protected: Mapping[object, object]
    payload: bytes
    message: bytes
    signature: bytes


def parse(data: bytes) -> Signed:
    """The parts of a COSE_Sign1 with or without its tag 18, or CWT's 61 round it; raises MalformedError.

    Algorithm and key id are taken from the protected header first, else from the unprotected one.
    """
    value = _decode(data, _TagsKept())
    for tag in (_CWT_TAG, _SIGN1_TAG):
        if isinstance(value, cbor2.CBORTag) and value.tag == tag:
            value = value.value
    match value:
        case [bytes(protected), Mapping() as unprotected, bytes(payload), bytes(signature)]:
            return _signed(protected, unprotected, payload, signature)
    raise MalformedError("Not a COSE_Sign1 message.")


def _signed(protected: bytes, unprotected: Mapping[Any, Any], payload: bytes, signature: bytes) -> Signed:
    covered = _mapping(_decode(protected, _TagsKept()) if protected else {}, "COSE header")
    headers = {**unprotected, **covered}
    if _CRIT in headers:
        raise MalformedError("Its COSE header demands what is not understood here.")
    algorithm = headers.get(ALG)
    if not isinstance(algorithm, int):
        raise MalformedError("It names no algorithm (alg).")
    if algorithm not in _ALGORITHMS:
        raise MalformedError(f"Signed with an unsupported algorithm, COSE's {algorithm}; only ES256 and PS256 are.")
    key_id = headers.get(KID, b"")
    if not isinstance(key_id, bytes | str):
        raise MalformedError("Its COSE key id (kid) is neither bytes nor text.")
    message = cbor2.dumps(["Signature1", protected, b"", payload])
    return Signed(_ALGORITHMS[algorithm], key_id, covered, payload, message, signature)


def claims(payload: bytes) -> Mapping[Any, Any]:
    """The claims in a CBOR Web Token's payload, tags dropped; raises MalformedError."""
    return _mapping(_decode(payload, _TagsDropped(), twice=True), "CWT payload")


def _mapping(value: object, what: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise MalformedError(f"Its {what} is no CBOR map.")
    return value


def _decode(data: bytes, tags: _TagsKept, *, twice: bool = False) -> object:
    """The one value that *data* encodes; raises MalformedError. *twice* allows a key twice in a map, as some issue."""
    try:
        # As the first of two in an array, so that bytes behind the value show: the library reads over them.
        value, end = cbor2.loads(
            b"\x82" + data + b"\xf7",
            semantic_decoders=tags,
            max_depth=_DEEPEST,
            allow_duplicate_keys=twice,
        )
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError) as fault:
        raise MalformedError("Not readable as CBOR.") from fault
    if end is not cbor2.undefined:
        raise MalformedError("Not readable as CBOR: more follows behind its end.")
    return value
