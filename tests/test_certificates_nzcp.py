"""NZ COVID Passes are verified with the keys that their issuer's DID document asserts; every fault has its sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import read, verdict
from signing import did_document, make_issuer, write_certificates, write_json
from signing_cose import (
    DID,
    EXPIRES_S,
    ISSUED_S,
    changed,
    cose_sign1,
    make_credential,
    make_nzcp,
    nzcp,
    nzcp_claims,
    nzcp_cose,
)

from kiosk.rules.credentials import Trust
from kiosk.rules.model import Check, Kind, Person, Reason
from kiosk.vault.trust import TrustFolder

MINISTRY, FORMER, STRANGER = make_issuer("aotearoa"), make_issuer("former"), make_issuer("stranger")
HANOI = make_issuer("hanoi", rsa=True)
SIGNED = nzcp_cose(MINISTRY)
GOOD = nzcp(SIGNED)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    """The issuer's DID document: key-1 asserts, key-0 no longer does."""
    folder = tmp_path_factory.mktemp("trust")
    write_json(folder / "did.json", did_document(DID, {"key-1": MINISTRY, "key-0": FORMER}, asserts=["key-1"]))
    return Trust(signers=TrustFolder.read(folder).signers)


def test_a_good_pass_is_valid_and_names_its_holder(trust: Trust) -> None:
    credential = read(GOOD, trust)
    assert verdict(credential) == (Kind.NZCP, Check.VALID, None)
    assert credential.person == Person("Ngata Aroha", "1985-03-02")
    assert credential.holder_id == "named:NGATA AROHA|1985-03-02"
    assert credential.fields == {
        "name": "Ngata Aroha",
        "name_key": "NGATA AROHA",
        "birth": "1985-03-02",
        "issuer": DID,
        "key": "key-1",
        "signer": credential.fields["signer"],
        "issued": "2026-08-01T00:00:00+00:00",
        "expires": "2027-08-01T00:00:00+00:00",
    }


def test_the_renewed_pass_of_a_person_is_the_same_holder(trust: Trust) -> None:
    renewed = make_nzcp(MINISTRY, nzcp_claims(nbf=ISSUED_S + 60, exp=EXPIRES_S + 60, cti=bytes(16)))
    assert read(renewed, trust).holder_id == read(GOOD, trust).holder_id


def test_who_has_no_family_name_has_one_name(trust: Trust) -> None:
    person = read(make_nzcp(MINISTRY, nzcp_claims({"givenName": "Māui", "dob": "1960-04-16"})), trust).person
    assert person == Person("Māui", "1960-04-16")


def test_without_a_date_that_exists_the_pass_is_its_own_holder(trust: Trust) -> None:
    credential = read(make_nzcp(MINISTRY, nzcp_claims({"givenName": "Māui", "dob": "1960-02-31"})), trust)
    assert credential.holder_id == f"cert:urn:uuid:{bytes(range(16)).hex()}"


@pytest.mark.parametrize(
    ("at_s", "check"),
    [
        (ISSUED_S - 1, Check.NOT_YET_VALID),
        (ISSUED_S, Check.VALID),
        (EXPIRES_S - 1, Check.VALID),
        (EXPIRES_S, Check.EXPIRED),
    ],
)
def test_it_is_in_force_from_nbf_until_before_exp(at_s: int, check: Check, trust: Trust) -> None:
    assert verdict(read(GOOD, trust, at_s)) == (Kind.NZCP, check, None)


def test_a_key_that_the_document_does_not_assert_is_none_for_passes(trust: Trust) -> None:
    credential = read(make_nzcp(FORMER, key=b"key-0"), trust)
    assert verdict(credential) == (Kind.NZCP, Check.NO_KEY, None)
    assert "assertionMethod" in credential.detail


@pytest.mark.parametrize(
    ("key", "issuer"), [(b"key-2", DID), (b"key-1", "did:web:other.example.nz")], ids=["another key", "another issuer"]
)
def test_a_pass_of_an_unknown_key_or_issuer_cannot_be_judged(key: bytes, issuer: str, trust: Trust) -> None:
    credential = read(make_nzcp(MINISTRY, nzcp_claims(iss=issuer), key=key), trust)
    assert verdict(credential) == (Kind.NZCP, Check.NO_KEY, None)
    assert credential.holder_id == "named:NGATA AROHA|1985-03-02"


def test_a_key_without_a_did_document_is_none_for_passes(tmp_path: Path) -> None:
    trust = Trust(signers=TrustFolder.read(write_certificates(tmp_path / "one.pem", MINISTRY).parent).signers)
    assert read(make_nzcp(MINISTRY, key=MINISTRY.key_id), trust).check is Check.NO_KEY


def test_a_pass_that_names_the_key_of_another_is_forged_and_names_nobody(trust: Trust) -> None:
    credential = read(make_nzcp(STRANGER), trust)
    assert verdict(credential) == (Kind.NZCP, Check.BAD_SIGNATURE, Reason.CERTIFICATE_FORGED)
    assert credential.holder_id == ""


def test_the_key_id_may_be_text(trust: Trust) -> None:
    assert read(make_nzcp(MINISTRY, key="key-1"), trust).check is Check.VALID


