"""What a kiosk shows a hub by TLS: a key that never leaves it, with the certificate that the hub's CA gave for it."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kiosk.rules.enrolment import fingerprint_of
from kiosk.rules.site_names import Span
from kiosk.vault.errors import VaultError
from kiosk.vault.files import read_secret, replace_whole

FILE = "hub-pass.pem"
_MOST_BYTES = 100_000
_UNREADABLE = (ValueError, TypeError, InvalidSignature)


class PassRequest:
    """A new key of *kiosk*, not kept yet, for which a hub is asked to sign."""

    def __init__(self, kiosk: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, kiosk)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(self._key, hashes.SHA256())
        self.pem = request.public_bytes(serialization.Encoding.PEM).decode()

    def keep(self, data: Path, certificate: str, ca: str) -> None:
        """Put key and *certificate* (PEM), which *ca* must have signed for it, into FILE. Raises VaultError."""
        try:
            issued = x509.load_pem_x509_certificate(certificate.encode())
            issued.verify_directly_issued_by(x509.load_pem_x509_certificate(ca.encode()))
            fits = issued.public_key() == self._key.public_key()
        except _UNREADABLE as error:
            raise VaultError(f"the hub's answer has no certificate of its CA: {error}") from error
        if not fits:
            raise VaultError("the hub's certificate is for another key than the one that this kiosk made")
        private = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        replace_whole(data / FILE, issued.public_bytes(serialization.Encoding.PEM) + private)


def span_of_pass(data: Path) -> Span:
    """From when to when the kiosk's certificate is good. Raises VaultError where there is none."""
    path = data / FILE
    try:
        certificate = x509.load_pem_x509_certificate(read_secret(path, at_most=_MOST_BYTES))
    except FileNotFoundError as error:
        raise VaultError(f"{path}: is missing; join the hub again: kiosk enrol CODE") from error
    except _UNREADABLE as error:
        raise VaultError(f"{path}: is damaged; join the hub again: kiosk enrol CODE") from error
    dates = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    return Span(*(round(date.timestamp() * 1000) for date in dates))


def ca_with(pem: bytes, fingerprint: bytes) -> str:
    """The CA certificate *pem*, which must have the *fingerprint* of an enrolment code. Raises VaultError."""
    try:
        ca = x509.load_pem_x509_certificate(pem)
    except _UNREADABLE as error:
        raise VaultError("this is not a hub: its answer is no certificate of a CA") from error
    if fingerprint_of(ca.public_bytes(serialization.Encoding.DER)) != fingerprint:
        raise VaultError("this is not the hub that made the code: its CA has another fingerprint; it was told nothing")
    return ca.public_bytes(serialization.Encoding.PEM).decode()
