"""ICAO's seals are verified with the certificate in them, which a site's folder must vouch for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st
from signing import Issuer, base64url, make_crl, make_issuer, write, write_certificates
from signing_json import seal, to_json, vaccination, vds

from kiosk.rules.credentials import Trust, read_credential
from kiosk.rules.formats.certificates import MalformedError
from kiosk.rules.formats.signed_json import canonical, from_base64url, parse_object
from kiosk.rules.model import Check, Credential, Kind, Person, Reason
from kiosk.vault.trust import TrustFolder

CSCA = make_issuer("csca", ca=True, curve=ec.SECP384R1)
SEALS = "2.23.136.1.1.14.2"
SIGNER = make_issuer("seal signer", by=CSCA, uses=[SEALS], begins="2021-06-01", ends="2027-06-01")
SIGNED = SIGNER.certificate.tbs_certificate_bytes
IN_2026, IN_2020, IN_2028 = 1_767_225_600_000, 1_577_836_800_000, 1_830_297_600_000

Data = dict[str, Any]


def trust_in(folder: Path) -> Trust:
    opened = TrustFolder.read(folder)
    return Trust(signers=opened.signers, enclosed=opened.enclosed)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    """A trust folder with the country's authority alone."""
    return trust_in(write_certificates(tmp_path_factory.mktemp("trust") / "csca.pem", CSCA).parent)


def read(code: bytes, trust: Trust, at_ms: int = IN_2026) -> Credential:
    return read_credential(code, trust=trust, at_ms=at_ms)


def proof_of_testing(**pid: Any) -> Data:
    holder = {"n": "TRAN  THI MAU", "dob": "1990-12-31", "dt": "P", "dn": "C7654321", **pid}
    message = {"utci": "TT0000000001", "pid": holder, "tr": {"tc": "molecular(PCR)", "r": "negative"}}
    return {"hdr": {"t": "icao.test", "v": 1, "is": "UTO"}, "msg": message}


def test_a_good_seal_is_valid_and_names_its_holder_and_nothing_medical(trust: Trust) -> None:
    proof = read(vds(SIGNER), trust)
    assert (proof.kind, proof.check, proof.refusal) == (Kind.VDS_NC, Check.VALID, None)
    assert proof.person == Person("NGUYEN VAN THU", "1985-03-02", "M", "B1234567")
    assert proof.holder_id == "named:NGUYEN VAN THU|1985-03-02"
    assert not [word for word in ("LOT7", "XM68M6", "icao") if word in repr(proof)]


def test_a_proof_of_testing_is_one_too(trust: Trust) -> None:
    proof = read(vds(SIGNER, proof_of_testing()), trust)
    assert (proof.check, proof.person.name) == (Check.VALID, "TRAN THI MAU")
    assert "negative" not in repr(proof)


@pytest.mark.parametrize("indent", [None, 0, 2, "\t"])
def test_spaces_and_order_do_not_matter(indent: int | str | None, trust: Trust) -> None:
    whole = seal(SIGNER, vaccination())
    turned = {name: dict(reversed(whole[name].items())) for name in ("sig", "data")}
    assert read(json.dumps(turned, indent=indent).encode(), trust).check is Check.VALID


def test_letters_beyond_ascii_may_be_escaped_or_not(trust: Trust) -> None:
    whole = seal(SIGNER, vaccination(n="NGUYỄN  VĂN THỬ"))
    for plain in (True, False):
        proof = read(json.dumps(whole, ensure_ascii=plain).encode(), trust)
        assert (proof.check, proof.person.name) == (Check.VALID, "NGUYỄN VĂN THỬ")


def test_a_changed_letter_is_a_forgery_and_names_nobody(trust: Trust) -> None:
    proof = read(vds(SIGNER).replace(b"NGUYEN", b"NGUYET"), trust)
    assert (proof.check, proof.refusal, proof.holder_id) == (Check.BAD_SIGNATURE, Reason.CERTIFICATE_FORGED, "")


def test_without_its_authority_the_signature_is_right_but_nobody_vouches_for_it() -> None:
    alone = TrustFolder()
    proof = read(vds(SIGNER), Trust(enclosed=alone.enclosed))
    forged = read(vds(SIGNER).replace(b"NGUYEN", b"NGUYET"), Trust(enclosed=alone.enclosed))
    assert (proof.check, proof.refusal, bool(proof.holder_id)) == (Check.NO_KEY, None, True)
    assert "signature is right" in proof.detail
    assert forged.check is Check.BAD_SIGNATURE


def test_a_signer_that_the_folder_holds_needs_no_authority(tmp_path: Path) -> None:
    assert read(vds(SIGNER), trust_in(write_certificates(tmp_path / "signer.pem", SIGNER).parent)).check is Check.VALID


