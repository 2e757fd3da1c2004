"""The trust folder of a site: whose keys a code may ask for, and whether a certificate in a code is vouched for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from cryptography import x509

from kiosk.rules.formats.code import Signer
from kiosk.vault.trust.certificates import Certificate, RevokedList, read_certificate
from kiosk.vault.trust.files import TrustFile, read_files
from kiosk.vault.trust.json_keys import NamedKey
from kiosk.vault.trust.keys import UnusableError, serving, verifies
from kiosk.vault.trust.report import Finding, Judge, describe

LONGEST_CHAIN = 5  # a certificate, and four above it


class TrustFolder:
    """What a site believes. Without files it vouches for nobody, but can still read what is enclosed in codes."""

    def __init__(self, files: Sequence[TrustFile] = ()) -> None:
        self._files = files
        certificates = [certificate for file in files for certificate in file.contents.certificates]
        keys = [key for file in files for key in file.contents.keys]
        self._issuers: dict[x509.Name, list[Certificate]] = {}
        for certificate in certificates:
            if certificate.issues:
                self._issuers.setdefault(certificate.name, []).append(certificate)
        self._revoked_lists = self._believed(each for file in files for each in file.contents.revoked_lists)
        own = [key.certificate for key in keys if key.certificate and not key.issuer]
        self._known = {certificate.sha256 for certificate in [*certificates, *own]}
        self._signers: dict[str, dict[object, Signer]] = {}
        for certificate in certificates:
            self._add_certificate(certificate)
        for key in keys:
            self._add_key(key)

    @classmethod
    def read(cls, folder: Path) -> TrustFolder:
        """What lies in *folder* and its sub-folders. Never raises: ``findings`` tell what is wrong."""
        return cls(read_files(folder))

    def signers(self, key_id: str, issuer: str) -> Sequence[Signer]:
        """The keys that a certificate may mean, as ``Trust.signers`` promises; none that was revoked."""
        found = self._signers.get(key_id, {}).values()
        return [signer for signer in found if not (issuer and signer.issuer) or signer.issuer == issuer]

    def enclosed(self, der: bytes) -> Signer | None:
        """The signer in a certificate that came inside a code, as ``Trust.enclosed`` promises.

        It is vouched for when the folder has this very certificate, or one that issued it (RFC 5280 6.1: name,
        signature, right to issue), and no list of the folder revokes it. It serves while all of its chain does,
        as far as the folder has it.
        """
        try:
            certificate = read_certificate(der)
        except UnusableError:
            return None
        known, revoked = certificate.sha256 in self._known, self._is_revoked(certificate)
        chain = [certificate] if known else self._chain(certificate)
        return Signer(
            f"{certificate.subject} (revoked)" if revoked else certificate.subject,
            partial(verifies, certificate.public_key),
            begins_ms=max(each.begins_ms for each in chain),
            ends_ms=min(each.ends_ms for each in chain),
            uses=certificate.uses,
            vouched=not revoked and (known or (certificate.whole and len(chain) > 1)),
        )

    def findings(self, at_ms: int) -> list[Finding]:
        """Each file in one sentence, as it stands at *at_ms*."""
        believed = {id(each) for lists in self._revoked_lists.values() for each in lists}
        judge = Judge(at_ms, self._is_revoked, lambda each: id(each) in believed)
        return [describe(file, judge) for file in self._files]

    def _believed(self, lists: Iterable[RevokedList]) -> dict[x509.Name, list[RevokedList]]:
        """Those that a certificate of the folder signed, by its name."""
        believed: dict[x509.Name, list[RevokedList]] = {}
        for each in lists:
            if any(each.is_signed_by(issuer) for issuer in self._issuers.get(each.issuer, [])):
                believed.setdefault(each.issuer, []).append(each)
        return believed

    def _is_revoked(self, certificate: Certificate) -> bool:
        return any(each.names(certificate) for each in self._revoked_lists.get(certificate.issuer, []))

    def _chain(self, certificate: Certificate) -> list[Certificate]:
        """*certificate* and those of the folder above it, of several the one that ends last."""
        chain = [certificate]
        while len(chain) < LONGEST_CHAIN and not chain[-1].is_root:
            issuers = [each for each in self._issuers_of(chain[-1]) if each not in chain]
            if not issuers:
                break
            chain.append(max(issuers, key=lambda issuer: issuer.ends_ms))
        return chain

    def _issuers_of(self, certificate: Certificate) -> list[Certificate]:
        named = self._issuers.get(certificate.issuer, [])
        return [each for each in named if not self._is_revoked(each) and certificate.is_issued_by(each)]

    def _add_certificate(self, certificate: Certificate, key: NamedKey | None = None) -> None:
        """Where it stands beside *key* of a file, whom that belongs to holds for it as well."""
        if self._is_revoked(certificate) or not _serves(certificate.public_key):
            return
        signer = Signer(
            certificate.subject,
            partial(verifies, certificate.public_key),
            key.issuer if key else "",
            certificate.begins_ms,
            certificate.ends_ms,
            certificate.uses,
            key.asserts if key else False,
        )
        self._add(certificate.key_id, certificate.sha256, signer)

    def _add_key(self, key: NamedKey) -> None:
        """Asked for by its own ids it has no dates, by its certificate's id it has those of the certificate."""
        ids = key.ids
        if key.certificate:
            if self._is_revoked(key.certificate):
                return
            self._add_certificate(key.certificate, key)
            ids -= {key.certificate.key_id}
        signer = Signer(key.name, partial(verifies, key.key), key.issuer, asserts=key.asserts)
        for key_id in ids:
            self._add(key_id, key.thumbprint, signer)

    def _add(self, key_id: str, identity: object, signer: Signer) -> None:
        """The same key of the same owner counts once, however many files have it."""
        self._signers.setdefault(key_id, {}).setdefault((identity, signer.issuer, signer.asserts), signer)


def _serves(key: object) -> bool:
    try:
        serving(key)
    except UnusableError:
        return False
    return True
