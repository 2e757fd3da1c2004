"""Keys in JSON: a JWK or a set of them (RFC 7517), a DID document, the directory of SMART Health Card issuers."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from kiosk.rules.identity import clean_text
from kiosk.vault.trust.certificates import KEY_ID_BYTES, Certificate, read_certificate
from kiosk.vault.trust.keys import PublicKey, UnusableError, key_of_jwk, thumbprint, unbase64

Table = Mapping[str, object]

_DID = re.compile(r"did:[a-z0-9]+:.")


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A key and all *ids* by which codes may ask for it; the other fields are those of ``Signer``.

    *certificate* is the first of its ``x5c``, which holds the same key.
    """

    key: PublicKey
    ids: frozenset[str]
    thumbprint: str
    name: str
    issuer: str = ""
    asserts: bool = False
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose key it is, as far as the file says."""

    name: str
    issuer: str = ""
    asserts: bool = False


def read_json_keys(name: str, value: object) -> Iterator[NamedKey | str]:
    """Each key in *value*, which the file *name* holds, or a sentence about why it cannot serve. Never raises."""
    table = _table(value)
    for member, read in _LAYOUTS.items():
        if member in table:
            yield from read(name, table)
            return
    yield "it is JSON, but no key set, DID document or directory of issuers"


def _read_jwk(name: str, table: Table) -> Iterator[NamedKey | str]:
    yield _named_key(table, "", _Owner(name))


def _read_key_set(name: str, table: Table) -> Iterator[NamedKey | str]:
    for jwk in _list(table.get("keys")):
        yield _named_key(_table(jwk), "", _Owner(name))


def _read_directory(_name: str, table: Table) -> Iterator[NamedKey | str]:
    """The snapshot of the VCI directory: issuers with their address and keys."""
    for entry in map(_table, _list(table.get("issuerInfo"))):
        issuer = _table(entry.get("issuer"))
        address = _text(issuer.get("iss"))
        if not address:
            yield "an issuer without its address (iss)"
            continue
        owner = _Owner(_text(issuer.get("name")) or address, address)
        for jwk in _list(entry.get("keys")):
            yield _named_key(_table(jwk), "", owner)


def _read_did_document(_name: str, table: Table) -> Iterator[NamedKey | str]:
    """A DID document (W3C DID Core 5): a key belongs to the DID before the ``#`` of its id.

    Methods that stand in ``assertionMethod`` itself count as well as those that it names. Nobody can speak
    for a DID that is neither the document's own nor below it: such a key belongs to the document's.
    """
    did = _text(table.get("id"))
    if not _DID.match(did):
        yield "a DID document without its DID"
        return
    asserting = _list(table.get("assertionMethod"))
    asserted = {_method_id(did, entry) for entry in asserting}
    methods = {_method_id(did, entry): entry for entry in [*asserting, *_list(table.get("verificationMethod"))]}
    for method_id, method in methods.items():
        if isinstance(method, str):
            continue  # named only: its key stands elsewhere
        named, _, fragment = method_id.partition("#")
        issuer = named if named.startswith(f"{did}:") else did
        jwk = _table(_table(method).get("publicKeyJwk"))
        yield _named_key(jwk, fragment, _Owner(issuer, issuer, method_id in asserted))


def _method_id(did: str, method: object) -> str:
    """The whole DID URL of a method, which may be given as ``#fragment`` of the document's own DID."""
    method_id = method if isinstance(method, str) else _text(_table(method).get("id"))
    return f"{did}{method_id}" if method_id.startswith("#") else method_id


_LAYOUTS: dict[str, Callable[[str, Table], Iterator[NamedKey | str]]] = {
    "keys": _read_key_set,
    "issuerInfo": _read_directory,
    "verificationMethod": _read_did_document,
    "assertionMethod": _read_did_document,
    "kty": _read_jwk,
}


def _named_key(jwk: Table, fragment: str, owner: _Owner) -> NamedKey | str:
    try:
        key = key_of_jwk(jwk)
        certificate = _certificate(jwk, key)
    except UnusableError as error:
        which = clean_text(_text(jwk.get("kid")) or fragment)
        return f"key {which!r}: {error}" if which else str(error)
    known_as = thumbprint(key)
    ids = {id_ for text in (_text(jwk.get("kid")), fragment) for id_ in _spellings(text)}
    name, asserts = clean_text(owner.name), owner.asserts
    return NamedKey(key, frozenset({*ids, known_as}), known_as, name, owner.issuer, asserts, certificate)


def _spellings(key_id: str) -> set[str]:
    """*key_id* as it stands, without escapes of an address, and where it is 8 bytes in plain base64 as well."""
    if not key_id:
        return set()
    plain = unquote(key_id)
    spellings = {key_id, plain}
    try:
        raw = unbase64(plain)
    except ValueError:
        return spellings
    return spellings | {base64.b64encode(raw).decode()} if len(raw) == KEY_ID_BYTES else spellings


def _certificate(jwk: Table, key: PublicKey) -> Certificate | None:
    """The first of its ``x5c`` (RFC 7517 4.7). Raises UnusableError where that is another key's."""
    chain = _list(jwk.get("x5c"))
    if not chain:
        return None
    try:
        certificate = read_certificate(unbase64(_text(chain[0])))
    except ValueError as error:
        raise UnusableError("its x5c is no certificate") from error
    if certificate.public_key != key:
        raise UnusableError("its x5c is the certificate of another key")
    return certificate


def _table(value: object) -> Table:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