@pytest.mark.parametrize(
    "signer",
    [
        make_issuer("seal signer"),
        make_issuer("seal signer", by=make_issuer("csca", ca=True, serial=7, curve=ec.SECP256R1), uses=[SEALS]),
        make_issuer("child", by=SIGNER, uses=[SEALS]),
        make_issuer("signer of something else", by=CSCA, uses=["1.3.6.1.5.5.7.3.1"]),
    ],
    ids=["of its own", "of an authority of the same name", "of another signer", "for another use"],
)
def test_whoever_signs_without_the_authority_is_not_believed(signer: Issuer, trust: Trust) -> None:
    proof = read(vds(signer), trust)
    assert (proof.check, proof.refusal) == (Check.NO_KEY, None)


def test_a_revoked_signer_is_not_believed(tmp_path: Path) -> None:
    write_certificates(tmp_path / "csca.pem", CSCA)
    write(tmp_path / "revoked.crl", make_crl(CSCA, [SIGNER]))
    assert read(vds(SIGNER), trust_in(tmp_path)).check is Check.NO_KEY


@pytest.mark.parametrize(("at_ms", "check"), [(IN_2020, Check.NOT_YET_VALID), (IN_2028, Check.EXPIRED)])
def test_the_dates_of_the_signers_certificate_are_the_seals(at_ms: int, check: Check, trust: Trust) -> None:
    assert read(vds(SIGNER), trust, at_ms).check is check


@pytest.mark.parametrize("algorithm", ["ES384", "ES512"])
def test_algorithms_that_cannot_be_checked_are_said_so(algorithm: str, trust: Trust) -> None:
    proof = read(vds(SIGNER, alg=algorithm), trust)
    assert (proof.check, proof.holder_id) == (Check.NO_KEY, "named:NGUYEN VAN THU|1985-03-02")
    assert "cannot be checked" in proof.detail


def without(*names: str) -> bytes:
    """A well signed proof that lacks what stands under *names*."""
    data = json.loads(json.dumps(vaccination()))
    inner = data
    for name in names[:-1]:
        inner = inner[name]
    del inner[names[-1]]
    return vds(SIGNER, data)


