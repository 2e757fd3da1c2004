"""SMART Health Cards are verified with the site's own keys; every way to be wrong has its sentence."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signing import jwk, make_issuer, thumbprint, write_json, write_jwks
from signing_json import ISSUED_S, ISSUER, claims, deflate, digits, in_parts, make_jws, patient, shc, to_json

from kiosk.rules.credentials import LONGEST_CODE_BYTES, Trust, names_somebody, read_credential
from kiosk.rules.model import Check, Credential, Kind, Person, Reason
from kiosk.vault.trust import TrustFolder

CLINIC, STRANGER = make_issuer("clinic"), make_issuer("stranger")
NOW_MS = (ISSUED_S + 86_400) * 1000
GOOD = shc(CLINIC)

Card = dict[str, Any]


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    """A trust folder with the clinic's key, as the clinic itself publishes it."""
    folder = tmp_path_factory.mktemp("trust")
    key = jwk(CLINIC.key, kid=thumbprint(CLINIC.jwk), use="sig", alg="ES256")
    return Trust(signers=TrustFolder.read(write_jwks(folder / "clinic.json", key).parent).signers)


def read(code: bytes, trust: Trust, at_ms: int = NOW_MS) -> Credential:
    return read_credential(code, trust=trust, at_ms=at_ms)


def test_a_good_card_is_valid_and_names_its_holder_and_nothing_medical(trust: Trust) -> None:
    card = read(GOOD, trust)
    assert (card.kind, card.check, card.refusal) == (Kind.SHC, Check.VALID, None)
    assert card.person == Person(name="Nguyễn Văn Thử", birth="1985-03-02")
    assert card.holder_id == "named:NGUYEN VAN THU|1985-03-02"
    assert "LOT7" not in repr(card)
    assert "Immunization" not in repr(card)


def test_the_prefix_may_be_in_capitals(trust: Trust) -> None:
    assert read(GOOD.replace(b"shc", b"SHC"), trust).check is Check.VALID


@pytest.mark.parametrize(
    ("card", "at_s", "check"),
    [
        (claims(nbf=ISSUED_S + 0.25), ISSUED_S + 1, Check.VALID),
        (claims(), ISSUED_S - 1, Check.NOT_YET_VALID),
        (claims(nbf=ISSUED_S * 1000), ISSUED_S + 1, Check.NOT_YET_VALID),
        (claims(exp=ISSUED_S + 60), ISSUED_S + 59, Check.VALID),
        (claims(exp=ISSUED_S + 60), ISSUED_S + 60, Check.EXPIRED),
    ],
    ids=["fractional seconds", "not yet issued", "issued in milliseconds", "last second", "expired"],
)
def test_its_dates_are_judged_by_the_given_time(card: Card, at_s: int, check: Check, trust: Trust) -> None:
    assert read(shc(CLINIC, card), trust, at_s * 1000).check is check


def test_a_card_of_an_unknown_issuer_cannot_be_judged_but_names_its_holder(trust: Trust) -> None:
    card = read(shc(STRANGER), trust)
    assert (card.check, card.refusal) == (Check.NO_KEY, None)
    assert card.holder_id == "named:NGUYEN VAN THU|1985-03-02"


def test_a_card_that_names_the_key_of_another_is_forged(trust: Trust) -> None:
    card = read(shc(STRANGER, kid=thumbprint(CLINIC.jwk)), trust)
    assert (card.check, card.refusal, card.holder_id) == (Check.BAD_SIGNATURE, Reason.CERTIFICATE_FORGED, "")


@pytest.mark.parametrize(
    ("issuer", "check"),
    [(ISSUER, Check.VALID), ("https://other.example/cards", Check.NO_KEY)],
    ids=["own", "another's"],
)
def test_the_key_of_one_issuer_does_not_sign_for_another(issuer: str, check: Check, tmp_path: Path) -> None:
    key = jwk(CLINIC.key, kid=thumbprint(CLINIC.jwk), use="sig", alg="ES256")
    directory = {"issuerInfo": [{"issuer": {"iss": issuer, "name": "Clinic"}, "keys": [key]}]}
    trust = Trust(signers=TrustFolder.read(write_json(tmp_path / "directory.json", directory).parent).signers)
    assert read(GOOD, trust).check is check


def with_payload(payload: bytes) -> bytes:
    return f"shc:/{digits(make_jws(CLINIC, payload))}".encode()


def with_text(text: bytes) -> bytes:
    return with_payload(deflate(text))


