"""What lies in a trust folder, a sentence for each file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from kiosk.vault.trust.certificates import Certificate, RevokedList
from kiosk.vault.trust.files import TrustFile
from kiosk.vault.trust.json_keys import NamedKey
from kiosk.vault.trust.keys import UnusableError, serving

_EXPIRED = ", expired"


@dataclass(frozen=True, slots=True)
class Finding:
    """One file of the folder: whether anything in it serves, and in a sentence what it is or what is wrong."""

    name: str
    ok: bool
    note: str


@dataclass(frozen=True, slots=True)
class Judge:
    """What the whole folder says of a part of it, at *at_ms*."""

    at_ms: int
    is_revoked: Callable[[Certificate], bool]
    is_believed: Callable[[RevokedList], bool]


def describe(file: TrustFile, judge: Judge) -> Finding:
    """*file* in a sentence: its first thing that serves, how many there are, and what does not serve.

    What has expired is told and still in order: what was signed in its time can be judged by it.
    """
    good, faults = list[str](), list[str]()
    for told in _told(file, judge):
        try:
            good.append(told())
        except UnusableError as error:
            faults.append(str(error))
    faults += file.contents.faults
    parts = [_some(good), "cannot serve: " + _some(faults) if good and faults else _some(faults)]
    return Finding(file.name, bool(good), "; ".join(filter(None, parts)) or "it holds no keys")


def _told(file: TrustFile, judge: Judge) -> Iterator[Callable[[], str]]:
    contents = file.contents
    yield from (partial(_certificate, judge, each) for each in contents.certificates)
    yield from (partial(_key, judge, each) for each in contents.keys)
    yield from (partial(_revoked_list, judge, each) for each in contents.revoked_lists)


def _some(notes: list[str]) -> str:
    if len(notes) < 2:
        return "".join(notes)
    expired = sum(note.endswith(_EXPIRED) for note in notes)
    return f"{len(notes)} in it{f', {expired} of them expired' if expired else ''}, the first: {notes[0]}"


def _certificate(judge: Judge, certificate: Certificate) -> str:
    if judge.is_revoked(certificate):
        raise UnusableError(f"the certificate of {certificate.subject} was revoked")
    if not certificate.issues:
        try:
            serving(certificate.public_key)
        except UnusableError as error:
            raise UnusableError(f"the certificate of {certificate.subject} has {error}") from error
    kind = "issuing certificate" if certificate.issues else "certificate"
    print_ = f"SHA-256 {certificate.sha256.hex()}, key id {certificate.key_id}"
    dates = f"{_day(certificate.begins_ms)} .. {_day(certificate.ends_ms)}"
    return f"{kind} of {certificate.subject}, {print_}, {dates}{_EXPIRED if certificate.ends_ms < judge.at_ms else ''}"


def _key(judge: Judge, key: NamedKey) -> str:
    if key.certificate and judge.is_revoked(key.certificate):
        raise UnusableError(f"the certificate of the key {key.thumbprint} was revoked")
    issuer = f" ({key.issuer})" if key.issuer and key.issuer != key.name else ""
    return f"key of {key.name}{issuer}, SHA-256 {key.thumbprint}"


def _revoked_list(judge: Judge, revoked: RevokedList) -> str:
    if not judge.is_believed(revoked):
        raise UnusableError(f"the list of what {revoked.issued_by} revoked is signed by no certificate of this folder")
    late = ", a newer one is due" if revoked.next_ms is not None and revoked.next_ms < judge.at_ms else ""
    return f"list of {len(revoked.serials)} certificates revoked by {revoked.issued_by}{late}"


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()
