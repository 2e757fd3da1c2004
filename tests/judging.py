"""What the stories of certificates share: a trust folder of some signers, and what is read with it."""

from __future__ import annotations

from pathlib import Path

from signing import Issuer, write_certificates
from signing_cose import ISSUED_S

from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.model import Check, Credential, Reason
from kiosk.vault.trust import TrustFolder

NOW_S = ISSUED_S + 3600


def trust_in(folder: Path, *issuers: Issuer) -> Trust:
    """A site that believes the certificates of *issuers*."""
    return Trust(signers=TrustFolder.read(write_certificates(folder / "signers.pem", *issuers).parent).signers)


def read(code: str | bytes, trust: Trust, at_s: float = NOW_S) -> Credential:
    """What a code says to that site at *at_s*."""
    data = code if isinstance(code, bytes) else code.encode()
    return read_credential(data, trust=trust, at_ms=int(at_s * 1000))


def verdict(credential: Credential) -> tuple[str, Check, Reason | None]:
    """Its kind, check and refusal."""
    return credential.kind, credential.check, credential.refusal
