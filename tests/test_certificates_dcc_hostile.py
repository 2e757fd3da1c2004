"""Whatever is done to a DCC, or signed as one: nothing raises, and nothing but the certificate itself is valid."""

from __future__ import annotations

import cbor2
import pytest
from hostile import ATTACKS, assert_harmless
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import read, trust_in
from signing import make_issuer
from signing_cose import EXPIRES_S, ISSUED_S, base45_text, dcc_claims, dcc_cose, hc1, make_certificate, signed_claims

from kiosk.rules.credentials import Trust
from kiosk.rules.model import Check, Kind

MINISTRY = make_issuer("ministry")
SIGNED = dcc_cose(MINISTRY)
GOOD = hc1(SIGNED)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return trust_in(tmp_path_factory.mktemp("trust"), MINISTRY)


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_never_valid(trust: Trust, place: int, change: int) -> None:
    flipped = SIGNED[:place] + bytes([SIGNED[place] ^ change]) + SIGNED[place + 1 :]
    assert read(hc1(flipped), trust).check is not Check.VALID


@settings(max_examples=300, deadline=None)
@given(st.integers(4, len(GOOD) - 1), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"))
def test_a_misread_letter_is_never_valid_as_anything_else(trust: Trust, place: int, letter: str) -> None:
    misread = read(GOOD[:place] + letter + GOOD[place + 1 :], trust)
    assert misread.check is not Check.VALID or misread == read(GOOD, trust)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(SIGNED) - 1))
def test_a_shortened_one_is_never_valid(trust: Trust, length: int) -> None:
    assert read(hc1(SIGNED[:length]), trust).check is not Check.VALID
    assert read(GOOD[: 4 + length], trust).check is not Check.VALID


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats()
    | st.text(max_size=9)
    | st.binary(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers(-300, 10) | st.sampled_from(["v", "nam", "dob", "ver"]), inner, max_size=5)
        | st.builds(cbor2.CBORTag, st.integers(0, 2**32), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=500, deadline=None)
@given(values)
def test_no_signed_content_raises(trust: Trust, value: object) -> None:
    for payload in (
        value,
        {1: "VN", 4: EXPIRES_S, 6: ISSUED_S, -260: {1: value}},
        dcc_claims({**make_certificate(), "v": value}),
    ):
        assert read(signed_claims(MINISTRY, payload), trust).kind == Kind.DCC


@settings(max_examples=300, deadline=None)
@given(values, st.sampled_from(sorted(dcc_claims(), key=str)))
def test_no_odd_claim_raises(trust: Trust, value: object, claim: object) -> None:
    assert read(signed_claims(MINISTRY, {**dcc_claims(), claim: value}), trust).kind == Kind.DCC


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_behind_the_prefix_raise(trust: Trust, data: bytes) -> None:
    for code in (b"HC1:" + data, base45_text(data).encode(), hc1(data).encode()):
        assert read(code, trust).check is not Check.VALID


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_signed_attack_comes_out_harmless(attack: str, trust: Trust) -> None:
    text = ATTACKS[attack].decode(errors="replace")[:80]
    certificate = make_certificate(nam={"fn": text, "gn": text, "gnt": ""}, dob="")
    certificate["v"][0]["ci"] = text
    credential = read(signed_claims(MINISTRY, dcc_claims(certificate, iss=text)), trust)
    assert credential.check is Check.VALID
    person = credential.person
    for said in (person.name, person.name_key, credential.holder_id, credential.detail, *credential.fields.values()):
        assert_harmless(said)
