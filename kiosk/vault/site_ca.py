"""The site's own certificate authority, made once on the device, and the certificate by which tablets know it.

The CA survives everything but its deletion, for every tablet has to be told to trust it; its dates depend on no
clock. It may vouch only for names and addresses of the site (RFC 5280, 4.2.1.10), so that who trusts it trusts
nobody about anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kiosk.rules.site_names import Scope, Span, address_of, scope_of
from kiosk.vault.errors import VaultError
from kiosk.vault.files import create_whole, read_secret, replace_whole

CA_FILE = "site-ca.pem"
SERVER_FILE = "https.pem"

_BEGINS, _ENDS = datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)
_LONGEST_NAME = 64  # of a common name (RFC 5280, appendix A)
_MOST_BYTES = 100_000
_UNREADABLE = (ValueError, TypeError, InvalidSignature, x509.DuplicateExtension, x509.ExtensionNotFound)


@dataclass(frozen=True, slots=True)
class Issued:
    """What the certificate in use says."""

    names: frozenset[str]
    span: Span


class SiteCa:
    """The CA of one kiosk, in its data directory. Made by ``open``."""

    def __init__(self, data: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._server_file = data / SERVER_FILE
        self._key = key
        self._certificate = certificate
        constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        permitted = constraints.permitted_subtrees or ()
        self.scope = Scope(
            tuple(tree.value for tree in permitted if isinstance(tree, x509.DNSName)),
            tuple(ip_network(str(tree.value)) for tree in permitted if isinstance(tree, x509.IPAddress)),
        )

    @classmethod
    def open(cls, data: Path, name: str, names: Sequence[str]) -> SiteCa:
        """The CA in *data*; where there is none, one called *name* for the site's *names*. Raises VaultError."""
        create_whole(data / CA_FILE, _new_ca(name, scope_of(names)))
        ca = cls.look(data)
        assert ca is not None
        return ca

    @classmethod
    def look(cls, data: Path) -> SiteCa | None:
        """The CA in *data*; None where there is none. Raises VaultError where it is damaged or exposed."""
        path = data / CA_FILE
        try:
            content = read_secret(path, at_most=_MOST_BYTES)
        except FileNotFoundError:
            return None
        try:
            key = serialization.load_pem_private_key(content, None)
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                raise ValueError("its key is of another kind")
            return cls(data, key, x509.load_pem_x509_certificate(content))
        except _UNREADABLE as error:
            raise VaultError(f"{path}: is damaged: {error}") from error

    @property
    def certificate(self) -> bytes:
        """The CA's certificate (DER), which tablets are told to trust."""
        return self._certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        """The same as text."""
        return _pem(self._certificate).decode()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in 16 groups of four, as every system shows it and people compare aloud."""
        digits = self._certificate.fingerprint(hashes.SHA256()).hex().upper()
        return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))

    def issued(self) -> Issued | None:
        """The certificate that is in use; None where there is none of this CA."""
        try:
            certificate = x509.load_pem_x509_certificate(read_secret(self._server_file, at_most=_MOST_BYTES))
            certificate.verify_directly_issued_by(self._certificate)
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (FileNotFoundError, *_UNREADABLE):
            return None
        known = {*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))}
        dates = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        return Issued(frozenset(known), Span(*(round(date.timestamp() * 1000) for date in dates)))

    def issue(self, names: Sequence[str], span: Span) -> None:
        """Put a new key with a certificate for *names* into SERVER_FILE. Raises VaultError."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName(list(map(_general_name, names)))
        leaf = self._leaf(key.public_key(), _named("Kiosk pages"), span, ExtendedKeyUsageOID.SERVER_AUTH)
        certificate = leaf.add_extension(alternatives, critical=False).sign(self._key, hashes.SHA256())
        chain = (certificate, self._certificate)
        replace_whole(self._server_file, b"".join((*map(_pem, chain), _private_pem(key))))

    def certify_client(self, key: ec.EllipticCurvePublicKey, name: str, unit: str, span: Span) -> bytes:
        """A certificate (PEM): who has *key* is *name* of *unit*, towards a server and for nothing else."""
        leaf = self._leaf(key, _named(name, unit), span, ExtendedKeyUsageOID.CLIENT_AUTH)
        return _pem(leaf.sign(self._key, hashes.SHA256()))

    def _leaf(
        self, key: ec.EllipticCurvePublicKey, subject: x509.Name, span: Span, use: x509.ObjectIdentifier
    ) -> x509.CertificateBuilder:
        return (
            _begun(key, subject, self._certificate.subject, _date(span.begins_ms), _date(span.ends_ms))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )


def _new_ca(name: str, scope: Scope) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _named(name)
    trees = (*map(x509.DNSName, scope.names), *map(x509.IPAddress, scope.networks))
    certificate = (
        _begun(key.public_key(), subject, subject, _BEGINS, _ENDS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=trees, excluded_subtrees=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _pem(certificate) + _private_pem(key)


def _begun(
    key: ec.EllipticCurvePublicKey, subject: x509.Name, issuer: x509.Name, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _named(name: str, unit: str = "") -> x509.Name:
    units = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)] if unit else []
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_LONGEST_NAME]), *units])


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    address = address_of(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)


def _date(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
