"""Bytes of one file -> the certificates, keys and lists of revoked certificates in it, whatever it is called."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from kiosk.vault.trust.certificates import Certificate, RevokedList, read_certificate, read_revoked_list
from kiosk.vault.trust.json_keys import NamedKey, read_json_keys
from kiosk.vault.trust.keys import UnusableError

MOST_KEYS = 10_000  # of one JSON file
SHORTEST_CERTIFICATE_LETTERS = 200  # in base64; so that a book in the folder does not take all day

_SEQUENCE = 0x30  # what DER of a certificate or list begins with (X.690)
_BEGIN, _END, _DASHES = b"-----BEGIN ", b"-----END ", b"-----"
_SHOWN_LABEL_LETTERS = 40


@dataclass(slots=True)
class Contents:
    """What one file holds; *faults* are sentences about what of it cannot serve."""

    certificates: list[Certificate] = field(default_factory=list)
    keys: list[NamedKey] = field(default_factory=list)
    revoked_lists: list[RevokedList] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many things of it can serve."""
        return len(self.certificates) + len(self.keys) + len(self.revoked_lists)

    def add_der(self, der: bytes) -> None:
        """Take in a certificate, or else a list of revoked ones. Raises UnusableError where it is neither."""
        try:
            self.certificates.append(read_certificate(der))
        except UnusableError as no_certificate:
            try:
                self.revoked_lists.append(read_revoked_list(der))
            except UnusableError:
                raise no_certificate from None


def read_contents(name: str, content: bytes) -> Contents:
    """Everything that *content* of the file *name* holds. Never raises: what is wrong is among the faults."""
    contents = Contents()
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        if not content.strip():
            raise UnusableError("it is empty")
        if content.lstrip()[:1] in (b"{", b"["):
            _read_json(contents, name, content)
        elif _BEGIN in content:
            _read_pem(contents, content)
        elif content[0] == _SEQUENCE and content[1:2] >= b"\x80":
            contents.add_der(content)
        else:
            _read_base64(contents, content)
    except UnusableError as error:
        contents.faults.append(str(error))
    return contents


def _read_pem(contents: Contents, content: bytes) -> None:
    """Certificates and lists in their armour (RFC 7468), with any text between them."""
    for label, body in _armoured(content):
        try:
            contents.add_der(_pem_der(label, body))
        except UnusableError as error:
            contents.faults.append(str(error))


def _pem_der(label: str, body: bytes) -> bytes:
    if label.endswith("PRIVATE KEY"):
        raise UnusableError("a private key, which must not lie here; take it away and have its owner replace it")
    if label not in ("CERTIFICATE", "X509 CERTIFICATE", "X509 CRL"):
        shown = label[:_SHOWN_LABEL_LETTERS]
        raise UnusableError(f"{shown!r} is neither a certificate nor a list of revoked ones")
    der = _base64_or_none(body)
    if der is None:
        raise UnusableError("the text between its BEGIN and END lines is damaged")
    return der


def _armoured(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The labels and texts between BEGIN and END lines; a torn last one is damaged text."""
    label, body = "", list[bytes]()
    for line in content.splitlines():
        line = line.strip()
        if line.startswith(_BEGIN):
            label, body = line[len(_BEGIN) :].rstrip(b"-").decode(errors="replace"), []
        elif line.startswith(_END) and label:
            yield label, b"".join(body)
            label = ""
        elif label:
            body.append(line)
    if label:
        yield label, _DASHES


def _read_json(contents: Contents, name: str, content: bytes) -> None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnusableError("it is no JSON, or torn") from error
    for number, found in enumerate(read_json_keys(name, value)):
        if number == MOST_KEYS:
            raise UnusableError(f"only its first {MOST_KEYS} keys are read")
        if isinstance(found, NamedKey):
            contents.keys.append(found)
        else:
            contents.faults.append(found)


def _read_base64(contents: Contents, content: bytes) -> None:
    """DER in base64 without armour, as published trust lists have it: one in the whole file, or one a line."""
    words = content.split()
    for texts in ([b"".join(words)], [word for word in words if len(word) >= SHORTEST_CERTIFICATE_LETTERS]):
        for text in texts:
            with suppress(UnusableError):
                contents.add_der(_base64_or_none(text) or b"")
        if contents.count:
            break
    else:
        raise UnusableError("it holds no certificate, key set, DID document or list of revoked certificates")
    if missed := len(texts) - contents.count:
        contents.faults.append(f"{missed} of its lines hold no certificate")


def _base64_or_none(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None