TEXT = vds(SIGNER)
BAD: dict[str, tuple[bytes, str]] = {
    "no JSON": (TEXT[:-1], "JSON"),
    "more behind it": (TEXT + b"}", "JSON"),
    "deeply nested": (b'{"icao.":' + b"[" * 8000, "JSON"),
    "deeply nested, and closed": (TEXT.replace(b'"v":1', b'"v":' + b"[" * 3000 + b"]" * 3000), ""),
    "a name twice": (TEXT.replace(b'"v":1', b'"v":2,"v":1'), "JSON"),
    "not a number": (TEXT.replace(b'"v":1', b'"v":NaN'), "JSON"),
    "an endless number": (TEXT.replace(b'"v":1', b'"v":' + b"9" * 5000), "JSON"),
    "a number beyond all": (TEXT.replace(b'"v":1', b'"v":1e999'), "JSON"),
    "half a letter": (TEXT.replace(b"NGUYEN", b"\\ud800"), "half letters"),
    "lost letters": (TEXT.replace(b"NGUYEN", b"NGUY\xc3N"), "lost"),
    "another kind of seal": (TEXT.replace(b"icao.vacc", b"icao.visa"), "neither"),
    "no issuer": (without("hdr", "is"), "(is)"),
    "no version": (without("hdr", "v"), "(v)"),
    "no number": (without("msg", "uvci"), "(uvci)"),
    "no holder": (without("msg", "pid"), "(n)"),
    "no name": (without("msg", "pid", "n"), "(n)"),
    "no signature at all": (to_json({"data": vaccination()}), "(alg)"),
    "no algorithm": (vds(SIGNER, alg=None), "(alg)"),
    "algorithm none": (vds(SIGNER, alg="none"), "(alg)"),
    "a symmetric algorithm": (vds(SIGNER, alg="HS256"), "(alg)"),
    "no certificate": (vds(SIGNER, cer=None), "(cer)"),
    "something else for a certificate": (vds(SIGNER, cer=base64url(b"x" * 500)), "(cer)"),
    "no value": (vds(SIGNER, sigvl=None), "(sigvl)"),
    "a value of another alphabet": (vds(SIGNER, sigvl="+/+/"), "(sigvl)"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_seal_is_named(name: str, trust: Trust) -> None:
    code, word = BAD[name]
    proof = read(code, trust)
    assert (proof.kind, proof.check, proof.refusal) == (Kind.VDS_NC, Check.MALFORMED, Reason.MALFORMED)
    assert word in proof.detail


@pytest.mark.parametrize(
    "code", [b'{"isThisAVDS": false}', b"{}", b'{"data":{"hdr":{"t":"visa"}}}', b'{"x":"icao.vacc"}']
)
def test_other_json_is_no_seal(code: bytes, trust: Trust) -> None:
    assert read(code, trust).kind == Kind.UNKNOWN


@pytest.mark.parametrize(
    ("pid", "holder"),
    [
        ({}, "named:NGUYEN VAN THU|1985-03-02"),
        ({"dob": ""}, "cert:VNM VN0000000001"),
        ({"dob": "1985"}, "cert:VNM VN0000000001"),
        ({"n": "MONONYM"}, "named:MONONYM|1985-03-02"),
        ({"n": 7}, ""),
        ({"dob": 1985, "i": 7, "sex": ["M"]}, "cert:VNM VN0000000001"),
    ],
    ids=["whole", "no birth", "year of birth", "one name", "no text for a name", "no texts"],
)
def test_whose_seal_it_is(pid: Data, holder: str, trust: Trust) -> None:
    assert read(vds(SIGNER, vaccination(**pid)), trust).holder_id == holder


NUMBERS = [  # from RFC 8785, appendix B, and section 7.1.12.1 of ECMA-262
    (-0.0, "0"),
    (5e-324, "5e-324"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (9007199254740992, "9007199254740992"),
    (295147905179352830000, "295147905179352830000"),
    (9.999999999999997e22, "9.999999999999997e+22"),
    (1e21, "1e+21"),
    (999999999999999700000, "999999999999999700000"),
    (333333333.33333329, "333333333.3333333"),
    (-0.0000033333333333333333, "-0.0000033333333333333333"),
    (1e-6, "0.000001"),
    (1e-7, "1e-7"),
    (1.0, "1"),
    (100, "100"),
]


@pytest.mark.parametrize(("number", "written"), NUMBERS)
def test_numbers_are_written_as_the_scheme_asks(number: float, written: str) -> None:
    assert canonical(number) == written.encode()


def test_names_letters_and_constants_are_written_as_the_scheme_asks() -> None:
    value = {
        "€": '\u20ac$\u000f\nA\'B"\\"/',
        "\r": [None, True, False],
        "1": 1,
        "😀": {},
        "\ufb33": [],
        "ö": "",
        "\x80": 0,
    }
    written = '{"\\r":[null,true,false],"1":1,"\x80":0,"ö":"","€":"€$\\u000f\\nA\'B\\"\\\\\\"/","😀":{},"\ufb33":[]}'
    assert canonical(value) == written.encode()


PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(PLAIN | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(JSON.map(lambda value: {"": value}))
def test_what_is_written_reads_as_the_same_again_and_is_written_alike(value: Data) -> None:
    try:
        written = canonical(value)
    except MalformedError:
        return
    assert canonical(parse_object(written, "It")) == written
    assert json.loads(written, parse_int=float) == json.loads(json.dumps(value), parse_int=float)


@given(st.binary(max_size=40))
def test_base64url_has_one_text_for_one_value(data: bytes) -> None:
    assert from_base64url(base64url(data), "It") == data


@pytest.mark.parametrize("text", ["A", "AB", "A=", "QQ=A", "Q Q", "+/", "é", "QR"])
def test_what_is_not_base64url_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        from_base64url(text, "It")


@given(st.integers(0, len(TEXT) - 1), st.integers(0, 255))
@example(TEXT.index(b"1985"), ord(" "))
def test_no_seal_with_one_changed_byte_is_valid_unless_it_says_the_same(trust: Trust, place: int, byte: int) -> None:
    changed = TEXT[:place] + bytes([byte]) + TEXT[place + 1 :]
    if read(changed, trust).check is Check.VALID:
        assert json.loads(changed)["data"] == json.loads(TEXT)["data"]


@pytest.mark.parametrize("flipped", [1, 2, 3, 5, 0x80])
def test_a_damaged_certificate_inside_is_believed_only_if_it_says_the_same(flipped: int, trust: Trust) -> None:
    for place, byte in enumerate(SIGNER.der):
        damaged = SIGNER.der[:place] + bytes([byte ^ flipped]) + SIGNER.der[place + 1 :]
        if read(vds(SIGNER, cer=base64url(damaged)), trust).check is Check.VALID:  # spare bits round its signature
            assert x509.load_der_x509_certificate(damaged).tbs_certificate_bytes == SIGNED


def test_no_shortened_seal_is_valid(trust: Trust) -> None:
    assert not [end for end in range(len(TEXT)) if read(TEXT[:end], trust).check is Check.VALID]


@given(st.dictionaries(st.sampled_from(["hdr", "msg", "pid", "t", "is", "n"]), JSON), JSON)
def test_nothing_inside_a_seal_makes_the_reader_fail(data: Data, sig: object) -> None:
    proof = vaccination() | data
    for code in (to_json({"data": proof, "sig": sig}), json.dumps(seal(SIGNER, proof)).encode()):
        assert read(code, Trust()).kind in (Kind.VDS_NC, Kind.UNKNOWN)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_no_bytes_make_the_reader_fail(tail: bytes) -> None:
    assert read(b'{"data":{"hdr":{"t":"icao.vacc"' + tail, Trust()).check is Check.MALFORMED
