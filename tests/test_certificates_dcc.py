"""EU Digital COVID Certificates are verified with the site's own keys, and say whose they are and nothing medical."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1
from judging import NOW_S, read, trust_in, verdict
from signing import Issuer, make_issuer, write_json
from signing_cose import EXPIRES_S, ISSUED_S, changed, dcc_cose, hc1, make_certificate, make_dcc

from kiosk.rules.credentials import Trust
from kiosk.rules.model import Check, Kind, Person, Reason
from kiosk.vault.trust import TrustFolder

MINISTRY, STRANGER = make_issuer("ministry"), make_issuer("stranger")
HANOI = make_issuer("hanoi", rsa=True)  # as Viet Nam signs
GOOD = make_dcc(MINISTRY)
ARC, OLD_ARC = "1.3.6.1.4.1.1847.2021.1", "1.3.6.1.4.1.0.1847.2021.1"


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return trust_in(tmp_path_factory.mktemp("trust"), MINISTRY, HANOI)


@pytest.mark.parametrize("issuer", [MINISTRY, HANOI], ids=["ES256", "PS256"])
@pytest.mark.parametrize("group", ["v", "t", "r"])
def test_a_good_certificate_is_valid_and_names_its_holder(issuer: Issuer, group: str, trust: Trust) -> None:
    credential = read(make_dcc(issuer, make_certificate(group)), trust)
    assert verdict(credential) == (Kind.DCC, Check.VALID, None)
    assert credential.person == Person("Nguyễn Thị Sen", "1985-03-02", name_key="NGUYEN THI SEN")
    assert credential.holder_id == "named:NGUYEN THI SEN|1985-03-02"


def test_nothing_medical_leaves_the_format_not_even_what_is_certified(trust: Trust) -> None:
    said = [read(make_dcc(MINISTRY, make_certificate(group)), trust) for group in "vtr"]
    assert said[0] == said[1] == said[2]
    assert said[0].fields == {
        "name": "Nguyễn Thị Sen",
        "name_key": "NGUYEN THI SEN",
        "birth": "1985-03-02",
        "issuer": "VN",
        "key": MINISTRY.key_id,
        "signer": said[0].fields["signer"],
        "issued": "2026-08-01T00:00:00+00:00",
        "expires": "2027-08-01T00:00:00+00:00",
    }


def test_the_renewed_certificate_of_a_person_is_the_same_holder(trust: Trust) -> None:
    entry = changed(make_certificate()["v"][0], ci="URN:UVCI:01:VN:KIOSK#2")
    renewed = make_dcc(HANOI, make_certificate(v=[entry]), iat=NOW_S, exp=EXPIRES_S + 1)
    assert read(renewed, trust).holder_id == read(GOOD, trust).holder_id


@pytest.mark.parametrize(
    ("dob", "birth"),
    [
        ("1985-03-02", "1985-03-02"),
        ("1985-03-02T00:00:00", "1985-03-02"),
        ("1985-03", "1985-03"),
        ("1985", "1985"),
        ("1985-XX-XX", "1985"),
        ("1985-03-xx", "1985-03"),
        ("1985-02-31", ""),
        ("", ""),
    ],
)
def test_of_a_date_of_birth_as_much_is_kept_as_is_one(dob: str, birth: str, trust: Trust) -> None:
    credential = read(make_dcc(MINISTRY, make_certificate(dob=dob)), trust)
    assert (credential.check, credential.person.birth) == (Check.VALID, birth)
    named = len(birth) == 10
    assert credential.holder_id == ("named:NGUYEN THI SEN|1985-03-02" if named else "cert:URN:UVCI:01:VN:KIOSK#1")


@pytest.mark.parametrize(
    ("name", "printed", "key"),
    [
        ({"fn": "Đặng", "fnt": "DANG", "gn": "Ánh", "gnt": "ANH"}, "Đặng Ánh", "DANG ANH"),
        ({"fn": "Đặng", "gn": "Ánh", "gnt": "ANH"}, "Đặng Ánh", "DANG ANH"),
        ({"fnt": "DANG<VU", "gnt": "ANH"}, "DANG VU ANH", "DANG VU ANH"),
        ({"fn": "Sukarno", "fnt": "SUKARNO", "gn": ""}, "Sukarno", "SUKARNO"),
        ({"fn": "Lövström", "fnt": "LOEVSTROEM<<", "gn": "Åsa", "gnt": "AASA"}, "Lövström Åsa", "LOEVSTROEM AASA"),
    ],
)
def test_names_are_printed_family_first_and_compared_by_their_transliteration(
    name: dict[str, str], printed: str, key: str, trust: Trust
) -> None:
    person = read(make_dcc(MINISTRY, make_certificate(nam=name)), trust).person
    assert (person.name, person.name_key) == (printed, key)


def test_a_certificate_of_an_unknown_signer_cannot_be_judged_but_names_its_holder(trust: Trust) -> None:
    credential = read(make_dcc(STRANGER), trust)
    assert verdict(credential) == (Kind.DCC, Check.NO_KEY, None)
    assert credential.holder_id == "named:NGUYEN THI SEN|1985-03-02"
    assert STRANGER.key_id in credential.detail


def test_a_certificate_that_names_the_key_of_another_is_forged_and_names_nobody(trust: Trust) -> None:
    forged = hc1(dcc_cose(STRANGER, protected={1: -7, 4: MINISTRY.kid}))
    credential = read(forged, trust)
    assert verdict(credential) == (Kind.DCC, Check.BAD_SIGNATURE, Reason.CERTIFICATE_FORGED)
    assert (credential.holder_id, credential.person) == ("", Person())


@pytest.mark.parametrize(
    ("protected", "unprotected", "check"),
    [
        ({1: -7, 4: MINISTRY.kid}, {4: STRANGER.kid}, Check.VALID),
        ({1: -7, 4: STRANGER.kid}, {4: MINISTRY.kid}, Check.NO_KEY),
        ({1: -7}, {4: MINISTRY.kid}, Check.VALID),
        ({1: -7}, {4: STRANGER.kid}, Check.NO_KEY),
        ({}, {1: -7, 4: MINISTRY.kid}, Check.VALID),
        ({1: -7, 4: MINISTRY.key_id}, {}, Check.VALID),
        ({1: -7, 3: 61, 4: MINISTRY.kid}, {}, Check.VALID),
    ],
    ids=["both", "wrong protected", "unprotected", "wrong unprotected", "nothing protected", "text", "content type"],
)
def test_the_protected_header_names_the_key_else_the_unprotected(
    protected: Mapping[int, object], unprotected: Mapping[int, object], check: Check, trust: Trust
) -> None:
    assert read(hc1(dcc_cose(MINISTRY, protected=protected, unprotected=unprotected)), trust).check is check


@pytest.mark.parametrize("tags", [(), (18,), (61, 18)])
def test_the_tags_of_a_signed_token_are_optional(tags: tuple[int, ...], trust: Trust) -> None:
    assert read(hc1(dcc_cose(MINISTRY, tags=tags)), trust).check is Check.VALID


@pytest.mark.parametrize("tags", [(17,), (98,), (18, 61), (18, 18), (55799, 18)])
def test_other_tags_are_another_thing(tags: tuple[int, ...], trust: Trust) -> None:
    assert read(hc1(dcc_cose(MINISTRY, tags=tags)), trust).check is Check.MALFORMED


@pytest.mark.parametrize(
    ("at_s", "check"),
    [
        (ISSUED_S - 1, Check.NOT_YET_VALID),
        (ISSUED_S, Check.VALID),
        (EXPIRES_S, Check.VALID),
        (EXPIRES_S + 1, Check.EXPIRED),
    ],
)
def test_it_is_in_force_from_its_issue_until_after_its_expiry(at_s: int, check: Check, trust: Trust) -> None:
    credential = read(GOOD, trust, at_s)
    assert verdict(credential) == (Kind.DCC, check, None)


@pytest.mark.parametrize(("later_s", "check"), [(-9, Check.VALID), (9, Check.NOT_YET_VALID)])
def test_it_is_not_in_force_before_a_beginning_later_than_its_issue(later_s: int, check: Check, trust: Trust) -> None:
    """The CWT claim nbf (RFC 8392 section 3.1.5), which no DCC needs."""
    assert read(make_dcc(MINISTRY, nbf=ISSUED_S + later_s), trust, ISSUED_S).check is check


def test_a_verdict_on_dates_says_when(trust: Trust) -> None:
    assert "2027-08-01T00:00:00+00:00" in read(GOOD, trust, EXPIRES_S + 9).detail
    assert "2026-08-01T00:00:00+00:00" in read(GOOD, trust, ISSUED_S - 9).detail


@pytest.mark.parametrize(
    ("iat", "exp"),
    [(ISSUED_S + 0.25, EXPIRES_S + 0.5), (cbor2.CBORTag(1, ISSUED_S), cbor2.CBORTag(1, EXPIRES_S)), (0, 2**63)],
    ids=["fractions", "tagged", "for ever"],
)
def test_times_may_be_any_number(iat: object, exp: object, trust: Trust) -> None:
    assert read(make_dcc(MINISTRY, iat=iat, exp=exp), trust).check is Check.VALID


@pytest.mark.parametrize(
    ("begins", "ends", "check"),
    [("2021-01-01", "2026-08-01", Check.EXPIRED), ("2026-08-02", "2031-01-01", Check.NOT_YET_VALID)],
)
def test_a_signer_counts_while_its_own_certificate_does(begins: str, ends: str, check: Check, tmp_path: Path) -> None:
    signer = make_issuer("brief", begins=begins, ends=ends)
    credential = read(make_dcc(signer), trust_in(tmp_path, signer))
    assert verdict(credential) == (Kind.DCC, check, None)
    assert "signer's certificate" in credential.detail


@pytest.mark.parametrize("arc", [ARC, OLD_ARC])
@pytest.mark.parametrize(("use", "group"), [("1", "t"), ("2", "v"), ("3", "r")])
def test_a_signer_for_one_type_may_sign_no_other(arc: str, use: str, group: str, tmp_path: Path) -> None:
    signer = make_issuer("narrow", uses=[f"{arc}.{use}"])
    trust = trust_in(tmp_path, signer)
    checks = {each: read(make_dcc(signer, make_certificate(each)), trust).check for each in "vtr"}
    assert checks == {each: Check.VALID if each == group else Check.NO_KEY for each in "vtr"}


@pytest.mark.parametrize("uses", [[], ["1.3.6.1.5.5.7.3.2"], [f"{ARC}.1", f"{OLD_ARC}.2", f"{ARC}.3"]])
def test_a_signer_without_a_type_may_sign_all(uses: list[str], tmp_path: Path) -> None:
    signer = make_issuer("broad", uses=uses)
    trust = trust_in(tmp_path, signer)
    assert {read(make_dcc(signer, make_certificate(each)), trust).check for each in "vtr"} == {Check.VALID}


def test_each_of_several_keys_with_one_id_is_tried(tmp_path: Path) -> None:
    keys = [
        signer
        for issuer in (STRANGER, MINISTRY)
        for signer in trust_in(tmp_path / issuer.key_id[:2], issuer).signers(issuer.key_id, "")
    ]
    assert read(GOOD, Trust(signers=lambda _key_id, _issuer: keys)).check is Check.VALID


def test_a_scanner_with_the_caps_lock_on_does_not_matter(trust: Trust) -> None:
    assert read(GOOD.swapcase(), trust).check is Check.VALID


@pytest.mark.parametrize("text", ["HC1", "HCX:123", "XHC1:NCF", "HD1:NCF"])
def test_other_texts_are_no_certificates(text: str, trust: Trust) -> None:
    assert read(text, trust).kind != Kind.DCC


def test_a_key_of_another_kind_verifies_nothing(tmp_path: Path) -> None:
    other = make_issuer("p384", curve=SECP384R1)
    forged = hc1(dcc_cose(MINISTRY, protected={1: -7, 4: other.kid}))
    confused = hc1(dcc_cose(HANOI, protected={1: -7, 4: HANOI.kid}))
    trust = trust_in(tmp_path, other, HANOI)
    assert {read(text, trust).check for text in (forged, confused)} <= {Check.BAD_SIGNATURE, Check.NO_KEY}


def test_a_clinic_of_health_cards_cannot_pass_for_a_country(tmp_path: Path) -> None:
    clinic = make_issuer("clinic")
    keys = [{**clinic.jwk, "kid": clinic.key_id, "use": "sig", "alg": "ES256"}]
    directory = {"issuerInfo": [{"issuer": {"iss": "https://clinic.example/cards"}, "keys": keys}]}
    trust = Trust(signers=TrustFolder.read(write_json(tmp_path / "directory.json", directory).parent).signers)
    credential = read(make_dcc(clinic), trust)
    assert credential.check is Check.NO_KEY
    assert "health cards" in credential.detail
