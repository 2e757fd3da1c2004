"""What the signed certificates of all four kinds share: how one is judged, and whose it is.

Only the result of the check and the person's name and birth date leave these formats, never what a
certificate says of anybody's health.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kiosk.rules.formats.code import Algorithm, Signer, named_fields
from kiosk.rules.identity import clean_text, name_key
from kiosk.rules.model import Check, Credential, Kind, Person, Reason

_ISO_DATE_LETTERS = len("YYYY-MM-DD")
_LONGEST_ID = 128
_LATEST_S = 253_402_300_799  # the end of the year 9999, the last that a date can say

Objection = Callable[[Signer], str]


class MalformedError(ValueError):
    """A certificate that cannot be read. Its text is an English sentence for ``detail`` and repeats no content."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says, read but not yet believed.

    *message* is what *signature* is over. It is in force from *begins_ms* until just before *ends_ms*,
    None where it names no bound. *key_id* and *issuer* name whose key it asks for. *own_id* tells this
    certificate from all others. *fields* are more for ``kiosk read``, nothing medical.
    """

    kind: Kind
    algorithm: Algorithm
    message: bytes
    signature: bytes
    key_id: str
    issuer: str
    person: Person
    own_id: str
    begins_ms: int | None = None
    ends_ms: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def no_objection(_signer: Signer) -> str:
    """Every key that a site trusts may sign."""
    return ""


def judge(
    certificate: Certificate, signers: Sequence[Signer], at_ms: int, objection: Objection = no_objection
) -> Credential:
    """What could be proven about *certificate* at *at_ms*, first its signature, then its dates.

    *signers* are the keys that it may mean; the first under which the signature is right counts.
    *objection* is an English sentence where such a key may not sign this certificate: as with a signer
    that the site does not vouch for, nobody whom the site trusts has signed it.
    """
    if not signers:
        return _answer(certificate, Check.NO_KEY, f"No trusted key: this site has none with {_key(certificate)}.")
    right = [signer for signer in signers if _signed(certificate, signer)]
    if not right:
        return _forged(certificate)
    trusted = [signer for signer in right if signer.vouched and not objection(signer)]
    if not trusted:
        why = objection(right[0]) or f"This site does not know the signer, {right[0].name}."
        return _answer(certificate, Check.NO_KEY, f"The signature is right, but by no trusted key. {why}", right[0])
    answers = [_judge_dates(certificate, signer, at_ms) for signer in trusted]
    return next((answer for answer in answers if answer.check is Check.VALID), answers[0])


def _signed(certificate: Certificate, signer: Signer) -> bool:
    return signer.verify(certificate.algorithm, certificate.message, certificate.signature)


def _judge_dates(certificate: Certificate, signer: Signer, at_ms: int) -> Credential:
    for what, begins_ms, ends_ms in (
        ("It", certificate.begins_ms, certificate.ends_ms),
        ("Its signer's certificate", signer.begins_ms, signer.ends_ms),
    ):
        if begins_ms is not None and at_ms < begins_ms:
            why = f"{what} is not valid before {iso_time(begins_ms)}."
            return _answer(certificate, Check.NOT_YET_VALID, f"The signature is right. {why}", signer)
        if ends_ms is not None and at_ms >= ends_ms:
            why = f"{what} expired on {iso_time(ends_ms)}."
            return _answer(certificate, Check.EXPIRED, f"The signature is right. {why}", signer)
    return _answer(certificate, Check.VALID, "The signature is right, and it is in force.", signer)


def _answer(certificate: Certificate, check: Check, detail: str, signer: Signer | None = None) -> Credential:
    person = certificate.person
    return Credential(
        certificate.kind,
        check,
        holder_id_of(person, certificate.own_id),
        person=person,
        detail=clean_text(detail),
        fields=_fields(certificate, signer),
    )


def _forged(certificate: Certificate) -> Credential:
    """Nothing that a wrongly signed certificate says is believed, not even whose it is."""
    return Credential(
        certificate.kind,
        Check.BAD_SIGNATURE,
        refusal=Reason.CERTIFICATE_FORGED,
        detail=clean_text(f"The signature is wrong for the key with {_key(certificate)}."),
        fields=named_fields({"issuer": certificate.issuer, "key": certificate.key_id}),
    )


def _key(certificate: Certificate) -> str:
    issuer = f" of {certificate.issuer}" if certificate.issuer else ""
    return f"the id {certificate.key_id}{issuer}"


def _fields(certificate: Certificate, signer: Signer | None) -> dict[str, str]:
    person = certificate.person
    return named_fields(
        {
            "name": person.name,
            "name_key": name_key(person),
            "birth": person.birth,
            "issuer": certificate.issuer,
            "key": certificate.key_id,
            "signer": signer.name if signer else "",
            "issued": iso_time(certificate.begins_ms),
            "expires": iso_time(certificate.ends_ms),
            **certificate.fields,
        }
    )


def holder_id_of(person: Person, own_id: str) -> str:
    """The holder id behind a certificate: ``named:<name key>|<birth date>``, else ``cert:<own_id>``.

    With a name and a full date of birth a renewed certificate of the same person, or one of another
    kind, is the same holder. With less, namesakes would become one person: then it is the certificate.
    """
    key = name_key(person)
    if key and len(person.birth) == _ISO_DATE_LETTERS:
        return f"named:{key}|{person.birth}"
    return f"cert:{clean_text(own_id, _LONGEST_ID)}"


def family_name_first(family: str, given: str) -> str:
    """A name in the Vietnamese order, from its two printed parts, either of which may be empty."""
    return " ".join(filter(None, (family.strip(), given.strip())))


def time_ms(seconds: object) -> int | None:
    """A NumericDate (RFC 7519 section 2) in milliseconds, or None where *seconds* is no finite number.

    What lies before 1970 or behind the year 9999 counts as these.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return None
    return int(min(max(seconds, 0), _LATEST_S) * 1000)


def iso_time(at_ms: int | None) -> str:
    """A moment as ISO 8601 in UTC, whole seconds; empty for None."""
    return "" if at_ms is None else datetime.fromtimestamp(at_ms // 1000, UTC).isoformat()


def some_text(value: object) -> str:
    """*value* where it is text, else empty: a stranger's map may hold anything."""
    return value if isinstance(value, str) else ""
