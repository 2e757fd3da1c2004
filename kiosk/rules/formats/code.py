"""What every format is handed: the text of one code, and whom the site trusts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kiosk.rules.identity import LONGEST_TEXT, clean_text
from kiosk.rules.model import Check, Credential, Reason

MOST_PARTS = 32  # the longest known card has 17; splitting stops here

VerifySlip = Callable[[bytes, bytes, bytes], bool | None]


def knows_no_key(_key_id: bytes, _message: bytes, _signature: bytes) -> bool | None:
    """The answer of a site that has no slip keys."""
    return None


class Algorithm(StrEnum):
    """How certificates are signed: ECDSA on P-256 (raw r and s), or RSA-PSS; both with SHA-256 (RFC 7518 3.4, 3.5)."""

    ES256 = "ES256"
    PS256 = "PS256"


@dataclass(frozen=True, slots=True)
class Signer:
    """A public key of a certificate's issuer, as the site's trust folder has it.

    ``verify(algorithm, message, signature)`` is False for a key of another kind, and never raises.
    ``name`` is for people: the certificate's subject, or the key's file. ``issuer`` is the DID or web
    address that the key belongs to, empty where its file names none. ``begins_ms`` and ``ends_ms`` bound
    the certificate's validity, None without a certificate. ``uses`` are the extended key usages (OIDs)
    of its certificate; none means any. ``asserts``: a DID document lists the key in ``assertionMethod``.
    ``vouched``: the site's folder holds the key, or chains its certificate to one that it holds.
    """

    name: str
    verify: Callable[[Algorithm, bytes, bytes], bool]
    issuer: str = ""
    begins_ms: int | None = None
    ends_ms: int | None = None
    uses: frozenset[str] = frozenset()
    asserts: bool = False
    vouched: bool = True


def trusts_nobody(_key_id: str, _issuer: str) -> Sequence[Signer]:
    """The answer of a site without a trust folder."""
    return ()


def reads_no_certificate(_der: bytes) -> Signer | None:
    """The answer of a site without a vault: no enclosed certificate can be read."""
    return None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A site's own code, from its settings; made by ``pattern.compile_pattern``.

    ``kind`` is one of Kind or the site's own word, ``name`` is for people. ``find(text)`` is the named
    parts of a whole code, those that are there; None where the text is no such code.
    """

    kind: str
    name: str
    find: Callable[[str], Mapping[str, str] | None]


@dataclass(frozen=True, slots=True)
class Trust:
    """What a site knows beyond the standards: whom it trusts, handed in by the vault, and its own codes.

    ``verify_slip(key id, message, signature)`` answers None where it knows no such key. Slips are issued by the time
    that the log shows, which is ``slips_ahead_s`` ahead of the clock where that once ran ahead.
    ``signers(key id, issuer)`` are the keys that a certificate may mean: those of *issuer*, and those whose
    file names no issuer; all of them where *issuer* is empty. A key id is the text that stands in a JWK or
    behind the ``#`` of a DID, or base64 of the first 8 bytes of a certificate's SHA-256.
    ``enclosed(certificate)`` is the signer in a certificate (DER) that came inside a code: not ``vouched``
    unless the folder has it or its issuer; None where it is no certificate.
    ``patterns`` are the site's own codes; the first that fits a code counts.
    """

    verify_slip: VerifySlip = knows_no_key
    slip_valid_s: float = 86400.0
    slips_ahead_s: float = 0.0
    signers: Callable[[str, str], Sequence[Signer]] = trusts_nobody
    enclosed: Callable[[bytes], Signer | None] = reads_no_certificate
    patterns: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class Code:
    """The text of one code, cut at its pipes, with the circumstances of its reading."""

    text: str
    parts: tuple[str, ...]
    at_ms: int
    typed: bool
    trust: Trust

    @property
    def lost_letters(self) -> bool:
        """Whether bytes that are no UTF-8 were lost, as with a scanner set to another language."""
        return "\ufffd" in self.text


def text_of(data: bytes) -> str:
    """*data* as UTF-8, lost letters as U+FFFD, without the BOM, line ends, NULs and spaces round it."""
    return data.decode("utf-8", errors="replace").strip("\ufeff\x00\r\n\t ")


def make_code(data: bytes, *, trust: Trust, at_ms: int, typed: bool) -> Code:
    """The ``text_of`` *data*, cut at its pipes."""
    text = text_of(data)
    parts = tuple(part.strip() for part in text.split("|", MOST_PARTS))
    return Code(text, parts, at_ms, typed, trust)


def named_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields that say something, in their order, each one harmless line."""
    cleaned = {name: clean_text(value, LONGEST_TEXT) for name, value in fields.items()}
    return {name: value for name, value in cleaned.items() if value}


def malformed(kind: str, detail: str) -> Credential:
    """A code whose layout is *kind*'s but whose content cannot be used."""
    return Credential(kind, Check.MALFORMED, refusal=Reason.MALFORMED, detail=detail)