def test_a_scanner_with_the_caps_lock_on_does_not_matter(trust: Trust) -> None:
    assert read(GOOD.swapcase(), trust).check is Check.VALID


def claims_with(**changes: Any) -> str:
    return make_nzcp(MINISTRY, nzcp_claims(**changes))


def about(**changes: object) -> str:
    return make_nzcp(MINISTRY, nzcp_claims(changed(nzcp_claims()["vc"]["credentialSubject"], **changes)))


def with_vc(**changes: object) -> str:
    return claims_with(vc=changed(make_credential(), **changes))


DAMAGED = {
    "version 2": (GOOD.replace("NZCP:/1/", "NZCP:/2/"), "Version 1"),
    "no version": (GOOD.replace("NZCP:/1/", "NZCP://"), "Version 1"),
    "nothing in it": ("NZCP:/1/", "CBOR"),
    "letters that base32 lacks": (GOOD[:20] + "0189" + GOOD[24:], "base32"),
    "padding in the midst": (GOOD[:20] + "====" + GOOD[24:], "base32"),
    "a length that no bytes have": (nzcp(SIGNED[: len(SIGNED) // 5 * 5]) + "A", "base32"),
    "cut off": (nzcp(SIGNED[:-10]), "CBOR"),
    "no COSE": (nzcp(cbor2.dumps([1, 2])), "COSE_Sign1"),
    "no claims": (nzcp(cose_sign1(MINISTRY, b"\xff", {1: -7, 4: b"key-1"})), "CBOR"),
    "PS256": (make_nzcp(HANOI), "ES256"),
    "the algorithm unprotected": (make_nzcp(MINISTRY, protected={4: b"key-1"}, unprotected={1: -7}), "protected"),
    "the key unprotected": (make_nzcp(MINISTRY, protected={1: -7}, unprotected={4: b"key-1"}), "protected"),
    "a key id that is no text": (make_nzcp(MINISTRY, key=b"\xff"), "kid"),
    "a demand where demands do not stand": (make_nzcp(MINISTRY, unprotected={2: [99], 99: 1}), "demands"),
    "an expiry that never comes": (claims_with(exp=float("inf")), "exp"),
    "no issuer": (claims_with(iss=None), "iss"),
    "neither of the times": (claims_with(nbf=None, exp=None), "nbf, exp"),
    "no identifier": (claims_with(cti=None), "cti"),
    "no credential": (claims_with(vc=None), "vc"),
    "an issuer without a DID": (claims_with(iss="https://passes.example.nz"), "did:web"),
    "an issuer of another method": (claims_with(iss="did:key:z6Mk"), "did:web"),
    "an identifier too short": (claims_with(cti=bytes(15)), "cti"),
    "an identifier in words": (claims_with(cti="urn:uuid:0"), "cti"),
    "an expiry in words": (claims_with(exp="never"), "exp"),
    "a credential in words": (claims_with(vc="vc"), "vc"),
    "no context": (with_vc(**{"@context": None}), "@context"),
    "another context": (with_vc(**{"@context": ["https://example.nz"]}), "@context"),
    "another version": (with_vc(version="1.1.0"), "version"),
    "another type": (with_vc(type=["VerifiableCredential"]), "type"),
    "no subject": (with_vc(credentialSubject=None), "credentialSubject"),
    "no given name": (about(givenName=None), "givenName"),
    "a given name of 101 letters": (about(givenName="a" * 101), "givenName"),
    "a family name that is a number": (about(familyName=7), "familyName"),
    "no date of birth": (about(dob=None), "dob"),
    "a date of birth in our order": (about(dob="02/03/1985"), "dob"),
}


@pytest.mark.parametrize("fault", DAMAGED)
def test_a_damaged_pass_is_refused_and_told_why(fault: str, trust: Trust) -> None:
    text, word = DAMAGED[fault]
    credential = read(text, trust)
    assert verdict(credential) == (Kind.NZCP, Check.MALFORMED, Reason.MALFORMED)
    assert word in credential.detail


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_never_valid(trust: Trust, place: int, change: int) -> None:
    flipped = SIGNED[:place] + bytes([SIGNED[place] ^ change]) + SIGNED[place + 1 :]
    assert read(nzcp(flipped), trust).check is not Check.VALID


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(SIGNED) - 1))
def test_a_shortened_one_is_never_valid(trust: Trust, length: int) -> None:
    assert read(nzcp(SIGNED[:length]), trust).check is not Check.VALID
    assert read(GOOD[: 8 + length], trust).check is not Check.VALID


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.binary(max_size=16),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=500, deadline=None)
@given(values, st.sampled_from(["iss", "nbf", "exp", "cti", "vc"]), st.sampled_from(["@context", "version", "type"]))
def test_no_odd_claim_raises(trust: Trust, value: object, claim: str, member: str) -> None:
    for code in (claims_with(**{claim: value}), with_vc(**{member: value}), with_vc(credentialSubject=value)):
        assert read(code, trust).kind == Kind.NZCP


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_behind_the_prefix_raise(trust: Trust, data: bytes) -> None:
    for code in (b"NZCP:/1/" + data, nzcp(data).encode()):
        assert read(code, trust).check is not Check.VALID