def altered(path: str, value: object) -> bytes:
    """A well signed card with *value* at *path*."""
    card = json.loads(to_json(claims()))
    *names, last = path.split(".")
    inner = card
    for name in names:
        inner = inner[name]
    inner[last] = value
    return shc(CLINIC, card)


JWS = make_jws(CLINIC, deflate(to_json(claims())))
BUNDLE = "vc.credentialSubject.fhirBundle"
BAD: dict[str, tuple[bytes, str]] = {
    "nothing behind the prefix": (b"shc:/", "digits"),
    "letters": (b"shc:/" + JWS.encode(), "digits"),
    "digits of another script": ("shc:/٥٦٧٦".encode(), "digits"),
    "odd number of digits": (GOOD[:-1], "odd"),
    "a pair out of range": (GOOD[:-2] + b"78", "pair"),
    "two parts": (f"shc:/{digits(JWS.rpartition('.')[0])}".encode(), "JWS"),
    "four parts": (f"shc:/{digits(JWS + '.')}".encode(), "JWS"),
    "spare bits": (f"shc:/{digits(JWS[:-1] + chr(ord(JWS[-1]) + 1))}".encode(), "base64url"),
    "no signature": (f"shc:/{digits(JWS.rpartition('.')[0] + '.')}".encode(), "64 bytes"),
    "algorithm none": (shc(CLINIC, alg="none"), "ES256"),
    "another algorithm": (shc(CLINIC, alg="ES384"), "ES256"),
    "no algorithm": (shc(CLINIC, alg=None), "ES256"),
    "no zip": (shc(CLINIC, zip=None), "zip DEF"),
    "no key id": (shc(CLINIC, kid=None), "kid"),
    "a key id that is no text": (shc(CLINIC, kid=7), "kid"),
    "critical extensions": (shc(CLINIC, crit=["x"]), "crit"),
    "not deflated": (with_payload(to_json(claims())), "DEFLATE"),
    "cut off": (with_payload(deflate(to_json(claims()))[:-4]), "cut off"),
    "a bomb": (with_text(b" " * 2_000_000), "too long"),
    "more behind the end": (with_payload(deflate(to_json(claims())) + b"x"), "behind the end"),
    "spaces behind the payload": (with_text(to_json(claims()) + b" \n"), "minified"),
    "no JSON": (with_text(b"{"), "JSON"),
    "no JSON object": (with_text(b"[]"), "JSON object"),
    "deeply nested": (with_text(b'{"a":' + b"[" * 100_000), "JSON"),
    "a name twice": (with_text(b'{"iss":"https://a.example",' + to_json(claims())[1:]), "JSON"),
    "not a number": (with_text(to_json(claims(nbf=1)).replace(b'"nbf":1', b'"nbf":NaN')), "JSON"),
    "an endless number": (with_text(to_json(claims(nbf=1)).replace(b'"nbf":1', b'"nbf":' + b"9" * 5000)), "JSON"),
    "a number beyond all": (with_text(to_json(claims(nbf=1)).replace(b'"nbf":1', b'"nbf":1e999')), "JSON"),
    "another encoding": (with_text(json.dumps(claims()).encode("utf-16")), "JSON"),
    "a byte order mark": (with_text(b"\xef\xbb\xbf" + to_json(claims())), "JSON"),
    "no issuer": (shc(CLINIC, claims(iss=None)), "iss"),
    "issuer by http": (altered("iss", ISSUER.replace("https", "http")), "iss"),
    "issuer with a slash behind": (altered("iss", ISSUER + "/"), "iss"),
    "no time of issue": (shc(CLINIC, claims(nbf=None)), "nbf"),
    "time of issue as text": (altered("nbf", str(ISSUED_S)), "nbf"),
    "expiry as text": (altered("exp", "never"), "exp"),
    "expiry in milliseconds": (altered("exp", ISSUED_S * 1000), "exp"),
    "no content": (shc(CLINIC, claims(vc=None)), "vc.type"),
    "another type": (altered("vc.type", ["https://smarthealth.cards#covid19"]), "vc.type"),
    "no version of FHIR": (altered("vc.credentialSubject.fhirVersion", None), "fhirVersion"),
    "no bundle": (altered(BUNDLE, []), "fhirBundle"),
    "no entries": (altered(f"{BUNDLE}.entry", []), "fhirBundle"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_card_is_named(name: str, trust: Trust) -> None:
    code, word = BAD[name]
    card = read(code, trust)
    assert len(code) <= LONGEST_CODE_BYTES
    assert (card.kind, card.check, card.refusal) == (Kind.SHC, Check.MALFORMED, Reason.MALFORMED)
    assert word in card.detail


@pytest.mark.parametrize(
    ("resource", "person", "holder"),
    [
        (patient(birthDate="1985-03"), Person("Nguyễn Văn Thử", "1985"), "cert:"),
        (patient(birthDate="1985-02-31"), Person("Nguyễn Văn Thử"), "cert:"),
        (patient(name=[{"text": "Trần Thị Mẫu"}]), Person("Trần Thị Mẫu", "1985-03-02"), "named:TRAN THI MAU|"),
        (patient(name=[{"family": "Lê"}]), Person("Lê", "1985-03-02"), "named:LE|1985-03-02"),
        (patient(name=[{"family": ["Lê"], "given": "Mẫu"}, 7]), Person("", "1985-03-02"), "cert:"),
        (patient(name="Lê", birthDate=1985), Person(), "cert:"),
        ({"resourceType": "Immunization"}, Person(), "cert:"),
    ],
    ids=["month of birth", "impossible birth", "name in one", "no given name", "wrong types", "no lists", "no patient"],
)
def test_the_holder_is_the_patient_as_far_as_the_card_tells(
    resource: Card, person: Person, holder: str, trust: Trust
) -> None:
    card = read(shc(CLINIC, claims(resource)), trust)
    assert (card.check, card.person) == (Check.VALID, person)
    assert card.holder_id.startswith(holder)


def test_a_renewed_card_is_the_same_holder_and_a_nameless_one_is_its_own(trust: Trust) -> None:
    def holder(card: Card) -> str:
        return read(shc(CLINIC, card), trust).holder_id

    nameless = patient(name=[])
    assert holder(claims()) == holder(claims(nbf=ISSUED_S + 5))
    assert holder(claims(nameless)) == holder(claims(nameless))
    assert holder(claims(nameless)) != holder(claims(nameless, nbf=ISSUED_S + 5))


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (b"shc:/1/1/5676", "must not be numbered"),
        (b"shc:/0/2/5676", "no such part"),
        (b"shc:/3/2/5676", "no such part"),
        (b"shc:/1/9/5676", "more than 8 parts"),
        (b"shc:/1/2/567", "odd"),
        (b"shc:/1/2/5678", "pair"),
        (b"shc:/1/2/", "digits"),
        (b"shc:/1/2/" + b"56" * 1192, "more than 2382 digits"),
        (b"shc:/1//5676", "digits"),
    ],
)
def test_a_damaged_part_is_told_from_one_to_wait_for(code: bytes, word: str) -> None:
    part = read(code, Trust())
    assert (part.check, part.refusal) == (Check.MALFORMED, Reason.MALFORMED)
    assert word in part.detail


