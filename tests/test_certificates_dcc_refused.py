"""Every way in which a DCC can be damaged or against its schema has its sentence; what issuers write passes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest
from judging import read, trust_in, verdict
from signing import make_issuer
from signing_cose import base45_text, changed, dcc_claims, dcc_cose, hc1, make_certificate, make_dcc, signed_claims

from kiosk.rules.credentials import Trust
from kiosk.rules.model import Check, Kind, Person, Reason

MINISTRY = make_issuer("ministry")
GOOD = make_dcc(MINISTRY)
SIGNED = dcc_cose(MINISTRY)
PACKED = zlib.compress(SIGNED)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return trust_in(tmp_path_factory.mktemp("trust"), MINISTRY)


def signed(payload: object, protected: Mapping[int, object] | None = None) -> str:
    return signed_claims(MINISTRY, payload, protected)


DAMAGED = {
    "a later context identifier": (GOOD.replace("HC1:", "HC2:"), "HC2:"),
    "an unknown context identifier": (GOOD.replace("HC1:", "HL0:"), "HL0:"),
    "another context identifier": (GOOD.replace("HC1:", "CT1:"), "CT1:"),
    "no context identifier": (GOOD.replace("HC1:", ""), "HC1: is missing"),
    "nothing in it": ("HC1:", "zlib"),
    "small letters within": (GOOD[:40] + GOOD[40:].lower(), "Base45"),
    "a letter too few": (GOOD[:4] + GOOD[4 : 4 + (len(GOOD) - 4) // 3 * 3 - 2], "Base45"),
    "a Base45 group above 65535": ("HC1:::::::", "Base45"),
    "no compression": (base45_text(SIGNED), "zlib"),
    "cut off": (base45_text(PACKED[:-5]), "zlib"),
    "a wrong checksum": (base45_text(PACKED[:-1] + bytes([PACKED[-1] ^ 1])), "zlib"),
    "more behind its end": (base45_text(PACKED + b"more"), "zlib"),
    "a bomb": (base45_text(zlib.compress(SIGNED + bytes(2**20), 9)), "zlib"),
    "no CBOR": (hc1(b"\xff\xff"), "CBOR"),
    "CBOR with more behind it": (hc1(SIGNED + b"\x00"), "CBOR"),
    "a nest too deep": (hc1(b"\x81" * 1000 + b"\x00"), "CBOR"),
    "something in circles": (hc1(bytes.fromhex("d81c81d81d00")), "COSE_Sign1"),
    "no COSE": (hc1(cbor2.dumps({"a": 1})), "COSE_Sign1"),
    "a signature of three parts": (hc1(cbor2.dumps([b"", {}, b""])), "COSE_Sign1"),
    "no payload": (hc1(cbor2.dumps([b"", {}, None, b""])), "COSE_Sign1"),
    "an odd header": (hc1(cbor2.dumps([b"\x01", {}, b"", b""])), "header"),
    "a key twice in its header": (hc1(cbor2.dumps([bytes.fromhex("a201260126"), {}, b"", b""])), "CBOR"),
    "what it demands": (signed({}, {1: -7, 4: MINISTRY.kid, 2: [99], 99: 1}), "demands"),
    "no algorithm": (signed({}, {4: MINISTRY.kid}), "algorithm"),
    "ES384": (signed({}, {1: -35, 4: MINISTRY.kid}), "-35"),
    "no key id": (signed(dcc_claims(), {1: -7}), "kid"),
    "an odd key id": (signed(dcc_claims(), {1: -7, 4: 7}), "kid"),
    "no claims": (signed([1, 2]), "payload"),
    "claims that are no CBOR": (signed(b"\xff"), "CBOR"),
    "no expiry": (signed(dcc_claims(exp=None)), "exp"),
    "no issue": (signed(dcc_claims(iat=None)), "iat"),
    "neither time nor certificate": (signed(dcc_claims(exp=None, iat=None, hcert=None)), "exp, iat, hcert"),
    "an expiry in words": (signed(dcc_claims(exp="tomorrow")), "exp"),
    "an issue that is no number": (signed(dcc_claims(iat=float("nan"))), "iat"),
    "a beginning in words": (signed(dcc_claims(nbf="tomorrow")), "nbf"),
    "bytes for a certificate": (signed(dcc_claims(hcert={1: b"bytes"})), "hcert"),
    "another version of the certificate": (signed(dcc_claims(hcert={2: make_certificate()})), "hcert"),
    "none of the three": (signed(dcc_claims(make_certificate(v=None))), "no certificate"),
    "two of the three": (signed(dcc_claims({**make_certificate("v"), **make_certificate("r")})), "more than one"),
}


@pytest.mark.parametrize("fault", DAMAGED)
def test_a_damaged_certificate_is_refused_and_told_why(fault: str, trust: Trust) -> None:
    text, word = DAMAGED[fault]
    credential = read(text, trust)
    assert verdict(credential) == (Kind.DCC, Check.MALFORMED, Reason.MALFORMED)
    assert word in credential.detail


def entry_with(group: str = "v", **changes: object) -> dict[str, Any]:
    entry = changed(make_certificate(group)[group][0], **changes)
    return make_certificate(group, **{group: [entry]})


NAME = make_certificate()["nam"]
AGAINST_THE_SCHEMA: dict[str, tuple[dict[str, Any], str]] = {
    "no version": (make_certificate(ver=None), "ver is missing"),
    "a version in one number": (make_certificate(ver="1"), "ver is wrong"),
    "no date of birth": (make_certificate(dob=None), "dob is missing"),
    "a date of birth in words": (make_certificate(dob="yesterday"), "dob is wrong"),
    "born in 1899": (make_certificate(dob="1899-01-01"), "dob is wrong"),
    "no name": (make_certificate(nam=None), "nam"),
    "no transliterated name": (make_certificate(nam=changed(NAME, fnt=None, gnt=None)), "fnt is missing"),
    "small letters transliterated": (make_certificate(nam=changed(NAME, fnt="Nguyen")), "fnt is wrong"),
    "a name of 81 letters": (make_certificate(nam=changed(NAME, gn="a" * 81)), "gn is wrong"),
    "a name that is a number": (make_certificate(nam=changed(NAME, fn=7)), "fn is wrong"),
    "no dose": (entry_with(dn=None), "dn is missing"),
    "half a dose": (entry_with(dn=1.5), "dn is wrong"),
    "a dose in words": (entry_with(sd="two"), "sd is wrong"),
    "no vaccine and no day": (entry_with(mp=None, dt=None), "mp is missing, dt is missing"),
    "a day in words": (entry_with(dt="in May"), "dt is wrong"),
    "no certificate number": (entry_with("t", ci=None), "ci is missing"),
    "no time of the sample": (entry_with("t", sc=None), "sc is missing"),
    "no result": (entry_with("t", tr=None), "tr is missing"),
    "an issuer of 81 letters": (entry_with("r", **{"is": "a" * 81}), "is is wrong"),
    "no end": (entry_with("r", du=None), "du is missing"),
    "no list": (make_certificate(v={"dn": 1}), "no list"),
    "a list of words": (make_certificate(v=["dn"]), "no list"),
    "two entries": (make_certificate(v=make_certificate()["v"] * 2), "several"),
}


@pytest.mark.parametrize("fault", AGAINST_THE_SCHEMA)
def test_what_is_against_the_schema_is_named_by_its_field(fault: str, trust: Trust) -> None:
    certificate, words = AGAINST_THE_SCHEMA[fault]
    credential = read(make_dcc(MINISTRY, certificate), trust)
    assert verdict(credential) == (Kind.DCC, Check.MALFORMED, Reason.MALFORMED)
    assert words in credential.detail


def test_a_fault_is_told_without_what_the_field_holds(trust: Trust) -> None:
    credential = read(make_dcc(MINISTRY, entry_with("t", sc="Chợ Rẫy", tr=["positive"])), trust)
    assert credential.detail == "Against the DCC schema: sc is wrong, tr is wrong."


AS_ISSUED: dict[str, dict[str, Any]] = {
    "1.0.0 with two entries": make_certificate(ver="1.0.0", v=make_certificate()["v"] * 2),
    "1.2.1": make_certificate("t", ver="1.2.1"),
    "1.3.3": make_certificate(ver="1.3.3"),
    "null for the other types": {**make_certificate("r"), "v": cbor2.undefined, "t": []},
    "no country and no codes": entry_with(co="", vp="", mp="", ma=""),
    "a date with a time": entry_with(dt="2021-03-09T00:00:00"),
    "a sample tagged as a date": entry_with("t", sc=datetime(2026, 7, 31, tzinfo=UTC)),
    "a sample in seconds": entry_with("t", sc=1_785_000_000),
    "the day of the result": entry_with("t", dr="2026-07-31T10:00:00Z"),
    "no testing centre": entry_with("t", tc=None, nm=None),
    "fields of its own": make_certificate(meta={"notarisedOn": "2026-01-01"}),
    "a dose that is a float": entry_with(dn=2.0),
}


@pytest.mark.parametrize("kind", AS_ISSUED)
def test_what_issuers_are_known_to_write_passes(kind: str, trust: Trust) -> None:
    credential = read(make_dcc(MINISTRY, AS_ISSUED[kind]), trust)
    assert (credential.check, credential.detail) == (Check.VALID, "The signature is right, and it is in force.")


def test_null_stands_for_what_is_not_known(trust: Trust) -> None:
    certificate: dict[str, Any] = {**make_certificate(), "t": None, "r": None, "dob": None}
    certificate["nam"] = {**NAME, "gn": None, "gnt": None}
    credential = read(make_dcc(MINISTRY, certificate), trust)
    assert (credential.check, credential.person) == (Check.VALID, Person("Nguyễn", name_key="NGUYEN"))


def test_a_key_twice_in_what_is_signed_is_an_issuers_slip(trust: Trust) -> None:
    payload = cbor2.dumps(dcc_claims())
    twice = bytes([payload[0] + 1]) + b"\x01\x62VN" + payload[1:]
    assert read(signed(twice), trust).check is Check.VALID
