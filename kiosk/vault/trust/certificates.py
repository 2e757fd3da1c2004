"""X.509 certificates and lists of revoked ones (RFC 5280): what the site needs of them, read once."""

from __future__ import annotations

import base64
import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from kiosk.rules.identity import clean_text
from kiosk.vault.trust.keys import UnusableError

KEY_ID_BYTES = 8  # of the certificate's SHA-256 (the electronic health certificate specification of the EU, "kid")

_BROKEN_HASHES = ("md5", "sha1")  # a certificate under one of these may have been made by anybody

# Everything that strangers' bytes make the library raise.
_UNREADABLE = (
    *(ValueError, TypeError, OverflowError, UnsupportedAlgorithm),
    *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True)
class Certificate:
    """An X.509 certificate. *whole*: its extensions could be read; without them it vouches for nobody.

    *uses* are its extended key usages (OIDs). *issues*: it may sign certificates. *revokes*: it may sign lists of
    revoked ones. *subject* is one harmless line for people.
    """

    loaded: x509.Certificate
    public_key: object
    sha256: bytes
    name: x509.Name
    issuer: x509.Name
    serial: int
    subject: str
    begins_ms: int
    ends_ms: int
    whole: bool = False
    uses: frozenset[str] = frozenset()
    issues: bool = False
    revokes: bool = False
    subject_id: bytes | None = None
    authority_id: bytes | None = None

    @property
    def key_id(self) -> str:
        """Base64 of the first 8 bytes of its SHA-256, by which codes name it."""
        return base64.b64encode(self.sha256[:KEY_ID_BYTES]).decode()

    @property
    def is_root(self) -> bool:
        """Whether nobody stands above it."""
        return self.name == self.issuer

    def is_issued_by(self, other: Certificate) -> bool:
        """Whether *other* may issue certificates, and this one names it and is signed by it. Never raises."""
        if not other.issues or (self.authority_id and other.subject_id and self.authority_id != other.subject_id):
            return False
        try:
            used = self.loaded.signature_hash_algorithm
            if used is not None and used.name in _BROKEN_HASHES:
                return False
            self.loaded.verify_directly_issued_by(other.loaded)
        except (InvalidSignature, *_UNREADABLE):
            return False
        return True


@dataclass(frozen=True, slots=True)
class RevokedList:
    """A list of revoked certificates (RFC 5280 5); to be believed only if its issuer signed it."""

    loaded: x509.CertificateRevocationList
    issuer: x509.Name
    serials: frozenset[int]
    issued_by: str
    next_ms: int | None

    def is_signed_by(self, issuer: Certificate) -> bool:
        """Whether *issuer* may sign such lists, and signed this one. Never raises."""
        if not issuer.revokes or self.issuer != issuer.name:
            return False
        try:
            return self.loaded.is_signature_valid(issuer.public_key)  # type: ignore[arg-type]
        except _UNREADABLE:
            return False

    def names(self, certificate: Certificate) -> bool:
        """Whether *certificate* is on it."""
        return certificate.issuer == self.issuer and certificate.serial in self.serials


def read_certificate(der: bytes) -> Certificate:
    """The certificate in *der*. Raises UnusableError where it is none, or makes no sense."""
    try:
        with _without_warnings():
            loaded = x509.load_der_x509_certificate(der)
            bare = Certificate(
                loaded,
                loaded.public_key(),
                hashlib.sha256(der).digest(),
                loaded.subject,
                loaded.issuer,
                loaded.serial_number,
                _one_line(loaded.subject),
                _ms(loaded.not_valid_before_utc),
                _ms(loaded.not_valid_after_utc),
            )
            return _with_extensions(bare)
    except _UNREADABLE as error:
        raise UnusableError("it is no X.509 certificate, or a damaged one") from error


def _with_extensions(bare: Certificate) -> Certificate:
    try:
        extensions = bare.loaded.extensions
    except _UNREADABLE:
        return bare
    uses = _find(extensions, x509.ExtendedKeyUsage) or ()
    basic, usage = _find(extensions, x509.BasicConstraints), _find(extensions, x509.KeyUsage)
    subject, authority = _find(extensions, x509.SubjectKeyIdentifier), _find(extensions, x509.AuthorityKeyIdentifier)
    issues = basic.ca if basic else usage is not None and usage.key_cert_sign
    return replace(
        bare,
        whole=True,
        uses=frozenset(use.dotted_string for use in uses),
        issues=issues and (usage is None or usage.key_cert_sign),
        revokes=issues and (usage is None or usage.crl_sign),
        subject_id=subject.digest if subject else None,
        authority_id=authority.key_identifier if authority else None,
    )


def _find(extensions: x509.Extensions, kind: type[_Extension]) -> _Extension | None:
    return next((found.value for found in extensions if isinstance(found.value, kind)), None)


def read_revoked_list(der: bytes) -> RevokedList:
    """The list of revoked certificates in *der*. Raises UnusableError where it is none."""
    try:
        with _without_warnings():
            loaded = x509.load_der_x509_crl(der)
            serials = frozenset(each.serial_number for each in loaded)
            next_ms = _ms(loaded.next_update_utc) if loaded.next_update_utc else None
            return RevokedList(loaded, loaded.issuer, serials, _one_line(loaded.issuer), next_ms)
    except _UNREADABLE as error:
        raise UnusableError("it is no list of revoked certificates, or a damaged one") from error


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Certificates break small rules: a serial number of 0, a country of three letters. No site can mend them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _one_line(name: x509.Name) -> str:
    return clean_text(name.rfc4514_string()) or "nobody"


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
