"""Bytes of a code -> what it is, whose it is, and what could be proven about it."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.rules import admission, identity
from kiosk.rules.formats import FORMATS
from kiosk.rules.formats.code import Pattern, Trust, make_code
from kiosk.rules.model import Check, Credential, Kind, Reason

__all__ = ["LONGEST_CODE_BYTES", "NOTHING_FOUND", "Trust", "best", "names_somebody", "persons_of", "read_credential"]

LONGEST_CODE_BYTES = 8192  # the largest QR code holds 7,089 digits (ISO/IEC 18004, version 40-L)

NOTHING_FOUND = Credential(
    Kind.NONE, Check.UNKNOWN, refusal=Reason.UNKNOWN_CODE, detail="No code was found in the picture."
)

_NOBODYS_CODES = (Kind.PLACE, Kind.PAYMENT, Kind.WIFI, Kind.LINK)


def read_credential(data: bytes, *, trust: Trust, at_ms: int, typed: bool = False) -> Credential:
    """Recognise *data* as the first of FORMATS that knows it. Never raises, whatever the bytes.

    *at_ms* is what a slip's time of issue is held against. *typed* says that a person typed it, so
    that spaces and dots between digits are forgiven.
    """
    if len(data) > LONGEST_CODE_BYTES:
        return _unknown(f"{len(data)} bytes, longer than any QR code.")
    code = make_code(data, trust=trust, at_ms=at_ms, typed=typed)
    if not code.text:
        return _unknown("An empty code.")
    answers = (read(code) for read in FORMATS)
    return next(filter(None, answers), None) or _unknown(
        f"A code of {len(data)} bytes in no known layout, as VNeID's own: the ID card or its number serves."
    )


def _unknown(detail: str) -> Credential:
    return Credential(Kind.UNKNOWN, Check.UNKNOWN, refusal=Reason.UNKNOWN_CODE, detail=detail)


def names_somebody(data: bytes, patterns: tuple[Pattern, ...] = ()) -> bool:
    """Tell whether *data* is a person's code, good or not; a decoder that asks this looks on until one is.

    *patterns* are the site's own codes.
    """
    kind = read_credential(data, trust=Trust(patterns=patterns), at_ms=0).kind
    return kind != Kind.UNKNOWN and kind not in _NOBODYS_CODES


def best(credentials: Sequence[Credential]) -> Credential:
    """The one of several codes in a picture that serves its holder: a person's before any other.

    Then a damaged or refused personal code, then places, payments and links, then unknown codes; the
    first of equals. NOTHING_FOUND where there are none.
    """
    return min(credentials, key=_rank, default=NOTHING_FOUND)


def persons_of(credentials: Sequence[Credential]) -> list[Credential]:
    """Whom the codes of one picture let through, one after another: each person once, by their first good code.

    A code with an ID number goes before the others of its holder: sites may ask for one. What nobody is
    named by is left out beside a person; without any person it is the ``best`` alone.
    """
    good = [credential for credential in credentials if credential.refusal is None]
    people: list[list[Credential]] = []
    for credential in sorted(good, key=lambda each: not admission.has_id_number(each)):
        theirs = next((codes for codes in people if _belongs(credential, codes)), None)
        if theirs is None:
            people.append([credential])
        else:
            theirs.append(credential)
    return [codes[0] for codes in people] or [best(credentials)]


def _belongs(credential: Credential, codes: Sequence[Credential]) -> bool:
    """Whether it shares an identifier with one of a person's *codes*, or is like all of them."""
    holders = set(admission.holders(credential))
    return any(holders & set(admission.holders(code)) for code in codes) or all(
        _is_alike(credential, code) for code in codes
    )


def _is_alike(one: Credential, other: Credential) -> bool:
    """Whether two kinds of card say one name, and nothing that tells two people apart.

    Two numbers of one class do, and so do birth dates, as far as either is known, and sexes.
    """
    if one.kind == other.kind or admission.classes(one) & admission.classes(other):
        return False
    name, births = identity.name_key(one.person), sorted((one.person.birth, other.person.birth), key=len)
    same_name = name and name == identity.name_key(other.person)
    same_sex = one.person.sex == other.person.sex or not (one.person.sex and other.person.sex)
    return bool(same_name and births[0]) and births[1].startswith(births[0]) and same_sex


def _rank(credential: Credential) -> int:
    if credential.refusal is None:
        return 0
    if credential.kind == Kind.UNKNOWN:
        return 3
    return 2 if credential.kind in _NOBODYS_CODES else 1
