"""What every format is handed: the text of one code, and whom the site trusts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kiosk.rules.identity import LONGEST_TEXT, clean_text
from kiosk.rules.model import Check, Credential, Kind, Reason

MOST_PARTS = 32  # the longest known card has 17; splitting stops here

VerifySlip = Callable[[bytes, bytes, bytes], bool | None]


def knows_no_key(_key_id: bytes, _message: bytes, _signature: bytes) -> bool | None:
    """The answer of a site that has no slip keys."""
    return None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the site trusts, handed in by the vault.

    ``verify_slip(key id, message, signature)`` answers None where it knows no such key.
    """

    verify_slip: VerifySlip = knows_no_key
    slip_valid_s: float = 86400.0


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


def make_code(data: bytes, *, trust: Trust, at_ms: int, typed: bool) -> Code:
    """Decode *data* as UTF-8, lost letters as U+FFFD, without the BOM, line ends, NULs and spaces round it."""
    text = data.decode("utf-8", errors="replace").strip("\ufeff\x00\r\n\t ")
    parts = tuple(part.strip() for part in text.split("|", MOST_PARTS))
    return Code(text, parts, at_ms, typed, trust)


def named_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields that say something, in their order, each one harmless line."""
    cleaned = {name: clean_text(value, LONGEST_TEXT) for name, value in fields.items()}
    return {name: value for name, value in cleaned.items() if value}


def malformed(kind: Kind, detail: str) -> Credential:
    """A code whose layout is *kind*'s but whose content cannot be used."""
    return Credential(kind, Check.MALFORMED, refusal=Reason.MALFORMED, detail=detail)
