"""A code of every kind that people show, and whom a site must trust to judge them."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from signing import did_document, jwk, make_issuer, thumbprint, write_certificates, write_json, write_jwks
from signing_cose import DID, ISSUED_S, make_dcc, make_nzcp
from signing_json import shc, vds

from kiosk.rules import invented
from kiosk.rules.credentials import Trust
from kiosk.rules.formats.code import Signer
from kiosk.rules.model import Kind
from kiosk.vault.slips import KioskKey
from kiosk.vault.trust import TrustFolder

AT_MS = (ISSUED_S + 86_400) * 1000


class Site:
    """A kiosk's key and a trust folder in *folder*, which are made there."""

    def __init__(self, folder: Path) -> None:
        self.trust_folder = folder / "trust"
        self.trust_folder.mkdir(parents=True)
        self._issuer, self._rsa_issuer = make_issuer("issuer"), make_issuer("issuer, RSA", rsa=True)
        self._key = KioskKey(folder / "kiosk.key")
        write_certificates(self.trust_folder / "issuers.pem", self._issuer, self._rsa_issuer)
        write_jwks(self.trust_folder / "cards.json", jwk(self._issuer.key, kid=thumbprint(self._issuer.jwk)))
        write_json(self.trust_folder / "did.json", did_document(DID, {"key-1": self._issuer}))

    def codes(self) -> dict[str, bytes]:
        """The codes, by what they are."""
        person = invented.person(3)
        cards = invented.codes(person)
        return {
            "ID card": cards[Kind.ID_CARD],
            "insurance": cards[Kind.INSURANCE],
            "unified": cards[Kind.UNIFIED],
            "slip": self._key.issue_slip(AT_MS).code.encode(),
            "DCC, ES256": make_dcc(self._issuer).encode(),
            "DCC, PS256": make_dcc(self._rsa_issuer).encode(),
            "health card": shc(self._issuer),
            "NZ pass": make_nzcp(self._issuer).encode(),
            "VDS-NC": vds(self._issuer),
        }

    def trust(self) -> Trust:
        """What the site believes."""
        opened = TrustFolder.read(self.trust_folder)
        return Trust(verify_slip=self._key.verify, signers=opened.signers, enclosed=opened.enclosed)


class Stopwatch:
    """A trust that believes as *trust* does, and adds up the processor time that its signatures take."""

    def __init__(self, trust: Trust) -> None:
        self.taken_us = 0.0
        self._of = trust
        self.trust = replace(trust, verify_slip=self._verify_slip, signers=self._signers, enclosed=self._enclosed)

    def _verify_slip(self, key_id: bytes, message: bytes, signature: bytes) -> bool | None:
        with self:
            return self._of.verify_slip(key_id, message, signature)

    def _signers(self, key_id: str, issuer: str) -> list[Signer]:
        return [self._timed(signer) for signer in self._of.signers(key_id, issuer)]

    def _enclosed(self, certificate: bytes) -> Signer | None:
        with self:  # its own signature is verified up to one that the folder holds
            signer = self._of.enclosed(certificate)
        return self._timed(signer) if signer else None

    def _timed(self, signer: Signer) -> Signer:
        def verify(*what: object) -> bool:
            with self:
                return signer.verify(*what)  # type: ignore[arg-type]  # handed through as they come

        return replace(signer, verify=verify)

    def __enter__(self) -> None:
        self._began_ns = time.thread_time_ns()

    def __exit__(self, *_: object) -> None:
        self.taken_us += (time.thread_time_ns() - self._began_ns) / 1000