def test_a_part_asks_for_the_others_and_nobody_looks_on_for_another_code() -> None:
    second = in_parts(GOOD, 3)[1]
    part = read(second, Trust())
    assert (part.kind, part.check, part.refusal) == (Kind.SHC, Check.MALFORMED, Reason.NEXT_PART)
    assert part.detail.startswith("Part 2 of 3 ")
    assert names_somebody(second)


def test_no_card_with_one_changed_digit_is_valid(trust: Trust) -> None:
    chance = random.Random(7)
    for place in range(len("shc:/"), len(GOOD)):
        other = chance.choice([digit for digit in b"0123456789" if digit != GOOD[place]])
        assert read(GOOD[:place] + bytes([other]) + GOOD[place + 1 :], trust).check is not Check.VALID


def test_no_shortened_card_is_valid(trust: Trust) -> None:
    assert not [end for end in range(len(GOOD)) if read(GOOD[:end], trust).check is Check.VALID]


NAMES = ["iss", "nbf", "exp", "vc", "type", "credentialSubject", "fhirBundle", "entry", "resource", "name"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=20,
)
PAYLOADS = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=300).map(deflate),
    VALUES.map(lambda value: deflate(json.dumps(value).encode())),
    st.tuples(st.sampled_from(["iss", "nbf", "exp", "vc"]), VALUES).map(
        lambda member: deflate(json.dumps(claims() | {member[0]: member[1]}).encode())
    ),
)


@given(PAYLOADS)
def test_nothing_that_is_signed_makes_the_reader_fail(payload: bytes) -> None:
    assert read(with_payload(payload), Trust()).check in (Check.MALFORMED, Check.NO_KEY)


@given(st.one_of(st.binary(max_size=300), st.from_regex(rb"[0-9/]{0,200}", fullmatch=True)))
def test_no_bytes_behind_the_prefix_make_the_reader_fail(tail: bytes) -> None:
    credential = read(b"shc:/" + tail, Trust())
    assert (credential.kind, credential.check) == (Kind.SHC, Check.MALFORMED)
